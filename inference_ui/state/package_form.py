"""The form of a model package: what is filled in, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from secrets import token_hex
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow
from inference_ui.rows.create import VolumeRow
from inference_ui.rows.package_form import (
    EMPTY,
    FIELDS,
    LONGEST,
    MOST_ROWS,
    TABLES,
    EditRow,
    FormRows,
    default_paths,
    draft_of_form,
    form_from_text,
    form_of,
    form_values,
    kept_text,
    new_row,
    problem_rows,
    with_cell,
    with_problems,
    with_secret,
    with_typed,
    words_of,
    wrong_field,
)


class PackageFormState(rx.State):
    """State of the form. ``kept`` lies in the browser's tab: what is filled in outlives the web
    server. ``opened`` differs for each form that begins anew. ``_secrets`` are typed secret values
    by row; they are sent to no browser."""

    ready: bool = False
    submitting: bool = False
    values: dict[str, str] = EMPTY
    variables: list[EditRow] = []
    parameters: list[EditRow] = []
    source: str = ""
    kept: str = rx.SessionStorage("")
    problems: dict[str, MessageRow] = problem_rows({}, ())
    volumes: list[VolumeRow] = []
    wrong: int = 0
    opened: str = ""

    _secrets: dict[str, str] = {}
    _left: list[str] = []
    _created: bool = False

    @rx.var
    def words(self) -> list[str]:
        """The words of the start command."""
        return words_of(self.values["command"])

    @rx.var
    def paths(self) -> tuple[str, str]:
        """Where a server of the type takes requests, and where it says that it is ready."""
        return default_paths(self.values["service_type"], self.values["model_name"])

    @rx.event
    async def load(self) -> None:
        """Show what was filled in before, or what another package holds."""
        user, source = actor(), self.router.url.query_parameters.get("copy") or ""
        self._created = False
        if user.may_create:
            form = form_from_text(self.kept)
            if form is None or form.source != source:
                form = await rx.run_in_thread(lambda: _begin(user, source))
                self._left, self._secrets, self.opened = [], {}, token_hex(4)
            self.volumes = await rx.run_in_thread(lambda: _volumes(user))
            await self._take(with_typed(form, self._secrets))
        self.ready = True

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed or chosen in a field, and check it."""
        if name in FIELDS and self.ready:
            self._mark(name)
            form = self._form()
            await self._take(replace(form, values={**form.values, name: str(value)[:LONGEST]}))

    @rx.event
    async def leave_cell(self, key: str, column: str, value: str) -> None:
        """Take over what was typed in a row of a table, and check it."""
        row = next((row for row in (*self.variables, *self.parameters) if row.key == key), None)
        if row is None:
            return
        if column == "default" and row.secret and value:
            self._secrets = {**self._secrets, key: str(value)[:LONGEST]}
        self._mark(key)
        await self._change(lambda rows: with_cell(rows, key, column, str(value)))

    @rx.event
    async def switch_secret(self, key: str) -> None:
        """Make a variable secret, or plain."""
        row = next((row for row in self.variables if row.key == key), None)
        if row is not None:
            self._secrets = {**self._secrets, key: "" if row.secret else row.default}
            await self._change(lambda rows: with_secret(rows, key))

    @rx.event
    async def add_row(self, table: str) -> None:
        """Add an empty row to a table."""
        if table in TABLES and len(getattr(self, table)) < MOST_ROWS:
            await self._take(replace(self._form(), **{table: [*getattr(self, table), new_row()]}))

    @rx.event
    async def remove_row(self, key: str) -> None:
        """Remove a row."""
        self._secrets = {name: value for name, value in self._secrets.items() if name != key}
        await self._change(lambda rows: [row for row in rows if row.key != key])

    @rx.event
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Register the package; a second press meanwhile does nothing."""
        if self._created or not self.ready:
            return
        self.submitting = True
        yield
        filled, typed = form_values(self._form(), form)
        self._secrets = {**self._secrets, **typed}
        try:
            yield await self._register(filled)
        finally:
            self.submitting = False

    async def _register(self, form: FormRows) -> Any:
        user, draft = actor(), draft_of_form(form, self._secrets)
        try:
            package = await rx.run_in_thread(lambda: product().packages.create(user, draft))
        except InvalidFields as error:
            self._left = [*FIELDS, *TABLES, *(r.key for r in (*form.variables, *form.parameters))]
            self._show(form, error.fields)
            return rx.call_script(_focus(wrong_field(error.fields, form)))
        self.reset()
        self._created = True
        return rx.redirect(routes.package(package.id))

    def _form(self) -> FormRows:
        return FormRows(dict(self.values), list(self.variables), list(self.parameters), self.source)

    def _mark(self, name: str) -> None:
        if name not in self._left:
            self._left = [*self._left, name]

    async def _change(self, change: Any) -> None:
        form = self._form()
        await self._take(
            replace(form, variables=change(form.variables), parameters=change(form.parameters))
        )

    async def _take(self, form: FormRows) -> None:
        user, draft = actor(), draft_of_form(form, self._secrets)
        self._show(form, await rx.run_in_thread(lambda: product().packages.check(user, draft)))

    def _show(self, form: FormRows, problems: dict[str, Message]) -> None:
        self.values, self.source = form.values, form.source
        self.variables = with_problems(form.variables, "variables", problems, self._left)
        self.parameters = with_problems(form.parameters, "parameters", problems, self._left)
        self.problems = problem_rows(problems, self._left)
        self.wrong = len(problems)
        self.kept = kept_text(form)


def _begin(user: Actor, source: str) -> FormRows:
    """Return an empty form, or one filled in for the next version of a package."""
    if source:
        try:
            return form_of(product().packages.filled_in(user, source))
        except NotFound:
            pass
    return FormRows(dict(EMPTY), [], [], source)


def _volumes(user: Actor) -> list[VolumeRow]:
    return [VolumeRow(row.id, row.name, None) for row in product().catalog.volumes(user)]


def _focus(name: str) -> str:
    return f"document.querySelector({json.dumps(f'[name={json.dumps(name)}]')})?.focus()"
