"""What applications that the product does not run use of a node, as an inventory lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from inference_ui.backend.capacity.cards import WHOLE_SHARE
from inference_ui.backend.cluster.local import yaml_fields as read
from inference_ui.backend.cluster.local.inventory_problems import Problem
from inference_ui.backend.cluster.local.yaml_fields import wrong
from inference_ui.backend.cluster.local.yaml_tree import Fields, Tree
from inference_ui.backend.models.compute import Node, PhysicalCard, Tenant, VirtualCard

_APPLICATION = ("name", "cpu", "memory", "cards")
_PART = ("card", "memory", "share")
_CARD = re.compile(r"(\d{1,6})(?:\((\d{1,6})\))?", re.ASCII)


def with_applications(node: Node, tree: Tree | None) -> Node:
    """Return the node as these applications use it.

    Raises :class:`~inventory_problems.Wrong` for a card that is not there or that another one has,
    and for more than the node has.
    """
    for entry in read.items(tree):
        node = _with(node, read.fields(entry, _APPLICATION, ("name",)))
    return node


def _with(node: Node, entry: Fields) -> Node:
    get = entry.values.get
    name = read.text(get("name"))
    if any(one.application == name for one in node.tenants):
        raise wrong(entry.values["name"], Problem.DUPLICATE, name)
    tenant = Tenant(name, read.cpu_millis(get("cpu")), read.memory_bytes(get("memory")))
    for field, used, most in (
        ("cpu", node.used_cpu_millis + tenant.cpu_millis, node.cpu_millis),
        ("memory", node.used_memory_bytes + tenant.memory_bytes, node.memory_bytes),
    ):
        if used > most:
            raise wrong(entry.values.get(field, entry), Problem.TOO_MUCH, field)
    cards = {card.slot: card for card in node.cards}
    for one in read.items(get("cards")):
        card = _used(cards, _seat(one), name)
        cards[card.slot] = card
    return replace(
        node,
        used_cpu_millis=node.used_cpu_millis + tenant.cpu_millis,
        used_memory_bytes=node.used_memory_bytes + tenant.memory_bytes,
        tenants=(*node.tenants, tenant),
        cards=tuple(cards.values()),
    )


@dataclass(frozen=True, slots=True)
class _Seat:
    """A card or slice as it is written, and how much it is where it is cut off a divisible card
    (bytes, percent; 0: not said)."""

    tree: Tree
    slot: int
    number: int | None
    memory_bytes: int = 0
    share: int = 0

    @property
    def words(self) -> str:
        return str(self.slot) if self.number is None else f"{self.slot}({self.number})"


def _seat(tree: Tree) -> _Seat:
    """``1``, ``1(2)``, or ``{card: 1(2), memory: 8GiB, share: 30}``."""
    if not isinstance(tree, Fields):
        return _Seat(tree, *_numbers(tree))
    entry = read.fields(tree, _PART, ("card",))
    memory = read.memory_bytes(entry.values.get("memory"))
    share = read.whole(entry.values.get("share"), 1, WHOLE_SHARE)
    card = entry.values["card"]
    return _Seat(card, *_numbers(card), memory, share)


def _numbers(tree: Tree) -> tuple[int, int | None]:
    given = read.text(tree)
    found = _CARD.fullmatch(given)
    if found is None:
        raise wrong(tree, Problem.BAD_CARD, given)
    return int(found[1]), None if found[2] is None else int(found[2])


def _used(cards: dict[int, PhysicalCard], seat: _Seat, application: str) -> PhysicalCard:
    """Return the card with this part of it in use."""
    card = cards.get(seat.slot)
    if card is None:
        raise wrong(seat.tree, Problem.NO_SUCH_CARD, seat.words, _range(len(cards)))
    if card.used_by is not None:
        raise wrong(seat.tree, Problem.CARD_TAKEN, seat.words, card.used_by)
    if seat.number is None:
        return _whole(card, seat, application)
    if card.divisible:
        return _cut(card, seat, seat.number, application)
    if not card.slices:
        raise wrong(seat.tree, Problem.CARD_IS_WHOLE, str(seat.slot))
    part = next((one for one in card.slices if one.number == seat.number), None)
    if part is None:
        raise wrong(seat.tree, Problem.NO_SUCH_CARD, seat.words, _slices(card, len(card.slices)))
    if part.used_by is not None:
        raise wrong(seat.tree, Problem.CARD_TAKEN, seat.words, part.used_by)
    given = replace(part, used_by=application)
    return replace(card, slices=tuple(given if one is part else one for one in card.slices))


def _whole(card: PhysicalCard, seat: _Seat, application: str) -> PhysicalCard:
    if not card.slices:
        return replace(card, used_by=application)
    if card.divisible:
        raise wrong(seat.tree, Problem.CARD_TAKEN, seat.words, str(card.slices[0].used_by))
    raise wrong(seat.tree, Problem.CARD_IS_CUT, seat.words, f"{card.slot}(1)")


def _cut(card: PhysicalCard, seat: _Seat, number: int, application: str) -> PhysicalCard:
    """Cut a slice off a divisible card: an equal part of it unless its size is given."""
    if not 1 <= number <= card.divisible:
        raise wrong(seat.tree, Problem.NO_SUCH_CARD, seat.words, _slices(card, card.divisible))
    for one in card.slices:
        if one.number == number:
            raise wrong(seat.tree, Problem.CARD_TAKEN, seat.words, str(one.used_by))
    part = VirtualCard(
        number,
        application,
        memory_bytes=seat.memory_bytes or card.memory_bytes // card.divisible,
        share=seat.share or WHOLE_SHARE // card.divisible,
    )
    parts = (*card.slices, part)
    memory = sum(one.memory_bytes for one in parts)
    if memory > card.memory_bytes > 0 or sum(one.share for one in parts) > WHOLE_SHARE:
        raise wrong(seat.tree, Problem.TOO_MUCH, "card")
    return replace(card, slices=parts)


def _slices(card: PhysicalCard, count: int) -> str:
    return f"{card.slot}(1)" if count == 1 else f"{card.slot}(1)–{card.slot}({count})"


def _range(count: int) -> str:
    return "—" if count == 0 else f"1–{count}"
