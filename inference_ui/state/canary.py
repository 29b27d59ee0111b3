"""Trying the create form's draft on a few items."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui.backend.errors import InvalidFields, NotFound
from inference_ui.context import actor, product
from inference_ui.rows.canary import CanaryRow, canary_row
from inference_ui.state.create import CreateState

_SHOW = "document.getElementById('canary')?.scrollIntoView()"


class CanaryState(rx.State):
    """The canary of this tab, if there is one. While it runs, the page looks again and again."""

    canary: CanaryRow = CanaryRow()
    starting: bool = False

    _nodes: int = 1

    @rx.event
    async def load(self) -> None:
        """Go on showing the canary of what is filled in; a form that was begun anew has none."""
        form = await self.get_state(CreateState)
        if not form.values["name"]:
            self.reset()
        elif self.canary.id:
            await self._read(self.canary.id)

    @rx.event
    async def start(self) -> AsyncIterator[Any]:
        """Try what the form holds; a second press while it is tried does nothing."""
        if self.starting or (self.canary.id and not self.canary.ended):
            return
        self.starting = True
        yield
        try:
            yield await self._start()
        finally:
            self.starting = False

    @rx.event
    async def look(self) -> None:
        """See how it goes."""
        if self.canary.id:
            await self._read(self.canary.id)

    @rx.event
    async def stop(self) -> None:
        """End it before its time."""
        user, task_id = actor(), self.canary.id
        if not task_id:
            return
        await rx.run_in_thread(lambda: product().canaries.stop(user, task_id))
        await self._read(task_id)

    @rx.event
    async def discard(self) -> None:
        """Remove what it wrote, and show it no more."""
        user = actor()
        await rx.run_in_thread(lambda: product().canaries.discard(user))
        self.canary = CanaryRow()

    async def _start(self) -> Any:
        form = await self.get_state(CreateState)
        user, draft = actor(), form._draft()
        try:
            task = await rx.run_in_thread(lambda: product().canaries.start(user, draft))
        except InvalidFields as error:
            return form._refused(error)
        self._nodes = draft.node_count
        await self._read(task.id)
        return rx.call_script(_SHOW)

    async def _read(self, task_id: str) -> None:
        user, nodes = actor(), self._nodes
        try:
            view = await rx.run_in_thread(lambda: product().canaries.view(user, task_id, nodes))
        except NotFound:
            self.canary = CanaryRow()
        else:
            self.canary = canary_row(view, nodes)
