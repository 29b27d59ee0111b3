"""Rows of the page of one task."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.records import Progress
from inference_ui.backend.services.again import can_resume
from inference_ui.backend.services.task_logs import AttemptLogs
from inference_ui.backend.services.tasks import TaskView
from inference_ui.rows.bounds import BoundRow, bound_row
from inference_ui.rows.chart import ChartRow, chart
from inference_ui.rows.common import deleting, share_width, shown_status, status_word, stopping
from inference_ui.rows.events import AttemptRow, event_rows
from inference_ui.rows.failures import FailureRow, failure_rows
from inference_ui.rows.logs import LogRow, evidence, log_row
from inference_ui.rows.plan import PlanRow, plan_row
from inference_ui.rows.replicas import ReplicaRow, ready_count, workload_rows
from inference_ui.rows.timeline import StepRow, seconds_in, spans, timeline
from inference_ui.rows.verdict import VerdictRow, verdict


@dataclass(frozen=True, slots=True)
class StandRow:
    """How far a task is. ``word`` is the code of the status' word; ``begun``: inference has;
    ``held``: it has been given nodes;
    ``found`` is None before anything is known and grows until ``counted``; ``left`` is None
    before. Widths are CSS lengths. ``rate`` is items per second, of an ended task on average;
    ``took_s`` how long inference lasted."""

    status: str = ""
    word: str = ""
    ended: bool = False
    may_stop: bool = False
    may_resume: bool = False
    may_retry: bool = False
    may_run_again: bool = False
    may_delete: bool = False
    stop_requested: bool = False
    held: bool = False
    begun: bool = False
    found: int | None = None
    counted: bool = False
    done: int = 0
    succeeded: int = 0
    failed: int = 0
    failed_share: float = 0.0
    left: int | None = None
    succeeded_width: str = "0%"
    failed_width: str = "0%"
    percent: int = 0
    rate: float | None = None
    left_s: float | None = None
    took_s: float | None = None
    in_flight: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class TaskRows:
    """All that the page shows."""

    plan: PlanRow = field(default_factory=PlanRow)
    stand: StandRow = field(default_factory=StandRow)
    verdict: VerdictRow = field(default_factory=VerdictRow)
    steps: list[StepRow] = field(default_factory=list)
    chart: ChartRow = field(default_factory=ChartRow)
    bound: BoundRow = field(default_factory=BoundRow)
    causes: list[FailureRow] = field(default_factory=list)
    replicas: list[ReplicaRow] = field(default_factory=list)
    ready: int = 0
    log: LogRow = field(default_factory=LogRow)
    history: list[AttemptRow] = field(default_factory=list)
    evidence_of: str = ""
    evidence: str = ""


def task_rows(
    view: TaskView,
    logs: AttemptLogs,
    actor: Actor,
    now: float,
    log_key: str = "",
    shown: AttemptLogs | None = None,
) -> TaskRows:
    """Return the rows of a task as ``actor`` sees it, with the ``logs`` of its current attempt.

    ``log_key`` is the log that was chosen to be read, of the ``shown`` ones where these are of
    another attempt.
    """
    task = view.task
    progress = view.progress if view.progress and view.progress.attempt == task.attempt else None
    stand = stand_row(view, progress, actor)
    ends = now + stand.left_s if stand.left_s is not None else None
    failed = task.status == TaskStatus.FAILED
    evidence_of, lines = evidence(logs.logs, task) if failed else ("", "")
    replicas = workload_rows(view, None if logs.unseen else {log.replica for log in logs.logs})
    return TaskRows(
        plan=plan_row(task, view.owner),
        stand=stand,
        verdict=verdict(view),
        steps=timeline(task, view.events, ends),
        chart=chart(progress.history if progress else ()),
        bound=bound_row(task, progress),
        causes=failure_rows(view.progress.errors if view.progress else ()),
        replicas=replicas,
        ready=ready_count(replicas),
        log=log_row(shown or logs, log_key, task),
        history=event_rows(view),
        evidence_of=evidence_of,
        evidence=lines,
    )


def stand_row(view: TaskView, progress: Progress | None, actor: Actor) -> StandRow:
    """Return how far a task is: by its client's last word while it runs, by its proof then."""
    task = view.task
    ended = TaskStatus(task.status).ended
    live = progress if not ended else None
    succeeded = live.succeeded if live else task.succeeded
    failed = live.failed if live else task.failed
    found, counted = _found(task, progress)
    done = succeeded + failed
    whole = found if found and counted else 0
    took = seconds_in(TaskStatus.RUNNING, spans(task, view.events))
    running = task.status == TaskStatus.RUNNING
    return StandRow(
        status=shown_status(task),
        word=status_word(task),
        ended=ended,
        may_stop=not ended and actor.owns(task.owner_id),
        may_resume=actor.owns(task.owner_id) and can_resume(task) and not deleting(task),
        may_retry=ended and failed > 0 and actor.owns(task.owner_id) and not deleting(task),
        may_run_again=actor.may_create,
        may_delete=actor.owns(task.owner_id) and not deleting(task),
        stop_requested=stopping(task) or task.status == TaskStatus.FINISHING,
        held=_held(view),
        begun=running or done > 0,
        found=found,
        counted=counted,
        done=done,
        succeeded=succeeded,
        failed=failed,
        failed_share=failed / done if done else 0.0,
        left=max(0, found - done) if found is not None and counted else None,
        succeeded_width=share_width(succeeded, whole),
        failed_width=share_width(failed, whole),
        percent=min(100, 100 * done // whole) if whole else 0,
        rate=live.rate if live and running else _average(task, took),
        left_s=live.left_s if live and running else None,
        took_s=took,
        in_flight=live.in_flight if live and running else None,
        p50_ms=progress.p50_ms if progress else None,
        p95_ms=progress.p95_ms if progress else None,
    )


def _held(view: TaskView) -> bool:
    """Whether nodes were given to the current attempt, so that its end frees some."""
    status = TaskStatus(view.task.status)
    if status in (TaskStatus.STARTING, TaskStatus.RUNNING):
        return True
    return bool(view.last.server or view.last.client)


def _found(task: InferenceTask, progress: Progress | None) -> tuple[int | None, bool]:
    if task.found is not None:
        return task.found, True
    return (progress.found, progress.walked) if progress else (None, False)


def _average(task: InferenceTask, took: float | None) -> float | None:
    """Items per second of an ended task; unknown when an earlier attempt did some of them."""
    if not took or task.attempt > 1 or not TaskStatus(task.status).ended:
        return None
    return (task.succeeded + task.failed) / took
