"""The life of a task: one pure function from what is known to what is to be done.

::

    QUEUED ◀─▶ STARTING ──▶ RUNNING ──▶ FINISHING ──▶ SUCCEEDED | FAILED | STOPPED
       └──────────┴────────────────────────▲

QUEUED: no room for the server yet. STARTING: placed, no replica ready (one that vanishes, as
at a restart of the machine, queues again). RUNNING: from the first
ready replica on. FINISHING: something is being torn down; the reason is known and alone decides
the final status. A task whose server is shared (an online service) goes from QUEUED to RUNNING
when the service is ready and has room for it, and only its client is ever torn down.

Nothing here reads a clock, a file or a database: the reconciler does, and it
carries out what :func:`next_step` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inference_ui.backend.errors import Message
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.ports import Observation, Phase
from inference_ui.backend.records import Outcome, Summary

STALL_TIMEOUT = timedelta(hours=1)
"""A running task that gets no further item done for this long has stalled."""

FINISHING_TIMEOUT = timedelta(minutes=10)
"""A teardown that takes longer is left to the sweep of leftovers, which never gives up."""

CLIENT_PATIENCE = timedelta(seconds=60)
"""A client that does not go for so long (its node is lost, perhaps) calls nobody any more, and
keeps its server's cards no longer."""


