"""One dataset: its check, a look into it, and removing it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import NotFound, ProductError, Refused
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.datasets import (
    DatasetRow,
    FolderRow,
    PreviewRow,
    dataset_row,
    folder_row,
    preview_row,
)
from inference_ui.state import live

PAGE_SIZE = 200


class DatasetState(rx.State):
    """State of one dataset's page. ``shown`` is the id of the dataset whose rows these are."""

    shown: str = ""
    missing: bool = False
    row: DatasetRow = DatasetRow()
    folder: FolderRow = FolderRow()
    folder_problem: MessageRow = MessageRow()
    preview: PreviewRow = PreviewRow()
    uploaded: bool = False

    asking: bool = False
    with_files: bool = False
    remove_problem: MessageRow = MessageRow()

    @rx.event
    async def load(self) -> None:
        """Show the dataset of the address, and follow it from now on."""
        dataset_id = self.dataset_id
        await live.watch(self, f"dataset:{dataset_id}")
        if self.shown != dataset_id:
            self.reset()
        await self._read(dataset_id)
        if not self.missing and not self.shown:
            await self._open(dataset_id, "", 0)
        self.shown = dataset_id

    @rx.event
    async def reload(self) -> None:
        """Read the dataset again."""
        if self.shown and not self.missing:
            await self._read(self.shown)

    @rx.event
    async def check(self) -> None:
        """Begin to check all files."""
        user, dataset_id = actor(), self.shown
        await rx.run_in_thread(lambda: product().checks.start(user, dataset_id))
        await self._read(dataset_id)

    @rx.event
    async def cancel_check(self) -> None:
        """End the check before its time."""
        user, dataset_id = actor(), self.shown
        await rx.run_in_thread(lambda: product().checks.cancel(user, dataset_id))

    @rx.event
    async def open_folder(self, path: str, offset: int = 0) -> None:
        """Show a folder, from an entry on."""
        await self._open(self.shown, str(path), int(offset))

    @rx.event
    async def look_at(self, path: str) -> None:
        """Show a file."""
        user, dataset_id = actor(), self.shown
        datasets = product().datasets
        try:
            found = await rx.run_in_thread(lambda: datasets.preview(user, dataset_id, str(path)))
        except Refused as error:
            name = str(path).rpartition("/")[2]
            self.preview = PreviewRow(str(path), name, why=message_row(error.message))
        else:
            self.preview = preview_row(dataset_id, found)

    @rx.event
    def ask(self) -> None:
        """Ask whether the dataset shall be removed."""
        self.asking, self.with_files, self.remove_problem = True, False, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave it."""
        self.asking = False

    @rx.event
    def toggle_files(self) -> None:
        """Delete its files too, or not."""
        self.with_files = not self.with_files

    @rx.event
    async def remove(self) -> Any:
        """Remove it; what keeps it from being removed is said in the dialog."""
        user, dataset_id, files = actor(), self.shown, self.with_files
        datasets = product().datasets
        try:
            await rx.run_in_thread(lambda: datasets.remove(user, dataset_id, files=files))
        except ProductError as error:
            self.remove_problem = message_row(error.message)
            return None
        self.asking = False
        return rx.redirect(routes.DATASETS)

    async def _read(self, dataset_id: str) -> None:
        user, datasets = actor(), product().datasets
        try:
            view = await rx.run_in_thread(lambda: datasets.view(user, dataset_id))
        except NotFound:
            self.missing = True
            return
        self.row = dataset_row(view, user)
        self.uploaded = await rx.run_in_thread(lambda: datasets.is_uploaded(user, dataset_id))

    async def _open(self, dataset_id: str, path: str, offset: int) -> None:
        user, datasets = actor(), product().datasets
        try:
            page = await rx.run_in_thread(
                lambda: datasets.browse(user, dataset_id, path, offset, PAGE_SIZE)
            )
        except Refused as error:
            self.folder_problem = message_row(error.message)
        else:
            self.folder = folder_row(dataset_id, page, PAGE_SIZE)
            self.folder_problem = MessageRow()
