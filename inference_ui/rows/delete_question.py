"""Rows of the question before tasks are deleted."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.services.deletion_views import DeletionPreview
from inference_ui.rows.common import MessageRow, message_row


@dataclass(frozen=True, slots=True)
class MeantRow:
    """A task that would be deleted."""

    id: str
    name: str
    status: str
    owner: str


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """What is asked: ``count`` tasks, of which ``running`` have not ended; ``name`` is the one's
    where there is only one. ``first`` are named, ``more`` are not. ``others`` are not the user's,
    ``leaving`` are being deleted, ``missing`` are gone.

    ``folders`` output folders lie on ``volume`` (all names) with ``results`` result files;
    ``needed_count`` of them are still needed, ``needed`` says why the first is."""

    count: int = 0
    running: int = 0
    name: str = ""
    first: list[MeantRow] = field(default_factory=list)
    more: int = 0
    others: int = 0
    leaving: int = 0
    missing: int = 0
    folders: int = 0
    volume: str = ""
    results: int = 0
    needed_count: int = 0
    needed: MessageRow = field(default_factory=MessageRow)


def question_row(preview: DeletionPreview) -> QuestionRow:
    """Return what is asked before a deletion."""
    first = [MeantRow(task.id, task.name, str(task.status), task.owner) for task in preview.first]
    return QuestionRow(
        count=preview.tasks,
        running=preview.running,
        name=first[0].name if preview.tasks == 1 and first else "",
        first=first,
        more=preview.tasks - len(first),
        others=preview.others,
        leaving=preview.leaving,
        missing=preview.missing,
        folders=sum(preview.volumes.values()),
        volume=" · ".join(preview.volumes),
        results=preview.results,
        needed_count=preview.needed_count,
        needed=message_row(preview.needed[0] if preview.needed else None),
    )
