"""Who did what with a task, and when: its events, the newest first, by attempt."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.errors import Message
from inference_ui.backend.models.task import TaskEvent, TaskStatus
from inference_ui.backend.services.tasks import TaskView
from inference_ui.rows.common import MessageRow, message_row


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event (a code) at ``at`` (Unix seconds). ``who``: the user who did it, ``""`` where the
    system did. ``end`` is the code of why the task came to its end, ``reason`` the particulars."""

    key: str
    at: float
    code: str
    who: str = ""
    end: str = ""
    reason: MessageRow = field(default_factory=MessageRow)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt, counted from 1, with what happened in it."""

    attempt: int
    events: list[EventRow]


def event_rows(view: TaskView) -> list[AttemptRow]:
    """Return what happened to a task."""
    rows: dict[int, list[EventRow]] = {}
    for event in reversed(view.events):
        rows.setdefault(event.attempt, []).append(_row(event, view))
    return [AttemptRow(attempt, events) for attempt, events in sorted(rows.items(), reverse=True)]


def _row(event: TaskEvent, view: TaskView) -> EventRow:
    by_system = event.code in TaskStatus.__members__
    detail = event.args.get("detail")
    return EventRow(
        key=str(event.id),
        at=event.at.timestamp(),
        code=event.code,
        who="" if by_system else view.people.get(event.owner_id, event.owner_id),
        end=str(event.args.get("reason") or ""),
        reason=message_row(Message.from_json(detail) if detail else None),
    )
