"""Doing a task of the list again. What keeps it from being done is said at the top of the page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.context import actor, product
from inference_ui.state.tasks import TasksState


class TasksAgainState(rx.State):
    """What a row's menu can do with a task that is there already."""

    @rx.event
    async def resume(self, task_id: str) -> Any:
        """Go on where the task ended."""
        user, again = actor(), product().again
        await rx.run_in_thread(lambda: again.resume(user, str(task_id)))
        return TasksState.reload

    @rx.event
    async def retry_failed(self, task_id: str) -> Any:
        """Try its failed items again."""
        user, again = actor(), product().again
        await rx.run_in_thread(lambda: again.retry_failed(user, str(task_id)))
        return TasksState.reload

    @rx.event
    async def run_again(self, task_id: str) -> Any:
        """Do the same as a new task, and lead to it."""
        user, again = actor(), product().again
        task = await rx.run_in_thread(lambda: again.run_again(user, str(task_id)))
        return rx.redirect(routes.task(task.id))
