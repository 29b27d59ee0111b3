"""The task list: pages of what meets a search, and what can be searched by."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import (
    SearchField,
    TaskOrder,
    TaskSearch,
    TaskSelection,
)
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import task_list as queries
from inference_ui.backend.store.database import Session, Store

MOST_CHOICES = 500
"""Creators, specs and packages that are offered to search by."""

_KEPT = 256

_Asked: TypeAlias = tuple[TaskSearch, str | None, TaskOrder, int, int]
"""A search, whose tasks, in which order, from which one on, how many."""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of the task list. ``counts`` are by status, of all tasks that meet the search but for
    its statuses; ``people`` are the names, by id, of who owns these tasks or asked for their end.
    """

    tasks: tuple[InferenceTask, ...]
    people: dict[str, str]
    counts: dict[TaskStatus, int]
    offset: int

    @property
    def total(self) -> int:
        """How many tasks meet the search, in any status."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found: as long as no task came, went or changed its status, it finds that."""

    ids: list[str]
    counts: dict[TaskStatus, int]
    offset: int


class TaskList:
    """Finds tasks. What it found is kept until ``changes`` tells that a task came, went or changed
    its status: of the rest only the rows that are shown are read again, once for all who follow the
    same page."""

    def __init__(
        self, store: Store, changes: Changes, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._changes = changes
        self._now = now
        self._found: OrderedDict[_Asked, tuple[int, _Found]] = OrderedDict()
        self._lock = threading.Lock()
        self._followed: Shared[TaskPage] = Shared(changes)

    def page(
        self,
        actor: Actor,
        search: TaskSearch | None = None,
        *,
        mine: bool = False,
        order: TaskOrder | None = None,
        offset: int = 0,
        limit: int = 50,
        fresh: bool = True,
        kept: tuple[str, ...] | None = None,
    ) -> TaskPage:
        """Return a page of the tasks that meet a search: of all or one's own, the newest first
        unless ``order`` says otherwise. Where the list ends before ``offset``, its last page.

        Unless it is to be ``fresh``, which tasks these are may be told from what is known since a
        task came, went or changed its status the last time: for those who follow the list. With
        ``kept`` the page holds those tasks, as far as they are there, whatever the search finds.
        """
        asked = (
            search or TaskSearch(),
            actor.id if mine else None,
            order or TaskOrder(),
            max(0, offset),
            max(1, min(limit, 200)),
        )
        if fresh:
            return self._page(asked, kept, fresh=True)
        return self._followed.get((asked, kept), lambda: self._page(asked, kept, fresh=False))

    def _page(self, asked: _Asked, kept: tuple[str, ...] | None, *, fresh: bool) -> TaskPage:
        limit = asked[-1]
        with self._store.read() as session:
            found = self._find(session, asked, fresh=fresh)
            tasks = queries.rows(session, found.ids if kept is None else list(kept[:limit]))
            who = {id for task in tasks for id in (task.owner_id, task.stop_requested_by) if id}
            people = account_queries.names_of(session, who)
        return TaskPage(tuple(tasks), people, found.counts, found.offset)

    def count(self, actor: Actor, search: TaskSearch, *, mine: bool = False) -> int:
        """Return how many tasks meet a search."""
        with self._store.read() as session:
            return sum(queries.counts(session, search, actor.id if mine else None).values())

    def ways_out(
        self, actor: Actor, search: TaskSearch, *, mine: bool = False
    ) -> dict[SearchField, int]:
        """Return how many tasks meet a search without its conditions about each field that it has
        any about."""
        return {
            about: self.count(actor, search.without(about), mine=mine) for about in search.fields
        }

    def choices(self, actor: Actor, field: SearchField) -> list[str]:
        """Return what occurs in tasks of a field to choose from, by name: creators, specs,
        packages; at most :data:`MOST_CHOICES`."""
        with self._store.read() as session:
            if field is SearchField.OWNER:
                return queries.owners(session, MOST_CHOICES)
            return queries.used(session, field, MOST_CHOICES)

    def selected(self, actor: Actor, selection: TaskSelection) -> tuple[str, ...]:
        """Return the ids of the tasks that a selection means, as they are found now."""
        if selection.search is None:
            return tuple(dict.fromkeys(selection.ids))
        owner = actor.id if selection.mine else None
        with self._store.read() as session:
            ids = queries.all_ids(session, selection.search, owner)
        left_out = set(selection.ids)
        return tuple(id for id in ids if id not in left_out)

    def _find(self, session: Session, asked: _Asked, *, fresh: bool) -> _Found:
        revision = self._changes.list_revision
        with self._lock:
            known = self._found.get(asked)
        if known is not None and known[0] == revision and not fresh:
            return known[1]
        found = self._read(session, asked)
        with self._lock:
            self._found[asked] = (revision, found)
            self._found.move_to_end(asked)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
        return found

    def _read(self, session: Session, asked: _Asked) -> _Found:
        search, owner_id, order, offset, limit = asked
        every = queries.counts(session, search.without(SearchField.STATUS), owner_id)
        counts = {TaskStatus(name): number for name, number in every.items()}
        wanted = search.statuses or tuple(TaskStatus)
        matching = sum(counts.get(status, 0) for status in wanted)
        if not matching:
            return _Found([], counts, 0)
        if offset >= matching:
            offset = (matching - 1) // limit * limit
        ids = queries.matching_ids(
            session, search, owner_id, order, self._now(), offset=offset, limit=limit
        )
        return _Found(ids, counts, offset)
