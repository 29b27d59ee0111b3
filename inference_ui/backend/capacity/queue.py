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
    occupied,
    seat,
    seats_of,
)
from inference_ui.backend.capacity.nodes import ANY_MODEL
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Placement, Resources

_FEW = 8
"""Of so many is tried who need not end."""

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
    *,
    kept: Mapping[str, str] | None = None,
    lasting: Sequence[Node] | None = None,
) -> Round:
    """Seat whoever fits, in the order given. ``now``: Unix seconds; ``kept``: as an earlier look at
    those that stand before them left it; ``lasting``: the nodes with those uses alone that do not
    end by themselves, since no node is kept that cannot get free (by default there are none)."""
    answers: dict[str, tuple[Seat, ...] | Message] = {}
    held = dict(kept or {})
    refused: dict[object, Message] = {}
    patient: set[object] = set()
    for demand in waiting:
        shape = (demand.resources, demand.placement, demand.replicas, demand.companion)
        # What did not fit a moment ago does not fit any better now: others only took more.
        answer = refused.get(shape) or seat(demand, all_nodes, held)
        if not isinstance(answer, Message):
            all_nodes = occupied(all_nodes, seats_of(demand, answer))
        elif shape not in refused:
            answer = refused[shape] = _why_held(demand, all_nodes, held) if held else answer
        answers[demand.name] = answer
        long = now - demand.since >= PATIENCE_S and shape not in patient
        if isinstance(answer, Message) and long:
            patient.add(shape)
            for name in _wanted(demand, answer, all_nodes, lasting):
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
    sitting = {one.application for node in all_nodes for one in node.tenants}
    useful = [(application, left) for application, left in ending if application in sitting]
    names = [application for application, _ in useful]
    left_of = _Left(demand, all_nodes, frozenset(names))
    if not left_of.fits(names):
        return None
    few, enough = 0, len(names)
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if left_of.fits(names[:middle]) else (middle, enough)
    return Release(tuple(left_of.necessary(names[:enough])), useful[enough - 1][1])


class _Left:
    """What is left for a demand when some have ended. Of the nodes only those count that have room
    already or could get some, which are few in a large cluster that is full."""

    def __init__(self, demand: Demand, all_nodes: Sequence[Node], names: frozenset[str]) -> None:
        self._demand = demand
        self._nodes = [
            (node, frozenset(one.application for one in node.tenants) & names)
            for node in all_nodes
            if nodes.copies(node, demand.resources, 1)
            or any(one.application in names for one in node.tenants)
        ]

    def fits(self, gone: Iterable[str]) -> bool:
        """Tell whether the demand fits when these have ended."""
        ended = frozenset(gone)
        left = [
            nodes.without(node, ended) if ended & there else node for node, there in self._nodes
        ]
        return not isinstance(seat(self._demand, left), Message)

    def necessary(self, gone: Sequence[str]) -> list[str]:
        """Leave out who need not end, the first ones first, if there are few."""
        if self.fits(gone[-1:]):
            return list(gone[-1:])
        kept = list(gone)
        for application in gone[:-1] if len(gone) <= _FEW else ():
            others = [one for one in kept if one != application]
            if self.fits(others):
                kept = others
        return kept


def _why_held(demand: Demand, all_nodes: Sequence[Node], held: Mapping[str, str]) -> Message:
    """Return the reason of one for which there is room that is kept for others, else its own."""
    answer = seat(demand, all_nodes)
    if isinstance(answer, Message):
        return answer
    place = next((one for one in answer if one.node in held), answer[0])
    return Message("QUEUED_HELD", {"node": place.node, "task": held.get(place.node, "")})


def _wanted(
    demand: Demand, answer: Message, all_nodes: Sequence[Node], lasting: Sequence[Node] | None
) -> Iterable[str]:
    """Return the nodes that are to be kept for a demand: those that could hold it, and its client
    where that is what is short, when all that ends by itself has ended."""
    if lasting is None:
        lasting = [nodes.emptied(node) for node in all_nodes]
    parts = [(demand.resources, demand.placement)]
    if answer.code == "QUEUED_NO_ROOM_FOR_CLIENT" and demand.companion is not None:
        named = demand.placement.kind == "NODES"
        parts.append((demand.companion, demand.placement if named else Placement()))
    return sorted(node.name for node in lasting if any(_could_take(node, *part) for part in parts))


def _could_take(node: Node, resources: Resources, bound: Placement) -> bool:
    return (
        nodes.permits(bound, node)
        and nodes.closed(node, resources) is None
        and not nodes.lacks(node, resources)
    )
