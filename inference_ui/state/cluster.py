"""The cluster page: all nodes, what is used of them, who waits."""

from __future__ import annotations

import reflex as rx

from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.compute import AcceleratorType
from inference_ui.backend.services.capacity import NodeFilter
from inference_ui.context import actor, product
from inference_ui.rows.cluster import ClusterRows, cluster_rows
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.state import live

LONGEST = 200


class ClusterState(rx.State):
    """State of the page. ``kind`` is ``""`` or a type of accelerator; ``lit`` is the application
    whose cards are highlighted. ``unseen``: why the cluster cannot be asked; ``view`` then
    is how it was seen last."""

    loaded: bool = False
    unseen: MessageRow = MessageRow()
    view: ClusterRows = ClusterRows()
    text: str = ""
    kind: str = ""
    lit: str = ""

    _page: int = 1

    @rx.event
    async def load(self) -> None:
        """Show the cluster as it is now, and be told of changes."""
        await live.watch(self, live.TASKS, live.SERVICES, live.CLUSTER)
        await self._show()
        self.loaded = True

    @rx.event
    async def look_again(self) -> None:
        """Show it as it is now."""
        await self._show()

    @rx.event
    async def search(self, text: str) -> None:
        """Show the nodes alone in which a text occurs."""
        self.text, self._page = str(text)[:LONGEST], 1
        await self._show()

    @rx.event
    async def show_kind(self, kind: str) -> None:
        """Show the nodes alone that have cards of a type; CPU: those without."""
        self.kind, self._page = (kind if kind in list(AcceleratorType) else ""), 1
        await self._show()

    @rx.event
    async def turn(self, by: int) -> None:
        """Turn over pages."""
        self._page = max(1, self.view.page + (1 if by == 1 else -1))
        await self._show()

    @rx.event
    async def light(self, application: str) -> None:
        """Highlight the cards of an application, or no more."""
        self.lit = "" if application == self.lit else str(application)[:LONGEST]

    async def _show(self) -> None:
        kind = AcceleratorType(self.kind) if self.kind else None
        wanted, user = NodeFilter(text=self.text, kind=kind, page=self._page), actor()
        capacity, queueing = product().capacity, product().queueing
        try:
            found = await rx.run_in_thread(lambda: capacity.nodes(user, wanted))
            queue = await rx.run_in_thread(lambda: queueing.look(user))
        except ClusterError as error:
            self.unseen = message_row(error.message)
        else:
            self.unseen = MessageRow()
            self.view = cluster_rows(found, queue, utc_now())
