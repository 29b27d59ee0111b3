"""Doing a task again, from its page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.context import actor, product
from inference_ui.state.task import TaskState


class TaskAgainState(rx.State):
    """What the page of one task can do with a task that ended. What keeps it from being done is
    said at the top of the page."""

    @rx.event
    async def resume(self) -> Any:
        """Go on where the task ended."""
        user, again, task_id = actor(), product().again, self.task_id
        await rx.run_in_thread(lambda: again.resume(user, task_id))
        return TaskState.reload

    @rx.event
    async def retry_failed(self) -> Any:
        """Try its failed items again."""
        user, again, task_id = actor(), product().again, self.task_id
        await rx.run_in_thread(lambda: again.retry_failed(user, task_id))
        return TaskState.reload

    @rx.event
    async def run_again(self) -> Any:
        """Do the same as a new task, and lead to it."""
        user, again, task_id = actor(), product().again, self.task_id
        task = await rx.run_in_thread(lambda: again.run_again(user, task_id))
        return rx.redirect(routes.task(task.id))
