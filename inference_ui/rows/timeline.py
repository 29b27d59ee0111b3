"""The timeline of a task's current attempt: six steps that never move, and how long each took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from inference_ui.backend.models.task import InferenceTask, TaskEvent, TaskStatus

PHASES = (TaskStatus.QUEUED, TaskStatus.STARTING, TaskStatus.RUNNING, TaskStatus.FINISHING)

StepState = Literal["done", "now", "next", "skipped"]


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: SUBMITTED, a phase's status, or the end (ENDED, or the status it ended with).

    Times are seconds since 1970. ``at``: when it happened; ``took``: how many seconds it lasted;
    ``since``: from when on the current one counts; ``about``: when it is expected.
    """

    code: str
    state: StepState
    at: float | None = None
    took: float | None = None
    since: float | None = None
    about: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one status; ``end`` is None while it lasts."""

    status: TaskStatus
    start: datetime
    end: datetime | None


def spans(task: InferenceTask, events: Iterable[TaskEvent]) -> tuple[Span, ...]:
    """Return in which statuses the current attempt was, in order.

    Events of other kinds, such as a request to stop, end no stretch.
    """
    status, start = TaskStatus.QUEUED, task.created_at
    found: list[Span] = []
    first = True
    for event in events:
        if event.attempt != task.attempt:
            continue
        if first:
            start, first = event.at, False
        if event.code in TaskStatus.__members__:
            found.append(Span(status, start, event.at))
            status, start = TaskStatus(event.code), event.at
    if not status.ended:
        found.append(Span(status, start, None))
    return tuple(found)


def seconds_in(status: TaskStatus, history: Iterable[Span]) -> float | None:
    """Return how long the ended stretches in ``status`` lasted in all; None without any."""
    took = [
        (span.end - span.start).total_seconds()
        for span in history
        if span.status is status and span.end is not None
    ]
    return sum(took) if took else None


def timeline(
    task: InferenceTask, events: Iterable[TaskEvent], expected_end: float | None
) -> list[StepRow]:
    """Return the six steps; ``expected_end`` is when the last item is likely done (Unix)."""
    history = spans(task, events)
    started = history[0].start.timestamp()
    steps = [StepRow("SUBMITTED", "done", at=started)]
    steps += [_phase(phase, task, history) for phase in PHASES]
    if TaskStatus(task.status).ended:
        end = task.ended_at or task.status_since
        return [*steps, StepRow(str(task.status), "done", at=end.timestamp())]
    return [*steps, StepRow("ENDED", "next", about=expected_end)]


def _phase(phase: TaskStatus, task: InferenceTask, history: Sequence[Span]) -> StepRow:
    status = TaskStatus(task.status)
    took = seconds_in(phase, history)
    if phase is status:
        since = task.status_since.timestamp() - (took or 0.0)
        return StepRow(str(phase), "now", since=since)
    if not status.ended and PHASES.index(phase) > PHASES.index(status):
        return StepRow(str(phase), "next")
    if took is None:
        return StepRow(str(phase), "skipped")
    return StepRow(str(phase), "done", took=took)
