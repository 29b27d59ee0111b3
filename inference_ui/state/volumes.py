"""Storage volumes: the list, registering one, removing one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.errors import InvalidFields, ProductError
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.volumes import (
    FIELDS,
    UsageRow,
    VolumeRow,
    draft_of,
    problem_rows,
    usage_row,
    volume_rows,
)
from inference_ui.state.forms import typed

LONGEST = 4_096
EMPTY = dict.fromkeys(FIELDS, "")


class VolumesState(rx.State):
    """State of the page. ``usage`` and ``writable`` are of the folder that is filled in."""

    loaded: bool = False
    rows: list[VolumeRow] = []
    claims: list[str] = []

    registering: bool = False
    values: dict[str, str] = EMPTY
    problems: dict[str, MessageRow] = problem_rows(None, ())
    usage: UsageRow = UsageRow()
    writable: bool = False

    asked: str = ""
    asked_name: str = ""
    remove_problem: MessageRow = MessageRow()

    _left: list[str] = []

    @rx.event
    async def load(self) -> None:
        """Show the volumes."""
        user, volumes = actor(), product().volumes
        self.rows = volume_rows(await rx.run_in_thread(lambda: volumes.all(user)))
        self.claims = list(volumes.claims)
        self.loaded = True

    @rx.event
    def begin(self) -> None:
        """Open the form, empty."""
        self.values, self._left, self.registering = dict(EMPTY), [], True
        self.problems, self.usage, self.writable = problem_rows(None, ()), UsageRow(), False

    @rx.event
    def close(self) -> None:
        """Close the form."""
        self.registering = False

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed in a field, and check it."""
        if name not in FIELDS:
            return
        self.values = {**self.values, name: str(value)[:LONGEST]}
        self._left = [*self._left, name]
        user, draft = actor(), draft_of(self.values)
        found = await rx.run_in_thread(lambda: product().volumes.check(user, draft))
        self.problems = problem_rows(found, self._left)
        self.usage, self.writable = usage_row(found.usage), bool(found.writable)

    @rx.event
    async def submit(self, form: dict[str, Any]) -> None:
        """Register the volume."""
        given = typed(form, FIELDS, LONGEST)
        self.values = {**self.values, **given}
        user, draft = actor(), draft_of(self.values)
        try:
            await rx.run_in_thread(lambda: product().volumes.add(user, draft))
        except InvalidFields as error:
            self._left = list(FIELDS)
            self.problems = {name: message_row(error.fields.get(name)) for name in FIELDS}
        else:
            self.registering = False
            await self._read()

    @rx.event
    def ask(self, volume_id: str, name: str) -> None:
        """Ask whether a volume shall be removed."""
        self.asked, self.asked_name, self.remove_problem = volume_id, name, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave it."""
        self.asked = ""

    @rx.event
    async def remove(self) -> None:
        """Remove it; what keeps it from being removed is said in the dialog."""
        user, volume_id = actor(), self.asked
        try:
            await rx.run_in_thread(lambda: product().volumes.remove(user, volume_id))
        except ProductError as error:
            self.remove_problem = message_row(error.message)
        else:
            self.asked = ""
            await self._read()

    async def _read(self) -> None:
        user, volumes = actor(), product().volumes
        self.rows = volume_rows(await rx.run_in_thread(lambda: volumes.all(user)))
