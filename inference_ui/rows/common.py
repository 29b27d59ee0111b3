"""What rows of several pages are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.models.task import InferenceTask, TaskStatus


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What the backend says: a code (``""`` for nothing) and its arguments."""

    code: str = ""
    args: dict[str, Any] = field(default_factory=dict)


def message_row(message: Message | None) -> MessageRow:
    """Return the row of a message, or an empty one."""
    return MessageRow(message.code, dict(message.args)) if message else MessageRow()


def unix(at: datetime | None) -> float | None:
    """Return seconds since 1970."""
    return at.timestamp() if at else None


def stopping(task: InferenceTask) -> bool:
    """Whether somebody asked the task to stop, and it has not yet."""
    return task.stop_requested_at is not None and not TaskStatus(task.status).ended


def deleting(task: InferenceTask) -> bool:
    """Whether somebody asked for the task's deletion; it is gone soon."""
    return task.deletion_id is not None


def shown_status(task: InferenceTask) -> str:
    """Return the status whose shape and colour the task has on a page.

    A task that was asked to stop looks like one that is finishing, from the moment of the asking;
    so does one that is being deleted.
    """
    return "FINISHING" if stopping(task) or deleting(task) else str(task.status)


def status_word(task: InferenceTask) -> str:
    """Return the code of the status' word: ``STOPPING`` is FINISHING because somebody asked, and
    ``DELETING`` is whatever it was, but for a moment only."""
    if deleting(task):
        return "DELETING"
    return "STOPPING" if stopping(task) else str(task.status)


def share_width(part: int, whole: int) -> str:
    """Return a share as a CSS width: ``69.64%``; ``0%`` for none, and where there is no whole."""
    return f"{100 * part / whole:.2f}%" if part and whole else "0%"
