"""Which specs are suggested for which nodes."""

from __future__ import annotations

import re

from inference_ui.backend.capacity.nodes import unfit
from inference_ui.backend.capacity.suggest import Suggestion, suggestions
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Slice,
    Taint,
    Toleration,
    VirtualCard,
)

GIB = 1 << 30
MLU, GPU = AcceleratorType.MLU, AcceleratorType.GPU
PRESENT = Taint("nvidia.com/gpu", "present")


def node(*cards: PhysicalCard, cpus: float = 128, memory: int = 512, **more) -> Node:
    return Node(
        name=more.pop("name", "one"),
        ready=more.pop("ready", True),
        os="Linux",
        kernel="6",
        cpu_millis=round(cpus * 1000),
        memory_bytes=memory * GIB,
        cards=cards,
        **more,
    )


def cards(count: int, model: str = "MLU370-X8", kind: AcceleratorType = MLU, **more):
    return tuple(
        PhysicalCard(slot, str(slot - 1), model, kind, memory_bytes=48 * GIB, **more)
        for slot in range(1, count + 1)
    )


def named(*nodes: Node) -> dict[str, Suggestion]:
    found = suggestions(nodes)
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def with_cards(*nodes: Node) -> list[str]:
    return [name for name, one in named(*nodes).items() if one.resources.cards]


def test_without_cards_sizes_are_suggested_that_leave_something_of_the_machine():
    assert list(named(node(cpus=2, memory=8))) == ["cpu-half", "cpu-1c"]
    assert list(named(node(cpus=8, memory=8))) == ["cpu-half", "cpu-1c", "cpu-2c"]
    assert list(named(node(cpus=128, memory=512)))[-1] == "cpu-16c"
    assert list(named(node(cpus=1, memory=1))) == ["cpu-half", "cpu-1c"]


def test_no_node_that_is_ready_suggests_nothing():
    assert suggestions(()) == ()
    assert suggestions([node(*cards(8), ready=False)]) == ()


def test_whole_cards_double_up_to_what_a_node_has_with_their_part_of_it():
    found = named(node(*cards(8)))
    sizes = {
        name: (one.resources.cards, one.resources.cpu_millis, one.resources.memory_bytes // GIB)
        for name, one in found.items()
        if one.resources.cards
    }
    assert sizes == {
        "mlu370-x8-1c": (1, 12_000, 48),
        "mlu370-x8-2c": (2, 24_000, 96),
        "mlu370-x8-4c": (4, 48_000, 192),
        "mlu370-x8-8c": (8, 96_000, 384),
    }
    assert found["mlu370-x8-1c"].resources.card_model == "MLU370-X8"
    assert with_cards(node(*cards(3))) == ["mlu370-x8-1c", "mlu370-x8-2c"]


def test_broken_cards_do_not_count():
    broken = PhysicalCard(9, "8", "MLU370-X8", MLU, healthy=False)
    assert with_cards(node(broken)) == []
    assert with_cards(node(*cards(1), broken)) == ["mlu370-x8-1c"]


def test_the_part_is_that_of_the_node_that_has_the_least_for_a_card():
    small = node(*cards(4), cpus=16, memory=64, name="small")
    found = named(node(*cards(8)), small)
    assert found["mlu370-x8-1c"].resources.cpu_millis == 3000
    assert found["mlu370-x8-8c"].resources.cpu_millis == 96_000


def test_of_cards_that_were_cut_one_slice_of_each_profile_is_suggested():
    parts = (
        *(VirtualCard(number, profile="1g.10gb", memory_bytes=12 * GIB) for number in (1, 2)),
        VirtualCard(3, "somebody", profile="2g.20gb", memory_bytes=24 * GIB),
    )
    found = named(node(*cards(2, "A100", GPU, slices=parts)))
    assert with_cards(node(*cards(2, "A100", GPU, slices=parts))) == [
        "a100-1g.10gb",
        "a100-2g.20gb",
    ]
    assert found["a100-1g.10gb"].resources.slice == Slice(profile="1g.10gb")
    assert found["a100-1g.10gb"].resources.cpu_millis < found["a100-2g.20gb"].resources.cpu_millis


def test_slices_without_a_profile_are_named_after_their_size():
    shared = (VirtualCard(1), VirtualCard(2))
    halves = (VirtualCard(1, share=50), VirtualCard(2, share=50))
    assert with_cards(node(*cards(1, slices=shared))) == ["mlu370-x8-shared"]
    assert with_cards(node(*cards(1, slices=halves))) == ["mlu370-x8-50p"]


def test_of_divisible_cards_a_quarter_and_a_half_are_suggested_and_whole_ones():
    in_use = (VirtualCard(1, "somebody", memory_bytes=GIB, share=10),)
    found = named(node(*cards(2, divisible=8, slices=in_use)))
    assert [name for name, one in found.items() if one.resources.cards] == [
        "mlu370-x8-quarter",
        "mlu370-x8-half",
        "mlu370-x8-1c",
        "mlu370-x8-2c",
    ]
    assert found["mlu370-x8-quarter"].resources.slice == Slice(memory_bytes=12 * GIB, share=25)
    assert found["mlu370-x8-half"].resources.slice == Slice(memory_bytes=24 * GIB, share=50)


def test_a_taint_is_tolerated_only_where_no_node_is_without_one():
    tainted = node(
        *cards(1, "A100", GPU), taints=(PRESENT, Taint("soft", effect="PreferNoSchedule"))
    )
    plain = node(name="plain", cpus=4, memory=16)
    found = named(tainted, plain)
    bears = Toleration(key="nvidia.com/gpu", value="present", effect="NoSchedule")
    assert found["a100-1c"].resources.tolerations == (bears,)
    assert found["cpu-1c"].resources.tolerations == ()
    assert "cpu-4c" not in found
    open_too = node(*cards(1, "A100", GPU), name="open")
    assert named(tainted, open_too)["a100-1c"].resources.tolerations == ()
    assert named(tainted)["cpu-1c"].resources.tolerations == (bears,)


def test_whatever_the_cards_are_called_the_names_can_be_used_and_differ():
    odd = [
        node(*cards(1, "NVIDIA GeForce RTX 4090 (24 GB)", GPU), name="a"),
        node(*cards(1, "显卡", GPU), name="b"),
        node(*cards(1, "mlu370 x8"), name="c"),
        node(*cards(1, "MLU370-X8"), name="d"),
        node(*cards(1, "x" * 100), name="e"),
        node(*cards(1, "../.."), name="f"),
    ]
    names = with_cards(*odd)
    assert len(names) == len(odd)
    assert {"nvidia-geforce-rtx-4090-24-gb-1c", "gpu-1c", "mlu370-x8-1c", "mlu370-x8-2-1c"} < set(
        names
    )
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]", name) for name in names)
    assert not any(".." in name for name in names)


def test_no_name_is_suggested_twice():
    odd = node(*cards(1, "cpu", GPU), cpus=8)
    found = suggestions([odd])
    assert len({one.name for one in found}) == len(found)


def test_everything_that_is_suggested_fits_a_node_were_it_empty():
    parts = (VirtualCard(1, profile="1g.10gb"), VirtualCard(2, share=30, memory_bytes=GIB))
    nodes = [
        node(*cards(8, divisible=4), name="a"),
        node(*cards(5, "A100", GPU, slices=parts), name="b", taints=(PRESENT,)),
        node(*cards(6, "S4"), name="c", cpus=2, memory=8),
    ]
    for one in suggestions(nodes):
        assert any(unfit(each, one.resources) is None for each in nodes), one