class Action(StrEnum):
    """What the reconciler is to do with the task's workloads, in the order given."""

    APPLY_SERVER = "APPLY_SERVER"
    APPLY_CLIENT = "APPLY_CLIENT"
    SAVE_LOGS = "SAVE_LOGS"
    REMOVE_CLIENT = "REMOVE_CLIENT"
    REMOVE_SERVER = "REMOVE_SERVER"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is seen of a task at one moment. ``summary`` is the one of the current attempt.

    ``server`` is the task's own server, or the online service that it goes through; ``before``
    is the name of a task that has the service to itself until it ends, where its limit of requests
    in flight is for one at a time.
    ``watched_since``: from when on somebody has looked without a gap. No timeout counts the time
    in which the web server was down or the machine asleep.
    """

    server: Observation
    client: Observation
    summary: Summary | None = None
    before: str | None = None
    watched_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Why a task ends, with the particulars that a user can act on."""

    reason: EndReason
    detail: Message | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next: actions, then perhaps another status. ``waiting`` says what for."""

    actions: tuple[Action, ...] = ()
    to: TaskStatus | None = None
    end: End | None = None
    waiting: Message | None = None


def next_step(task: InferenceTask, seen: Situation, now: datetime) -> Step:
    """Return the next step of a task, given what is seen of it. Pure."""
    status = TaskStatus(task.status)
    if status.ended:
        return Step()
    if status is TaskStatus.FINISHING:
        return _finishing(task, seen, now)
    if task.stop_requested_at is not None:
        return _finish(End(EndReason.STOPPED_BY_USER))
    if isinstance(task.plan.server, Shared):
        return _through_service(task, task.plan.server, seen, now)
    return _STEPS[status](task, seen, now)


def _through_service(task: InferenceTask, shared: Shared, seen: Situation, now: datetime) -> Step:
    if task.status == TaskStatus.RUNNING:
        return _running(task, seen, now)
    service = {"service": shared.service_name}
    if seen.server.phase is Phase.GONE:
        return _finish(End(EndReason.SERVER_FAILED, Message("SERVICE_DELETED", service)))
    if seen.server.phase is not Phase.READY:
        waiting = seen.server.reason or Message("SERVICE_NOT_READY", service)
        return Step(waiting=waiting)
    if seen.before is not None:
        return Step(waiting=Message("SERVICE_BUSY", {**service, "task": seen.before}))
    return Step(actions=(Action.APPLY_CLIENT,), to=TaskStatus.RUNNING)


def _queued(task: InferenceTask, seen: Situation, now: datetime) -> Step:
    server = seen.server
    if server.phase is Phase.FAILED:
        return _finish(_server_failed(server))
    if server.phase in (Phase.STARTING, Phase.READY):
        # What is of use only where there is a replica (a Service) is made now.
        return Step(actions=(Action.APPLY_SERVER,), to=TaskStatus.STARTING)
    return Step(actions=(Action.APPLY_SERVER,), waiting=server.reason)


def _starting(task: InferenceTask, seen: Situation, now: datetime) -> Step:
    server = seen.server
    if server.phase in (Phase.FAILED, Phase.DONE):
        return _finish(_server_failed(server))
    if server.phase is Phase.READY:
        return Step(actions=(Action.APPLY_CLIENT,), to=TaskStatus.RUNNING)
    if server.phase in (Phase.GONE, Phase.WAITING):
        return Step(to=TaskStatus.QUEUED, waiting=server.reason)
    limit = task.plan.package.launch.ready_timeout_s
    if _watched(task.status_since, seen, now) > timedelta(seconds=limit):
        detail = Message("SERVER_NOT_READY_IN_TIME", {"seconds": int(limit)})
        return _finish(End(EndReason.SERVER_NOT_READY, last_exit(server) or detail))
    return Step(actions=(Action.APPLY_SERVER,), waiting=starting_reason(server))


def _running(task: InferenceTask, seen: Situation, now: datetime) -> Step:
    if seen.client.phase is Phase.DONE:
        return _finish(_client_done(seen))
    if seen.client.phase is Phase.FAILED:
        return _finish(End(EndReason.CLIENT_FAILED, seen.client.reason))
    shared = isinstance(task.plan.server, Shared)
    if seen.server.phase in (Phase.FAILED, Phase.DONE) and not shared:
        return _finish(_server_failed(seen.server))
    if _watched(task.progress_at or task.status_since, seen, now) > STALL_TIMEOUT:
        hours = int(STALL_TIMEOUT.total_seconds() // 3600)
        return _finish(End(EndReason.STALLED, Message("NO_ITEM_DONE", {"hours": hours})))
    waiting = None
    if seen.server.phase is not Phase.READY:
        waiting = last_exit(seen.server) or Message("SERVER_AWAY")
    elif seen.client.phase is Phase.WAITING:
        waiting = seen.client.reason
    actions = (Action.APPLY_CLIENT,) if shared else (Action.APPLY_SERVER, Action.APPLY_CLIENT)
    return Step(actions=actions, waiting=waiting)


def _finishing(task: InferenceTask, seen: Situation, now: datetime) -> Step:
    """Logs first, then the client, and the server when nobody calls it any more."""
    final = EndReason(task.end_reason or EndReason.INCOMPLETE).final_status
    lasted = _watched(task.status_since, seen, now)
    owned = not isinstance(task.plan.server, Shared) and seen.server.phase is not Phase.GONE
    there = seen.client.phase is not Phase.GONE
    if not there and not owned:
        return Step(to=final)
    remove = [Action.REMOVE_CLIENT] if there else []
    if owned and (not there or lasted > CLIENT_PATIENCE):
        remove.append(Action.REMOVE_SERVER)
    step = Step(actions=(Action.SAVE_LOGS, *remove))
    if lasted > FINISHING_TIMEOUT:
        return Step(actions=step.actions, to=final)
    return step


_STEPS: dict[TaskStatus, Callable[[InferenceTask, Situation, datetime], Step]] = {
    TaskStatus.QUEUED: _queued,
    TaskStatus.STARTING: _starting,
    TaskStatus.RUNNING: _running,
}


def _finish(end: End) -> Step:
    return Step(actions=(Action.SAVE_LOGS,), to=TaskStatus.FINISHING, end=end)


def _server_failed(server: Observation) -> End:
    return End(EndReason.SERVER_FAILED, server.reason or last_exit(server))


def _client_done(seen: Situation) -> End:
    """Judge an ended client by its summary: the only one who counted what is on disk."""
    summary = seen.summary
    if summary is None:
        return End(EndReason.CLIENT_FAILED, Message("SUMMARY_MISSING"))
    counts = {"found": summary.found, "succeeded": summary.succeeded, "failed": summary.failed}
    if summary.outcome is Outcome.THRESHOLD:
        return End(EndReason.TOO_MANY_FAILED, Message("FAILED_ITEMS", counts))
    if not summary.complete:
        detail = Message("SKIPPED_ITEMS", {"found": summary.found, "skipped": summary.skipped})
        return End(EndReason.INCOMPLETE, detail)
    if summary.succeeded == 0:
        return End(EndReason.NO_ITEM_SUCCEEDED, _first_cause(summary, counts))
    return End(EndReason.COMPLETED)


def _first_cause(summary: Summary, counts: dict[str, int]) -> Message:
    if not summary.errors:
        return Message("FAILED_ITEMS", {**counts})
    first = max(summary.errors, key=lambda group: group.count)
    return Message("ALL_FAILED", {"found": summary.found, "cause": first.message})


def _watched(since: datetime, seen: Situation, now: datetime) -> timedelta:
    """For how long something has lasted before somebody's eyes."""
    return now - max(since, seen.watched_since or since)


def starting_reason(server: Observation) -> Message:
    last = last_exit(server)
    if last is not None:
        return last
    return Message("SERVER_STARTING", {"replicas": len(server.replicas)})


def last_exit(server: Observation) -> Message | None:
    """The reason of the replica that was started again most often, if any was."""
    exited = [replica for replica in server.replicas if replica.reason is not None]
    if not exited:
        return None
    return max(exited, key=lambda replica: replica.restarts).reason
