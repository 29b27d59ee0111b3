"""Cards and slices: counted, given, shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from inference_ui.backend.capacity.cards import (
    CardInUse,
    CardSeat,
    card_use,
    cards_in_use,
    choose,
    copies,
    free_slices,
    released,
    settled,
    take,
    units,
    unused,
    used_part,
)
from inference_ui.backend.models.compute import CardUse, Node, Resources, Slice, VirtualCard
from tests.support.room import GIB, GPU, MLU, card, clusters, cut, node, requests, wants

TENTH = Slice(share=10)


def test_only_whole_free_healthy_cards_of_the_kind_and_model_are_given() -> None:
    cards = [
        card(1),
        card(2, "y"),
        card(3, healthy=False),
        card(4, used_by="somebody"),
        card(5, slices=(VirtualCard(1),)),
        card(6, "g", GPU),
        card(7, divisible=4),
        card(8, divisible=4, slices=(VirtualCard(1, "somebody", share=10),)),
    ]
    assert choose(cards, wants(3)) == (CardSeat(1), CardSeat(2), CardSeat(7))
    assert choose(cards, wants(2, model="x")) == (CardSeat(1), CardSeat(7))
    assert choose(cards, wants(4)) is None
    assert units(node("a", *cards), wants(1)) == 3


def test_a_slice_is_given_where_the_least_is_left() -> None:
    cards = [cut(1, "1g.5gb", "1g.5gb"), cut(2, "1g.5gb"), card(3)]
    assert choose(cards, wants(2, Slice(profile="1g.5gb"))) == (CardSeat(2, 1), CardSeat(1, 1))


def test_a_slice_that_suffices_is_given_before_a_larger_one() -> None:
    cards = [cut(1, "4g.40gb", "2g.20gb", "1g.10gb")]
    assert choose(cards, wants(1, Slice(memory_bytes=15 * GIB))) == (CardSeat(1, 2),)
    assert choose(cards, wants(1, Slice(share=30))) == (CardSeat(1, 1),)
    assert choose(cards, wants(1, Slice(memory_bytes=41 * GIB))) is None


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Slice(), 3),
        (Slice(share=30), 2),
        (Slice(share=80), 0),
        (Slice(memory_bytes=16 * GIB), 2),
        (Slice(memory_bytes=17 * GIB), 1),
        (Slice(memory_bytes=10 * GIB, share=40), 1),
        (Slice(profile="1g.5gb"), 0),
    ],
)
def test_a_divisible_card_gives_what_is_left_of_its_scarcest_side(wanted: Slice, left: int) -> None:
    half = (VirtualCard(1, "a", memory_bytes=8 * GIB, share=40),)
    assert free_slices(card(memory=40 * GIB, divisible=4, slices=half), wanted) == left


@pytest.mark.parametrize(
    "full",
    [
        card(divisible=4, slices=(VirtualCard(1, "a", share=100),)),
        card(divisible=4, memory=GIB, slices=(VirtualCard(1, "a", memory_bytes=GIB),)),
        card(divisible=1, slices=(VirtualCard(1, "a"),)),
        card(divisible=4, used_by="a"),
        card(divisible=4, healthy=False),
    ],
)
def test_nothing_is_cut_off_a_card_of_which_a_side_is_used_up(full) -> None:
    assert free_slices(full, Slice()) == 0


def test_slices_of_one_replica_lie_on_different_divisible_cards() -> None:
    cards = [card(1, divisible=4), card(2, divisible=4)]
    assert choose(cards, wants(2, TENTH)) == (CardSeat(1, 1), CardSeat(2, 1))
    assert choose(cards, wants(3, TENTH)) is None
    assert copies(node("a", *cards), wants(2, TENTH), 9) == 4


def test_a_slice_gets_the_lowest_number_that_is_free() -> None:
    parts = (VirtualCard(1, "a", share=10), VirtualCard(3, "b", share=10))
    assert choose([card(1, divisible=9, slices=parts)], wants(1, TENTH)) == (CardSeat(1, 2),)


def test_what_is_taken_is_taken_and_what_is_released_is_free_again() -> None:
    cards = (card(1), cut(2, "1g.5gb"), card(3, divisible=2))
    whole = take(cards, [CardSeat(1)], "a", None)
    part = take(whole, [CardSeat(2, 1)], "b", Slice(profile="1g.5gb"))
    both = take(part, [CardSeat(3, 1)], "a", Slice(memory_bytes=GIB, share=10))
    assert [used.label for used in cards_in_use(node("n", *both))] == ["1:a", "2(1):b", "3(1):a"]
    assert both[2].slices == (VirtualCard(1, "a", memory_bytes=GIB, share=10),)
    assert tuple(released(one, frozenset({"a"})) for one in both) == (cards[0], part[1], cards[2])
    assert tuple(unused(one) for one in both) == cards


def test_cards_without_a_slot_are_given_without_slot_or_number() -> None:
    assert choose([card(0), card(0)], wants(2)) == (CardSeat(0), CardSeat(0))
    assert choose([cut(0, "1g.5gb")], wants(1, Slice())) == (CardSeat(0),)


def test_uses_that_stand_on_no_card_are_deducted() -> None:
    base = node("n", card(0), card(0), card(0, "y"))
    used = replace(base, unplaced=(CardUse("a", 1, MLU),))
    assert units(used, wants(1)) == 2
    assert units(used, wants(1, model="y")) == 0  # it may be that one
    assert units(replace(base, unplaced=(CardUse("a", 2, MLU, "x"),)), wants(1, model="y")) == 1
    assert units(replace(base, unplaced=(CardUse("a", 3, GPU),)), wants(1)) == 3


def test_slices_that_stand_on_no_card_are_deducted_where_they_suit() -> None:
    base = node("n", cut(0, "1g.5gb", "1g.5gb", "2g.10gb"))
    used = replace(base, unplaced=(CardUse("a", 1, MLU, None, Slice(profile="2g.10gb")),))
    assert units(used, wants(1, Slice(profile="1g.5gb"))) == 2
    assert units(used, wants(1, Slice(profile="2g.10gb"))) == 0
    assert card_use(used, wants(1, Slice(profile="1g.5gb"))) == (0, 2)
    assert card_use(used, wants(1, Slice(profile="2g.10gb"))) == (1, 1)


def test_a_slice_somewhere_leaves_one_whole_card_less() -> None:
    base = node("n", card(1, divisible=4), card(2, divisible=4))
    used = replace(base, unplaced=(CardUse("a", 2, MLU, None, Slice(share=20)),))
    assert units(used, wants(1)) == 1
    assert card_use(used, wants(1)) == (0.4, 2)
    assert card_use(used, wants(1, Slice())) == (0.4, 2)
    whole = replace(used, unplaced=(*used.unplaced, CardUse("b", 1, MLU)))
    assert units(whole, wants(1)) == 0
    assert card_use(whole, wants(1)) == (1.4, 2)


def test_settled_cards_are_used_as_much_as_is_used() -> None:
    base = node("n", card(0), cut(0, "1g.5gb", "1g.5gb"))
    uses = (CardUse("a", 1, MLU), CardUse("b", 1, MLU, None, Slice(profile="1g.5gb")))
    whole, parts = settled(replace(base, unplaced=uses))
    assert whole.used_by == "a"
    assert [one.used_by for one in parts.slices] == ["b", None]


def test_who_has_what_is_told_by_slot_and_the_unknown_last() -> None:
    base = node(
        "n",
        card(0, slices=(VirtualCard(1, "d"),)),
        card(2, slices=(VirtualCard(2, "b"), VirtualCard(1, "c"))),
        card(1, used_by="a"),
    )
    uses = cards_in_use(replace(base, unplaced=(CardUse("e", 2, MLU),)))
    assert [one.label for one in uses] == ["1:a", "2(1):c", "2(2):b", "?:d", "?:e", "?:e"]
    assert CardInUse("e") in uses


@pytest.mark.parametrize(
    ("one", "part"),
    [
        (card(), 0.0),
        (card(used_by="a"), 1.0),
        (card(slices=(VirtualCard(1, "a"), VirtualCard(2))), 0.5),
        (card(divisible=4, slices=(VirtualCard(1, "a", share=30),)), 0.3),
        (card(divisible=4, memory=8, slices=(VirtualCard(1, "a", "", 4, 30),)), 0.5),
        (card(divisible=4, slices=(VirtualCard(1, "a"),)), 0.25),
    ],
)
def test_the_used_part_of_a_card_is_that_of_its_scarcest_side(one, part) -> None:
    assert used_part(one) == part


@given(clusters, requests)
def test_what_is_free_is_what_is_left_when_all_uses_are_put_somewhere(
    some: list[Node], wanted: Resources
) -> None:
    for one in some:
        placed = replace(one, cards=settled(one), unplaced=())
        assert units(one, wanted) <= units(placed, wanted)
        if wanted.card_model is None or not one.unplaced:
            assert units(one, wanted) == units(placed, wanted)
