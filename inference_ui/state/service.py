"""The page of one online service: its rows, which of its logs, and its limit."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any

import reflex as rx

from inference_ui.backend.errors import InvalidFields, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.logs import LogTab
from inference_ui.rows.service import (
    PlanRow,
    ServiceRows,
    SettingRow,
    UsingRow,
    service_page,
)
from inference_ui.rows.service_form import limit_of
from inference_ui.rows.services import ServiceRow
from inference_ui.rows.task import ReplicaRow
from inference_ui.state import live
from inference_ui.state.service_actions import ServiceActions

OF_CLUSTER = frozenset({"replicas", "ready"})
OF_LOGS = frozenset({"logs", "log_key", "log_text", "log_unseen"})
"""What was seen last stays while the cluster cannot be asked."""


class ServiceState(ServiceActions, rx.State):
    """State of a service's page. ``shown`` is the id of the service whose rows these are;
    ``box_format`` is how a test reads boxes, ``""`` for as the service's package says."""

    shown: str = ""
    missing: bool = False
    server_now: float = 0.0

    row: ServiceRow = ServiceRow()
    plan: PlanRow = PlanRow()
    variables: list[SettingRow] = []
    parameters: list[SettingRow] = []
    tasks: list[UsingRow] = []
    replicas: list[ReplicaRow] = []
    ready: int = 0
    logs: list[LogTab] = []
    log_key: str = ""
    log_text: str = ""
    log_unseen: MessageRow = MessageRow()
    evidence_of: str = ""
    evidence: str = ""
    remedies: list[str] = []

    box_format: str = ""
    limit_problem: MessageRow = MessageRow()
    limit_saved: bool = False

    _log_wish: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the service of the address, and follow it from now on."""
        service_id = self.service_id
        await live.watch(self, f"service:{service_id}")
        if self.shown != service_id:
            self.reset()
        await self._read(service_id)
        self.shown, self.asking, self.server_now = service_id, False, time.time()

    @rx.event
    async def reload(self) -> None:
        """Read the service again."""
        await self._acted()

    @rx.event
    async def show_log(self, key: str) -> None:
        """Show the log of a replica."""
        if key in {tab.key for tab in self.logs}:
            self._log_wish = key
            await self._acted()

    @rx.event
    def choose_boxes(self, box_format: str) -> None:
        """Say how the boxes of an answer are to be read."""
        self.box_format = box_format if box_format in list(BoxFormat) else ""

    @rx.event
    async def set_limit(self, form: dict[str, Any]) -> None:
        """Set the limit of requests in flight."""
        user, service_id, limit = actor(), self.shown, limit_of(str(form.get("limit") or ""))
        try:
            await rx.run_in_thread(lambda: product().online.limit(user, service_id, limit))
        except InvalidFields as error:
            self.limit_problem = message_row(error.fields["max_in_flight"])
            self.limit_saved = False
        else:
            self.limit_problem, self.limit_saved = MessageRow(), True
        await self._acted()

    async def _acted(self) -> None:
        if self.shown and not self.missing:
            await self._read(self.shown)

    async def _read(self, service_id: str) -> None:
        user, wish = actor(), self._log_wish
        try:
            rows = await rx.run_in_thread(lambda: _rows(user, service_id, wish))
        except NotFound:
            self.missing = True
            return
        stay = OF_CLUSTER if rows.row.unseen else frozenset()
        if rows.log_unseen.code and self.log_key.startswith(wish) and self.log_key:
            stay |= OF_LOGS
        for row in fields(rows):
            value = getattr(rows, row.name)
            if row.name not in stay and getattr(self, row.name) != value:
                setattr(self, row.name, value)


def _rows(user: Actor, service_id: str, log_wish: str) -> ServiceRows:
    online = product().online
    view, found = online.view(user, service_id), online.logs(user, service_id)
    return service_page(view, found.logs, user, log_wish, found.unseen)
