"""The task list: what exists, and what a first task still needs."""

from __future__ import annotations

import reflex as rx

from inference_ui.context import actor, product
from inference_ui.state import live


class TasksState(rx.State):
    """State of the task list's page."""

    loaded: bool = False
    total: int = 0
    volumes: int = 0
    datasets: int = 0
    packages: int = 0

    @rx.event
    async def load(self) -> None:
        """Show the list, and follow it from now on."""
        await live.watch(self, live.TASKS)
        await self._reload()

    @rx.event
    async def reload(self) -> None:
        """Read the list again."""
        await self._reload()

    async def _reload(self) -> None:
        user, catalog = actor(), product().catalog
        page = await rx.run_in_thread(lambda: product().tasks.page(user, limit=1))
        self.total = page.total
        self.volumes = len(await rx.run_in_thread(lambda: catalog.volumes(user)))
        self.datasets = len(await rx.run_in_thread(lambda: catalog.datasets(user)))
        self.packages = len(await rx.run_in_thread(lambda: catalog.packages(user)))
        self.loaded = True
