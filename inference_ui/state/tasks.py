"""The task list: a page of rows, kept up to date, and asking a task to stop."""

from __future__ import annotations

import time
from dataclasses import fields, replace
from typing import Any

import reflex as rx

from inference_ui.backend.errors import ProductError
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task_search import SearchField, TaskSelection
from inference_ui.backend.records import InputKind
from inference_ui.context import actor, product
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.start import StartRow, first_dataset, start_row
from inference_ui.rows.task_filter import PAGE_SIZE, TaskFilter
from inference_ui.rows.tasks import (
    HeadRow,
    ListRows,
    PagerRow,
    TabRow,
    TaskRow,
    WayOutRow,
    changed_rows,
    list_rows,
)
from inference_ui.state import live
from inference_ui.state.deleting import ask_about

COUNTED = 100_000
"""Inputs of a dataset are counted up to here."""


class TasksState(rx.State):
    """State of the task list's page. ``problem`` is why the list could not be read. While tasks are
    picked (``picking``), the rows stay the same ones, and only what they say follows.

    ``news`` are those of the ``rows``, by id, that say something else since these were sent: a list
    is always sent whole, and most of its rows never change."""

    loaded: bool = False
    problem: MessageRow = MessageRow()
    server_now: float = 0.0

    rows: list[TaskRow] = []
    news: dict[str, TaskRow] = {}
    ids: list[str] = []
    tabs: list[TabRow] = []
    heads: list[HeadRow] = []
    pager: PagerRow = PagerRow()
    ways_out: list[WayOutRow] = []
    total: int = 0
    narrowed: bool = False
    mine: bool = False
    all_href: str = ""
    mine_href: str = ""
    place: str = ""
    page_place: str = ""
    start: StartRow = StartRow()
    choices: dict[str, list[str]] = {}
    picking: bool = False

    asking: bool = False
    asked_id: str = ""
    stop_problem: MessageRow = MessageRow()

    # In tuples, since Reflex guards all that can change: what was sent, and the rows as they are.
    _sent: tuple[ListRows] = (ListRows(),)
    _now: tuple[TaskRow, ...] = ()
    _read_at: int = -1

    @rx.var
    def asked(self) -> TaskRow | None:
        """The task that the dialog asks about, as it is now."""
        rows = self._now if self.asked_id else ()
        return next((row for row in rows if row.id == self.asked_id), None)

    @rx.event
    async def load(self) -> None:
        """Show what the address says, and follow it from now on."""
        await live.watch(self, live.TASKS, live.deletions_of(actor().id))
        try:
            await self._read(fresh=True)
            self.problem = MessageRow()
        except ProductError as error:
            self.problem = message_row(error.message)
        self.server_now = time.time()

    @rx.event
    async def reload(self) -> None:
        """Read the list again, unless nothing changed since it was read."""
        if product().changes.revision != self._read_at:
            await self._read(fresh=False)

    @rx.event
    async def offer(self) -> None:
        """Read what can be searched by: creators, specs, packages that tasks have."""
        user, task_list = actor(), product().task_list
        chosen = (SearchField.OWNER, SearchField.SPEC, SearchField.PACKAGE)
        found = await rx.run_in_thread(
            lambda: {str(about): task_list.choices(user, about) for about in chosen}
        )
        if found != self.choices:
            self.choices = found

    @rx.event
    async def pick(self, on: Any) -> None:
        """Begin or end picking tasks."""
        self.picking = on is True
        await self._read(fresh=not self.picking)

    @rx.event
    async def ask_delete(self, ids: Any, others: Any) -> None:
        """Ask whether the picked tasks shall be deleted: those of ``ids``, or all ``others`` that
        match."""
        picked = tuple(str(id) for id in ids) if isinstance(ids, list) else ()
        chosen = TaskFilter.of(self.router.url.query)
        selection = TaskSelection(picked)
        if others is True:
            selection = TaskSelection(picked, chosen.wanted, chosen.mine)
        await ask_about(self, selection)

    @rx.event
    def ask(self, task_id: str) -> None:
        """Ask whether a task shall stop."""
        self.asked_id, self.asking, self.stop_problem = task_id, True, MessageRow()

    @rx.event
    def dismiss(self) -> None:
        """Leave the task as it is."""
        self.asking = False

    @rx.event
    async def stop(self) -> None:
        """Ask the task to stop; what keeps it from stopping is said in the dialog."""
        user, tasks, task_id = actor(), product().tasks, self.asked_id
        try:
            await rx.run_in_thread(lambda: tasks.stop(user, task_id))
        except ProductError as error:
            self.stop_problem = message_row(error.message)
        else:
            self.asking = False
        await self._read(fresh=False)

    async def _read(self, *, fresh: bool) -> None:
        user, chosen = actor(), TaskFilter.of(self.router.url.query)
        kept = tuple(self.ids) if self.picking and not fresh else None
        self._read_at = product().changes.revision
        rows, start = await rx.run_in_thread(lambda: _rows(user, chosen, kept, fresh=fresh))
        self._show(rows)
        if self.start != start:
            self.start = start
        self.loaded = True

    def _show(self, rows: ListRows) -> None:
        """Assign what differs: what is assigned is sent to the tab, equal or not."""
        before, self._now = self._sent[0], tuple(rows.rows)
        news = changed_rows(before.rows, rows.rows)
        if news is None:
            self.rows, news = rows.rows, {}
        else:
            rows = replace(rows, rows=before.rows)
        if self.news or news:
            self.news = news
        for row in fields(rows):
            value = getattr(rows, row.name)
            if row.name != "rows" and getattr(before, row.name) != value:
                setattr(self, row.name, value)
        self._sent = (rows,)


def _rows(
    user: Actor, chosen: TaskFilter, kept: tuple[str, ...] | None, *, fresh: bool
) -> tuple[ListRows, StartRow]:
    task_list = product().task_list
    page = task_list.page(
        user,
        chosen.wanted,
        mine=chosen.mine,
        order=chosen.order,
        offset=chosen.offset,
        limit=PAGE_SIZE,
        fresh=fresh,
        kept=kept,
    )
    left: dict[SearchField, int] = {}
    if not page.tasks:
        left = task_list.ways_out(user, chosen.wanted, mine=chosen.mine)
    nothing_yet = not page.total and not chosen.narrowed
    return list_rows(page, chosen, user, left), _start(user) if nothing_yet else StartRow()


def _start(user: Actor) -> StartRow:
    catalog = product().catalog
    datasets = catalog.datasets(user)
    first = first_dataset(datasets)
    items = catalog.count_inputs(user, first.id, InputKind.JSON, COUNTED) if first else None
    return start_row(
        catalog.volumes(user),
        product().volumes.free_bytes(user),
        datasets,
        product().packages.all(user),
        items,
    )
