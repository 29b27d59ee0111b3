"""The queue: who goes first, who is overtaken, and what would end a waiting."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.capacity.fit import Demand, Seat, could_hold, occupied, seat, seats_of
from inference_ui.backend.capacity.nodes import without
from inference_ui.backend.capacity.queue import (
    PATIENCE_S,
    Release,
    next_patience,
    queued_cards,
    release,
    seat_in_order,
)
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import CardUse, Node, Placement, Tenant
from tests.support.room import (
    MLU,
    assert_nothing_is_given_twice,
    card,
    clusters,
    demand,
    node,
    queues,
    wants,
)

NOW = 10_000.0


def waiting(name: str, cpu: int, for_s: float = 0.0) -> Demand:
    return demand(wants(cpu=cpu), name=name, since=NOW - for_s)


def test_what_waits_is_seated_in_order_and_holds_up_nothing_smaller() -> None:
    queue = [waiting("first", 3000), waiting("second", 2000), waiting("third", 1000)]
    answers = seat_in_order(queue, [node()], NOW).answers
    assert answers["first"] == answers["third"] == (Seat("a"),)
    assert answers["second"] == Message(
        "QUEUED_NO_ROOM",
        {"among": "all", "resource": "cpu", "needed": 2000, "free": 1000, "node": "a"},
    )


def test_nothing_overtakes_what_has_waited_for_half_an_hour() -> None:
    busy = replace(node(), used_cpu_millis=3000)
    queue = [waiting("large", 2000, PATIENCE_S), waiting("small", 1000)]
    found = seat_in_order(queue, [busy], NOW)
    assert found.kept == {"a": "app-large"}
    assert found.answers["small"] == Message("QUEUED_HELD", {"node": "a", "task": "app-large"})


def test_before_half_an_hour_it_is_overtaken() -> None:
    busy = replace(node(), used_cpu_millis=3000)
    queue = [waiting("large", 2000, PATIENCE_S - 1), waiting("small", 1000)]
    found = seat_in_order(queue, [busy], NOW)
    assert found.kept == {}
    assert found.answers["small"] == (Seat("a"),)


def test_what_could_not_run_there_anyhow_goes_on() -> None:
    busy = replace(node("a", models="x"), unplaced=(CardUse("s", 1, MLU),))
    queue = [demand(wants(1), name="cards"), waiting("small", 1000)]
    found = seat_in_order(queue, [busy, node("b")], NOW)
    assert found.kept == {"a": "app-cards"}
    assert found.answers["small"] == (Seat("b"),)


def test_nodes_that_an_earlier_look_kept_stay_kept() -> None:
    found = seat_in_order([waiting("late", 1)], [node()], NOW, kept={"a": "patient"})
    assert found.answers["late"] == Message("QUEUED_HELD", {"node": "a", "task": "patient"})


def test_no_node_is_kept_that_cannot_get_free() -> None:
    full = replace(node(), used_cpu_millis=3000)
    queue = [waiting("large", 2000, PATIENCE_S), waiting("small", 1000)]
    found = seat_in_order(queue, [full], NOW, lasting=[full])
    assert found.kept == {}
    assert found.answers["small"] == (Seat("a"),)


def test_replicas_do_not_share_a_node_because_another_is_kept() -> None:
    two = demand(wants(cpu=500), replicas=2, name="two")
    found = seat_in_order([two], [node("a"), node("b")], NOW, kept={"b": "patient"})
    assert found.answers["two"] == Message("QUEUED_HELD", {"node": "b", "task": "patient"})


def test_who_waits_for_a_place_of_its_client_keeps_the_nodes_where_that_may_be() -> None:
    server = demand(wants(1, cpu=4000), companion=wants(cpu=500), name="server")
    some = [node("a", models="x"), replace(node("b"), used_cpu_millis=3800)]
    found = seat_in_order([server, waiting("small", 100)], some, NOW)
    assert found.kept == {"a": "app-server", "b": "app-server"}
    assert found.answers["small"] == Message("QUEUED_HELD", {"node": "b", "task": "app-server"})


def test_the_next_end_of_patience_is_told() -> None:
    queue = [waiting("a", 1, PATIENCE_S), waiting("b", 1, 100), waiting("c", 1, 50)]
    assert next_patience(queue, NOW) == NOW - 100 + PATIENCE_S
    assert next_patience([], NOW) == float("inf")


def test_queued_cards_are_counted_by_model() -> None:
    queue = [
        demand(wants(2, model="x"), 3),
        demand(wants(1)),
        demand(wants(cpu=1000)),
        demand(wants(1, model="x")),
    ]
    assert queued_cards(queue) == {"x": 7, "any": 1}


def with_tenants(name: str, cards: int, *applications: str) -> Node:
    """Return a node with a card for each application, and so many more."""
    held = [card(at, used_by=one) for at, one in enumerate(applications, start=1)]
    free = [card(len(held) + at) for at in range(1, cards + 1)]
    base = node(name, *held, *free)
    return replace(
        base,
        tenants=tuple(Tenant(one, 1000, 10) for one in applications),
        used_cpu_millis=1000 * len(applications),
        used_memory_bytes=10 * len(applications),
    )


def test_one_that_suffices_is_named_alone_even_if_others_end_before_it() -> None:
    some = [with_tenants("a", 0, "p"), with_tenants("b", 1, "q")]
    ending = [("p", 10.0), ("q", 20.0), ("unknown", 5.0)]
    assert release(demand(wants(2)), some, ending) == Release(("q",), 20.0)


def test_several_that_must_end_together_are_named_together() -> None:
    some = [with_tenants("a", 0, "p", "q")]
    ending = [("p", 10.0), ("q", None)]
    assert release(demand(wants(2)), some, ending) == Release(("p", "q"), None)


def test_where_nothing_that_ends_makes_room_nobody_is_named() -> None:
    some = [with_tenants("a", 0, "p")]
    assert release(demand(wants(2)), some, [("p", 10.0)]) is None
    assert release(demand(wants(1)), some, []) is None
    elsewhere = demand(wants(1), placement=Placement(kind="NODES", nodes=("z",)))
    assert release(elsewhere, some, [("p", 1.0)]) is None


def test_a_use_without_a_slot_ends_with_its_application() -> None:
    used = replace(
        node("a", card(0)), unplaced=(CardUse("p", 1, MLU),), tenants=(Tenant("p", 0, 0),)
    )
    assert release(demand(wants(1)), [used], [("p", 3.0)]) == Release(("p",), 3.0)


# What must hold for any queue on any cluster.


@given(clusters, queues, st.floats(0, 6000).map(round).map(float))
@settings(max_examples=200)
def test_a_round_gives_nothing_twice_and_each_demand_all_or_nothing(
    some: list[Node], queue: list[Demand], now: float
) -> None:
    answers = seat_in_order(queue, some, now).answers
    assert list(answers) == [one.name for one in queue]
    taken = []
    for one in queue:
        answer = answers[one.name]
        if not isinstance(answer, Message):
            assert len(answer) == len(one.parts)
            taken += seats_of(one, answer)
    assert_nothing_is_given_twice(some, taken)


@given(clusters, queues, st.floats(1800, 6000).map(round).map(float))
@settings(max_examples=200)
def test_nothing_overtakes_the_patient_on_nodes_that_could_hold_them(
    some: list[Node], queue: list[Demand], now: float
) -> None:
    found = seat_in_order(queue, some, now)
    kept: set[str] = set()
    for one in queue:
        answer = found.answers[one.name]
        if not isinstance(answer, Message):
            assert not kept & {place.node for place in answer}
        elif now - one.since >= PATIENCE_S:
            kept |= could_hold(one, some)
    assert kept <= set(found.kept)


@given(clusters, queues)
def test_without_patience_whatever_fits_is_seated(some: list[Node], queue: list[Demand]) -> None:
    answers = seat_in_order(queue, some, 0.0).answers
    now: tuple[Node, ...] = tuple(some)
    for one in queue:
        answer = answers[one.name]
        assert isinstance(seat(one, now), Message) == isinstance(answer, Message)
        if not isinstance(answer, Message):
            now = occupied(now, seats_of(one, answer))


@given(clusters, queues, queues)
def test_a_release_makes_room_and_names_nobody_in_vain(
    some: list[Node], sitting: list[Demand], queue: list[Demand]
) -> None:
    now: tuple[Node, ...] = tuple(some)
    for one in sitting:
        if not isinstance(answer := seat(one, now), Message):
            now = occupied(now, seats_of(one, answer))
    ending = [(one.application, float(at)) for at, one in enumerate(sitting)]
    for one in queue:
        if not isinstance(seat(one, now), Message):
            continue
        answer = release(one, now, ending)
        everybody = frozenset(name for name, _ in ending)
        if answer is None:
            gone = [without(each, everybody) for each in now]
            assert isinstance(seat(one, gone), Message)
            continue
        for left_out in [None, *answer.applications]:
            names = frozenset(answer.applications) - {left_out}
            fits = not isinstance(seat(one, [without(each, names) for each in now]), Message)
            assert fits is (left_out is None)
