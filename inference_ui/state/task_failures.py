"""The failures of a task on its page: one group opened, and trying some again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from inference_ui.backend.errors import ProductError
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.failures import OpenedRow, opened_row
from inference_ui.state.task import TaskState


class TaskFailuresState(rx.State):
    """What was opened and refused on the page of the task ``of``; the groups themselves are rows of
    :class:`TaskState`."""

    of: str = ""
    opened: str = ""
    detail: OpenedRow = OpenedRow()
    refused: MessageRow = MessageRow()

    @rx.event
    async def retry(self, key: str) -> Any:
        """Try the items of a group again; with no key all that failed."""
        user, again, task_id = actor(), product().again, self.task_id
        causes = (str(key),) if key else ()
        self.of, self.opened, self.refused = task_id, "", MessageRow()
        try:
            await rx.run_in_thread(lambda: again.retry_failed(user, task_id, causes))
        except ProductError as error:
            self.refused = message_row(error.message)
        return TaskState.reload

    @rx.event
    async def show(self, key: str) -> AsyncIterator[None]:
        """Open a group, or close it when it is open."""
        task_id, known = self.task_id, self.opened if self.of == self.task_id else ""
        self.of, self.detail, self.refused = task_id, OpenedRow(), MessageRow()
        self.opened = "" if known == key else str(key)
        yield
        if self.opened:
            await self._read(task_id, self.opened)

    async def _read(self, task_id: str, key: str) -> None:
        user, failures = actor(), product().failures
        try:
            found = await rx.run_in_thread(lambda: failures.items(user, task_id, key))
        except ProductError as error:
            self.opened, self.refused = "", message_row(error.message)
        else:
            self.detail = opened_row(found)
