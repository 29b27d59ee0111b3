"""The form that registers a server which somebody else runs as an online service.

A token and headers that were typed stay on the server: they are neither sent back nor kept in the
browser.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.errors import InvalidFields
from inference_ui.backend.services.service_drafts import UrlDraft
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.service_form import (
    LONGEST,
    URL_EMPTY,
    URL_FIELDS,
    URL_JUDGED,
    URL_REQUIRED,
    URL_SECRETS,
    first_wrong,
    kept_values,
    missing,
    problem_rows,
    url_draft,
)
from inference_ui.state.forms import typed
from inference_ui.state.service_form import focus


class ServiceUrlState(rx.State):
    """State of the form. ``told`` is what the server answered when it was asked: its code is
    ``""`` when it is ready; ``tried`` says that it was asked."""

    ready: bool = False
    submitting: bool = False
    trying: bool = False
    tried: bool = False
    told: MessageRow = MessageRow()
    values: dict[str, str] = URL_EMPTY
    kept: str = rx.SessionStorage("")
    problems: dict[str, MessageRow] = problem_rows({}, URL_JUDGED, ())

    _secrets: dict[str, str] = {}
    _left: list[str] = []
    _created: bool = False

    @rx.var
    def missing(self) -> list[str]:
        """The required fields that are still empty."""
        return missing(self.values, URL_REQUIRED)

    @rx.var
    def wrong(self) -> int:
        """In how many places something must be mended."""
        return sum(problem.code != "" for problem in self.problems.values())

    @rx.event
    async def load(self) -> None:
        """Show what is filled in already, also over a reconnection."""
        self._created = False
        if self.values == URL_EMPTY:
            self.values = kept_values(self.kept, URL_EMPTY)
        self.ready = True

    @rx.event
    async def leave(self, name: str, value: str) -> None:
        """Take over what was typed or chosen in a field, and check it."""
        if self.ready and name in (*URL_FIELDS, *URL_SECRETS):
            self._set({name: str(value)})
            await self._check()

    @rx.event
    async def submit(self, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Register the service; a second press meanwhile does nothing."""
        if self._created or not self.ready:
            return
        self.submitting = True
        yield
        self._take(form)
        try:
            yield await self._register()
        finally:
            self.submitting = False

    @rx.event
    async def try_out(self) -> AsyncIterator[Any]:
        """Ask the server once whether it is ready."""
        if self.trying or not self.ready:
            return
        self.trying, self.tried = True, False
        yield
        try:
            yield await self._try()
        finally:
            self.trying = False

    async def _try(self) -> Any:
        user, draft = actor(), self._draft()
        try:
            told = await rx.run_in_thread(lambda: product().online.try_url(user, draft))
        except InvalidFields as error:
            return self._refuse(error)
        self.told, self.tried = message_row(told), True
        return None

    async def _register(self) -> Any:
        user, draft = actor(), self._draft()
        try:
            service = await rx.run_in_thread(lambda: product().online.register(user, draft))
        except InvalidFields as error:
            return self._refuse(error)
        self.reset()
        self._created = True
        return rx.redirect(routes.service(service.id))

    def _refuse(self, error: InvalidFields) -> Any:
        """Show what was refused, and return the event that leads to the first wrong field."""
        self._left = list(URL_JUDGED)
        self.problems = problem_rows(error.fields, URL_JUDGED, URL_JUDGED)
        return rx.call_script(focus(first_wrong(self.problems)))

    def _draft(self) -> UrlDraft:
        return url_draft(
            self.values, self._secrets.get("token", ""), self._secrets.get("headers", "")
        )

    def _take(self, form: dict[str, Any]) -> None:
        self._set(typed(form, (*URL_FIELDS, *URL_SECRETS), LONGEST))

    def _set(self, values: dict[str, str]) -> None:
        values = {name: value[:LONGEST] for name, value in values.items()}
        secrets = {name: value for name, value in values.items() if name in URL_SECRETS}
        self._secrets = {**self._secrets, **secrets}
        self.values = {**self.values, **{k: v for k, v in values.items() if k not in secrets}}
        self._left = [*self._left, *(name for name in values if name not in self._left)]
        self.kept, self.tried = json.dumps(self.values), False

    async def _check(self) -> None:
        user, draft = actor(), self._draft()
        if user.is_administrator:
            found = await rx.run_in_thread(lambda: product().online.check_register(user, draft))
            self.problems = problem_rows(found.problems, URL_JUDGED, self._left)
