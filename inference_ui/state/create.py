"""The create form: what is filled in, what is wrong with it, and what creating would do."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.create import (
    ChoiceRows,
    DatasetRow,
    EarlierRow,
    PackageRow,
    ServiceRow,
    SpecRow,
    of_type,
)
from inference_ui.rows.create_values import (
    EMPTY,
    FIELDS,
    JUDGED,
    draft_of,
    first_wrong,
    missing,
    problem_rows,
)
from inference_ui.state import create_offer, live
from inference_ui.state.create_offer import COUNTED, LONGEST, Filled
from inference_ui.state.server_fields import ServerFields

__all__ = ["COUNTED", "CreateState"]


class CreateState(ServerFields, rx.State):
    """State of the create form. ``waiting`` is what the task would have to wait for. ``kept`` lies
    in the browser's tab: what is filled in outlives the web server."""

    ready: bool = False
    submitting: bool = False
    choices: ChoiceRows = ChoiceRows()
    values: dict[str, str] = EMPTY
    kept: str = rx.SessionStorage("")
    saved_at: float = 0.0
    problems: dict[str, MessageRow] = problem_rows({}, ())
    free_name: str = ""
    waiting: MessageRow = MessageRow()
    inputs: int | None = None
    earlier: list[EarlierRow] = []
    accelerator: str = ""

    _left: list[str] = []
    _created: bool = False
    _asked: str = ""

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
    def specs(self) -> list[SpecRow]:
        """The specs of the chosen type of accelerator."""
        kind = self.accelerator or self.spec.accelerator
        return [row for row in self.choices.specs if row.accelerator == kind]

    @rx.var
    def dataset(self) -> DatasetRow:
        """The chosen dataset."""
        rows = (row for row in self.choices.datasets if row.id == self.values["dataset_id"])
        return next(rows, DatasetRow("", "", ""))

    @rx.var
    def service(self) -> ServiceRow:
        """The chosen online service."""
        rows = (row for row in self.choices.services if row.id == self.values["service_id"])
        return next(rows, ServiceRow())

    @rx.var
    def volume_name(self) -> str:
        """The name of the chosen volume."""
        chosen = self.values["volume_id"]
        return next((row.name for row in self.choices.volumes if row.id == chosen), "")

    @rx.var
    def node_total(self) -> int:
        """How many nodes were asked for; 0 when that is no number."""
        return draft_of(self.values).node_count

    @rx.var
    def missing(self) -> list[str]:
        """The required fields that are still empty."""
        return missing(self.values)

    @rx.var
    def wrong(self) -> int:
        """In how many places something must be mended."""
        return sum(problem.code != "" for problem in self.problems.values())

    @rx.event
    async def load(self) -> None:
        """Show what can be chosen; what is filled in already stays, also over a reconnection."""
        await live.watch(self, live.TASKS)
        user, query = actor(), dict(self.router.url.query_parameters)
        self._created = False
        if user.may_create:
            self.choices = await rx.run_in_thread(lambda: create_offer.offer(user))
            self._restore()
            await self._fill_as_asked(query)
            self._set(create_offer.sole_choices(self.choices, self.values))
            await self._show_all()
        self.ready = True

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed or chosen in a field, and check it."""
        if name not in FIELDS or not self.ready:
            return
        self._set({name: str(value)[:LONGEST]})
        await self._follow(name)
        await self._check()

    @rx.event
    async def choose_accelerator(self, kind: str) -> None:
        """Show the specs of a type."""
        self.accelerator = kind

    @rx.event
    async def copy_service(self) -> None:
        """Deploy a copy of the chosen service instead of using it."""
        user, service_id = actor(), self.values["service_id"]
        self._take(await rx.run_in_thread(lambda: create_offer.copied_service(user, service_id)))
        await self._show_all()

    @rx.event
    async def clear(self) -> Any:
        """Begin anew with an empty form."""
        self.reset()
        self.kept = ""
        return rx.call_script(f"window.location.assign({json.dumps(routes.NEW_TASK)})")

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
        self._set({name: str(form[name])[:LONGEST] for name in FIELDS if name in form})
        try:
            yield await self._create()
        finally:
            self.submitting = False

    async def _create(self) -> Any:
        user, draft = actor(), self._draft()
        try:
            task = await rx.run_in_thread(lambda: product().tasks.create(user, draft))
        except InvalidFields as error:
            return self._refused(error)
        self.reset()
        self._created = True
        return rx.redirect(routes.task(task.id))

    def _refused(self, error: InvalidFields) -> Any:
        """Show what was refused, and return the event that leads to the first wrong field."""
        self._left = list(JUDGED)
        self.problems = problem_rows(error.fields, JUDGED)
        return rx.call_script(_focus(first_wrong(self.problems)))

    def _draft(self) -> TaskDraft:
        return draft_of(
            self.values, self._overrides(), self._changed_parameters(), self.chosen_nodes
        )

    def _set(self, values: dict[str, str]) -> None:
        self.values = {**self.values, **values}
        self._left = [*self._left, *(name for name in values if name not in self._left)]
        self._keep()

    def _keep(self) -> None:
        kept = {
            "values": self.values,
            "environment": self._environment,
            "parameters": self._arguments,
            "nodes": self.chosen_nodes,
        }
        self.kept, self.saved_at = json.dumps(kept), time.time()

    def _take(self, filled: Filled) -> None:
        """Fill in what something else says."""
        self._environment = {**self._environment, **filled.environment}
        self._secrets = {**self._secrets, **filled.secrets}
        self._arguments = {**self._arguments, **filled.parameters}
        self.chosen_nodes = filled.nodes or self.chosen_nodes
        self._set(filled.values)

    def _restore(self) -> None:
        """Take back what the tab kept, when the server knows nothing of it (any more)."""
        if self.values == EMPTY:
            self._take(create_offer.kept_of(self.kept))

    async def _fill_as_asked(self, query: dict[str, str]) -> None:
        """Fill in what the address asks for, once: what is changed afterwards stays."""
        asked = json.dumps(query, sort_keys=True)
        if asked == self._asked:
            return
        self._asked = asked
        user, filled = actor(), dict(self.values)
        self._take(await rx.run_in_thread(lambda: create_offer.asked_for(user, query, filled)))

    async def _show_all(self) -> None:
        for name in ("dataset_id", "package_id", "spec_id"):
            await self._follow(name)
        await self._check()

    async def _follow(self, name: str) -> None:
        """Show what depends on a field."""
        user, values = actor(), self.values
        if name == "service_type":
            self._forget_other_packages()
        if name in ("service_type", "package_id"):
            await self._choose_package(self.values["package_id"])
        if name == "spec_id":
            self.accelerator = ""
            await self._choose_spec(values["spec_id"])
        if name in ("dataset_id", "input_kind") and values["dataset_id"]:
            dataset, kind = values["dataset_id"], values["input_kind"]
            self.inputs = await rx.run_in_thread(lambda: create_offer.count(user, dataset, kind))
            self.earlier = await rx.run_in_thread(lambda: create_offer.earlier(user, dataset))

    def _forget_other_packages(self) -> None:
        """A package of another type no longer fits; the only one that fits is chosen."""
        fitting = [row.id for row in of_type(self.choices.packages, self.values["service_type"])]
        if self.values["package_id"] not in fitting:
            chosen = fitting[0] if len(fitting) == 1 else ""
            self.values = {**self.values, "package_id": chosen}

    async def _server_changed(self) -> None:
        self._keep()
        await self._check()

    async def _check(self) -> None:
        user, draft = actor(), self._draft()
        if not user.may_create:
            return
        found = await rx.run_in_thread(lambda: product().tasks.check(user, draft))
        always = ("environment", "parameters", "nodes", "driver_version")
        self.problems = problem_rows(found.problems, [*self._left, *always])
        self.waiting = message_row(found.waiting)
        free = "name" in self._left and "name" not in found.problems
        self.free_name = self.values["name"].strip() if free else ""


def _focus(name: str) -> str:
    """Return the script that leads to a field; of radio buttons, to the chosen one; of a table, to
    its first input."""
    field = json.dumps(f'[name="{name}"]')
    chosen = json.dumps(f'[name="{name}"]:checked')
    inner = json.dumps(f'[aria-describedby="{name}-message"]')
    return (
        f"(document.querySelector({chosen}) ?? document.querySelector({field})"
        f" ?? document.querySelector({inner}))?.focus()"
    )
