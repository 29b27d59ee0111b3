"""Starting, stopping and deleting an online service: the same from the list and from its page."""

from __future__ import annotations

import reflex as rx

from inference_ui.backend.errors import ProductError
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row

ENDS = ("stop", "delete")


class ServiceActions(rx.State, mixin=True):
    """A part of a page's State. ``end`` is what the dialog asks about, ``stop`` or ``delete``;
    ``refused`` why it could not be done. The page is told by :meth:`_acted` of what was done."""

    asking: bool = False
    asked_id: str = ""
    end: str = "stop"
    refused: MessageRow = MessageRow()

    @rx.event
    def ask_end(self, service_id: str, end: str) -> None:
        """Ask whether a service shall stop, or be deleted."""
        if end in ENDS:
            self.asked_id, self.end = str(service_id), end
            self.asking, self.refused = True, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave the service as it is."""
        self.asking = False

    @rx.event
    async def confirm(self) -> None:
        """Do what was asked about; what keeps it from being done is said in the dialog."""
        user, service_id, end = actor(), self.asked_id, self.end
        online = product().online
        act = online.delete if end == "delete" else online.stop
        try:
            await rx.run_in_thread(lambda: act(user, service_id))
        except ProductError as error:
            self.refused = message_row(error.message)
        else:
            self.asking = False
        await self._acted()

    @rx.event
    async def start(self, service_id: str) -> None:
        """Start a service that rests."""
        user = actor()
        await rx.run_in_thread(lambda: product().online.start(user, str(service_id)))
        await self._acted()

    async def _acted(self) -> None:
        """Something was done. A page reads its rows again."""
