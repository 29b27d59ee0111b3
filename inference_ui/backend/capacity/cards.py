"""Cards and slices: which are of the kind asked for, how many are free, which are given.

Three sorts of cards (``models.compute.PhysicalCard``): whole ones; those cut beforehand (MIG, MIM,
time-slicing, env-share), whose slices have fixed sizes; divisible ones (HAMi, dynamic sMLU), off
which slices of any size are cut as they are asked for. A request for whole cards gets a divisible
one only while nobody has a part of it, and never one that was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from inference_ui.backend.capacity import unplaced
from inference_ui.backend.models.compute import (
    CardUse,
    Node,
    PhysicalCard,
    Resources,
    Slice,
    VirtualCard,
)

WHOLE_SHARE = 100
"""Percent of a card's compute."""


@dataclass(frozen=True, slots=True)
class CardSeat:
    """A card given to a replica by its slot, or the slice with this number of it. Slot 0: some card
    (or slice) of which nothing states the slot; then nothing states a number either."""

    slot: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class CardInUse:
    """A card (or slice) that an application has; slot and number are None where nothing states
    them."""

    application: str
    slot: int | None = None
    number: int | None = None

    @property
    def label(self) -> str:
        """``1(2):application``: slot, number of the slice, who has it; an unknown slot is ``?``."""
        number = f"({self.number})" if self.number is not None and self.slot else ""
        return f"{self.slot or '?'}{number}:{self.application}"


def is_kind(card: PhysicalCard, resources: Resources) -> bool:
    """Tell whether a card is of the accelerator and model asked for."""
    return card.accelerator is resources.accelerator and resources.card_model in (None, card.model)


def free_whole(card: PhysicalCard) -> bool:
    """Tell whether a card can be given as a whole."""
    return card.healthy and card.used_by is None and not card.slices


def suits(part: VirtualCard, wanted: Slice) -> bool:
    """Tell whether a slice that was cut beforehand is what is asked for."""
    return (
        wanted.profile in ("", part.profile)
        and part.memory_bytes >= wanted.memory_bytes
        and part.share >= wanted.share
    )


