"""Logs of tasks: the last lines of what runs, what was saved of what is gone, and whole files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from inference_ui.backend.errors import ClusterError, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask, TaskLog, TaskStatus
from inference_ui.backend.ports import Cluster, LogTail, workload_name
from inference_ui.backend.services.tasks import Tasks, WorkloadLog
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store

ROLES = ("server", "client")
"""The two workloads of a task."""

LINES, CHARACTERS = 500, 64_000
"""What is shown of a log that is still written to: its end."""


@dataclass(frozen=True, slots=True)
class AttemptLogs:
    """The logs of one ``attempt``; ``attempts`` are those of which there can be any. ``unseen``
    says why those of what runs cannot be read."""

    attempt: int
    attempts: tuple[int, ...]
    logs: tuple[WorkloadLog, ...]
    unseen: Message | None = None


@dataclass(frozen=True, slots=True)
class LogFile:
    """All that is kept of a log: ``name`` of the file to save it as, and its bytes in pieces."""

    name: str
    pieces: Iterator[bytes]


class TaskLogs:
    """Reads tasks through ``tasks``, which decides who may see them."""

    def __init__(self, store: Store, cluster: Cluster, tasks: Tasks) -> None:
        self._store = store
        self._cluster = cluster
        self._tasks = tasks

    def of(self, actor: Actor, task_id: str, attempt: int | None = None) -> AttemptLogs:
        """Return the last lines of all replicas of an attempt, saved ones included: of the current
        one, unless another is asked for of which there are any.

        Raises :class:`NotFound`.
        """
        task = self._tasks.get(actor, task_id)
        with self._store.read() as session:
            attempts = {*queries.attempts_with_logs(session, task_id), task.attempt}
            chosen = attempt if attempt in attempts else task.attempt
            saved = queries.saved_logs(session, task_id, chosen)
        found = {(log.role, log.replica): _kept(log) for log in saved}
        unseen = None
        if chosen == task.attempt and not TaskStatus(task.status).ended:
            try:
                for role in ROLES:
                    for tail in self._cluster.logs(workload_name(task.id, chosen, role), LINES):
                        found[role, tail.replica] = _live(role, tail)
            except ClusterError as error:
                unseen = error.message
        logs = tuple(found[key] for key in sorted(found, reverse=True))
        return AttemptLogs(chosen, tuple(sorted(attempts)), logs, unseen)

    def whole(self, actor: Actor, task_id: str, replica: str) -> LogFile:
        """Return the whole log of a replica, of any attempt: all that it wrote while it is there,
        and what was saved of it afterwards. Raises :class:`NotFound`."""
        task = self._tasks.get(actor, task_id)
        with self._store.read() as session:
            kept = queries.saved_log(session, task_id, replica)
        pieces = self._written(task, replica)
        first = next(pieces, None)
        if first is None and kept is None:
            raise NotFound("LOG_UNKNOWN", replica=replica)
        name = f"{task.name}-{replica.removeprefix(f'task-{task.id}-')}.log"
        if first is not None:
            return LogFile(name, itertools.chain((first,), pieces))
        return LogFile(name, iter((kept.text.encode() if kept else b"",)))

    def _written(self, task: InferenceTask, replica: str) -> Iterator[bytes]:
        if TaskStatus(task.status).ended:
            return iter(())
        names = (workload_name(task.id, task.attempt, role) for role in ROLES)
        return itertools.chain.from_iterable(
            self._cluster.whole_log(name, replica)
            for name in names
            if replica.startswith(f"{name}-")
        )


def _kept(log: TaskLog) -> WorkloadLog:
    return WorkloadLog(log.role, log.replica, log.text, live=False)


def _live(role: str, tail: LogTail) -> WorkloadLog:
    text = tail.text
    cut = text.count("\n") + 1 >= LINES or len(text) > CHARACTERS
    if len(text) > CHARACTERS:
        text = text[-CHARACTERS:].partition("\n")[2] or text[-CHARACTERS:]
    return WorkloadLog(role, tail.replica, text, live=True, cut=cut)
