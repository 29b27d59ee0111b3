"""The list of a task's items: any page of it, filtered and sorted, and what it is in numbers.

A page of the plain list is read straight from the journal. For all else the columns of
``item_index`` are asked, of as many items as they are of by now; answers say how many those are.
Calls block on files; items are numbered from 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.errors import Conflict, StoreError
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.building import ResultFiles
from inference_ui.backend.results.columns import UNKNOWN, Columns, Numbers
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.results.items import Entry, ItemRow, Known, row_of
from inference_ui.backend.results.query import (
    Counts,
    ItemFilter,
    Overview,
    overview,
    position_of,
    select,
)
from inference_ui.backend.services.item_index import ItemIndex, ItemIndexes, Wanted
from inference_ui.backend.services.tasks import Tasks

MOST_ROWS = 500
"""Rows of one page at most."""

LAG = 20_000
"""Items by which the index of a running task may be behind."""

_AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Indexed:
    """How many of the items that there are can be found by now (``lines``), what they are, and how
    far reading the others is (``progress`` items); ``failed`` when it cannot go on."""

    lines: int
    progress: int
    failed: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """Rows of the list from ``offset`` on. ``total`` is how many items there are so far, ``found``
    how many of them the filter leaves, and more can come unless the task has ``ended``.

    ``generation`` changes when numbers mean other items than before: the journal was replaced.
    ``upto`` is how many items were looked at: asked with it again, the list stays the same.
    """

    total: int
    found: int
    generation: str
    ended: bool
    upto: int
    indexed: Indexed
    rows: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """A task's results in numbers, of as many items as are ``indexed``, with the rows of those that
    stand out."""

    total: int
    generation: str
    ended: bool
    indexed: Indexed
    overview: Overview
    slowest: tuple[ItemRow, ...]
    emptiest: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class _Sight:
    """A task's files as they are now, and its index."""

    task: InferenceTask
    total: int
    generation: str
    ended: bool
    index: ItemIndex
    columns: Columns
    lines: int


