"""Rows of a canary: how a draft does on a few items."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui import routes
from inference_ui.backend.services.canaries import CanaryView
from inference_ui.rows.common import MessageRow, message_row, shown_status, status_word


@dataclass(frozen=True, slots=True)
class TriedRow:
    """An item that was tried. ``said`` is the error in the server's or client's words."""

    name: str
    succeeded: bool
    objects: int | None
    ms: float | None
    said: str


@dataclass(frozen=True, slots=True)
class CanaryRow:
    """A canary; ``id`` is empty where there is none. ``note``: what it waits for, or why it failed.
    ``estimate_s``: how long all ``inputs`` would take on ``nodes`` nodes."""

    id: str = ""
    status: str = ""
    word: str = ""
    ended: bool = False
    note: MessageRow = field(default_factory=MessageRow)
    end: str = ""
    tried: list[TriedRow] = field(default_factory=list)
    href: str = ""
    logs: str = ""
    inputs: int | None = None
    nodes: int = 1
    rate: float | None = None
    estimate_s: float | None = None


def canary_row(view: CanaryView, nodes: int) -> CanaryRow:
    """Return the row of a canary of a draft with so many nodes (0: it goes through a service)."""
    task = view.task
    return CanaryRow(
        id=task.id,
        status=shown_status(task),
        word=status_word(task),
        ended=view.ended,
        note=message_row(task.detail if task.end_reason else task.waiting),
        end=str(task.end_reason or ""),
        tried=[
            TriedRow(row.name, row.status == "SUCCEEDED", row.objects, row.ms, row.error or "")
            for row in view.items
        ],
        href=routes.task_results(task.id),
        inputs=view.inputs,
        nodes=max(1, nodes),
        rate=view.rate,
        estimate_s=None if view.estimate_s is None else max(1.0, view.estimate_s),
        logs=routes.task(task.id, "logs"),
    )
