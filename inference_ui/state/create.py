"""The create form: what is filled in, what is wrong with it, and what creating would do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.drafts import DraftCheck, TaskDraft
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.create import (
    FIELDS,
    ChoiceRows,
    PackageRow,
    SpecRow,
    choice_rows,
    draft_of,
    first_wrong,
    missing,
    of_type,
    only_choices,
    problem_rows,
    sample_values,
)
from inference_ui.rows.start import SAMPLE_DATASET
from inference_ui.state import live

COUNTED = 100_000
"""Inputs of a dataset are counted up to here."""

LONGEST = 1_000
"""No field is longer; what is cut here is refused by the service in any case."""


EMPTY = {**dict.fromkeys(FIELDS, ""), "node_count": "1"}


class CreateState(rx.State):
    """State of the create form. ``waiting`` is what the task would have to wait for. ``kept`` lies
    in the browser's tab: what is filled in outlives the web server."""

    ready: bool = False
    submitting: bool = False
    choices: ChoiceRows = ChoiceRows()
    values: dict[str, str] = EMPTY
    kept: str = rx.SessionStorage("")
    problems: dict[str, MessageRow] = problem_rows({}, ())
    free_name: str = ""
    waiting: MessageRow = MessageRow()
    inputs: int | None = None

    _left: list[str] = []
    _created: bool = False

    @rx.var
    def packages(self) -> list[PackageRow]:
        """The packages of the chosen service type."""
        return of_type(self.choices.packages, self.values["service_type"])

    @rx.var
    def spec(self) -> SpecRow:
        """The chosen spec."""
        rows = (row for row in self.choices.specs if row.id == self.values["spec_id"])
        return next(rows, SpecRow())

    @rx.var
    def volume_name(self) -> str:
        """The name of the chosen volume."""
        chosen = self.values["volume_id"]
        return next((row.name for row in self.choices.volumes if row.id == chosen), "")

    @rx.var
    def nodes(self) -> int:
        """How many nodes were asked for; 0 when that is no number."""
        return draft_of(self.values).node_count

    @rx.var
    def missing(self) -> list[str]:
        """The fields that are still empty."""
        return missing(self.values)

    @rx.var
    def wrong(self) -> int:
        """In how many fields something must be mended."""
        return sum(problem.code != "" for problem in self.problems.values())

    @rx.event
    async def load(self) -> None:
        """Show what can be chosen; what is filled in already stays, also over a reconnection."""
        await live.watch(self, live.TASKS)
        user, sample = actor(), self.router.url.query_parameters.get("sample") == "1"
        self._created = False
        if user.may_create:
            self._restore()
            filled = dict(self.values)
            self.choices, values = await rx.run_in_thread(lambda: _offer(user, filled, sample))
            self._fill(values)
            await self._count()
            await self._check()
        self.ready = True

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed or chosen in a field, and check it."""
        if name not in FIELDS or not self.ready:
            return
        self._fill({name: str(value)[:LONGEST]})
        if name == "service_type":
            self._forget_other_packages()
        if name == "dataset_id":
            await self._count()
        await self._check()

    @rx.event
    async def look_again(self) -> None:
        """See anew whether the task would start at once."""
        if self.ready and not self._created:
            await self._check()

    @rx.event
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create the task; a second press while it is created, or just was, does nothing."""
        if self._created or not self.ready:
            return
        self.submitting = True
        yield
        self._fill({name: str(form.get(name) or "")[:LONGEST] for name in FIELDS})
        try:
            yield await self._create(draft_of(self.values))
        finally:
            self.submitting = False

    async def _create(self, draft: TaskDraft) -> Any:
        user = actor()
        try:
            task = await rx.run_in_thread(lambda: product().tasks.create(user, draft))
        except InvalidFields as error:
            self._left = list(FIELDS)
            self.problems = problem_rows(error.fields, FIELDS)
            return rx.call_script(_focus(first_wrong(self.problems)))
        self.reset()
        self._created = True
        return rx.redirect(routes.task(task.id))

    def _fill(self, values: dict[str, str]) -> None:
        self.values = {**self.values, **values}
        self.kept = json.dumps(self.values)
        self._left = [*self._left, *(name for name in values if name not in self._left)]

    def _restore(self) -> None:
        """Take back what the tab kept, when the server knows nothing of it (any more)."""
        if self.values == EMPTY:
            self._fill({name: value for name, value in _kept(self.kept).items() if value})

    def _forget_other_packages(self) -> None:
        """A package of another type no longer fits; the only one that fits is chosen."""
        fitting = [row.id for row in of_type(self.choices.packages, self.values["service_type"])]
        if self.values["package_id"] not in fitting:
            chosen = fitting[0] if len(fitting) == 1 else ""
            self.values = {**self.values, "package_id": chosen}

    async def _count(self) -> None:
        user, dataset = actor(), self.values["dataset_id"]
        self.inputs = await rx.run_in_thread(lambda: _inputs(user, dataset)) if dataset else None

    async def _check(self) -> None:
        user, draft = actor(), draft_of(self.values)
        if not user.may_create:
            return
        found = await rx.run_in_thread(lambda: product().tasks.check(user, draft))
        self._tell(found)

    def _tell(self, found: DraftCheck) -> None:
        self.problems = problem_rows(found.problems, self._left)
        self.waiting = message_row(found.waiting)
        free = "name" in self._left and "name" not in found.problems
        self.free_name = self.values["name"].strip() if free else ""


def _kept(text: str) -> dict[str, str]:
    """Return the fields that the tab kept; whatever else it sends is left out."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return dict(EMPTY)
    kept = found if isinstance(found, dict) else {}
    return {**EMPTY, **{name: str(kept[name])[:LONGEST] for name in FIELDS if name in kept}}


def _offer(user: Actor, filled: dict[str, str], sample: bool) -> tuple[ChoiceRows, dict[str, str]]:
    """Return what there is to choose from, and what can be filled in without asking."""
    catalog = product().catalog
    datasets, packages = catalog.datasets(user), product().packages.all(user)
    specs, volumes = catalog.specs(user), catalog.volumes(user)
    choices = choice_rows(datasets, packages, specs, volumes, catalog.free_bytes(user))
    values = only_choices(choices, filled)
    if sample and not filled["name"]:
        values |= sample_values(datasets, packages, specs, volumes)
        values |= {"name": _free_name(user, SAMPLE_DATASET, {**filled, **values})}
    return choices, values


def _free_name(user: Actor, wanted: str, values: dict[str, str]) -> str:
    """Return the wanted name, or with the first number that makes it free."""
    for number in range(1, 100):
        name = wanted if number == 1 else f"{wanted}-{number}"
        draft = draft_of({**values, "name": name})
        if "name" not in product().tasks.check(user, draft).problems:
            return name
    return ""


def _inputs(user: Actor, dataset_id: str) -> int | None:
    try:
        return product().catalog.count_inputs(user, dataset_id, InputKind.JSON, COUNTED)
    except NotFound:
        return None


def _focus(name: str) -> str:
    """Return the script that leads to a field; of radio buttons, to the chosen one."""
    field = json.dumps(f'[name="{name}"]')
    chosen = json.dumps(f'[name="{name}"]:checked')
    return f"(document.querySelector({chosen}) ?? document.querySelector({field}))?.focus()"
