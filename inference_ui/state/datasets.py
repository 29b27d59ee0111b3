"""The list of datasets, kept up to date; registering a folder as one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.errors import InvalidFields
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.datasets import DatasetRow, dataset_rows
from inference_ui.state import live
from inference_ui.state.forms import typed

FIELDS = ("name", "volume_id", "path")
LONGEST = 4_096
EMPTY = dict.fromkeys(FIELDS, "")


class DatasetsState(rx.State):
    """State of the list. ``volumes`` are (id, name) to choose of."""

    loaded: bool = False
    rows: list[DatasetRow] = []
    volumes: list[tuple[str, str]] = []

    registering: bool = False
    uploading: bool = False
    values: dict[str, str] = EMPTY
    problems: dict[str, MessageRow] = dict.fromkeys(FIELDS, MessageRow())

    _left: list[str] = []

    @rx.event
    async def load(self) -> None:
        """Show the datasets, and follow them from now on."""
        await live.watch(self, live.DATASETS)
        user = actor()
        found = await rx.run_in_thread(lambda: product().catalog.volumes(user))
        self.volumes = [(row.id, row.name) for row in found]
        await self._read()
        self.loaded = True

    @rx.event
    async def reload(self) -> None:
        """Read the list again."""
        await self._read()

    @rx.event
    def begin(self) -> None:
        """Open the form, empty."""
        only = self.volumes[0][0] if len(self.volumes) == 1 else ""
        self.values, self._left = {**EMPTY, "volume_id": only}, []
        self.problems, self.registering = dict.fromkeys(FIELDS, MessageRow()), True

    @rx.event
    def close(self) -> None:
        """Close the form."""
        self.registering = False

    @rx.event
    def toggle_upload(self) -> None:
        """Show the panel of uploads, or hide it."""
        self.uploading = not self.uploading

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed in a field, and check it."""
        if name not in FIELDS:
            return
        self.values = {**self.values, name: str(value)[:LONGEST]}
        self._left = [*self._left, name]
        user, given = actor(), dict(self.values)
        found = await rx.run_in_thread(lambda: product().datasets.check(user, **given))
        self.problems = {
            one: message_row(found.get(one) if one in self._left else None) for one in FIELDS
        }

    @rx.event
    async def submit(self, form: dict[str, Any]) -> None:
        """Register the dataset."""
        given = typed(form, FIELDS, LONGEST)
        self.values = {**self.values, **given}
        user, values = actor(), dict(self.values)
        try:
            await rx.run_in_thread(lambda: product().datasets.add(user, **values))
        except InvalidFields as error:
            self._left = list(FIELDS)
            self.problems = {one: message_row(error.fields.get(one)) for one in FIELDS}
        else:
            self.registering = False
            await self._read()

    async def _read(self) -> None:
        user = actor()
        views = await rx.run_in_thread(lambda: product().datasets.all(user))
        rows = dataset_rows(views, user)
        if rows != self.rows:
            self.rows = rows
