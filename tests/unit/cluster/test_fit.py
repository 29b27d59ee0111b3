"""The arithmetic of room."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Placement,
    Resources,
    VirtualCard,
)
from inference_ui.backend.models.fit import (
    Demand,
    Seat,
    free_cards,
    occupied,
    queued_cards,
    seat,
    seat_in_order,
)


def node(name: str = "a", cpu: int = 4000, memory: int = 8000, cards: str = "") -> Node:
    """Return a node; each letter of ``cards`` is a card: a model of MLU, or ``g`` for a GPU."""
    return Node(
        name=name,
        ready=True,
        os="Linux",
        kernel="6",
        cpu_millis=cpu,
        memory_bytes=memory,
        cards=tuple(
            PhysicalCard(
                slot=slot,
                index=str(slot - 1),
                model=letter,
                accelerator=AcceleratorType.GPU if letter == "g" else AcceleratorType.MLU,
            )
            for slot, letter in enumerate(cards, start=1)
        ),
    )


def demand(
    cpu: int = 0,
    memory: int = 0,
    cards: int = 0,
    model: str | None = None,
    replicas: int = 1,
    placement: Placement | None = None,
) -> Demand:
    kind = AcceleratorType.MLU if cards else AcceleratorType.CPU
    resources = Resources(
        cpu_millis=cpu, memory_bytes=memory, accelerator=kind, card_model=model, cards=cards
    )
    return Demand("w", "app", resources, replicas, placement or Placement())


def test_replicas_spread_and_then_share() -> None:
    seats = seat(demand(cpu=1000, replicas=3), [node("a"), node("b")])
    assert seats == (Seat("a"), Seat("b"), Seat("a"))


def test_cards_come_from_the_node_with_the_fewest_that_suffice() -> None:
    nodes = [node("a", cards="xxxx"), node("b", cards="xx"), node("c", cards="x")]
    assert seat(demand(cards=2), nodes) == (Seat("b", (1, 2)),)


def test_only_whole_free_healthy_cards_of_the_kind_and_model_are_given() -> None:
    base = node(cards="xyxxxg")
    cards = list(base.cards)
    cards[2] = replace(cards[2], healthy=False)
    cards[3] = replace(cards[3], used_by="somebody")
    cards[4] = replace(cards[4], slices=(VirtualCard(1),))
    odd = replace(base, cards=tuple(cards))
    assert [card.slot for card in free_cards(odd, demand(cards=1).resources)] == [1, 2]
    assert [card.slot for card in free_cards(odd, demand(cards=1, model="x").resources)] == [1]


@pytest.mark.parametrize(
    ("wanted", "nodes", "reason"),
    [
        (
            demand(cpu=5000),
            [node(), node("b", cpu=3000)],
            Message("QUEUED_NO_ROOM", {"resource": "cpu", "needed": 5000, "free": 4000}),
        ),
        (
            demand(memory=6000, replicas=3),
            [node(), node("b")],
            Message("QUEUED_NO_ROOM", {"resource": "memory", "needed": 18000, "free": 16000}),
        ),
        (  # together there would be enough, but not for whole replicas
            demand(cpu=3000, replicas=3),
            [node(), node("b"), node("c", cpu=2000)],
            Message("QUEUED_NO_ROOM", {"resource": "cpu", "needed": 9000, "free": 6000}),
        ),
        (
            demand(cards=2, model="x"),
            [node(cards="xyyg"), node("b")],
            Message("QUEUED_NO_CARDS", {"model": "x", "needed": 2, "free": 1}),
        ),
        (
            demand(cards=2),
            [node(cards="xggg")],
            Message("QUEUED_NO_CARDS", {"model": "any", "needed": 2, "free": 1}),
        ),
        (  # the node with cards has no CPU: more CPU elsewhere is of no use
            demand(cpu=2000, cards=1),
            [node(cpu=1000, cards="x"), node("b")],
            Message("QUEUED_NO_ROOM", {"resource": "cpu", "needed": 2000, "free": 1000}),
        ),
        (
            demand(placement=Placement(kind="NODES", nodes=("x", "y"))),
            [node()],
            Message("QUEUED_NO_NODE_NAMED", {"nodes": "x, y"}),
        ),
        (
            demand(placement=Placement(kind="DRIVER", driver_version="v1")),
            [node()],
            Message("QUEUED_NO_NODE_WITH_DRIVER", {"driver": "v1"}),
        ),
        (demand(), [replace(node(), ready=False)], Message("QUEUED_NO_NODE_READY")),
    ],
)
def test_what_is_short_is_told(wanted: Demand, nodes: list[Node], reason: Message) -> None:
    assert seat(wanted, nodes) == reason


def test_a_placement_keeps_to_its_nodes() -> None:
    nodes = [node("a"), replace(node("b"), driver_version="v5")]
    named = demand(placement=Placement(kind="NODES", nodes=("b",)), replicas=2)
    driven = demand(placement=Placement(kind="DRIVER", driver_version="v5"))
    assert seat(named, nodes) == (Seat("b"), Seat("b"))
    assert seat(driven, nodes) == (Seat("b"),)


def test_what_waits_is_seated_in_order_and_holds_up_nothing_smaller() -> None:
    waiting = [
        replace(demand(cpu=3000), name="first"),
        replace(demand(cpu=2000), name="second"),
        replace(demand(cpu=1000), name="third"),
    ]
    answers = seat_in_order(waiting, [node()])
    assert answers["first"] == answers["third"] == (Seat("a"),)
    assert answers["second"] == Message(
        "QUEUED_NO_ROOM", {"resource": "cpu", "needed": 2000, "free": 1000}
    )


def test_a_seat_on_a_node_that_is_gone_counts_for_nothing() -> None:
    assert occupied([node()], [(demand(cpu=1000), Seat("gone"))]) == (node(),)


def test_queued_cards_are_counted_by_model() -> None:
    waiting = [demand(cards=2, model="x", replicas=3), demand(cards=1), demand(cpu=1000)]
    assert queued_cards(waiting) == {"x": 6, "any": 1}


demands = st.builds(
    demand,
    cpu=st.integers(0, 3000),
    memory=st.integers(0, 5000),
    cards=st.integers(0, 3),
    model=st.sampled_from([None, "x", "y"]),
    replicas=st.integers(1, 4),
)
machines = st.lists(
    st.tuples(st.integers(0, 8000), st.integers(0, 9000), st.text("xyg", max_size=5)),
    min_size=1,
    max_size=4,
).map(lambda rows: [node(f"n{at}", *row) for at, row in enumerate(rows)])


@given(st.lists(demands, max_size=8), machines)
def test_nothing_is_ever_given_twice_nor_more_than_there_is(
    wanted: list[Demand], nodes: list[Node]
) -> None:
    waiting = [replace(one, name=str(at), application=str(at)) for at, one in enumerate(wanted)]
    answers = seat_in_order(waiting, nodes)
    taken = [
        (one, place)
        for one in waiting
        for answer in [answers[one.name]]
        if not isinstance(answer, Message)
        for place in answer
    ]
    for name, answer in answers.items():
        if not isinstance(answer, Message):
            assert len(answer) == waiting[int(name)].replicas
    slots = [(place.node, slot) for _, place in taken for slot in place.slots]
    assert len(slots) == len(set(slots))
    for one, place in taken:
        assert len(place.slots) == one.resources.cards
    for after in occupied(nodes, taken):
        assert after.used_cpu_millis <= after.cpu_millis
        assert after.used_memory_bytes <= after.memory_bytes


@given(demands, machines)
def test_a_refusal_names_a_real_shortage(wanted: Demand, nodes: list[Node]) -> None:
    answer = seat(wanted, nodes)
    if isinstance(answer, Message):
        assert answer.args["free"] < answer.args["needed"]  # type: ignore[operator]
