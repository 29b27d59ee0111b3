"""HAMi: cards that a node registers, parts of them that pods were given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.capacity.cards import units
from inference_ui.backend.cluster.kubernetes import hami
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    PhysicalCard,
    Resources,
    Slice,
    VirtualCard,
)
from tests.support.kubernetes import Json, node_object, one_node, pod_object, used

MIB = 1 << 20
GPU = AcceleratorType.GPU
FIRST = {
    "id": "GPU-aa",
    "count": 10,
    "devmem": 32768,
    "devcore": 100,
    "type": "NVIDIA-Tesla V100-PCIE-32GB",
    "health": True,
}
SECOND = {**FIRST, "id": "GPU-bb", "index": 1, "numa": 1, "mode": "hami-core"}


def registering(entries: Any) -> Json:
    words = entries if isinstance(entries, str) else json.dumps(entries)
    notes = {"hami.io/node-nvidia-register": words}
    return node_object(amounts={"nvidia.com/gpu": "20"}, notes=notes)


def given_(app: str, stated: str, at: str = "1706000000", **more: str) -> Json:
    notes = {
        "hami.io/vgpu-devices-allocated": stated,
        "hami.io/vgpu-node": "n",
        "hami.io/vgpu-time": at,
        **more,
    }
    requests = {"nvidia.com/gpu": "1", "nvidia.com/gpumem": "3000", "nvidia.com/gpucores": "30"}
    return pod_object(app, requests, notes=notes)


NINE = (
    "GPU-aa,10,32768,100,NVIDIA-Tesla V100-PCIE-32GB,0,true,0,hami-core:"
    "GPU-bb,10,32768,100,NVIDIA-Tesla V100-PCIE-32GB,1,true,1,hami-core:"
)


@pytest.mark.parametrize("register", [[FIRST, SECOND], NINE])
def test_both_forms_register_divisible_cards_in_their_slots(register: Any) -> None:
    model = "Tesla-V100-PCIE-32GB"
    assert one_node(registering(register)).cards == tuple(
        PhysicalCard(at + 1, str(at), model, GPU, memory_bytes=32768 * MIB, divisible=10)
        for at in (0, 1)
    )


def test_an_absent_index_is_the_first_and_an_absent_health_is_bad() -> None:
    ill = {key: value for key, value in FIRST.items() if key != "health"}
    (card,) = one_node(registering([ill])).cards
    assert (card.slot, card.index, card.healthy) == (1, "0", False)


def test_the_form_of_seven_fields_has_no_index_so_that_only_a_lone_card_has_a_slot() -> None:
    seven = "GPU-aa,10,32768,100,NVIDIA-A10,0,true:GPU-bb,10,32768,100,NVIDIA-A10,0,false:"
    first, second = one_node(registering(seven)).cards
    assert (first.slot, second.slot) == (0, 0)
    assert (first.healthy, second.healthy) == (True, False)
    (alone,) = one_node(registering("GPU-aa,10,32768,100,NVIDIA-A10,0,true:")).cards
    assert (alone.slot, alone.model) == (1, "A10")


@pytest.mark.parametrize("register", [[FIRST, SECOND], NINE])
def test_pods_of_a_card_are_numbered_as_they_were_given(register: Any) -> None:
    late = given_("b", "GPU-aa,NVIDIA,3000,30:;", at="1706000009")
    early = given_("a", "GPU-aa,NVIDIA,1000,10:;", at="1706000001")
    other = given_("c", "GPU-bb,NVIDIA,1000,0:;")
    node = one_node(registering(register), late, early, other)
    assert used(node) == ["1(1):a", "1(2):b", "2(1):c"]
    assert node.cards[0].slices == (
        VirtualCard(1, "a", memory_bytes=1000 * MIB, share=10),
        VirtualCard(2, "b", memory_bytes=3000 * MIB, share=30),
    )
    assert node.unplaced == ()


def test_what_is_free_is_what_no_pod_has() -> None:
    node = one_node(registering([FIRST, SECOND]), given_("a", "GPU-aa,NVIDIA,3000,70:;"))
    for part, free in ((None, 1), (Slice(share=50), 2), (Slice(share=30), 4)):
        wanted = Resources(cpu_millis=0, memory_bytes=0, accelerator=GPU, cards=1, slice=part)
        assert units(node, wanted) == free


def test_containers_without_cards_leave_their_place_empty() -> None:
    node = one_node(registering([FIRST, SECOND]), given_("a", ";GPU-bb,NVIDIA,3000,30:;;"))
    assert used(node) == ["2(1):a"]


def test_containers_of_a_pod_share_its_part_of_a_card() -> None:
    stated = "GPU-aa,NVIDIA,3000,30:GPU-bb,NVIDIA,500,5:;GPU-aa,NVIDIA,1000,10:;"
    node = one_node(registering([FIRST, SECOND]), given_("a", stated))
    assert used(node) == ["1(1):a", "2(1):a"]
    assert node.cards[0].slices == (VirtualCard(1, "a", memory_bytes=4000 * MIB, share=40),)


def test_a_mig_instance_is_a_part_of_its_card() -> None:
    node = one_node(registering([FIRST]), given_("a", "GPU-aa[1-2],NVIDIA,4096,14:;"))
    assert used(node) == ["1(1):a"]


def test_a_cambricon_card_is_named_by_node_and_index() -> None:
    totals = {"cambricon.com/mlu.smlu.vcore": "200", "cambricon.com/mlu.smlu.vmemory": "192"}
    notes = {
        "hami.io/cambricon-mlu-devices-allocated": "n-cambricon-mlu-1,MLU,4096,25:;",
        "CAMBRICON_DSMLU_PROFILE": "1_25_16",
        "CAMBRICON_DSMLU_ASSIGNED": "false",
    }
    part = {"cambricon.com/mlu.smlu.vcore": "25", "cambricon.com/mlu.smlu.vmemory": "16"}
    node = one_node(node_object(amounts=totals), pod_object("a", part, notes=notes))
    assert used(node) == ["2(1):a"]
    assert node.cards[1].slices == (VirtualCard(1, "a", memory_bytes=4096 * MIB, share=25),)


BROKEN_PARTS = [
    "",
    ";",
    "GPU-aa",
    "GPU-aa,NVIDIA,3000",
    "GPU-aa,NVIDIA,much,30:;",
    "GPU-aa,NVIDIA,3000,-1:;",
    ",NVIDIA,3000,30:;",
    "GPU-zz,NVIDIA,3000,30:;",
    "GPU-aa,NVIDIA,3000,30:GPU-zz,NVIDIA,3000,30:;",
    "GPU-aa,NVIDIA,3000,30:;oops",
]


@pytest.mark.parametrize("stated", BROKEN_PARTS)
def test_a_broken_annotation_of_a_pod_states_no_card_but_it_is_counted(stated: str) -> None:
    node = one_node(registering([FIRST, SECOND]), given_("a", stated))
    part = Slice(memory_bytes=3000 * MIB, share=30)
    assert node.unplaced == (CardUse("a", 1, GPU, None, part),)
    assert used(node) == ["?:a"]
    assert units(node, Resources(cpu_millis=0, memory_bytes=0, accelerator=GPU, cards=1)) == 1


def test_what_was_given_on_another_node_states_nothing_here() -> None:
    stale = given_("a", "GPU-aa,NVIDIA,3000,30:;", **{"hami.io/vgpu-node": "elsewhere"})
    assert used(one_node(registering([FIRST]), stale)) == ["?:a"]


BROKEN_REGISTERS = [
    "",
    "[",
    "[1]",
    "[null]",
    "{}",
    "GPU-aa,10",
    "GPU-aa,ten,32768,100,T,0,true:",
    "GPU-aa,0,32768,100,T,0,true:",
    ",10,32768,100,T,0,true:",
    [{**FIRST, "index": -1}],
    [{**FIRST, "index": "x"}],
    [{**FIRST, "id": 7}],
    [{**FIRST, "devmem": None}],
    [FIRST, {}],
    [FIRST, FIRST],
    "[" * 100_000,
]


@pytest.mark.parametrize("register", BROKEN_REGISTERS, ids=range(len(BROKEN_REGISTERS)))
def test_a_broken_register_states_no_cards_so_that_the_resource_counts_them(register: Any) -> None:
    cards = one_node(registering(register)).cards
    assert len(cards) == 20
    assert {(card.slot, card.divisible) for card in cards} == {(0, 0)}


@given(st.text(alphabet='GPU-a,:;[]{}"0123456789_ é', max_size=60))
def test_no_text_in_an_annotation_raises(words: str) -> None:
    assert isinstance(hami.registered({"hami.io/node-nvidia-register": words}), tuple)
    assert isinstance(hami.allocated({"hami.io/vgpu-devices-allocated": words}, "n"), tuple)
