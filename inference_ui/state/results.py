"""The page of a task's results: what its head shows. Items never pass through here."""

from __future__ import annotations

import reflex as rx

from inference_ui.backend.errors import NotFound
from inference_ui.context import actor, product
from inference_ui.rows.common import shown_status, status_word
from inference_ui.state import live


class ResultsState(rx.State):
    """State of the results' page. ``shown`` is the id of the task whose name this is."""

    shown: str = ""
    missing: bool = False
    name: str = ""
    status: str = ""
    word: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the task of the address, and follow it from now on."""
        task_id = self.task_id
        await live.watch(self, task_id)
        if self.shown != task_id:
            self.reset()
        await self._read(task_id)
        self.shown = task_id

    @rx.event
    async def reload(self) -> None:
        """Read the task again."""
        if self.shown and not self.missing:
            await self._read(self.shown)

    async def _read(self, task_id: str) -> None:
        user, tasks = actor(), product().tasks
        try:
            task = await rx.run_in_thread(lambda: tasks.get(user, task_id))
        except NotFound:
            self.missing = True
            return
        self.name, self.status, self.word = task.name, shown_status(task), status_word(task)
