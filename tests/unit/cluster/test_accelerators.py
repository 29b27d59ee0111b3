"""The cards of Kubernetes nodes, and who has them, for each way in which vendors state that."""

from __future__ import annotations

import pytest

from inference_ui.backend.capacity import nodes as room
from inference_ui.backend.capacity.cards import units
from inference_ui.backend.cluster.kubernetes.resources import nvidia_model, resource_of, slice_of
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    Node,
    PhysicalCard,
    Resources,
    Slice,
    VirtualCard,
)
from tests.support.kubernetes import node_object, one_node, pod_object, used

GPU, MLU = AcceleratorType.GPU, AcceleratorType.MLU
GIB, MIB = 1 << 30, 1 << 20
A100 = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.memory": "40960"}
X8 = {"Model": "MLU370-X8", "DriverVersion": "v5.10.27"}


def asks(
    accelerator: AcceleratorType,
    cards: int = 1,
    part: Slice | None = None,
    model: str | None = None,
) -> Resources:
    return Resources(
        cpu_millis=0,
        memory_bytes=0,
        accelerator=accelerator,
        card_model=model,
        cards=cards,
        slice=part,
    )


def slices(node: Node) -> list[int]:
    return [len(card.slices) for card in node.cards]


# NVIDIA


def test_whole_cards_have_model_and_memory_but_no_slot() -> None:
    node = one_node(node_object(amounts={"nvidia.com/gpu": "2"}, labels=A100))
    assert node.cards == (PhysicalCard(0, "", "A100-SXM4-40GB", GPU, memory_bytes=40 * GIB),) * 2


def test_cards_that_are_not_allocatable_are_broken() -> None:
    some = node_object(amounts={"nvidia.com/gpu": "1"}, capacity={"nvidia.com/gpu": "3"})
    assert [card.healthy for card in one_node(some).cards] == [True, False, False]
    gone = node_object(capacity={"nvidia.com/gpu": "1"})
    assert [card.healthy for card in one_node(gone).cards] == [False]


def test_nothing_states_which_card_a_pod_has() -> None:
    node = one_node(
        node_object(amounts={"nvidia.com/gpu": "4"}, labels=A100),
        pod_object("a", {"nvidia.com/gpu": "2"}),
        pod_object("b", {"nvidia.com/gpu": 1}),
    )
    assert used(node) == ["?:a", "?:a", "?:b"]
    assert units(node, asks(GPU, model="A100-SXM4-40GB")) == 1
    assert all(card.used_by is None for card in node.cards)


@pytest.mark.parametrize("resource", ["nvidia.com/gpu", "nvidia.com/gpu.shared"])
def test_time_slicing_cuts_every_card_alike_whatever_the_resource_is_called(resource: str) -> None:
    shared = "" if resource.endswith("shared") else "-SHARED"
    labels = {
        "nvidia.com/gpu.product": f"Tesla-T4{shared}",
        "nvidia.com/gpu.count": "2",
        "nvidia.com/gpu.replicas": "4",
        "nvidia.com/gpu.sharing-strategy": "time-slicing",
    }
    node = one_node(
        node_object(amounts={resource: "8"}, labels=labels), pod_object("a", {resource: "3"})
    )
    assert slices(node) == [4, 4]
    assert [card.model for card in node.cards] == ["Tesla-T4", "Tesla-T4"]
    assert node.cards[0].slices[3] == VirtualCard(4)
    assert used(node) == ["?:a"] * 3
    assert units(node, asks(GPU, part=Slice())) == 5
    assert units(node, asks(GPU)) == 0


def test_the_slices_of_a_broken_card_are_broken() -> None:
    labels = {"nvidia.com/gpu.product": "T4-SHARED", "nvidia.com/gpu.replicas": "4"}
    node = one_node(
        node_object(
            amounts={"nvidia.com/gpu": "4"}, labels=labels, capacity={"nvidia.com/gpu": "8"}
        )
    )
    assert [(card.healthy, len(card.slices)) for card in node.cards] == [(True, 4), (False, 4)]


