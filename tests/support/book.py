"""Keeps a cluster's book: nothing is given twice, nothing beyond what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Resources,
    Slice,
    VirtualCard,
)

GIB = 1 << 30


def some_nodes() -> tuple[Node, ...]:
    """Return nodes with whole, cut and divisible cards, and one without any."""
    return (
        _node("whole", tuple(_card(slot) for slot in (1, 2, 3))),
        _node("mixed", (_card(1), _cut(2), _divisible(3))),
        _node("plain", ()),
    )


REQUESTS = (
    Resources(cpu_millis=500, memory_bytes=GIB),
    Resources(cpu_millis=2500, memory_bytes=2 * GIB),
    Resources(cpu_millis=100, memory_bytes=GIB, accelerator=AcceleratorType.MLU, cards=1),
    Resources(cpu_millis=100, memory_bytes=GIB, accelerator=AcceleratorType.MLU, cards=2),
    Resources(
        cpu_millis=100,
        memory_bytes=GIB,
        accelerator=AcceleratorType.MLU,
        cards=1,
        slice=Slice(profile="2m.8gb"),
    ),
    Resources(
        cpu_millis=100,
        memory_bytes=GIB,
        accelerator=AcceleratorType.MLU,
        cards=1,
        slice=Slice(memory_bytes=20 * GIB, share=40),
    ),
)


def assert_within(seen: Iterable[Node], offered: Sequence[Node]) -> None:
    """Fail if anything of the nodes is used beyond what there is."""
    by_name = {node.name: node for node in offered}
    for node in seen:
        total = by_name[node.name]
        assert 0 <= node.used_cpu_millis <= total.cpu_millis, node
        assert 0 <= node.used_memory_bytes <= total.memory_bytes, node
        assert node.used_cpu_millis == sum(one.cpu_millis for one in node.tenants)
        assert [card.slot for card in node.cards] == [card.slot for card in total.cards]
        for card in node.cards:
            _assert_card(card)


def assert_given_once(given: Iterable[tuple[str, int, int | None]]) -> None:
    """Fail if a card (node, slot, number of the slice) was given to two, or a card as a whole that
    somebody has a slice of."""
    counts = Counter(given)
    assert all(count == 1 for count in counts.values()), counts
    whole = {(node, slot) for node, slot, number in counts if number is None}
    sliced = {(node, slot) for node, slot, number in counts if number is not None}
    assert not whole & sliced, counts


def _assert_card(card: PhysicalCard) -> None:
    assert not (card.used_by and any(part.used_by for part in card.slices)), card
    numbers = [part.number for part in card.slices]
    assert len(set(numbers)) == len(numbers), card
    if card.divisible:
        assert len(card.slices) <= card.divisible, card
        assert sum(part.share for part in card.slices) <= 100, card
        assert sum(part.memory_bytes for part in card.slices) <= card.memory_bytes, card


def _node(name: str, cards: tuple[PhysicalCard, ...]) -> Node:
    return Node(name, True, "Linux", "6", cpu_millis=4000, memory_bytes=8 * GIB, cards=cards)


def _card(slot: int, divisible: int = 0) -> PhysicalCard:
    return PhysicalCard(
        slot,
        str(slot - 1),
        "MLU370-X8",
        AcceleratorType.MLU,
        memory_bytes=48 * GIB,
        divisible=divisible,
    )


def _cut(slot: int) -> PhysicalCard:
    parts = tuple(VirtualCard(number, profile="2m.8gb", memory_bytes=8 * GIB) for number in (1, 2))
    return PhysicalCard(slot, str(slot - 1), "MLU370-X8", AcceleratorType.MLU, slices=parts)


def _divisible(slot: int) -> PhysicalCard:
    return _card(slot, divisible=4)
