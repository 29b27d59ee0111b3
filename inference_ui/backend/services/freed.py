"""What the teardown of tasks freed: replicas that ran, the cards that they held, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.deletion import DeletedTask, Deletion
from inference_ui.backend.models.task import InferenceTask, TaskEvent
from inference_ui.backend.ports import Phase, Replica
from inference_ui.backend.services.last_seen import last_seen
from inference_ui.backend.store import deletions as queries
from inference_ui.backend.store.database import Session

_ENDED = (Phase.DONE, Phase.FAILED)


@dataclass(frozen=True, slots=True)
class Freed:
    """How many ``replicas`` were ended, ``cards`` (or slices) by their kind, names of ``nodes``."""

    replicas: int = 0
    cards: Mapping[str, int] = field(default_factory=dict)
    nodes: frozenset[str] = frozenset()


def freed_by(
    session: Session, rows: Sequence[DeletedTask], deletions: Mapping[str, Deletion]
) -> dict[str, Freed]:
    """Return what was freed for these deletions, by task: by those that had not begun to end when
    their deletion was asked for."""
    asked_at = {row.task_id: deletions[row.deletion_id].requested_at for row in rows}
    latest: dict[str, TaskEvent] = {}
    for event in queries.teardowns(session, list(asked_at)):
        if event.at >= asked_at[event.task_id]:
            latest.setdefault(event.task_id, event)
    tasks = queries.tasks(session, list(latest))
    return {id: _freed(task, latest[id]) for id, task in tasks.items()}


def _freed(task: InferenceTask, event: TaskEvent) -> Freed:
    """A shared server goes on, so only what was the task's own counts."""
    seen = last_seen([event], event.attempt)
    spec = task.plan.spec
    servers = _running(seen.server) if spec is not None else []
    clients = _running(seen.client)
    cards: Counter[str] = Counter()
    if spec is not None and spec.resources.cards and servers:
        cards[_kind(spec.resources)] = spec.resources.cards * len(servers)
    nodes = frozenset(replica.node for replica in (*servers, *clients) if replica.node)
    return Freed(len(servers) + len(clients), cards, nodes)


def _running(replicas: Sequence[Replica]) -> list[Replica]:
    return [replica for replica in replicas if replica.phase not in _ENDED]


def _kind(resources: Resources) -> str:
    """Return what a card is called: its model, and of a slice what it is."""
    model = resources.card_model or str(resources.accelerator)
    part = resources.slice
    if part is None:
        return model
    return f"{model} · {part.profile or f'{part.share}%'}" if part.profile or part.share else model