def test_without_the_label_of_replicas_the_count_of_cards_tells_how_they_are_cut() -> None:
    counted = {"nvidia.com/gpu.product": "T4-SHARED", "nvidia.com/gpu.count": "2"}
    assert slices(one_node(node_object(amounts={"nvidia.com/gpu": "6"}, labels=counted))) == [3, 3]
    bare = {"nvidia.com/gpu.product": "T4-SHARED"}
    assert slices(one_node(node_object(amounts={"nvidia.com/gpu": "6"}, labels=bare))) == [6]


def test_replicas_of_one_or_a_strategy_of_none_is_no_sharing() -> None:
    for labels in (
        {"nvidia.com/gpu.replicas": "1"},
        {"nvidia.com/gpu.replicas": "4", "nvidia.com/gpu.sharing-strategy": "none"},
        {"nvidia.com/gpu.replicas": "many"},
    ):
        assert slices(one_node(node_object(amounts={"nvidia.com/gpu": "2"}, labels=labels))) == [
            0,
            0,
        ]


def test_mixed_mig_stands_beside_whole_cards_by_kind_of_slice() -> None:
    node = one_node(
        node_object(
            amounts={
                "nvidia.com/gpu": "1",
                "nvidia.com/mig-1g.5gb": "3",
                "nvidia.com/mig-3g.20gb": "1",
            },
            labels=A100,
            capacity={"nvidia.com/mig-1g.5gb": "4"},
        ),
        pod_object("a", {"nvidia.com/mig-1g.5gb": "2"}),
        pod_object("b", {"nvidia.com/mig-3g.20gb": "1"}),
    )
    assert {card.slot for card in node.cards} == {0}
    assert [(card.healthy, len(card.slices)) for card in node.cards] == [
        (True, 0),
        (True, 3),
        (False, 1),
        (True, 1),
    ]
    assert node.cards[1].slices[0] == VirtualCard(1, None, "1g.5gb", 5 * GIB, 14)
    assert node.cards[3].slices == (VirtualCard(1, None, "3g.20gb", 20 * GIB, 42),)
    assert used(node) == ["?:a", "?:a", "?:b"]
    assert units(node, asks(GPU)) == 1
    assert units(node, asks(GPU, part=Slice(profile="1g.5gb"))) == 1
    assert units(node, asks(GPU, part=Slice(profile="3g.20gb"))) == 0


def test_single_mig_says_its_profile_in_the_product_alone() -> None:
    labels = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB-MIG-2g.10gb"}
    node = one_node(
        node_object(amounts={"nvidia.com/gpu": "6"}, labels=labels),
        pod_object("a", {"nvidia.com/gpu": "1"}),
    )
    assert [card.model for card in node.cards] == ["A100-SXM4-40GB"]
    assert node.cards[0].slices[5] == VirtualCard(6, None, "2g.10gb", 10 * GIB, 28)
    assert node.unplaced == (CardUse("a", 1, GPU, "A100-SXM4-40GB", Slice(profile="2g.10gb")),)
    assert units(node, asks(GPU, part=Slice(profile="2g.10gb"))) == 5
    assert units(node, asks(GPU)) == 0


