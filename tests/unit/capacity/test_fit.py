"""Seats for replicas: where they come to sit, or what is short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from inference_ui.backend.capacity import nodes
from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.capacity.fit import (
    Demand,
    Seat,
    could_hold,
    never_fits,
    occupied,
    seat,
    seats_of,
)
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    CardUse,
    Node,
    Placement,
    Resources,
    Slice,
    Taint,
    Toleration,
)
from tests.support.room import (
    MLU,
    assert_nothing_is_given_twice,
    card,
    clusters,
    cut,
    demand,
    node,
    queues,
    requests,
    wants,
)


def places(answer: tuple[Seat, ...] | Message) -> list[str]:
    assert not isinstance(answer, Message), answer
    return [one.node for one in answer]


def test_replicas_spread_and_then_share() -> None:
    assert places(seat(demand(wants(cpu=1000), 3), [node("a"), node("b")])) == ["a", "b", "a"]


def test_a_second_replica_waits_where_another_node_could_hold_it() -> None:
    full = replace(node("b"), used_cpu_millis=4000)
    answer = seat(demand(wants(cpu=1000), 2), [node("a"), full])
    assert answer == Message(
        "QUEUED_FEW_SEATS",
        {"among": "all", "replicas": 2, "fitting": 1, "resource": "cpu", "model": "any"},
    )


def test_cards_come_from_the_node_with_the_fewest_that_suffice() -> None:
    some = [node("a", models="xxxx"), node("b", models="xx"), node("c", models="x")]
    assert seat(demand(wants(2)), some) == (Seat("b", (CardSeat(1), CardSeat(2))),)


def test_cards_without_slots_are_given_by_number_alone() -> None:
    slotless = [node("a", *[card(0)] * 4), node("b", *[card(0)] * 2)]
    assert seat(demand(wants(2)), slotless) == (Seat("b", (CardSeat(0), CardSeat(0))),)
    assert places(seat(demand(wants(2), 3), slotless)) == ["b", "a", "a"]


def test_a_companion_sits_beside_a_replica_if_it_can() -> None:
    client = wants(cpu=500)
    both = [node("a"), node("b", models="x")]
    one = demand(wants(1, cpu=3500), companion=client)
    assert places(seat(one, both)) == ["b", "b"]
    assert places(seat(demand(wants(1, cpu=4000), companion=client), both)) == ["b", "a"]


def test_a_server_moves_over_for_its_client_where_both_find_room_in_another_way() -> None:
    both = [node("a", cpu=1000), node("b", cpu=100, models="x")]
    one = demand(wants(cpu=100), companion=wants(cpu=1000))
    assert places(seat(one, both)) == ["b", "a"]
    two = demand(wants(cpu=100), 2, companion=wants(cpu=800))
    assert places(seat(two, both)) == ["a", "b", "a"]
    tight = [node("a", cpu=1000), node("b", cpu=1000, models="x")]
    both_need_one = demand(wants(1, cpu=100), companion=wants(cpu=1000))
    assert places(seat(both_need_one, tight)) == ["b", "a"]
    small = [node("a", cpu=1000), node("b", cpu=100)]
    assert places(seat(one, small)) == ["b", "a"]
    assert never_fits(one, small) is None


def test_a_client_needs_no_node_with_the_driver_but_is_bound_by_names() -> None:
    driven = [replace(node("a"), driver_version="v5"), node("b")]
    by_driver = Placement(kind="DRIVER", driver_version="v5")
    full = wants(cpu=4000)
    one = demand(full, placement=by_driver, companion=wants(cpu=500))
    assert places(seat(one, driven)) == ["a", "b"]
    assert never_fits(one, driven) is None
    named = demand(full, placement=Placement(kind="NODES", nodes=("a",)), companion=wants(cpu=500))
    refused = never_fits(named, driven)
    assert refused is not None
    assert refused.code == "SPEC_NO_ROOM_FOR_CLIENT"
    tainted = [driven[0], replace(driven[1], taints=(Taint("own"),))]
    assert isinstance(seat(one, tainted), Message)


def test_no_server_takes_the_place_of_its_own_client() -> None:
    one = demand(wants(cpu=4000), companion=wants(cpu=500))
    reason = {"resource": "cpu", "needed": 500, "free": 0}
    assert seat(one, [node()]) == Message("QUEUED_NO_ROOM_FOR_CLIENT", reason)
    assert never_fits(one, [node()]) == Message("SPEC_NO_ROOM_FOR_CLIENT", reason)


@pytest.mark.parametrize(
    ("wanted", "some", "reason"),
    [
        (
            demand(wants(cpu=5000)),
            [node(), node("b", cpu=3000)],
            Message(
                "QUEUED_NO_ROOM",
                {"among": "all", "resource": "cpu", "needed": 5000, "free": 4000, "node": "a"},
            ),
        ),
        (  # together there would be enough, but not for whole replicas
            demand(wants(cpu=3000), 3),
            [node(), node("b"), node("c", cpu=2000)],
            Message(
                "QUEUED_FEW_SEATS",
                {"among": "all", "replicas": 3, "fitting": 2, "resource": "cpu", "model": "any"},
            ),
        ),
        (
            demand(wants(2, model="x")),
            [node(models="xyyg"), node("b")],
            Message(
                "QUEUED_NO_CARDS",
                {"among": "all", "model": "x", "needed": 2, "free": 1, "node": "a"},
            ),
        ),
        (
            demand(wants(1, Slice(profile="1g.5gb"))),
            [node("a", cut(1, "2g.10gb"))],
            Message(
                "QUEUED_NO_SLICES",
                {"among": "all", "model": "any", "needed": 1, "free": 0, "node": "a"},
            ),
        ),
        (  # the node with cards has no CPU: more CPU elsewhere is of no use
            demand(wants(1, cpu=2000)),
            [node(cpu=1000, models="x"), node("b")],
            Message(
                "QUEUED_NO_ROOM",
                {"among": "all", "resource": "cpu", "needed": 2000, "free": 1000, "node": "a"},
            ),
        ),
        (
            demand(wants(), placement=Placement(kind="NODES", nodes=("x", "y"))),
            [node()],
            Message("QUEUED_NO_NODE_NAMED", {"nodes": "x, y"}),
        ),
        (
            demand(wants(), placement=Placement(kind="DRIVER", driver_version="v1")),
            [node()],
            Message("QUEUED_NO_NODE_WITH_DRIVER", {"driver": "v1"}),
        ),
        (
            demand(wants()),
            [replace(node(), ready=False, why="gone")],
            Message("NODE_NOT_READY", {"node": "a", "why": "gone"}),
        ),
        (
            demand(wants()),
            [replace(node(), ready=False), replace(node("b"), cordoned=True)],
            Message("QUEUED_NO_NODE_OPEN", {"nodes": 2}),
        ),
        (demand(wants()), [], Message("QUEUED_NO_NODE_READY")),
    ],
)
def test_what_is_short_is_told(wanted: Demand, some: list[Node], reason: Message) -> None:
    assert seat(wanted, some) == reason


def test_a_placement_and_the_taints_bound_where_replicas_sit() -> None:
    tainted = replace(node("a"), taints=(Taint("own"),))
    some = [tainted, replace(node("b"), driver_version="v5"), node("c")]
    named = Placement(kind="NODES", nodes=("b",))
    assert places(seat(demand(wants(), 2, named), some)) == ["b", "b"]
    driven = Placement(kind="DRIVER", driver_version="v5")
    assert places(seat(demand(wants(), 1, driven), some)) == ["b"]
    bearing = wants().model_copy(update={"tolerations": (Toleration(key="own"),)})
    assert places(seat(demand(bearing, 3), some)) == ["a", "b", "c"]
    assert could_hold(demand(wants()), some) == {"b", "c"}


def test_what_fits_an_empty_cluster_may_wait_on_a_full_one() -> None:
    full = replace(node("a", card(used_by="somebody")), used_cpu_millis=4000)
    broken = node("a", card(healthy=False))
    assert never_fits(demand(wants(1, cpu=1000)), [full]) is None
    assert never_fits(demand(wants(cpu=1000), 4), [full]) is None
    assert never_fits(demand(wants(1)), [broken]) is None
    assert never_fits(demand(wants()), [replace(node(), ready=False)]) is None


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (demand(wants(cpu=5000)), "SPEC_TOO_LARGE"),
        (demand(wants(memory=9000)), "SPEC_TOO_LARGE"),
        (demand(wants(cpu=1000), 5), "SPEC_FEW_SEATS"),
        (demand(wants(2)), "SPEC_NO_CARDS"),
        (demand(wants(1, model="y")), "SPEC_NO_CARDS"),
        (demand(wants(1, Slice(share=10))), "SPEC_NO_SLICES"),
        (demand(wants(), placement=Placement(kind="NODES", nodes=("z",))), "NODES_UNKNOWN"),
        (
            demand(wants(), placement=Placement(kind="DRIVER", driver_version="v")),
            "DRIVER_UNKNOWN",
        ),
    ],
)
def test_what_no_empty_cluster_holds_is_refused_with_what_is_short(
    wanted: Demand, code: str
) -> None:
    problem = never_fits(wanted, [node(models="x")])
    assert problem is not None
    assert problem.code == code


def test_taints_that_are_borne_nowhere_refuse_for_good() -> None:
    tainted = replace(node(), taints=(Taint("dedicated", "vision"),))
    problem = never_fits(demand(wants()), [tainted])
    assert problem == Message("NODE_TAINTED", {"node": "a", "taint": "dedicated=vision"})
    assert never_fits(demand(wants()), [tainted, node("b")]) is None


def test_without_any_node_nothing_fits() -> None:
    assert never_fits(demand(wants()), []) == Message("NO_NODE_READY")


def test_a_seat_on_a_node_that_is_gone_counts_for_nothing() -> None:
    assert occupied([node()], [("app", wants(cpu=1000), Seat("gone"))]) == (node(),)


# What must hold for any demands on any cluster.


@given(clusters, queues)
@settings(max_examples=200)
def test_nothing_is_ever_given_twice_nor_more_than_there_is(
    some: list[Node], wanted: list[Demand]
) -> None:
    now: tuple[Node, ...] = tuple(some)
    for one in wanted:
        answer = seat(one, now)
        if not isinstance(answer, Message):
            assert len(answer) == len(one.parts)
            assert_nothing_is_given_twice(list(now), seats_of(one, answer))
            now = occupied(now, seats_of(one, answer))


@given(clusters, queues)
def test_a_node_holds_one_replica_where_enough_nodes_could_hold_one(
    some: list[Node], wanted: list[Demand]
) -> None:
    for one in wanted:
        answer = seat(one, some)
        if not isinstance(answer, Message) and len(could_hold(one, some)) >= one.replicas:
            used = places(answer)[: one.replicas]
            assert len(set(used)) == one.replicas


@given(clusters, queues)
def test_what_is_seated_could_be_held_and_was_never_refused_for_good(
    some: list[Node], wanted: list[Demand]
) -> None:
    for one in wanted:
        answer = seat(one, some)
        if not isinstance(answer, Message):
            assert set(places(answer)[: one.replicas]) <= could_hold(one, some)
            assert never_fits(one, some) is None


@given(clusters, requests)
def test_a_refusal_names_a_real_shortage(some: list[Node], wanted: Resources) -> None:
    answer = seat(demand(wanted), some)
    if isinstance(answer, Message):
        assert answer.args["free"] < answer.args["needed"]  # type: ignore[operator]
        assert all(nodes.lacks(one, wanted) for one in some)
    else:
        assert any(not nodes.lacks(one, wanted) for one in some)


@given(clusters, requests)
def test_as_many_copies_are_counted_as_can_be_seated_one_after_the_other(
    some: list[Node], wanted: Resources
) -> None:
    room, seated = some[0], 0
    counted = nodes.copies(room, wanted, 4)
    while seated < 4 and not isinstance(answer := seat(demand(wanted), [room]), Message):
        room = nodes.occupy(room, wanted, "app", answer[0].cards)
        seated += 1
    assert seated == counted


def test_uses_without_a_slot_never_leave_more_than_the_rest() -> None:
    some = [replace(node("a", *[card(0)] * 8), unplaced=(CardUse("s", 7, MLU),))]
    assert places(seat(demand(wants(1)), some)) == ["a"]
    answer = seat(demand(wants(2)), some)
    assert isinstance(answer, Message)
    assert answer.args["free"] == 1
