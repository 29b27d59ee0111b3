"""Seats for replicas: nodes with their use go in, seats or the reason why there are none come out.

Replicas of one workload are seated all or none, on nodes of their own where enough nodes could hold
one at all, else spread as evenly as those nodes allow. A server's batch client is its *companion*:
its small request is seated with the replicas, so that no server takes the place of its own client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from inference_ui.backend.capacity import cards, nodes
from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.capacity.nodes import ANY_MODEL, KINDS, Kind, Lack
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Placement, Resources

ANYWHERE = "all"
"""What stands in a reason for the nodes among which there is no room, where all may do."""

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """A workload as the arithmetic sees it: ``replicas`` times ``resources``, all or nothing, and
    once ``companion``. ``since``: Unix seconds from which on it waits; ``lasting``: it does not end
    by itself, as a task does."""

    name: str
    application: str
    resources: Resources
    replicas: int = 1
    placement: Placement = field(default_factory=Placement)
    companion: Resources | None = None
    since: float = 0.0
    lasting: bool = False

    @property
    def parts(self) -> tuple[Resources, ...]:
        """What its seats hold, in their order: the replicas', then the companion's."""
        companion = () if self.companion is None else (self.companion,)
        return (self.resources,) * self.replicas + companion


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one replica: a node, and the cards given to it there."""

    node: str
    cards: tuple[CardSeat, ...] = ()


def seat(
    demand: Demand, all_nodes: Sequence[Node], kept: Container[str] = ()
) -> tuple[Seat, ...] | Message:
    """Give every part of a demand a seat, or say why that cannot be now.

    Nodes with the fewest free cards come first, which keeps large groups of cards together, then
    those that stand first. Nodes that are ``kept`` for others give none, but count as nodes on
    which replicas could lie apart one day.
    """
    permitted = [node for node in all_nodes if nodes.permits(demand.placement, node)]
    open_nodes = [node for node in permitted if nodes.closed(node, demand.resources) is None]
    if not open_nodes:
        return _none_open(demand, permitted)
    most = _most_on_one(demand, open_nodes)
    free = [node for node in open_nodes if node.name not in kept]
    room = {node.name: nodes.copies(node, demand.resources, most) for node in free}
    if sum(room.values()) < demand.replicas:
        return _shortage(demand, free, sum(room.values()))
    around = [node for node in all_nodes if node.name not in kept]
    return _seated(demand, free, room, _client_nodes(demand, around, free))


def never_fits(demand: Demand, all_nodes: Sequence[Node]) -> Message | None:
    """Say why a demand can never be met, were the nodes empty, open and without fault; or None."""
    permitted = [node for node in all_nodes if nodes.permits(demand.placement, node)]
    unknown = set(demand.placement.nodes) - {node.name for node in permitted}
    if unknown or not permitted:
        return _no_such_node(demand, unknown)
    borne = [node for node in permitted if nodes.tainted(node, demand.resources) is None]
    if not borne:
        return nodes.tainted(permitted[0], demand.resources)
    empty = [cards.whole_node(node, demand.resources, broken=True) for node in borne]
    most = _most_on_one(demand, empty)
    room = {one.name: nodes.copies(one, demand.resources, most) for one in empty}
    if sum(room.values()) < demand.replicas:
        return _never(_shortage(demand, empty, sum(room.values())))
    found = _seated(demand, empty, room, _empty_client_nodes(demand, all_nodes))
    return _never(found) if isinstance(found, Message) else None


def occupied(
    all_nodes: Sequence[Node], taken: Iterable[tuple[str, Resources, Seat]]
) -> tuple[Node, ...]:
    """Return the nodes with all of these (application, request, seat) sitting; a seat on an unknown
    node counts not."""
    by_name = {node.name: node for node in all_nodes}
    for application, resources, place in taken:
        node = by_name.get(place.node)
        if node is not None:
            by_name[place.node] = nodes.occupy(node, resources, application, place.cards)
    return tuple(by_name.values())


def seats_of(demand: Demand, seats: Sequence[Seat]) -> list[tuple[str, Resources, Seat]]:
    """Return what :func:`occupied` counts of a seated demand."""
    pairs = zip(demand.parts, seats, strict=True)
    return [(demand.application, resources, place) for resources, place in pairs]


def could_hold(demand: Demand, all_nodes: Sequence[Node]) -> frozenset[str]:
    """Return the names of the open nodes that could hold a replica if nothing used them."""
    return frozenset(
        node.name
        for node in all_nodes
        if nodes.permits(demand.placement, node)
        and nodes.closed(node, demand.resources) is None
        and not nodes.never(node, demand.resources)
    )


