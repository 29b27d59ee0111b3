"""The form that deploys an online service: what is filled in, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields
from inference_ui.backend.models.account import Actor
from inference_ui.backend.services.service_drafts import DeployDraft
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.create import PackageRow
from inference_ui.rows.service_form import (
    DEPLOY_EMPTY,
    DEPLOY_FIELDS,
    DEPLOY_JUDGED,
    DEPLOY_REQUIRED,
    LONGEST,
    deploy_draft,
    first_wrong,
    kept_values,
    missing,
    problem_rows,
)
from inference_ui.rows.spec_choice import SpecRow
from inference_ui.state import live
from inference_ui.state.forms import typed
from inference_ui.state.server_fields import ServerFields
from inference_ui.state.spec_choice import SpecChoice

ALWAYS_TOLD = ("environment", "parameters", "nodes", "driver_version")


class ServiceFormState(SpecChoice, ServerFields, rx.State):
    """State of the form. ``waiting`` is what the service would have to wait for. ``kept`` lies in
    the browser's tab: what is filled in outlives the web server."""

    ready: bool = False
    submitting: bool = False
    packages: list[PackageRow] = []
    values: dict[str, str] = DEPLOY_EMPTY
    kept: str = rx.SessionStorage("")
    problems: dict[str, MessageRow] = problem_rows({}, DEPLOY_JUDGED, ())
    waiting: MessageRow = MessageRow()

    _left: list[str] = []
    _created: bool = False
    _asked: str = ""

    @rx.var
    def package(self) -> PackageRow:
        """The chosen package."""
        rows = (row for row in self.packages if row.id == self.values["package_id"])
        return next(rows, PackageRow("", "", "", ""))

    @rx.var
    def missing(self) -> list[str]:
        """The required fields that are still empty."""
        return missing(self.values, DEPLOY_REQUIRED)

    @rx.var
    def wrong(self) -> int:
        """In how many places something must be mended."""
        return sum(problem.code != "" for problem in self.problems.values())

    @rx.event
    async def load(self) -> None:
        """Show what can be chosen; what is filled in already stays, also over a reconnection."""
        await live.watch(self, live.TASKS, live.CLUSTER)
        user, asked = actor(), self.router.url.query_parameters.get("package") or ""
        self._created = False
        if user.may_create:
            self.packages = await rx.run_in_thread(lambda: _packages(user))
            await self._read_specs()
            self._begin(asked)
            await self._choose_package(self.values["package_id"])
            await self._choose_spec(self.values["spec_id"])
            await self._server_changed()
        self.ready = True

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed or chosen in a field, and check it."""
        if name not in DEPLOY_FIELDS or not self.ready:
            return
        self._set({name: str(value)[:LONGEST]})
        if name == "package_id":
            await self._choose_package(self.values[name])
        if name == "spec_id":
            self.accelerator = ""
            await self._choose_spec(self.values[name])
        await self._server_changed()

    @rx.event
    async def look_again(self) -> None:
        """See anew whether the service would start at once."""
        if self.ready and not self._created:
            await self._read_specs()
            await self._choose_spec(self.values["spec_id"])
            await self._server_changed()

    @rx.event
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Deploy the service; a second press meanwhile does nothing."""
        if self._created or not self.ready:
            return
        self.submitting = True
        yield
        self._take_overrides(form)
        self._set(typed(form, DEPLOY_FIELDS, LONGEST))
        try:
            yield await self._deploy()
        finally:
            self.submitting = False

    def _begin(self, asked: str) -> None:
        """Take back what the tab kept, when the server knows nothing of it (any more), and the
        package that the address asks for, once; fill in what leaves no choice."""
        if self.values == DEPLOY_EMPTY:
            self.values = kept_values(self.kept, DEPLOY_EMPTY)
        if asked and asked != self._asked:
            self._set({"package_id": asked})
            self._asked = asked
        self._set(_sole(self.values, self.packages, self.all_specs))

    async def _deploy(self) -> Any:
        user, draft = actor(), self._draft()
        try:
            service = await rx.run_in_thread(lambda: product().online.deploy(user, draft))
        except InvalidFields as error:
            self._left = list(DEPLOY_JUDGED)
            self.problems = problem_rows(error.fields, DEPLOY_JUDGED, DEPLOY_JUDGED)
            return rx.call_script(focus(first_wrong(self.problems)))
        self.reset()
        self._created = True
        return rx.redirect(routes.service(service.id))

    def _draft(self) -> DeployDraft:
        return deploy_draft(
            self.values,
            self.packages,
            self._overrides(),
            self._changed_parameters(),
            self.chosen_nodes,
        )

    def _set(self, values: dict[str, str]) -> None:
        self.values = {**self.values, **values}
        self._left = [*self._left, *(name for name in values if name not in self._left)]
        self.kept = json.dumps(self.values)

    async def _server_changed(self) -> None:
        user, draft = actor(), self._draft()
        if not user.may_create:
            return
        found = await rx.run_in_thread(lambda: product().online.check_deploy(user, draft))
        told = (*self._left, *ALWAYS_TOLD)
        self.problems = problem_rows(found.problems, DEPLOY_JUDGED, told)
        self.waiting = message_row(found.waiting)


def focus(name: str) -> str:
    """Return the script that leads to a field; of radio buttons, to the chosen one; of a table, to
    its first input."""
    field = json.dumps(f'[name="{name}"]')
    chosen = json.dumps(f'[name="{name}"]:checked')
    inner = json.dumps(f'[aria-describedby="{name}-message"]')
    return (
        f"(document.querySelector({chosen}) ?? document.querySelector({field})"
        f" ?? document.querySelector({inner}))?.focus()"
    )


def _packages(user: Actor) -> list[PackageRow]:
    return [
        PackageRow(row.id, row.name, row.version, row.service_type)
        for row in product().packages.all(user)
    ]


def _sole(
    values: dict[str, str], packages: list[PackageRow], specs: list[SpecRow]
) -> dict[str, str]:
    """Return values for the fields that are empty and leave no choice."""
    found = {}
    for name, rows in (("package_id", packages), ("spec_id", specs)):
        if not values[name] and len(rows) == 1:
            found[name] = rows[0].id
    return found
