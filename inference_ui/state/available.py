"""集群可用资源 under the specs of a form: open or not, what of it is shown."""

from __future__ import annotations

import reflex as rx

from inference_ui.backend.capacity.nodes import NodeFit
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.services.capacity import NodeFilter
from inference_ui.context import actor, product
from inference_ui.rows.available import AvailableRows, available_rows

LONGEST = 200


class AvailableState(rx.State):
    """One table for the tab; the form says for which spec (``ServerFields``). ``fit`` is ``""``,
    IDLE or TIGHT."""

    shown: bool = False
    has_spec: bool = False
    view: AvailableRows = AvailableRows()
    text: str = ""
    fit: str = ""

    _spec_id: str = ""
    _page: int = 1

    @rx.event
    async def toggle(self) -> None:
        """Open the table, or close it."""
        self.shown = not self.shown
        await self._show()

    @rx.event
    async def search(self, text: str) -> None:
        """Show the nodes alone in which a text occurs."""
        self.text, self._page = str(text)[:LONGEST], 1
        await self._show()

    @rx.event
    async def show_fit(self, fit: str) -> None:
        """Show the idle or the tight nodes alone, or all."""
        self.fit, self._page = (fit if fit in list(NodeFit) else ""), 1
        await self._show()

    @rx.event
    async def turn(self, by: int) -> None:
        """Turn over pages."""
        self._page = max(1, self.view.page + (1 if by == 1 else -1))
        await self._show()

    async def _choose(self, spec_id: str) -> None:
        """Show it for this spec, as things are now."""
        if spec_id != self._spec_id:
            self._spec_id, self._page = spec_id, 1
            self.has_spec = spec_id != ""
        await self._show()

    async def _show(self) -> None:
        if not self.shown:
            return
        fit = NodeFit(self.fit) if self.fit else None
        wanted = NodeFilter(text=self.text, fit=fit, page=self._page)
        user, spec, capacity = actor(), self._spec_id, product().capacity
        try:
            found = await rx.run_in_thread(lambda: capacity.of_spec(user, spec, wanted))
        except ClusterError:  # the form's check says so; what is shown stays
            return
        self.view = available_rows(found)
