"""A node beside a request: closed to it, too small for it, short of something now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference_ui.backend.capacity import nodes
from inference_ui.backend.capacity.cards import CardSeat, units
from inference_ui.backend.capacity.nodes import Lack
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    CardUse,
    Placement,
    Slice,
    Taint,
    Tenant,
    Toleration,
    VirtualCard,
)
from tests.support.room import GPU, MLU, card, cut, node, wants

TAINT = Taint("key", "value", "NoSchedule")


@pytest.mark.parametrize(
    ("toleration", "borne"),
    [
        (Toleration(), True),
        (Toleration(key="key"), True),
        (Toleration(key="key", value="value", effect="NoSchedule"), True),
        (Toleration(key="key", value=""), False),
        (Toleration(key="key", effect="NoExecute"), False),
        (Toleration(key="other"), False),
    ],
)
def test_a_taint_is_borne_as_in_kubernetes(toleration: Toleration, borne: bool) -> None:
    assert nodes.tolerates([toleration], TAINT) is borne


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (
            replace(node(), ready=False, why="no answer"),
            Message("NODE_NOT_READY", {"node": "a", "why": "no answer"}),
        ),
        (replace(node(), cordoned=True), Message("NODE_CORDONED", {"node": "a", "why": "none"})),
        (
            replace(node(), taints=(TAINT,)),
            Message("NODE_TAINTED", {"node": "a", "taint": "key=value"}),
        ),
        (
            replace(node(), taints=(Taint("key", "", "NoExecute"),)),
            Message("NODE_TAINTED", {"node": "a", "taint": "key"}),
        ),
        (replace(node(), taints=(Taint("key", "", "PreferNoSchedule"),)), None),
        (node(), None),
    ],
)
def test_a_closed_node_says_why(odd, why) -> None:
    assert nodes.closed(odd, wants()) == why


def test_a_placement_permits_its_nodes_or_its_driver() -> None:
    driven = replace(node("b"), driver_version="v5")
    named = Placement(kind="NODES", nodes=("a",))
    by_driver = Placement(kind="DRIVER", driver_version="v5")
    assert [nodes.permits(named, one) for one in (node(), driven)] == [True, False]
    assert [nodes.permits(by_driver, one) for one in (node(), driven)] == [False, True]
    assert nodes.permits(Placement(), driven)


def test_what_is_short_is_told_with_cards_first() -> None:
    full = replace(node(models="x"), used_cpu_millis=3500, used_memory_bytes=9000)
    assert nodes.lacks(full, wants(2, cpu=1000, memory=1)) == (
        Lack("cards", 2, 1),
        Lack("cpu", 1000, 500),
        Lack("memory", 1, 0),
    )
    assert nodes.lacks(full, wants(1, cpu=500)) == ()


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (wants(cpu=4000, memory=8000), None),
        (wants(1, cpu=4000), None),
        (
            wants(cpu=4001),
            Message("NODE_TOO_SMALL", {"resource": "cpu", "needed": 4001, "free": 4000}),
        ),
        (wants(2), Message("NODE_NO_CARDS", {"model": "any", "needed": 2, "free": 1})),
        (
            wants(1, Slice(), model="x"),
            Message("NODE_NO_SLICES", {"model": "x", "needed": 1, "free": 0}),
        ),
    ],
)
def test_a_node_is_unfit_only_for_what_it_could_not_hold_were_it_empty(wanted, why) -> None:
    full = replace(
        node("a", card(used_by="somebody")),
        used_cpu_millis=4000,
        used_memory_bytes=8000,
        unplaced=(CardUse("somebody", 1, MLU),),
    )
    assert nodes.unfit(full, wanted) == why


def test_a_broken_card_never_suffices_unless_it_is_mended() -> None:
    broken = node("a", card(healthy=False))
    assert nodes.never(broken, wants(1)) == (Lack("cards", 1, 0),)
    assert nodes.never(broken, wants(1), broken=True) == ()


def test_as_many_copies_fit_as_the_scarcest_allows() -> None:
    assert nodes.copies(node(models="xxxx"), wants(1, cpu=1500), 9) == 2
    assert nodes.copies(node(models="xxxx"), wants(2), 9) == 2
    assert nodes.copies(node(), wants(cpu=1), 3) == 3
    assert nodes.copies(replace(node(), used_cpu_millis=5000), wants(cpu=1), 3) == 0


def test_who_moved_in_can_move_out() -> None:
    empty = node("a", card(1), card(2, divisible=4))
    one = nodes.occupy(empty, wants(1, cpu=100, memory=10), "app", [CardSeat(1)])
    two = nodes.occupy(one, wants(1, Slice(share=5), cpu=1), "app", [CardSeat(2, 1)])
    three = nodes.occupy(two, wants(cpu=7), "other")
    assert three.tenants == (Tenant("app", 101, 10), Tenant("other", 7, 0))
    assert (three.used_cpu_millis, three.used_memory_bytes) == (108, 10)
    assert nodes.without(three, frozenset({"app", "other"})) == empty


def test_who_sits_on_a_card_without_a_slot_is_among_the_unplaced() -> None:
    empty = node("a", card(0), card(0), cut(0, "1g.5gb", "1g.5gb"))
    one = nodes.occupy(empty, wants(1, model="x"), "app", [CardSeat(0)])
    assert one.unplaced == (CardUse("app", 1, MLU, "x"),)
    assert one.cards == empty.cards
    assert units(one, wants(1)) == 1
    two = nodes.occupy(one, wants(1, Slice(profile="1g.5gb")), "app", [CardSeat(0)])
    assert units(two, wants(1, Slice())) == 1
    assert nodes.without(two, frozenset({"app"})) == empty


def test_a_card_is_given_of_the_accelerator_asked_for_where_two_have_its_slot() -> None:
    both = node("a", card(1, "g", GPU), card(1, divisible=2))
    given = nodes.occupy(both, wants(1, Slice()), "app", [CardSeat(1, 1)])
    assert given.cards == (both.cards[0], replace(both.cards[1], slices=(VirtualCard(1, "app"),)))
