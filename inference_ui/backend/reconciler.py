"""Moves every unfinished task one step: look, decide (``lifecycle``), act, write down.

Nothing here holds a database session while it asks the cluster or reads a file, and every status
is written guarded by the one that was expected. What changes no status (how far tasks are, what
they wait for) is written for all tasks at once: hundreds that run would else be hundreds of
transactions each time. All that it needs to go on after a crash is in the database and the
cluster, so a restarted web server simply goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.lifecycle import Action, Situation, Step, next_step
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.service import OnlineService, ServiceStatus
from inference_ui.backend.models.task import (
    EndReason,
    InferenceTask,
    TaskEvent,
    TaskStatus,
)
from inference_ui.backend.ports import (
    GONE,
    Cluster,
    Observation,
    Phase,
    workload_name,
)
from inference_ui.backend.records import PROGRESS, SUMMARY, Progress, Summary, read_record
from inference_ui.backend.services.changes import moved
from inference_ui.backend.services.journal import tally
from inference_ui.backend.services.last_logs import LastLogs
from inference_ui.backend.services.last_seen import SEEN, seen_json
from inference_ui.backend.services.workloads import (
    client_workload,
    server_workload,
    service_workload_name,
)
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store

_log = logging.getLogger(__name__)

GAP = timedelta(seconds=60)
"""Looks that are further apart than this were interrupted by something."""

BEGINNING_S = 2.0
"""So long a call is busy with what waits to begin, last of all: what runs, ends or is to be stopped
is not kept waiting by hundreds of new tasks that a slow cluster takes one by one."""

JUDGED_BY_SUMMARY = frozenset(
    {
        EndReason.COMPLETED,
        EndReason.NO_ITEM_SUCCEEDED,
        EndReason.TOO_MANY_FAILED,
        EndReason.INCOMPLETE,
    }
)
"""Endings of a client that ended by itself, with a summary that it wrote last of all."""


class Reconciler:
    """One call of :meth:`run_once` looks at every unfinished task. For one thread only."""

    def __init__(
        self, store: Store, cluster: Cluster, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._now = now
        self._watched_since = self._last_run = now()
        self._logs = LastLogs(store, cluster)
        self._notes: list[tuple[InferenceTask, dict[str, Any]]] = []

    def run_once(self) -> frozenset[str]:
        """Move each unfinished task one step; return what changed (``services.changes``).

        A task whose step fails is logged and tried again at the next call; it holds up no other.
        """
        self._notice_gap()
        with self._store.read() as session:
            tasks = queries.unfinished(session)
        changed: set[str] = set()
        until: float | None = None
        for task in sorted(tasks, key=_is_new):
            if _is_new(task):
                until = until or time.monotonic() + BEGINNING_S
                if time.monotonic() > until:
                    break
            try:
                changed |= self._move(task)
            except ClusterError as error:
                _log.warning("task %s: %s; tried again later", task.id, error)
                changed |= self._tell(task, error.message)
            except OSError as error:
                _log.warning("task %s: %s; tried again later", task.id, error)
            except Exception:
                _log.exception("task %s could not be moved", task.id)
        self._write_notes()
        self._sweep({task.id for task in tasks})
        return frozenset(changed)

    def _notice_gap(self) -> None:
        """A machine that slept saw nothing: what lasted meanwhile counts in no timeout."""
        now = self._now()
        if now - self._last_run > GAP:
            self._watched_since = now
        self._last_run = now

    def _move(self, task: InferenceTask) -> frozenset[str]:
        seen, progress = self._look(task)
        now = self._now()
        step = next_step(task, seen, now)
        for action in step.actions:
            self._act(task, action)
        values = _progress_values(task, progress)
        values |= _step_values(task, step, now)
        if step.to is not None and step.to.ended:
            values |= _final_counts(task, seen)
        values = {key: value for key, value in values.items() if getattr(task, key) != value}
        if not values:
            return frozenset()
        if step.to is None:
            return self._note(task, values)
        return moved(task.id) if self._write(task, step, seen, values, now) else frozenset()

    def _tell(self, task: InferenceTask, why: Message) -> frozenset[str]:
        """Write down what keeps a task from being moved, where people look for it."""
        values = {"waiting_for": why.to_json()}
        if task.waiting_for == values["waiting_for"]:
            return frozenset()
        return self._note(task, values)

    def _note(self, task: InferenceTask, values: dict[str, Any]) -> frozenset[str]:
        """Remember what is to be written of a task that stays in its status."""
        self._notes.append((task, values))
        return frozenset({task.id})

    def _write_notes(self) -> None:
        notes, self._notes = self._notes, []
        if not notes:
            return
        try:
            with self._store.write() as session:
                queries.change_all(session, notes)
        except Exception:
            _log.exception("how far %s tasks are could not be written down", len(notes))

    def _look(self, task: InferenceTask) -> tuple[Situation, Progress | None]:
        folder = Path(task.plan.output_folder)
        progress = read_record(folder / PROGRESS, Progress)
        summary = read_record(folder / SUMMARY, Summary)
        try:
            server, before = self._look_at_server(task)
            client = self._cluster.observe(workload_name(task.id, task.attempt, "client"))
        except ClusterError:
            # Nobody sees what goes on: what lasts meanwhile counts in no timeout, as in a gap.
            self._watched_since = self._now()
            raise
        seen = Situation(
            server=server,
            before=before,
            client=client,
            summary=summary if summary and summary.attempt == task.attempt else None,
            watched_since=self._watched_since,
        )
        return seen, progress if progress and progress.attempt == task.attempt else None

    def _look_at_server(self, task: InferenceTask) -> tuple[Observation, str | None]:
        """Return what is seen of what serves the task, and who must end before it may begin."""
        if task.service_id is None:
            return self._cluster.observe(workload_name(task.id, task.attempt, "server")), None
        with self._store.read() as session:
            service = session.get(OnlineService, task.service_id)
            through = online_queries.tasks_through(session, task.service_id)
        if service is None:
            return GONE, None
        running = (
            other.name
            for other in through
            if other.id != task.id and other.status in (TaskStatus.RUNNING, TaskStatus.FINISHING)
        )
        limited = service.max_in_flight is not None
        return self._observe_service(service), next(running, None) if limited else None

    def _observe_service(self, service: OnlineService) -> Observation:
        if service.deployed:
            seen = self._cluster.observe(service_workload_name(service))
            # Not there (yet, or any more) is no reason to give a task up: only a deleted one is.
            return Observation(Phase.WAITING) if seen.phase is Phase.GONE else seen
        ready = service.status == ServiceStatus.RUNNING
        return Observation(Phase.READY if ready else Phase.STARTING, reason=service.waiting)

    def _act(self, task: InferenceTask, action: Action) -> None:
        match action:
            case Action.APPLY_SERVER:
                self._cluster.apply(server_workload(task))
            case Action.APPLY_CLIENT:
                self._cluster.apply(client_workload(task, self._service(task)))
            case Action.SAVE_LOGS:
                self._logs.keep(task)
            case Action.REMOVE_CLIENT:
                self._cluster.remove(workload_name(task.id, task.attempt, "client"))
            case Action.REMOVE_SERVER:
                self._cluster.remove(workload_name(task.id, task.attempt, "server"))

    def _service(self, task: InferenceTask) -> OnlineService | None:
        if task.service_id is None:
            return None
        with self._store.read() as session:
            return session.get(OnlineService, task.service_id)

    def _write(
        self,
        task: InferenceTask,
        step: Step,
        seen: Situation,
        values: Mapping[str, Any],
        now: datetime,
    ) -> bool:
        with self._store.write() as session:
            if not queries.change(session, task, values):
                return False
            session.add(_event_of(task, step, seen, now))
        return True

    def _sweep(self, unfinished: set[str]) -> None:
        """Remove what no unfinished task owns: leftovers of a crash or of an endless teardown."""
        try:
            for name in self._cluster.names():
                parts = name.split("-")
                if parts[0] == "task" and len(parts) == 4 and parts[1] not in unfinished:
                    self._cluster.remove(name)
        except ClusterError as error:
            _log.warning("leftovers could not be swept: %s", error)


def _is_new(task: InferenceTask) -> bool:
    return task.status == TaskStatus.QUEUED and task.stop_requested_at is None


def _step_values(task: InferenceTask, step: Step, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"waiting_for": _json(step.waiting)}
    if step.to is None:
        return values
    values |= {"status": step.to, "status_since": now}
    if step.to is TaskStatus.RUNNING:
        values["running_since"] = task.running_since or now
    if step.end is not None:
        values |= {"end_reason": step.end.reason, "end_detail": _json(step.end.detail)}
    if step.to.ended:
        took = (now - task.created_at).total_seconds()
        values |= {"ended_at": now, "took_s": took}
        values |= {"rate": 0.0, "left_s": None, "in_flight": 0}
    return values


def _progress_values(task: InferenceTask, progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    values: dict[str, Any] = {
        "found": progress.found if progress.walked else task.found,
        "succeeded": progress.succeeded,
        "failed": progress.failed,
        "rate": progress.rate,
        "left_s": progress.left_s,
        "in_flight": progress.in_flight,
    }
    if (progress.succeeded, progress.failed) != (task.succeeded, task.failed):
        values["progress_at"] = datetime.fromtimestamp(progress.updated_at, UTC)
    return values


def _final_counts(task: InferenceTask, seen: Situation) -> dict[str, Any]:
    """Count from what is on disk: the client's own proof where it came to its end by itself, else
    the journal (a summary may be there, but of a run that was started again since)."""
    summary = seen.summary
    found = summary.found if summary is not None else task.found
    if summary is not None and task.end_reason in JUDGED_BY_SUMMARY:
        return {"found": found, "succeeded": summary.succeeded, "failed": summary.failed}
    counted = tally(Path(task.plan.output_folder))
    return {"found": found, "succeeded": counted.succeeded, "failed": counted.failed}


def _event_of(task: InferenceTask, step: Step, seen: Situation, now: datetime) -> TaskEvent:
    args: dict[str, Any] = {}
    if step.end is not None:
        args = {"reason": step.end.reason, "detail": _json(step.end.detail)}
    if step.to is TaskStatus.FINISHING:
        args[SEEN] = seen_json(seen.server, seen.client)
    return TaskEvent(
        task_id=task.id,
        owner_id=task.owner_id,
        at=now,
        attempt=task.attempt,
        code=str(step.to),
        args=args,
    )


def _json(message: Message | None) -> dict[str, Any] | None:
    return message.to_json() if message is not None else None