def _most_on_one(demand: Demand, open_nodes: Sequence[Node]) -> int:
    """Return how many replicas a node gets at most: the fewest with which all would find a place
    if nothing used the nodes."""
    holders = (node for node in open_nodes if not nodes.never(node, demand.resources))
    if len(tuple(islice(holders, demand.replicas))) == demand.replicas:
        return 1
    empty = [cards.whole_node(node, demand.resources) for node in open_nodes]
    room = [nodes.copies(node, demand.resources, demand.replicas) for node in empty]
    for most in range(2, demand.replicas):
        if sum(min(most, one) for one in room) >= demand.replicas:
            return most
    return demand.replicas


def _seated(
    demand: Demand, open_nodes: Sequence[Node], room: dict[str, int], client_nodes: Sequence[Node]
) -> tuple[Seat, ...] | Message:
    found = _replicas(demand, open_nodes, room)
    if isinstance(found, Message):
        return found
    seats, left = found
    if demand.companion is None:
        return seats
    everywhere = {node.name: node for node in client_nodes} | left
    companion = _companion(demand.companion, everywhere.values(), seats)
    if isinstance(companion, Message):
        around = _around_client(demand, demand.companion, open_nodes, room, client_nodes)
        return companion if around is None else around
    return (*seats, companion)


def _replicas(
    demand: Demand, open_nodes: Sequence[Node], room: dict[str, int]
) -> tuple[tuple[Seat, ...], dict[str, Node]] | Message:
    """Return the replicas' seats, and by name the nodes with them sitting."""
    by_name = {node.name: node for node in open_nodes}
    seats: list[Seat] = []
    for name in _spread(demand, open_nodes, room):
        given = (
            cards.choose(by_name[name].cards, demand.resources) if demand.resources.cards else ()
        )
        if given is None:  # counted with uses that stand on no card: it only looks free
            return _shortage(demand, open_nodes, len(seats))
        seats.append(Seat(name, given))
        by_name[name] = nodes.occupy(by_name[name], demand.resources, demand.application, given)
    return tuple(seats), by_name


def _around_client(
    demand: Demand,
    companion: Resources,
    open_nodes: Sequence[Node],
    room: dict[str, int],
    client_nodes: Sequence[Node],
) -> tuple[Seat, ...] | None:
    """Seat the client first, where the server would leave no place for it; None if no place of the
    client leaves enough for the server."""
    spare = sum(room.values()) - demand.replicas
    for node in sorted(client_nodes, key=lambda one: len(one.cards)):
        if nodes.lacks(node, companion):
            continue
        held = nodes.occupy(node, companion, demand.application)
        mine = room.get(node.name, 0)
        left = nodes.copies(held, demand.resources, mine) if mine else 0
        if mine - left <= spare:
            others = [held if one.name == node.name else one for one in open_nodes]
            found = _replicas(demand, others, {**room, node.name: left})
            if not isinstance(found, Message):
                return (*found[0], Seat(node.name))
    return None


def _spread(demand: Demand, open_nodes: Sequence[Node], room: dict[str, int]) -> list[str]:
    """Return the node of each replica: one on each node that has room, then a second, …"""
    roomy = [node for node in open_nodes if room[node.name] > 0]
    order = sorted(roomy, key=lambda node: _free_cards(node, demand.resources))
    rounds = max(room.values(), default=0)
    return [
        node.name for turn in range(1, rounds + 1) for node in order if room[node.name] >= turn
    ][: demand.replicas]


def _free_cards(node: Node, resources: Resources) -> int:
    return cards.units(node, resources) if resources.cards else len(node.cards)


def _client_place(demand: Demand) -> Placement:
    """Names bind a client, too. A driver does not: it has no cards."""
    return demand.placement if demand.placement.kind == "NODES" else Placement()


def _client_nodes(
    demand: Demand, all_nodes: Sequence[Node], open_nodes: Sequence[Node]
) -> Sequence[Node]:
    """Return where a client may sit: where its server may, and where nothing keeps it off."""
    if demand.companion is None:
        return ()
    place, names = _client_place(demand), {node.name for node in open_nodes}
    return [
        node
        for node in all_nodes
        if node.name in names
        or (nodes.permits(place, node) and nodes.closed(node, demand.companion) is None)
    ]


def _empty_client_nodes(demand: Demand, all_nodes: Sequence[Node]) -> Sequence[Node]:
    """Return where a client might sit one day."""
    place = _client_place(demand)
    permitted = [node for node in all_nodes if nodes.permits(place, node)]
    return [cards.whole_node(node, demand.resources, broken=True) for node in permitted]


def _companion(
    wanted: Resources, candidates: Iterable[Node], seats: Sequence[Seat]
) -> Seat | Message:
    """Seat the batch client: beside a replica if it can."""
    beside = Counter(place.node for place in seats)
    order = sorted(candidates, key=lambda node: (node.name not in beside, len(node.cards)))
    for node in order:
        if not nodes.lacks(node, wanted):
            return Seat(node.name)
    lack = min((nodes.lacks(node, wanted)[0] for node in order), key=lambda one: one.missing)
    args = {"resource": lack.kind, "needed": lack.needed, "free": lack.free}
    return Message("QUEUED_NO_ROOM_FOR_CLIENT", args)


