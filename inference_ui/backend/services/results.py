"""The results of a task, one item at a time: its picture and its answer.

Files are read as they are on disk, whoever wrote them: torn lines, paths that lead elsewhere and
answers of any shape are shown as what they are. Nothing is written. Calls block on files; items
are numbered from 1.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import TaskPlan
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.results.item_view import ItemView, input_of, open_result, view_of
from inference_ui.backend.results.items import Entry
from inference_ui.backend.results.pictures import find_picture, saved_name
from inference_ui.backend.results.shown import shown_picture, thumbnail_of
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.tasks import Tasks


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A file as it lies on disk, to be read and closed by the caller; ``size`` in bytes."""

    name: str
    size: int
    file: BinaryIO


class Results:
    """Reads the items of tasks that the acting user can see."""

    def __init__(self, tasks: Tasks, packages: Packages, entries: Entries, copies: Copies) -> None:
        self._tasks = tasks
        self._packages = packages
        self._entries = entries
        self._copies = copies

    def item(
        self, actor: Actor, task_id: str, number: int, box_format: BoxFormat | None = None
    ) -> ItemView:
        """Return all that is shown of an item, its boxes read as ``box_format``, else as the task's
        package says now. Raises :class:`NotFound`."""
        plan, entry, _ = self._entry(actor, task_id, number)
        package = self._packages.format_of(actor, plan.package)
        return replace(view_of(entry, plan, box_format or package.box_format), package=package)

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
        plan = task.plan
        output, dataset = Path(plan.output_folder), Path(plan.dataset_folder)
        window, entries = self._entries.some(output, dataset, number - 1, 1)
        if not entries:
            raise NotFound("ITEM_UNKNOWN", number=number)
        return plan, entries[0], window.generation
