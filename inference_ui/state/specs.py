"""Compute specs: the list, registering, changing and removing one, and what is suggested."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.errors import InvalidFields, ProductError
from inference_ui.backend.models.account import Actor
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.specs import (
    ADVANCED,
    EMPTY,
    FIELDS,
    SpecRow,
    draft_of,
    model_names,
    offer_rows,
    problem_rows,
    spec_rows,
    values_of,
)
from inference_ui.state import live
from inference_ui.state.forms import typed

LONGEST = 4_096
NOTHING_WRONG = problem_rows({}, ())


class SpecsState(rx.State):
    """State of the page. ``form`` is what the open form does: ADD, CHANGE, COPY; ``""``: it is
    closed. ``asked`` is the spec that shall be removed."""

    loaded: bool = False
    rows: list[SpecRow] = []
    offers: list[SpecRow] = []

    form: str = ""
    values: dict[str, str] = EMPTY
    problems: dict[str, MessageRow] = NOTHING_WRONG
    refused: MessageRow = MessageRow()
    unfolded: bool = False
    models: list[str] = []

    asked: str = ""
    asked_name: str = ""
    remove_problem: MessageRow = MessageRow()

    _id: str = ""
    _left: list[str] = []

    @rx.event
    async def load(self) -> None:
        """Show the specs, and follow where they fit and who uses them."""
        await live.watch(self, live.TASKS, live.SERVICES, live.CLUSTER)
        await self._read()
        self.loaded = True

    @rx.event
    async def reload(self) -> None:
        """Read them again."""
        if self.loaded:
            await self._read()

    @rx.event
    async def begin(self) -> None:
        """Open the form, empty."""
        await self._open("ADD", "", dict(EMPTY))

    @rx.event
    async def edit(self, spec_id: str) -> None:
        """Open the form to change a spec."""
        user = actor()
        draft = await rx.run_in_thread(lambda: product().specs.draft(user, spec_id))
        await self._open("CHANGE", spec_id, values_of(draft))

    @rx.event
    async def duplicate(self, spec_id: str) -> None:
        """Open the form for a new spec, filled in like another one."""
        user = actor()
        draft = await rx.run_in_thread(lambda: product().specs.draft(user, spec_id, copy=True))
        await self._open("COPY", "", values_of(draft))

    @rx.event
    def close(self) -> None:
        """Close the form."""
        self.form = ""

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed in a field, and check it."""
        if name not in FIELDS:
            return
        self.values = {**self.values, name: str(value)[:LONGEST]}
        self._left = [*self._left, *([] if name in self._left else [name])]
        user, draft, spec_id = actor(), draft_of(self.values), self._id
        found = await rx.run_in_thread(lambda: product().specs.check(user, draft, spec_id))
        self.problems = problem_rows(found, self._left)
        if name == "accelerator":
            await self._offer_models()

    @rx.event
    async def submit(self, form: dict[str, Any]) -> None:
        """Register the spec, or change it."""
        self.values = {**self.values, **typed(form, FIELDS, LONGEST)}
        user, draft, spec_id = actor(), draft_of(self.values), self._id
        try:
            await rx.run_in_thread(lambda: _save(user, spec_id, draft))
        except ProductError as error:
            self._refuse(error)
        else:
            self.form = ""
            await self._read()

    @rx.event
    async def accept(self, name: str) -> None:
        """Register what is suggested under a name, or all of it."""
        user = actor()
        await rx.run_in_thread(lambda: product().specs.accept(user, name))
        await self._read()

    @rx.event
    def ask(self, spec_id: str, name: str) -> None:
        """Ask whether a spec shall be removed."""
        self.asked, self.asked_name, self.remove_problem = spec_id, name, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave it."""
        self.asked = ""

    @rx.event
    async def remove(self) -> None:
        """Remove it; what keeps it from being removed is said in the dialog."""
        user, spec_id = actor(), self.asked
        try:
            await rx.run_in_thread(lambda: product().specs.remove(user, spec_id))
        except ProductError as error:
            self.remove_problem = message_row(error.message)
        else:
            self.asked = ""
            await self._read()

    async def _open(self, form: str, spec_id: str, values: dict[str, str]) -> None:
        self._id, self._left, self.values = spec_id, [], values
        self.problems, self.refused = NOTHING_WRONG, MessageRow()
        self.unfolded = any(values[name] for name in ADVANCED)
        await self._offer_models()
        self.form = form

    async def _offer_models(self) -> None:
        user = actor()
        models = await rx.run_in_thread(lambda: product().specs.models(user))
        self.models = model_names(models, self.values["accelerator"])

    def _refuse(self, error: ProductError) -> None:
        fields = error.fields if isinstance(error, InvalidFields) else {}
        self._left, self.problems = list(FIELDS), problem_rows(fields, FIELDS)
        self.refused = MessageRow() if fields else message_row(error.message)
        self.unfolded = self.unfolded or any(name in fields for name in ADVANCED)

    async def _read(self) -> None:
        user = actor()
        rows, offers = await rx.run_in_thread(lambda: _seen(user))
        if rows != self.rows:
            self.rows = rows
        if offers != self.offers:
            self.offers = offers


def _seen(user: Actor) -> tuple[list[SpecRow], list[SpecRow]]:
    specs = product().specs
    return spec_rows(specs.all(user)), offer_rows(specs.suggestions(user))


def _save(user: Actor, spec_id: str, draft: Any) -> None:
    specs = product().specs
    if spec_id:
        specs.change(user, spec_id, draft)
    else:
        specs.add(user, draft)
