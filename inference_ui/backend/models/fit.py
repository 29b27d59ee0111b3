"""Who fits where: the arithmetic of room, the same for every cluster.

Pure: nodes with their use go in, seats or the reason why there are none come out. What is used is
what was asked for, as a scheduler counts it, not what a process happens to use at the moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, PhysicalCard, Placement, Resources

ANY_MODEL = "any"
"""What stands for the card model where a request names none."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A workload as the arithmetic sees it: ``replicas`` times ``resources``, all or nothing."""

    name: str
    application: str
    resources: Resources
    replicas: int = 1
    placement: Placement = field(default_factory=Placement)


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one replica: a node, and the slots of the cards given to it there."""

    node: str
    slots: tuple[int, ...] = ()


def allowed(nodes: Iterable[Node], placement: Placement) -> tuple[Node, ...]:
    """Return the nodes that are ready and that the placement permits."""
    return tuple(node for node in nodes if node.ready and _permits(placement, node))


def free_cards(node: Node, resources: Resources) -> tuple[PhysicalCard, ...]:
    """Return the healthy, whole, unused cards of the kind asked for, by slot."""
    cards = (
        card
        for card in node.cards
        if card.healthy
        and card.used_by is None
        and not card.slices
        and card.accelerator is resources.accelerator
        and resources.card_model in (None, card.model)
    )
    return tuple(sorted(cards, key=lambda card: card.slot))


def seat(demand: Demand, nodes: Sequence[Node]) -> tuple[Seat, ...] | Message:
    """Give every replica a seat, or say why that cannot be now.

    Replicas spread over the nodes as far as they can; among equals, the node with the fewest free
    cards is taken, which keeps large groups of cards together, then the one that stands first.
    """
    room = {node.name: node for node in allowed(nodes, demand.placement)}
    if not room:
        return _no_node(demand.placement)
    seats: list[Seat] = []
    taken: Counter[str] = Counter()
    while len(seats) < demand.replicas:
        fitting = [node for node in room.values() if _copies(node, demand.resources) > 0]
        if not fitting:
            return _shortage(demand, allowed(nodes, demand.placement))
        node = min(
            fitting, key=lambda one: (taken[one.name], len(free_cards(one, demand.resources)))
        )
        cards = free_cards(node, demand.resources)[: demand.resources.cards]
        seats.append(Seat(node.name, tuple(card.slot for card in cards)))
        taken[node.name] += 1
        room[node.name] = occupy(node, seats[-1], demand)
    return tuple(seats)


def occupy(node: Node, place: Seat, demand: Demand) -> Node:
    """Return the node with one replica of the demand sitting in ``place``."""
    cards = tuple(
        replace(card, used_by=demand.application) if card.slot in place.slots else card
        for card in node.cards
    )
    known = demand.application in node.workloads
    return replace(
        node,
        used_cpu_millis=node.used_cpu_millis + demand.resources.cpu_millis,
        used_memory_bytes=node.used_memory_bytes + demand.resources.memory_bytes,
        cards=cards,
        workloads=node.workloads if known else (*node.workloads, demand.application),
    )


def occupied(nodes: Sequence[Node], taken: Iterable[tuple[Demand, Seat]]) -> tuple[Node, ...]:
    """Return the nodes with all these replicas sitting; a seat on an unknown node counts not."""
    by_name = {node.name: node for node in nodes}
    for demand, place in taken:
        if place.node in by_name:
            by_name[place.node] = occupy(by_name[place.node], place, demand)
    return tuple(by_name.values())


def seat_in_order(
    waiting: Iterable[Demand], nodes: Sequence[Node]
) -> dict[str, tuple[Seat, ...] | Message]:
    """Seat whoever fits, first come first served; one that does not fit blocks no other.

    Returns seats or reason for each name, in the order given.
    """
    answers: dict[str, tuple[Seat, ...] | Message] = {}
    for demand in waiting:
        answer = answers[demand.name] = seat(demand, nodes)
        if not isinstance(answer, Message):
            nodes = occupied(nodes, [(demand, place) for place in answer])
    return answers


def queued_cards(waiting: Iterable[Demand]) -> Mapping[str, int]:
    """Return how many cards these demands wait for, by card model."""
    cards: Counter[str] = Counter()
    for demand in waiting:
        if demand.resources.cards:
            model = demand.resources.card_model or ANY_MODEL
            cards[model] += demand.resources.cards * demand.replicas
    return dict(cards)


def _permits(placement: Placement, node: Node) -> bool:
    if placement.kind == "NODES":
        return node.name in placement.nodes
    if placement.kind == "DRIVER":
        return node.driver_version == placement.driver_version
    return True


def _no_node(placement: Placement) -> Message:
    if placement.kind == "NODES":
        return Message("QUEUED_NO_NODE_NAMED", {"nodes": ", ".join(placement.nodes)})
    if placement.kind == "DRIVER":
        return Message("QUEUED_NO_NODE_WITH_DRIVER", {"driver": placement.driver_version})
    return Message("QUEUED_NO_NODE_READY")


_RESOURCES = ("cards", "cpu", "memory")
"""In the order in which a shortage is told: the scarcest kind first."""


def _needs(resources: Resources) -> dict[str, int]:
    return {
        "cards": resources.cards,
        "cpu": resources.cpu_millis,
        "memory": resources.memory_bytes,
    }


def _free(node: Node, resources: Resources) -> dict[str, int]:
    return {
        "cards": len(free_cards(node, resources)) if resources.cards else 0,
        "cpu": max(0, node.cpu_millis - node.used_cpu_millis),
        "memory": max(0, node.memory_bytes - node.used_memory_bytes),
    }


def _copies(node: Node, resources: Resources, kinds: Sequence[str] = _RESOURCES) -> int:
    """Return how many replicas still fit on the node, minding only these kinds of resource."""
    needs, free = _needs(resources), _free(node, resources)
    counts = [free[kind] // needs[kind] for kind in kinds if needs[kind] > 0]
    return min(counts, default=1 << 30)


def _shortage(demand: Demand, nodes: Sequence[Node]) -> Message:
    """Name the resource that is short: the first without which too few replicas fit.

    Where not even one replica fits, ``needed`` is one replica's and ``free`` the most that a node
    has; else both are over all replicas and nodes.
    """
    short = next(
        kind
        for index, kind in enumerate(_RESOURCES)
        if _fitting(nodes, demand.resources, _RESOURCES[: index + 1]) < demand.replicas
    )
    before = _RESOURCES[: _RESOURCES.index(short)]
    candidates = [node for node in nodes if _copies(node, demand.resources, before) > 0]
    frees = [_free(node, demand.resources)[short] for node in candidates]
    needed = _needs(demand.resources)[short]
    free = max(frees)
    if free >= needed:
        usable = _fitting(candidates, demand.resources, (*before, short)) * needed
        needed *= demand.replicas
        free = sum(frees) if sum(frees) < needed else usable
    if short == "cards":
        model = demand.resources.card_model or ANY_MODEL
        return Message("QUEUED_NO_CARDS", {"model": model, "needed": needed, "free": free})
    return Message("QUEUED_NO_ROOM", {"resource": short, "needed": needed, "free": free})


def _fitting(nodes: Iterable[Node], resources: Resources, kinds: Sequence[str]) -> int:
    return sum(_copies(node, resources, kinds) for node in nodes)
