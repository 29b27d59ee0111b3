"""The queue: who is seated first, how many cards are waited for, and what would end the waiting.

First come, first served within what fits: one that does not fit blocks no other, until it has
waited for :data:`PATIENCE_S`. From then on the nodes that could hold it are kept for it, so that
nothing overtakes it; what cannot run there anyhow goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inference_ui.backend.capacity import nodes
from inference_ui.backend.capacity.fit import (
    Demand,
    Seat,
    could_hold,
    occupied,
    seat,
    seats_of,
)
from inference_ui.backend.capacity.nodes import ANY_MODEL
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Placement

PATIENCE_S = 30 * 60.0
"""Nothing overtakes a workload that has waited for so long."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A workload that waits, and for what."""

    demand: Demand
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the queue came to: seats or a reason for each name in the order given, and
    for whom which nodes are kept (by node: the application)."""

    answers: Mapping[str, tuple[Seat, ...] | Message] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Release:
    """What ends a waiting: when these applications have ended, it fits. ``left_s`` is the time
    until the last of them does; None where nobody can tell."""

    applications: tuple[str, ...]
    left_s: float | None = None


def seat_in_order(
    waiting: Iterable[Demand],
    all_nodes: Sequence[Node],
    now: float,
    kept: Mapping[str, str] | None = None,
) -> Round:
    """Seat whoever fits, in the order given. ``now``: Unix seconds; ``kept``: as an earlier look at
    those that stand before them left it."""
    answers: dict[str, tuple[Seat, ...] | Message] = {}
    held = dict(kept or {})
    for demand in waiting:
        free = [node for node in all_nodes if node.name not in held]
        answer = seat(demand, free)
        if not isinstance(answer, Message):
            all_nodes = occupied(all_nodes, seats_of(demand, answer))
        elif held:
            answer = _why_held(demand, all_nodes, held)
        answers[demand.name] = answer
        if isinstance(answer, Message) and now - demand.since >= PATIENCE_S:
            for name in _wanted(demand, answer, all_nodes):
                held.setdefault(name, demand.application)
    return Round(answers, held)


def next_patience(waiting: Iterable[Demand], now: float) -> float:
    """Return when the next of these will have waited for long enough to be overtaken no more."""
    ends = (demand.since + PATIENCE_S for demand in waiting)
    return min((end for end in ends if end > now), default=float("inf"))


def queued_cards(waiting: Iterable[Demand]) -> dict[str, int]:
    """Return how many cards (or slices) these demands wait for, by card model; those that name no
    model under ``"any"``."""
    found: Counter[str] = Counter()
    for demand in waiting:
        if demand.resources.cards:
            model = demand.resources.card_model or ANY_MODEL
            found[model] += demand.resources.cards * demand.replicas
    return dict(found)


def release(
    demand: Demand, all_nodes: Sequence[Node], ending: Sequence[tuple[str, float | None]]
) -> Release | None:
    """Return who must end for the demand to fit: one application if one suffices, else the first
    ones together. ``ending`` are applications with the seconds left to them, in that order."""
    useful = [
        (application, left)
        for application, left in ending
        if any(_stands_on(application, node) for node in all_nodes)
    ]
    gone: list[str] = []
    for application, left in useful:
        gone.append(application)
        if _fits_without(demand, all_nodes, gone):
            needed = _necessary(demand, all_nodes, gone)
            return Release(tuple(needed), left)
    return None


def _why_held(demand: Demand, all_nodes: Sequence[Node], held: Mapping[str, str]) -> Message:
    """Return the reason of one for which there is room that is kept for others, else its own."""
    answer = seat(demand, all_nodes)
    if isinstance(answer, Message):
        return answer
    place = next((one for one in answer if one.node in held), answer[0])
    return Message("QUEUED_HELD", {"node": place.node, "task": held.get(place.node, "")})


def _wanted(demand: Demand, answer: Message, all_nodes: Sequence[Node]) -> Iterable[str]:
    if answer.code == "QUEUED_NO_ROOM_FOR_CLIENT":
        bound = demand.placement if demand.placement.kind == "NODES" else Placement()
        return [node.name for node in all_nodes if nodes.permits(bound, node)]
    return sorted(could_hold(demand, all_nodes))


def _stands_on(application: str, node: Node) -> bool:
    return any(one.application == application for one in node.tenants)


def _fits_without(demand: Demand, all_nodes: Sequence[Node], gone: Iterable[str]) -> bool:
    names = frozenset(gone)
    return not isinstance(seat(demand, [nodes.without(one, names) for one in all_nodes]), Message)


def _necessary(demand: Demand, all_nodes: Sequence[Node], gone: Sequence[str]) -> list[str]:
    """Leave out whoever need not end, the first ones first."""
    kept = list(gone)
    for application in gone[:-1]:
        others = [one for one in kept if one != application]
        if _fits_without(demand, all_nodes, others):
            kept = others
    return kept