def _no_such_node(demand: Demand, unknown: set[str]) -> Message:
    if unknown:
        return Message("NODES_UNKNOWN", {"nodes": ", ".join(sorted(unknown))})
    if demand.placement.kind == "DRIVER":
        return Message("DRIVER_UNKNOWN", {"driver": demand.placement.driver_version})
    return Message("NO_NODE_READY")


def _none_open(demand: Demand, permitted: Sequence[Node]) -> Message:
    if permitted:
        why = nodes.closed(permitted[0], demand.resources)
        if len(permitted) == 1 and why is not None:
            return why
        return Message("QUEUED_NO_NODE_OPEN", {"nodes": len(permitted)})
    if demand.placement.kind == "NODES":
        return Message("QUEUED_NO_NODE_NAMED", {"nodes": ", ".join(demand.placement.nodes)})
    if demand.placement.kind == "DRIVER":
        return Message("QUEUED_NO_NODE_WITH_DRIVER", {"driver": demand.placement.driver_version})
    return Message("QUEUED_NO_NODE_READY")


def _shortage(demand: Demand, open_nodes: Sequence[Node], fitting: int) -> Message:
    """Say what is short: for one replica where none fits, else for so many at once."""
    if not open_nodes:
        return Message("QUEUED_NO_NODE_READY")
    model, among = demand.resources.card_model or ANY_MODEL, _among(demand.placement)
    if fitting:
        kind = _bound(demand, open_nodes)
        args = {"replicas": demand.replicas, "fitting": fitting, "resource": kind, "model": model}
        return Message("QUEUED_FEW_SEATS", {**args, "among": among})
    node, lack = _least_lack(demand.resources, open_nodes)
    args = {"needed": lack.needed, "free": lack.free, "node": node, "among": among}
    if lack.kind != "cards":
        return Message("QUEUED_NO_ROOM", {"resource": lack.kind, **args})
    code = "QUEUED_NO_CARDS" if demand.resources.slice is None else "QUEUED_NO_SLICES"
    return Message(code, {"model": model, **args})


def _among(placement: Placement) -> str:
    """Return what bounds where it may go: the first names, or the driver; else ``all``."""
    if placement.kind == "DRIVER":
        return placement.driver_version or ANYWHERE
    more = " …" if len(placement.nodes) > _NAMED else ""
    return ", ".join(placement.nodes[:_NAMED]) + more if placement.nodes else ANYWHERE


def _least_lack(resources: Resources, open_nodes: Sequence[Node]) -> tuple[str, Lack]:
    """Return what is short on the node that has most of it, among nodes without room: the first
    kind of which none of those that have enough of the kinds before it has enough."""
    found = {
        node.name: {lack.kind: lack for lack in nodes.lacks(node, resources)} for node in open_nodes
    }
    for kind in KINDS:
        enough = {name: lacks for name, lacks in found.items() if kind not in lacks}
        if not enough:
            name = min(found, key=lambda name: (found[name][kind].missing, len(found[name])))
            return name, found[name][kind]
        found = enough
    raise ValueError("a node has room")


def _bound(demand: Demand, open_nodes: Sequence[Node]) -> Kind:
    """Return the kind of resource that bounds how many replicas fit."""
    most = demand.replicas
    room = {
        "cards": sum(cards.copies(node, demand.resources, most) for node in open_nodes),
        "cpu": sum(nodes.copies(node, _only(demand, "cpu"), most) for node in open_nodes),
        "memory": sum(nodes.copies(node, _only(demand, "memory"), most) for node in open_nodes),
    }
    return min(KINDS, key=lambda kind: room[kind])


def _only(demand: Demand, kind: Kind) -> Resources:
    cpu, memory = demand.resources.cpu_millis, demand.resources.memory_bytes
    return Resources(
        cpu_millis=cpu if kind == "cpu" else 0, memory_bytes=memory if kind == "memory" else 0
    )


def _never(found: Message) -> Message:
    return Message(_NEVER[found.code], found.args)


_NEVER = {
    "QUEUED_NO_CARDS": "SPEC_NO_CARDS",
    "QUEUED_NO_SLICES": "SPEC_NO_SLICES",
    "QUEUED_NO_ROOM": "SPEC_TOO_LARGE",
    "QUEUED_FEW_SEATS": "SPEC_FEW_SEATS",
    "QUEUED_NO_ROOM_FOR_CLIENT": "SPEC_NO_ROOM_FOR_CLIENT",
}
"""What keeps a workload waiting on an empty cluster keeps it waiting for ever."""