def divisions(card: PhysicalCard, wanted: Slice) -> int:
    """Return how many more slices of this size can be cut off a divisible card."""
    if not (card.divisible and card.healthy) or card.used_by is not None or wanted.profile:
        return 0
    shares = WHOLE_SHARE - sum(part.share for part in card.slices)
    memory = card.memory_bytes - sum(part.memory_bytes for part in card.slices)
    if shares <= 0 or (card.memory_bytes and memory <= 0):
        return 0
    counts = [card.divisible - len(card.slices)]
    if wanted.share:
        counts.append(shares // wanted.share)
    if wanted.memory_bytes:
        counts.append(memory // wanted.memory_bytes)
    return max(0, min(counts))


def free_slices(card: PhysicalCard, wanted: Slice) -> int:
    """Return how many slices of this kind a card still has, or can still be cut into."""
    if card.divisible:
        return divisions(card, wanted)
    if not card.healthy or card.used_by is not None:
        return 0
    return sum(part.used_by is None and suits(part, wanted) for part in card.slices)


def units(node: Node, resources: Resources) -> int:
    """Return how many cards or slices of the kind asked for are free, unplaced uses deducted."""
    if resources.slice is not None:
        alike = unplaced.slices_alike(node, resources, resources.slice)
        cards = node.cards if alike is not None else settled(node)
        free = sum(free_slices(one, resources.slice) for one in cards if is_kind(one, resources))
        return max(0, free - (alike or 0))
    free = _free_whole(node.cards, resources) - unplaced.whole_cards(node, resources)
    if unplaced.may_divide(node):
        free = min(free, _free_whole(settled(node), resources))
    return max(0, free)


def copies(node: Node, resources: Resources, most: int) -> int:
    """Return how many replicas, up to ``most``, the free cards of a node suffice for."""
    if resources.cards == 0:
        return most
    several = resources.slice is not None and resources.cards > 1
    if several and any(card.divisible for card in node.cards):
        return _given_one_by_one(node, resources, most)
    return min(most, units(node, resources) // resources.cards)


def whole_cards(node: Node, resources: Resources, *, broken: bool = False) -> int:
    """Return how many whole cards of this kind there are, used or not; the broken ones counted or
    not."""
    return sum(
        (card.healthy or broken) and (card.divisible > 0 or not card.slices)
        for card in node.cards
        if is_kind(card, resources)
    )


def whole_node(node: Node, resources: Resources, *, broken: bool = False) -> Node:
    """Return the node with the cards of this kind alone, none of them used; without the broken
    ones, or with them as if they were mended (``broken``)."""
    cards = tuple(
        unused(card if card.healthy else replace(card, healthy=True))
        for card in node.cards
        if is_kind(card, resources) and (card.healthy or broken)
    )
    return replace(node, cards=cards, unplaced=(), used_cpu_millis=0, used_memory_bytes=0)


def unused(card: PhysicalCard) -> PhysicalCard:
    """Return the card as if nobody used it."""
    if card.used_by is None and not card.slices:
        return card
    slices = () if card.divisible else tuple(replace(one, used_by=None) for one in card.slices)
    return replace(card, used_by=None, slices=slices)


def released(card: PhysicalCard, applications: frozenset[str]) -> PhysicalCard:
    """Return the card as if these applications had ended."""
    if card.used_by in applications:
        card = replace(card, used_by=None)
    if not any(part.used_by in applications for part in card.slices):
        return card
    if card.divisible:
        kept = tuple(part for part in card.slices if part.used_by not in applications)
        return replace(card, slices=kept)
    parts = (
        replace(part, used_by=None) if part.used_by in applications else part
        for part in card.slices
    )
    return replace(card, slices=tuple(parts))


def choose(cards: Sequence[PhysicalCard], resources: Resources) -> tuple[CardSeat, ...] | None:
    """Choose the cards or slices of one replica, by slot; None where there are too few.

    Slices are taken where the least is left, which keeps cards whole for others; those of one
    replica lie on different cards where the cards are divisible.
    """
    kind = sorted((card for card in cards if is_kind(card, resources)), key=lambda one: one.slot)
    if resources.slice is None:
        found = [CardSeat(card.slot) for card in kind if free_whole(card)]
    else:
        found = _slices(kind, resources.slice)
    return tuple(found[: resources.cards]) if len(found) >= resources.cards else None


def take(
    cards: Sequence[PhysicalCard], given: Iterable[CardSeat], application: str, wanted: Slice | None
) -> tuple[PhysicalCard, ...]:
    """Return the cards with these ones given to an application."""
    taken: dict[int, list[CardSeat]] = {}
    for one in given:
        taken.setdefault(one.slot, []).append(one)
    if not taken:
        return tuple(cards)
    return tuple(
        _taken(card, taken[card.slot], application, wanted) if card.slot in taken else card
        for card in cards
    )


def settled(node: Node) -> tuple[PhysicalCard, ...]:
    """Return the cards with the unplaced uses on some that suit: right in number, to count what is
    free; where they really are is unknown."""
    cards = list(node.cards)
    for use in node.unplaced:
        kind = [at for at, card in enumerate(cards) if _is_of(card, use)]
        for _ in range(use.cards):
            at = _home(cards, kind, use.slice)
            if at is None:
                break
            seat = CardSeat(0) if use.slice is None else next(_slices_of(cards[at], use.slice))
            cards[at] = _taken(cards[at], [seat], use.application, use.slice)
    return tuple(cards)


def cards_in_use(node: Node) -> tuple[CardInUse, ...]:
    """Return who has which card or slice, by slot and number, those without a slot last."""
    found: list[CardInUse] = []
    for card in sorted(node.cards, key=lambda one: one.slot or 1 << 30):
        slot = card.slot or None
        if card.used_by is not None:
            found.append(CardInUse(card.used_by, slot))
        found.extend(
            CardInUse(part.used_by, slot, part.number)
            for part in sorted(card.slices, key=lambda one: one.number)
            if part.used_by is not None
        )
    for use in node.unplaced:
        found.extend([CardInUse(use.application)] * use.cards)
    return tuple(sorted(found, key=lambda one: one.slot is None))


def used_part(card: PhysicalCard) -> float:
    """Return which part of a card is in use, 0 to 1: of what is scarcest of it."""
    if card.used_by is not None:
        return 1.0
    if not card.slices:
        return 0.0
    if not card.divisible:
        return sum(part.used_by is not None for part in card.slices) / len(card.slices)
    parts = [sum(part.share for part in card.slices) / WHOLE_SHARE]
    if card.memory_bytes:
        parts.append(sum(part.memory_bytes for part in card.slices) / card.memory_bytes)
    if not any(parts):
        parts.append(len(card.slices) / card.divisible)
    return min(1.0, max(parts))


def card_use(node: Node, resources: Resources) -> tuple[float, int]:
    """Return how many of the node's cards of this kind are used, and how many there are.

    For whole cards: cards, a divisible one counting by the part in use. For slices: the slices that
    suit where cards were cut beforehand, else cards by parts.
    """
    wanted = resources.slice
    divided = wanted is not None or any(card.divisible for card in node.cards)
    cards = settled(node) if divided and node.unplaced else node.cards
    kind = [card for card in cards if is_kind(card, resources)]
    if wanted is not None and any(not card.divisible and card.slices for card in kind):
        cut = (part for card in kind if not card.divisible for part in card.slices)
        parts = [part for part in cut if suits(part, wanted)]
        return sum(part.used_by is not None for part in parts), len(parts)
    uncut = [card for card in kind if card.divisible or (wanted is None and not card.slices)]
    used = sum(used_part(card) for card in uncut) + (
        0 if divided else unplaced.whole_cards(node, resources)
    )
    return min(len(uncut), round(used, 2)), len(uncut)


def _is_of(card: PhysicalCard, use: CardUse) -> bool:
    return card.accelerator is use.accelerator and use.model in (None, card.model)


def _home(cards: Sequence[PhysicalCard], kind: Iterable[int], wanted: Slice | None) -> int | None:
    """Return at which place of ``kind`` a card can be used in this way: as :func:`choose` does."""
    if wanted is None:
        return next((at for at in kind if free_whole(cards[at])), None)
    room = ((free_slices(cards[at], wanted), at) for at in kind)
    return min((one for one in room if one[0] > 0), default=(0, None))[1]


def _free_whole(cards: Iterable[PhysicalCard], resources: Resources) -> int:
    """A plain loop: this is asked of every card of the cluster at every look at it."""
    kind, model, free = resources.accelerator, resources.card_model, 0
    for card in cards:
        if card.accelerator is kind and model in (None, card.model) and free_whole(card):
            free += 1
    return free


def _slices(cards: Iterable[PhysicalCard], wanted: Slice) -> list[CardSeat]:
    by_room = sorted(cards, key=lambda card: (free_slices(card, wanted), card.slot))
    found = (seat for card in by_room for seat in _slices_of(card, wanted))
    return [seat if seat.slot else CardSeat(0) for seat in found]


def _slices_of(card: PhysicalCard, wanted: Slice) -> Iterator[CardSeat]:
    if card.divisible:
        if divisions(card, wanted):
            numbers = {part.number for part in card.slices}
            free = next(n for n in range(1, len(numbers) + 2) if n not in numbers)
            yield CardSeat(card.slot, free)
    elif card.healthy and card.used_by is None:
        for part in sorted(card.slices, key=lambda one: (one.memory_bytes, one.share, one.number)):
            if part.used_by is None and suits(part, wanted):
                yield CardSeat(card.slot, part.number)


def _taken(
    card: PhysicalCard, given: Sequence[CardSeat], application: str, wanted: Slice | None
) -> PhysicalCard:
    numbers = {one.number for one in given}
    if None in numbers or not _has(card, numbers, wanted):
        return replace(card, used_by=application)
    if not card.divisible:
        parts = [
            replace(part, used_by=application) if part.number in numbers else part
            for part in card.slices
        ]
        return replace(card, slices=tuple(parts))
    size = wanted or Slice()
    cut = [
        VirtualCard(number, application, memory_bytes=size.memory_bytes, share=size.share)
        for number in sorted(one for one in numbers if one is not None)
    ]
    return replace(card, slices=(*card.slices, *cut))


def _has(card: PhysicalCard, numbers: set[int | None], wanted: Slice | None) -> bool:
    """Tell whether the card can be held in these slices. One that was cut otherwise since they were
    given is held as a whole: what is left of it nobody knows."""
    if card.divisible:
        return not (wanted is not None and wanted.profile)
    return numbers <= {part.number for part in card.slices}


def _given_one_by_one(node: Node, resources: Resources, most: int) -> int:
    numbered = (replace(card, slot=at) for at, card in enumerate(settled(node), start=1))
    cards, count = tuple(numbered), 0
    while count < most and (given := choose(cards, resources)) is not None:
        cards, count = take(cards, given, "", resources.slice), count + 1
    return count
