"""The results of a task: its items in the order of the journal, each with its picture and answer.

Files are read as they are on disk, whoever wrote them: torn lines, paths that lead elsewhere and
answers of any shape are shown as what they are. Nothing is written. Calls block on files; items
are numbered from 1.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from inference_ui.backend.errors import NotFound, Refused, StoreError
from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import TaskPlan, TaskStatus
from inference_ui.backend.records import JOURNAL, SIDECAR
from inference_ui.backend.results.item_view import ItemView, input_of, open_result, view_of
from inference_ui.backend.results.items import Entry, ItemsPage, entry_of, row_of
from inference_ui.backend.results.lines import LineIndexes, Window
from inference_ui.backend.results.pictures import find_picture, saved_name
from inference_ui.backend.results.shown import shown_picture, thumbnail_of
from inference_ui.backend.services.tasks import Tasks

MOST_ROWS = 500
"""Rows of one page at most."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file as it lies on disk, to be read and closed by the caller; ``size`` in bytes."""

    name: str
    size: int
    file: BinaryIO


class Results:
    """Reads the items of tasks that the acting user can see."""

    def __init__(self, tasks: Tasks, copies: Copies) -> None:
        self._tasks = tasks
        self._indexes = LineIndexes()
        self._copies = copies

    def items(self, actor: Actor, task_id: str, offset: int = 0, limit: int = 200) -> ItemsPage:
        """Return up to ``limit`` rows (at most 500) after the first ``offset`` of the journal.

        Raises :class:`NotFound` for the task, :class:`StoreError` when the journal is unreadable.
        """
        task = self._tasks.get(actor, task_id)
        # Asked before the journal is read: what is read afterwards is then all there will be.
        ended = TaskStatus(task.status).ended
        window, entries = self._entries(task.plan, max(0, offset), max(0, min(limit, MOST_ROWS)))
        rows = tuple(row_of(entry) for entry in entries)
        return ItemsPage(window.total, window.generation, ended, rows)

    def item(self, actor: Actor, task_id: str, number: int) -> ItemView:
        """Return all that is shown of an item. Raises :class:`NotFound`."""
        plan, entry, _ = self._entry(actor, task_id, number)
        return view_of(entry, plan)

    def picture(self, actor: Actor, task_id: str, number: int) -> EncodedPicture:
        """Return an item's picture as browsers show it.

        Raises :class:`Refused` with a code that says why there is none.
        """
        plan, entry, _ = self._entry(actor, task_id, number)
        return shown_picture(self._copies, Path(plan.dataset_folder), input_of(entry))

    def thumbnail(
        self, actor: Actor, task_id: str, number: int, side: int
    ) -> EncodedPicture | None:
        """Return a small JPEG of an item's picture, its longer side of ``side`` pixels; None where
        there is nothing to show. Why not, :meth:`item` and :meth:`picture` say.

        Raises :class:`NotFound` for the task and the item.
        """
        plan, entry, _ = self._entry(actor, task_id, number)
        try:
            return thumbnail_of(self._copies, Path(plan.dataset_folder), input_of(entry), side)
        except Refused:
            return None  # the list asks for every row

    def original(self, actor: Actor, task_id: str, number: int) -> ResultFile:
        """Open an item's picture, byte for byte. Raises :class:`Refused` where there is none."""
        plan, entry, _ = self._entry(actor, task_id, number)
        found = find_picture(Path(plan.dataset_folder), input_of(entry))
        return ResultFile(saved_name(found), found.size, found.open())

    def result(self, actor: Actor, task_id: str, number: int) -> ResultFile:
        """Open an item's result, byte for byte. Raises :class:`Refused` where there is none."""
        plan, entry, _ = self._entry(actor, task_id, number)
        file = open_result(entry, plan)
        name = PurePosixPath(entry.location or "").name
        return ResultFile(name, os.fstat(file.fileno()).st_size, file)

    def _entry(self, actor: Actor, task_id: str, number: int) -> tuple[TaskPlan, Entry, str]:
        task = self._tasks.get(actor, task_id)
        if number < 1:
            raise NotFound("ITEM_UNKNOWN", number=number)
        window, entries = self._entries(task.plan, number - 1, 1)
        if not entries:
            raise NotFound("ITEM_UNKNOWN", number=number)
        return task.plan, entries[0], window.generation

    def _entries(self, plan: TaskPlan, first: int, count: int) -> tuple[Window, list[Entry]]:
        folder = Path(plan.output_folder)
        try:
            window = self._indexes.of(folder / JOURNAL).window(first, count)
            beside = self._indexes.of(folder / SIDECAR).window(first, count).lines
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error
        dataset = Path(plan.dataset_folder)
        lines = enumerate(window.lines)
        entries = [
            entry_of(first + at + 1, line, beside[at] if at < len(beside) else None, dataset)
            for at, line in lines
        ]
        return window, entries
