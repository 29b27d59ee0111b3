"""The list of online services: its rows, kept up to date."""

from __future__ import annotations

import time

import reflex as rx

from inference_ui.backend.models.account import Actor
from inference_ui.context import actor, product
from inference_ui.rows.services import ServiceRow, service_rows
from inference_ui.state import live
from inference_ui.state.service_actions import ServiceActions


class ServicesState(ServiceActions, rx.State):
    """State of the list. ``packages`` counts what could be deployed."""

    loaded: bool = False
    server_now: float = 0.0
    rows: list[ServiceRow] = []
    packages: int = 0

    @rx.var
    def asked(self) -> ServiceRow:
        """The service that the dialog asks about, as it is now."""
        return next((row for row in self.rows if row.id == self.asked_id), ServiceRow())

    @rx.event
    async def load(self) -> None:
        """Show all services, and follow them from now on."""
        await live.watch(self, live.SERVICES)
        await self._acted()
        self.loaded, self.server_now = True, time.time()

    @rx.event
    async def reload(self) -> None:
        """Read the list again."""
        if self.loaded:
            await self._acted()

    async def _acted(self) -> None:
        user = actor()
        rows, self.packages = await rx.run_in_thread(lambda: _read(user))
        if rows != self.rows:
            self.rows = rows


def _read(user: Actor) -> tuple[list[ServiceRow], int]:
    rows = service_rows(product().online.all(user), user)
    return rows, 0 if rows else len(product().packages.all(user))
