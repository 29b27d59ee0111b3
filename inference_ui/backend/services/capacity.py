"""Could the cluster hold what is asked for: now, or ever, were it empty?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, PhysicalCard, Placement, Resources
from inference_ui.backend.models.fit import Demand, seat

_NEVER = {
    "QUEUED_NO_ROOM": "SPEC_TOO_LARGE",
    "QUEUED_NO_CARDS": "SPEC_NO_CARDS",
    "QUEUED_NO_NODE_NAMED": "NODES_UNKNOWN",
    "QUEUED_NO_NODE_WITH_DRIVER": "DRIVER_UNKNOWN",
    "QUEUED_NO_NODE_READY": "NO_NODE_READY",
}
"""What keeps a workload waiting on an empty cluster keeps it waiting for ever."""


def never_fits(
    resources: Resources, replicas: int, placement: Placement, nodes: Sequence[Node]
) -> Message | None:
    """Say why a server of so many replicas can never run on these nodes, or None if it can.

    The arguments are those of the reasons for waiting (``models.fit``).
    """
    missing = no_room_now(resources, replicas, placement, [_emptied(node) for node in nodes])
    return Message(_NEVER[missing.code], missing.args) if missing else None


def no_room_now(
    resources: Resources, replicas: int, placement: Placement, nodes: Sequence[Node]
) -> Message | None:
    """Say what a server of so many replicas would have to wait for now, or None if it fits."""
    seats = seat(Demand("server", "server", resources, replicas, placement), nodes)
    return seats if isinstance(seats, Message) else None


def _emptied(node: Node) -> Node:
    cards = tuple(_unused(card) for card in node.cards)
    return replace(node, used_cpu_millis=0, used_memory_bytes=0, cards=cards, workloads=())


def _unused(card: PhysicalCard) -> PhysicalCard:
    slices = tuple(replace(part, used_by=None) for part in card.slices)
    return replace(card, used_by=None, slices=slices)
