"""The list of model packages: its rows, kept up to date, and what is searched for."""

from __future__ import annotations

import reflex as rx

from inference_ui.context import actor, product
from inference_ui.rows.packages import VersionRow, version_rows
from inference_ui.state import live

LONGEST = 200


class PackagesState(rx.State):
    """State of the list. ``total`` counts all versions, whatever is searched for."""

    loaded: bool = False
    rows: list[VersionRow] = []
    total: int = 0
    search: str = ""

    @rx.event
    async def load(self) -> None:
        """Show all packages, and follow them from now on."""
        await live.watch(self, live.PACKAGES)
        self.search = ""
        await self._read()

    @rx.event
    async def reload(self) -> None:
        """Read the list again."""
        await self._read()

    @rx.event
    async def look_for(self, text: str) -> None:
        """Show the packages that hold these words."""
        self.search = str(text)[:LONGEST]
        await self._read()

    async def _read(self) -> None:
        user, search = actor(), self.search
        entries = await rx.run_in_thread(lambda: product().packages.entries(user))
        rows = version_rows(entries, search)
        if rows != self.rows:
            self.rows = rows
        self.total, self.loaded = len(entries), True
