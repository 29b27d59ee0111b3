"""Which resource stands for the cards that a spec asks for, by what the nodes offer."""

from __future__ import annotations

import pytest

from inference_ui.backend.cluster.kubernetes.cards import CardNeed, card_need
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase, node_base
from inference_ui.backend.models.compute import AcceleratorType, Resources, Slice
from tests.support.kubernetes import node_object

GIB = 1 << 30
PRODUCT = "nvidia.com/gpu.product"


def node(amounts: dict[str, str], **labels: str) -> NodeBase:
    return node_base(node_object("n", amounts, labels))


def gpu(product: str, amounts: dict[str, str], **labels: str) -> NodeBase:
    return node_base(node_object("n", amounts, {PRODUCT: product, **labels}))


def ask(
    model: str | None,
    cards: int = 1,
    kind: Slice | None = None,
    accelerator: AcceleratorType = AcceleratorType.GPU,
) -> Resources:
    return Resources(
        cpu_millis=1,
        memory_bytes=1,
        accelerator=accelerator,
        card_model=model,
        cards=cards,
        slice=kind,
    )


def mlu(model: str | None, cards: int = 1, kind: Slice | None = None) -> Resources:
    return ask(model, cards, kind, AcceleratorType.MLU)


A100 = gpu("NVIDIA-A100-SXM4-80GB", {"nvidia.com/gpu": "8"})
A100_CUT = gpu(
    "NVIDIA-A100-SXM4-80GB",
    {"nvidia.com/gpu": "1", "nvidia.com/mig-1g.10gb": "7", "nvidia.com/mig-3g.40gb": "2"},
)
A100_ALL_CUT = gpu("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb", {"nvidia.com/gpu": "56"})
T4_SHARED = gpu("Tesla-T4-SHARED", {"nvidia.com/gpu": "40"}, **{"nvidia.com/gpu.replicas": "10"})
MLU370 = node({"cambricon.com/mlu370": "8"}, Model="MLU370-X8")
MLU = node({"cambricon.com/mlu": "8"}, Model="MLU370-S4")
DYNAMIC = node(
    {"cambricon.com/mlu370.smlu.vcore": "400", "cambricon.com/mlu370.smlu.vmemory": "768"},
    Model="MLU370-X8",
)
ALL = [A100, A100_CUT, A100_ALL_CUT, T4_SHARED, MLU370, MLU, DYNAMIC]

MODEL = "A100-SXM4-80GB"


@pytest.mark.parametrize(
    ("asked", "nodes", "amounts", "labels"),
    [
        (ask(None, 2), [A100], {"nvidia.com/gpu": 2}, {}),
        (ask(MODEL, 2), ALL, {"nvidia.com/gpu": 2}, {PRODUCT: ("NVIDIA-A100-SXM4-80GB",)}),
        (
            ask(MODEL, 1, Slice(profile="3g.40gb")),
            ALL,
            {"nvidia.com/mig-3g.40gb": 1},
            {PRODUCT: ("NVIDIA-A100-SXM4-80GB",)},
        ),
        (
            ask(MODEL, 1, Slice(profile="1g.10gb")),
            [A100, A100_ALL_CUT],
            {"nvidia.com/gpu": 1},
            {PRODUCT: ("NVIDIA-A100-SXM4-80GB-MIG-1g.10gb",)},
        ),
        (
            ask(MODEL, 1, Slice(memory_bytes=16 * GIB)),
            ALL,
            {"nvidia.com/mig-3g.40gb": 1},
            {PRODUCT: ("NVIDIA-A100-SXM4-80GB",)},
        ),
        (
            ask("Tesla-T4", 1, Slice()),
            ALL,
            {"nvidia.com/gpu": 1},
            {PRODUCT: ("Tesla-T4-SHARED",)},
        ),
        (
            mlu("MLU370-X8", 4),
            ALL,
            {"cambricon.com/mlu370": 4},
            {"Model": ("MLU370-X8",)},
        ),
        (mlu("MLU370-S4"), ALL, {"cambricon.com/mlu": 1}, {"Model": ("MLU370-S4",)}),
        (
            mlu("MLU370-X8", 1, Slice(memory_bytes=GIB, share=30)),
            ALL,
            {"cambricon.com/mlu370.smlu.vcore": 30, "cambricon.com/mlu370.smlu.vmemory": 4},
            {"Model": ("MLU370-X8",)},
        ),
    ],
)
def test_a_spec_becomes_the_resource_that_a_node_offers_for_it(
    asked: Resources,
    nodes: list[NodeBase],
    amounts: dict[str, int],
    labels: dict[str, tuple[str, ...]],
) -> None:
    assert card_need(asked, nodes) == CardNeed(amounts, labels)


@pytest.mark.parametrize(
    ("asked", "amounts", "labels"),
    [
        (ask("H200"), {"nvidia.com/gpu": 1}, {PRODUCT: ("H200", "NVIDIA-H200")}),
        (ask(None, 1, Slice(profile="1g.10gb")), {"nvidia.com/mig-1g.10gb": 1}, {}),
        (ask(None, 1, Slice()), {"nvidia.com/gpu.shared": 1}, {}),
        (
            ask(None, 1, Slice(memory_bytes=GIB, share=50)),
            {"nvidia.com/gpu": 1, "nvidia.com/gpumem": 1024, "nvidia.com/gpucores": 50},
            {},
        ),
        (mlu("MLU590"), {"cambricon.com/mlu": 1}, {"Model": ("MLU590",)}),
        (mlu(None, 2, Slice(profile="2m.8gb")), {"cambricon.com/mlu.mim-2m.8gb": 2}, {}),
        (mlu(None, 1, Slice()), {"cambricon.com/mlu.share": 1}, {}),
    ],
)
def test_where_no_node_offers_it_the_usual_name_is_asked_for(
    asked: Resources, amounts: dict[str, int], labels: dict[str, tuple[str, ...]]
) -> None:
    assert card_need(asked, []) == CardNeed(amounts, labels)


def test_a_spec_of_processors_needs_no_card() -> None:
    plain = Resources(cpu_millis=1, memory_bytes=1)
    assert card_need(plain, ALL) == CardNeed()
