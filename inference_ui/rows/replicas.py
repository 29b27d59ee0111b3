"""Rows of the replicas of a server, and of a task's batch client: as they are now, or as they were
seen before their teardown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.ports import Observation, Phase, Replica
from inference_ui.backend.services.tasks import TaskView
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.logs import replica_label

_OVER = frozenset({Phase.DONE, Phase.FAILED})


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """A replica of the server (``name`` as people say it), or a batch client (``""``).

    ``phase`` is a code: a ``Phase``, REMOVING while it is torn down, RUNNING for a client that
    works. ``cards`` as ``1, 2``; ``slots``: which cards of the node these are, empty where nothing
    states it. ``exit_code`` is of its last exit, where it was started again since. ``log`` is the
    key of its log, ``""`` for none. ``whole_name`` is what the cluster calls it.
    """

    name: str
    phase: str
    node: str
    endpoint: str
    cards: str
    restarts: int
    reason: MessageRow
    exit_code: int | None = None
    slots: list[bool] = field(default_factory=list)
    log: str = ""
    whole_name: str = ""


def replica_row(replica: Replica) -> ReplicaRow:
    """Return the row of a replica."""
    return ReplicaRow(
        name=replica_label(replica.name),
        phase="REMOVING" if _leaving(replica) else str(replica.phase),
        node=replica.node or "",
        endpoint=(replica.endpoint or "").removeprefix("http://"),
        cards=", ".join(replica.cards),
        restarts=replica.restarts,
        reason=message_row(None if _leaving(replica) else replica.reason),
        exit_code=replica.exit_code if replica.restarts and replica.exit_code else None,
        whole_name=replica.name,
    )


def workload_rows(view: TaskView, logs: Collection[str] | None) -> list[ReplicaRow]:
    """Return the replicas of a task's server and then its batch client; ``logs`` are the keys of
    the logs that there are, None while nobody can tell: then all that have a node may have one.
    What is gone is told as it was seen last; of an online service, which
    goes on, only what it does now."""
    shared = isinstance(view.task.plan.server, Shared)
    before = () if shared else view.last.server
    servers = [
        _with_cards(row, replica, view.nodes)
        for replica, row in _rows(view.server, before, view.task.status)
    ]
    clients = [
        replace(row, name="", phase="RUNNING" if row.phase == Phase.READY else row.phase)
        for _, row in _rows(view.client, view.last.client, view.task.status)
    ]
    rows = (*servers, *clients)
    known = {row.log for row in rows if row.node} if logs is None else logs
    return [replace(row, log=row.log if row.log in known else "") for row in rows]


def ready_count(rows: Iterable[ReplicaRow]) -> int:
    """Return how many replicas of the server are ready."""
    return sum(row.phase == Phase.READY for row in rows if row.name)


def _rows(
    seen: Observation | None, before: Sequence[Replica], status: str
) -> list[tuple[Replica, ReplicaRow]]:
    """Return each replica with its row: those that are seen, else those seen before."""
    if seen is not None and seen.replicas:
        return [(one, _row(one)) for one in seen.replicas]
    over = TaskStatus(status).ended or status == TaskStatus.FINISHING
    return [(one, _freed(one)) for one in before] if over else []


def _row(replica: Replica) -> ReplicaRow:
    return replace(replica_row(replica), log=replica.name)


def _freed(replica: Replica) -> ReplicaRow:
    """Return the row of a replica that is gone; how it ended stays, what it did until then not."""
    row = _row(replica)
    return row if replica.phase in _OVER else replace(row, phase=str(Phase.GONE))


def _with_cards(row: ReplicaRow, replica: Replica, nodes: Iterable[Node]) -> ReplicaRow:
    node = next((one for one in nodes if one.name == replica.node), None)
    slots = sorted(card.slot for card in node.cards) if node is not None else []
    if not replica.cards or 0 in slots:
        return row
    held = {label.partition("(")[0] for label in replica.cards}
    if not held <= {str(slot) for slot in slots}:
        return row
    return replace(row, slots=[str(slot) in held for slot in slots])


def _leaving(replica: Replica) -> bool:
    """Whether a replica is being torn down: clusters say so by this reason alone."""
    return replica.reason is not None and replica.reason.code == "REMOVING"