class ItemList:
    """Finds items of tasks that the acting user can see.

    All methods raise :class:`NotFound` for the task, :class:`StoreError` when its files cannot be
    read.
    """

    def __init__(self, tasks: Tasks, entries: Entries, indexes: ItemIndexes) -> None:
        self._tasks = tasks
        self._entries = entries
        self._indexes = indexes

    def page(
        self,
        actor: Actor,
        task_id: str,
        wanted: ItemFilter = ItemFilter(),  # noqa: B008 - it never changes
        offset: int = 0,
        limit: int = 200,
        upto: int | None = None,
    ) -> ItemsPage:
        """Return up to ``limit`` rows (at most 500) after the first ``offset`` that are wanted,
        looking at the first ``upto`` items alone."""
        # A plain page waits for nothing.
        sight = self._sight(actor, task_id, urgent=not wanted.plain)
        first, count = max(0, offset), max(0, min(limit, MOST_ROWS))
        lines = sight.total if wanted.plain else sight.lines
        if upto is not None:
            lines = max(0, min(lines, upto))
        if wanted.plain:
            found = lines
            rows = self._some(sight, first, min(count, lines - first))
        else:
            numbers = self._numbers(sight, wanted, lines)
            found = len(numbers)
            rows = self._at(sight, numbers[first : first + count].tolist())
        indexed = _indexed(sight)
        return ItemsPage(sight.total, found, sight.generation, sight.ended, lines, indexed, rows)

    def position(
        self,
        actor: Actor,
        task_id: str,
        number: int,
        wanted: ItemFilter,
        upto: int | None = None,
    ) -> int | None:
        """Return where item ``number`` stands among those that are wanted, 0 for the first; None
        where it does not."""
        sight = self._sight(actor, task_id)
        if wanted.plain:
            return number - 1 if 1 <= number <= sight.total else None
        lines = min(sight.lines, sight.lines if upto is None else max(0, upto))
        return position_of(self._numbers(sight, wanted, lines), number - 1, wanted.order)

    def numbers(
        self, actor: Actor, task_id: str, wanted: ItemFilter, upto: int | None = None
    ) -> Numbers | None:
        """Return the numbers of all items that are wanted, in their order; None for all there
        are.

        Raises :class:`Conflict` while items are still being read: a part would be taken for all.
        Of a task that runs, the last ones always are.
        """
        if wanted.plain:
            self._tasks.get(actor, task_id)
            return None
        sight = self._sight(actor, task_id)
        unread = sight.total - sight.lines
        if unread > (0 if sight.ended else LAG) or (upto or 0) > sight.lines:
            progress = _indexed(sight).progress
            raise Conflict("ITEMS_BEING_READ", progress=progress, total=sight.total)
        lines = min(sight.lines, sight.lines if upto is None else max(0, upto))
        found: Numbers = self._numbers(sight, wanted, lines) + 1
        return found

    def overview(self, actor: Actor, task_id: str) -> OverviewPage:
        """Return what the items are in numbers."""
        sight = self._sight(actor, task_id)
        key = ("overview", sight.lines, sight.generation)
        shown = sight.index.kept(key, lambda: overview(sight.columns, sight.lines))
        return OverviewPage(
            sight.total,
            sight.generation,
            sight.ended,
            _indexed(sight),
            shown,
            self._at(sight, shown.slowest),
            self._at(sight, shown.emptiest),
        )

    def _sight(self, actor: Actor, task_id: str, *, urgent: bool = True) -> _Sight:
        task = self._tasks.get(actor, task_id)
        # Asked before the journal is read: what is read afterwards is then all there will be.
        ended = TaskStatus(task.status).ended
        output, _ = _folders(task)
        window = self._entries.total(output)
        package = task.plan.package
        files = ResultFiles(output, package.service_type, package.model_name)
        wanted = Wanted(
            task_id,
            files,
            window.total,
            lambda: self._entries.known(output),
            window.generation,
            ended,
        )
        index = self._indexes.of(wanted, urgent=urgent)
        columns = index.of(window.generation)
        lines = min(columns.lines, window.total)
        return _Sight(task, window.total, window.generation, ended, index, columns, lines)

    def _numbers(self, sight: _Sight, wanted: ItemFilter, lines: int) -> Numbers:
        def look() -> Numbers:
            named = self._named(sight, wanted.text, lines) if wanted.text else None
            return select(sight.columns, lines, wanted, named)

        return sight.index.kept((wanted, lines, sight.generation), look)

    def _named(self, sight: _Sight, text: str, lines: int) -> Numbers:
        try:
            output, dataset = _folders(sight.task)
            return sight.index.named(output / JOURNAL, text, dataset, lines)
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error

    def _some(self, sight: _Sight, first: int, count: int) -> tuple[ItemRow, ...]:
        """Return rows of the plain list. Few lines at a time: each may be long."""
        output, dataset = _folders(sight.task)
        rows: list[ItemRow] = []
        for start in range(first, first + max(0, count), _AT_A_TIME):
            most = min(_AT_A_TIME, first + count - start)
            rows += _rows(sight, self._entries.some(output, dataset, start, most)[1])
        return tuple(rows)

    def _at(self, sight: _Sight, numbers: Sequence[int]) -> tuple[ItemRow, ...]:
        output, dataset = _folders(sight.task)
        rows: list[ItemRow] = []
        for start in range(0, len(numbers), _AT_A_TIME):
            some = numbers[start : start + _AT_A_TIME]
            rows += _rows(sight, self._entries.picked(output, dataset, some)[1])
        return tuple(rows)


def _folders(task: InferenceTask) -> tuple[Path, Path]:
    return Path(task.plan.output_folder), Path(task.plan.dataset_folder)


def _indexed(sight: _Sight) -> Indexed:
    counts = sight.index.counts(sight.columns, sight.lines, sight.generation)
    done = sight.lines if sight.index.idle.is_set() else max(sight.index.progress, sight.lines)
    return Indexed(sight.lines, done, sight.index.failed, counts)


def _rows(sight: _Sight, entries: Sequence[Entry]) -> list[ItemRow]:
    return [row_of(entry, None if entry.more else _known(sight, entry.number)) for entry in entries]


def _known(sight: _Sight, number: int) -> Known | None:
    facts = sight.columns.facts(number - 1) if number <= sight.lines else None
    if facts is None:
        return None
    return Known(
        None if facts.objects == UNKNOWN else facts.objects,
        _finite(facts.lowest),
        _finite(facts.ms),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
