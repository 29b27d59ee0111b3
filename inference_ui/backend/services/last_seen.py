"""The workloads of a task as they were last seen before their teardown.

They stand in the arguments of the event that says the task is FINISHING, so that its page can tell
afterwards what ran where, and why it was started again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.models.task import TaskEvent, TaskStatus
from inference_ui.backend.ports import Observation, Phase, Replica

SEEN = "seen"
"""The argument of the event that holds them."""


@dataclass(frozen=True, slots=True)
class LastSeen:
    """Replicas of a task's two workloads; empty where nothing was ever placed."""

    server: tuple[Replica, ...] = ()
    client: tuple[Replica, ...] = ()


def seen_json(server: Observation, client: Observation) -> dict[str, Any]:
    """Return what is to be kept of what is seen now, as JSON."""
    return {
        "server": [_json(replica) for replica in server.replicas],
        "client": [_json(replica) for replica in client.replicas],
    }


def last_seen(events: Iterable[TaskEvent], attempt: int) -> LastSeen:
    """Return how the workloads of an attempt were seen last."""
    for event in events:
        kept = event.args.get(SEEN)
        if event.attempt == attempt and event.code == TaskStatus.FINISHING and kept:
            return LastSeen(
                tuple(_replica(one) for one in kept.get("server", ())),
                tuple(_replica(one) for one in kept.get("client", ())),
            )
    return LastSeen()


def _json(replica: Replica) -> dict[str, Any]:
    return {
        "name": replica.name,
        "phase": str(replica.phase),
        "node": replica.node,
        "cards": list(replica.cards),
        "restarts": replica.restarts,
        "exit_code": replica.exit_code,
        "reason": replica.reason.to_json() if replica.reason else None,
    }


def _replica(kept: dict[str, Any]) -> Replica:
    return Replica(
        name=kept["name"],
        phase=Phase(kept["phase"]),
        node=kept["node"],
        cards=tuple(kept["cards"]),
        restarts=kept["restarts"],
        exit_code=kept["exit_code"],
        reason=Message.from_json(kept["reason"]) if kept["reason"] else None,
    )
