"""The create form: what is filled in, what is wrong with it, and what creating would do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.create import only_choices
from inference_ui.rows.create_values import FIELDS, JUDGED, first_wrong, problem_rows
from inference_ui.state import create_offer, live
from inference_ui.state.create_draft import DraftFields
from inference_ui.state.create_offer import LONGEST
from inference_ui.state.forms import typed

UNASKED = ("environment", "parameters", "nodes", "driver_version")
"""What is judged from the beginning: it is wrong only by what somebody did to it."""


class CreateState(DraftFields, rx.State):
    """State of the create form. ``waiting`` is what the task would have to wait for; ``inputs`` are
    counted up to ``create_offer.COUNTED``."""

    ready: bool = False
    submitting: bool = False
    problems: dict[str, MessageRow] = problem_rows({}, ())
    free_name: str = ""
    waiting: MessageRow = MessageRow()
    inputs: int | None = None

    _created: bool = False

    @rx.var
    def wrong(self) -> int:
        """In how many places something must be mended."""
        return sum(problem.code != "" for problem in self.problems.values())

    @rx.event
    async def load(self) -> None:
        """Show what can be chosen; what is filled in already stays, also over a reconnection."""
        await live.watch(self, live.TASKS, live.CLUSTER)
        user, query = actor(), dict(self.router.url.query_parameters)
        self._created = False
        if user.may_create:
            self.choices = await rx.run_in_thread(lambda: create_offer.offer(user))
            await self._read_specs()
            self._restore()
            await self._fill_as_asked(query)
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
    async def copy_service(self) -> None:
        """Deploy a copy of the chosen service instead of using it."""
        user, service_id = actor(), self.values["service_id"]
        self._take(await rx.run_in_thread(lambda: create_offer.copied_service(user, service_id)))
        await self._show_all()

    @rx.event
    async def clear(self) -> Any:
        """Begin anew with an empty form."""
        self.reset()
        return rx.call_script(f"window.location.assign({json.dumps(routes.NEW_TASK)})")

    @rx.event
    async def look_again(self) -> None:
        """See anew whether the task would start at once."""
        if self.ready and not self._created:
            await self._read_specs()
            await self._choose_spec(self.values["spec_id"])
            await self._check()

    @rx.event
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create the task; a second press while it is created, or just was, does nothing."""
        if self._created or not self.ready:
            return
        self.submitting = True
        yield
        self._take_overrides(form)
        self._set(typed(form, FIELDS, LONGEST))
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
        name = first_wrong(self.problems)
        return rx.call_script(_focus(name, self.problems[name] if name else MessageRow()))

    async def _fill_as_asked(self, query: dict[str, str]) -> None:
        """Fill in what the address asks for, once: what is changed afterwards stays."""
        asked = json.dumps(query, sort_keys=True)
        if query and asked != self._asked:
            self._asked = asked
            user, filled = actor(), dict(self.values)
            self._take(await rx.run_in_thread(lambda: create_offer.asked_for(user, query, filled)))
        sole = only_choices(self.choices, self.all_specs, self.values)
        if sole:
            self._set(sole)

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
            if values["driver_version"] and values["driver_version"] not in self.drivers:
                self._set({"driver_version": ""})
        if name in ("dataset_id", "input_kind"):
            found = await rx.run_in_thread(lambda: create_offer.about_dataset(user, values))
            self.inputs, self.earlier = found
            if values["since_task_id"] not in {"", *(row.id for row in self.earlier)}:
                self._set({"since_task_id": ""})

    async def _server_changed(self) -> None:
        self._keep()
        await self._check()

    async def _check(self) -> None:
        user, draft = actor(), self._draft()
        if not user.may_create:
            return
        found = await rx.run_in_thread(lambda: product().tasks.check(user, draft))
        self.problems = problem_rows(found.problems, [*self._left, *UNASKED])
        self.waiting = message_row(found.waiting)
        free = "name" in self._left and "name" not in found.problems
        self.free_name = self.values["name"].strip() if free else ""


def _focus(name: str, problem: MessageRow) -> str:
    """Return the script that leads to a field; of radio buttons, to the chosen one; of a table, to
    the input that the problem names, else to the first."""
    inner = f'[aria-describedby="{name}-message"]'
    found = (f'[name="{name}"]:checked', f'[name="{name}"]', inner)
    checked, field, first = (f"document.querySelector({json.dumps(one)})" for one in found)
    wanted = json.dumps(str(problem.args.get("name", "")))
    inputs = f"[...document.querySelectorAll({json.dumps(inner)})]"
    named = f"{inputs}.find((box) => box.dataset.name === {wanted})"
    return f"({checked} ?? {field} ?? {named} ?? {first})?.focus()"