@pytest.mark.parametrize(
    ("profile", "memory", "share"),
    [
        ("1g.5gb", 5, 14),
        ("1g.10gb.me", 10, 14),
        ("7g.80gb", 80, 100),
        ("2m.8gb", 8, 0),
        ("1c.2g.10gb", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_profile_tells_memory_and_share_as_far_as_its_form_is_known(
    profile: str, memory: int, share: int
) -> None:
    assert slice_of(profile) == VirtualCard(1, None, profile, memory * GIB, share)


@pytest.mark.parametrize(
    ("product", "model"),
    [
        ("NVIDIA-A100-SXM4-80GB", "A100-SXM4-80GB"),
        ("NVIDIA-A100-SXM4-80GB-SHARED", "A100-SXM4-80GB"),
        ("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", "A100-SXM4-80GB"),
        ("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb-SHARED", "A100-SXM4-80GB"),
        ("NVIDIA-NVIDIA A10", "A10"),
        ("Tesla V100-PCIE-32GB", "Tesla-V100-PCIE-32GB"),
        ("", ""),
    ],
)
def test_the_model_of_a_product_is_what_is_not_about_vendor_or_slicing(
    product: str, model: str
) -> None:
    assert nvidia_model(product) == model


# Cambricon


@pytest.mark.parametrize("resource", ["cambricon.com/mlu", "cambricon.com/mlu370"])
def test_whole_mlus_have_the_model_of_the_label(resource: str) -> None:
    node = one_node(
        node_object(amounts={resource: "4"}, labels=X8), pod_object("a", {resource: "1"})
    )
    assert node.cards == (PhysicalCard(0, "", "MLU370-X8", MLU),) * 4
    assert used(node) == ["?:a"]
    assert units(node, asks(MLU, model="MLU370-X8")) == 3


def test_without_the_label_the_name_of_the_resource_tells_the_model() -> None:
    node = one_node(node_object(amounts={"cambricon.com/mlu370": "1", "cambricon.com/mlu590": "1"}))
    assert [card.model for card in node.cards] == ["MLU370", "MLU590"]
    odd = one_node(node_object(amounts={"cambricon.com/mlu590": "1"}, labels=X8))
    assert [card.model for card in odd.cards] == ["MLU590"]


def test_env_share_and_mim_are_counted_by_kind() -> None:
    node = one_node(
        node_object(
            amounts={"cambricon.com/mlu.share": "10", "cambricon.com/mlu370.mim-2m.8gb": "3"},
            labels=X8,
        ),
        pod_object("a", {"cambricon.com/mlu370.mim-2m.8gb": "1"}),
    )
    assert slices(node) == [10, 3]
    assert node.cards[1].slices[0] == VirtualCard(1, None, "2m.8gb", 8 * GIB)
    assert node.unplaced == (CardUse("a", 1, MLU, "MLU370-X8", Slice(profile="2m.8gb")),)
    assert units(node, asks(MLU, part=Slice(profile="2m.8gb"))) == 2
    shared = one_node(
        node_object(amounts={"cambricon.com/mlu.share": "10"}, labels=X8),
        pod_object("a", {"cambricon.com/mlu.share": "1"}),
    )
    assert units(shared, asks(MLU, part=Slice())) == 9


# Both, and neither


def test_a_node_may_have_cards_of_two_vendors() -> None:
    node = one_node(
        node_object(
            amounts={"nvidia.com/gpu": "2", "cambricon.com/mlu": "1"}, labels={**A100, **X8}
        ),
        pod_object("a", {"nvidia.com/gpu": "1", "cambricon.com/mlu": "1"}),
    )
    assert units(node, asks(GPU)) == 1
    assert units(node, asks(MLU)) == 0
    assert sorted(use.accelerator for use in node.unplaced) == [GPU, MLU]


@pytest.mark.parametrize(
    "name",
    [
        "cpu",
        "pods",
        "nvidia.com/gpumem",
        "nvidia.com/gpu.something",
        "cambricon.com/mlulink",
        "cambricon.com/mlu.unknown",
        "amd.com/gpu",
    ],
)
def test_other_resources_are_no_cards(name: str) -> None:
    assert resource_of(name) is None
    assert one_node(node_object(amounts={name: "4"})).cards == ()


def test_what_is_unfit_for_a_spec_says_why() -> None:
    node = one_node(node_object(amounts={"nvidia.com/gpu": "2"}, labels=A100))
    assert room.unfit(node, asks(GPU, 2, model="A100-SXM4-40GB")) is None
    why = room.unfit(node, asks(GPU, 3))
    assert why is not None
    assert why.code == "NODE_NO_CARDS"
