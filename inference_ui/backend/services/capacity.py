"""Could the cluster ever hold what is asked for, were it empty?"""

from __future__ import annotations

from collections.abc import Sequence

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Resources


def never_fits(resources: Resources, replicas: int, nodes: Sequence[Node]) -> Message | None:
    """Say why ``replicas`` copies can never run at once on these nodes, or None if they can.

    Replicas get nodes of their own where there are enough, but may share one; so what counts is
    how many an empty cluster holds in all.
    """
    ready = [node for node in nodes if node.ready]
    room = sum(_room(resources, node) for node in ready)
    if room >= replicas:
        return None
    if room:
        return Message("SPEC_TOO_MANY_NODES", {"wanted": replicas, "room": room})
    if resources.cards and not any(_cards(resources, node) >= resources.cards for node in ready):
        most = max((_cards(resources, node) for node in ready), default=0)
        model = resources.card_model or str(resources.accelerator)
        return Message("SPEC_NO_CARDS", {"model": model, "needed": resources.cards, "most": most})
    return Message(
        "SPEC_TOO_LARGE",
        {
            "cpu": resources.cpu_millis / 1000,
            "memory": resources.memory_bytes,
            "most_cpu": max((node.cpu_millis for node in ready), default=0) / 1000,
            "most_memory": max((node.memory_bytes for node in ready), default=0),
        },
    )


def _room(resources: Resources, node: Node) -> int:
    room = min(
        node.cpu_millis // max(1, resources.cpu_millis),
        node.memory_bytes // max(1, resources.memory_bytes),
    )
    return min(room, _cards(resources, node) // resources.cards) if resources.cards else room


def _cards(resources: Resources, node: Node) -> int:
    return sum(
        card.healthy
        and card.accelerator is resources.accelerator
        and resources.card_model in (None, card.model)
        for card in node.cards
    )
