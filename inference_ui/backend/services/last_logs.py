"""The last lines of workloads, kept in the database for when their replicas are gone."""

from __future__ import annotations

import logging
import time

from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.task import InferenceTask, TaskLog
from inference_ui.backend.ports import Cluster, workload_name
from inference_ui.backend.store.database import Store

_log = logging.getLogger(__name__)

LINES = 1000
CHARACTERS = 64_000
"""How much of each replica's log is kept after the teardown."""

_REST = 10.0
"""Times as long as it took to read a task's logs passes before they are read again."""


def last_lines(cluster: Cluster, name: str) -> list[tuple[str, str]]:
    """Return what is to be kept of a workload's logs: each replica with its text. Logs that cannot
    be read hold up no end: who stops a task wants it to end, whatever becomes of its words."""
    try:
        tails = cluster.logs(name, LINES)
    except ClusterError as error:
        _log.warning("the logs of %s cannot be kept: %s", name, error)
        return []
    return [(tail.replica, _kept(tail.text)) for tail in tails]


def _kept(text: str) -> str:
    """PostgreSQL takes no NUL."""
    return text[-CHARACTERS:].replace("\x00", "\N{REPLACEMENT CHARACTER}")


class LastLogs:
    """Keeps the logs of tasks that end. For one thread only."""

    def __init__(self, store: Store, cluster: Cluster) -> None:
        self._store = store
        self._cluster = cluster
        self._again: dict[str, float] = {}  # by task: not before (monotonic seconds)

    def keep(self, task: InferenceTask) -> None:
        """Keep the logs as they are now. Those that take their time to be read (a cluster's) are
        read less often."""
        begun = time.monotonic()
        if begun < self._again.get(task.id, 0.0):
            return
        self._keep(task)
        now = time.monotonic()
        self._again = {id: at for id, at in self._again.items() if at > now}
        self._again[task.id] = now + _REST * (now - begun)

    def _keep(self, task: InferenceTask) -> None:
        found = [
            (role, *one)
            for role in ("server", "client")
            for one in last_lines(self._cluster, workload_name(task.id, task.attempt, role))
        ]
        with self._store.write() as session:
            for role, replica, text in found:
                session.merge(
                    TaskLog(
                        task_id=task.id,
                        attempt=task.attempt,
                        role=role,
                        replica=replica,
                        owner_id=task.owner_id,
                        text=text,
                    )
                )
