"""Rows of the receipts: how deletions of tasks go, and what came of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.services.deletion_views import DeletionDetail, DeletionEntry, DeletionView
from inference_ui.rows.common import MessageRow, message_row, share_width


@dataclass(frozen=True, slots=True)
class FreedRow:
    """So many cards of a model."""

    model: str
    count: int


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A deletion. ``name`` is the task's where only one was meant. While it is not ``ended``,
    ``gone`` of ``count`` tasks are deleted (``width`` as a CSS length); before, while it is
    ``taking``, so many of them are taken down. ``clearing`` tells that only files are left.
    ``undone`` tasks were not deleted. ``place`` is where files were kept, ``""`` for nowhere."""

    id: str
    name: str
    ended: bool
    taking: bool
    clearing: bool
    count: int
    gone: int
    width: str
    percent: int
    undone: int
    unreached: int
    replicas: int
    pods: bool
    cards: list[FreedRow]
    files: int
    bytes: int
    removed: int
    place: str
    problems: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """A task of a deletion: its ``state``, why it was not deleted or why files stay."""

    id: str
    name: str
    owner: str
    state: str
    problem: MessageRow
    kept: bool
    folder: str
    replicas: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DetailRow:
    """The tasks of a deletion; ``more`` are not among them."""

    id: str = ""
    lines: list[EntryRow] = field(default_factory=list)
    more: int = 0


def receipt_row(view: DeletionView) -> ReceiptRow:
    """Return the row of a deletion."""
    places = [f"{volume} / {view.name}" if view.name else volume for volume in view.kept_on]
    taking = view.ended_at is None and not view.taken
    gone, count = view.gone, view.accepted
    if taking:
        gone, count = view.accepted + view.refused, view.asked
    return ReceiptRow(
        id=view.id,
        name=view.name,
        ended=view.ended_at is not None,
        taking=taking,
        clearing=(view.ended_at is None and view.taken and view.with_output and gone == count > 0),
        count=count,
        gone=gone,
        width=share_width(gone, count),
        percent=100 * gone // count if count else 0,
        undone=view.refused + view.unreached,
        unreached=view.unreached,
        replicas=view.replicas,
        pods=view.pods,
        cards=[FreedRow(model, count) for model, count in sorted(view.cards.items())],
        files=view.files,
        bytes=view.bytes,
        removed=view.removed,
        place=" · ".join(places),
        problems=view.problems,
    )


def detail_row(detail: DeletionDetail) -> DetailRow:
    """Return the tasks of a deletion."""
    lines = [_entry(entry) for entry in detail.entries]
    told = detail.view.accepted + detail.view.refused
    return DetailRow(detail.view.id, lines, max(0, told - len(lines)))


def _entry(entry: DeletionEntry) -> EntryRow:
    return EntryRow(
        id=entry.task_id,
        name=entry.name or entry.task_id,
        owner=entry.owner,
        state=str(entry.state),
        problem=message_row(entry.problem),
        kept=entry.kept,
        folder=entry.output_folder,
        replicas=entry.replicas,
        files=entry.files,
        bytes=entry.bytes,
    )
