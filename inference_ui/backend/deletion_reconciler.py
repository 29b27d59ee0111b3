"""Carries out deletions: a task that has ended goes, then its files, piece by piece.

Each call does a little and returns, so that a deletion of ten thousand tasks or of a million files
keeps nobody waiting. What is done is written down at each call; after a crash the database says
what is to be gone on with, and the disk how far it was. A task's row goes only when nothing of it
runs any more, and together with what its receipt says of it.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.deletion import DeletedState, DeletedTask, Deletion
from inference_ui.backend.ports import Cluster
from inference_ui.backend.removing import Removal, remove
from inference_ui.backend.services import deleted_folders
from inference_ui.backend.services.changes import moved
from inference_ui.backend.services.deletion_checks import FolderChecks
from inference_ui.backend.services.deletions import CHUNK, topic
from inference_ui.backend.services.freed import Freed, freed_by
from inference_ui.backend.services.held_folders import held_folders
from inference_ui.backend.store import deletions as queries
from inference_ui.backend.store.database import Session, Store

_log = logging.getLogger(__name__)

STEP_S = 0.5
"""So long files are removed at a call."""

ABANDONED = timedelta(seconds=30)
"""A request that was not written on for this long is not being written any more."""

KEPT = timedelta(days=30)
"""So long a receipt is kept."""

TRIES, PAUSE_S = 3, 10.0
"""What cannot be removed is tried again, unless it is forbidden."""

_FORGET_S = 3600.0

_NOT_IN_PLACE = frozenset({"OUTPUT_MISSING", "OUTPUT_NOT_REMOVED"})


@dataclass
class _Sum:
    """What a call adds to the receipt of one deletion."""

    gone: int = 0
    removed: int = 0
    kept: int = 0
    problems: int = 0
    files: int = 0
    bytes: int = 0
    replicas: int = 0
    cards: Counter[str] = field(default_factory=Counter)
    nodes: set[str] = field(default_factory=set)


class DeletionReconciler:
    """One call of :meth:`run_once` does a bounded piece of what was asked for. One thread's own."""

    def __init__(
        self, store: Store, cluster: Cluster, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._now = now
        self._tries: Counter[str] = Counter()
        self._again_at: dict[str, float] = {}
        self._forgot_at = float("-inf")

    def run_once(self) -> frozenset[str]:
        """Go on with the deletions; return what changed (``services.changes``)."""
        self._forget_old()
        with self._store.read() as session:
            deletions = {one.id: one for one in queries.unended(session)}
        if not deletions:
            return frozenset()
        changed = self._let_go(deletions) | self._clear(deletions)
        return changed | self._close(deletions.values())

    def _let_go(self, deletions: Mapping[str, Deletion]) -> frozenset[str]:
        """Delete tasks that have ended and of which nothing runs any more."""
        try:
            running = _owners(self._cluster.names())
        except ClusterError as error:
            _log.warning("deletions wait for the cluster: %s", error)
            return frozenset()
        with self._store.read() as session:
            found = queries.ready(session, CHUNK + len(running))
            known = (row for row in found if row.deletion_id in deletions)
            rows = [row for row in known if row.task_id not in running][:CHUNK]
            freed = freed_by(session, rows, deletions)
        checks = None
        if any(deletions[row.deletion_id].with_output for row in rows):
            held = held_folders(self._store)
            with self._store.read() as session:
                checks = FolderChecks(session, held)
        sums: dict[str, _Sum] = {}
        leaving: list[DeletedTask] = []
        for row in rows:
            added = sums.setdefault(row.deletion_id, _Sum())
            problem = None
            with_output = deletions[row.deletion_id].with_output
            if with_output and checks is not None:
                if checks.awaited(row.task_id):
                    continue
                problem = checks.problem(row)
                problem = problem or deleted_folders.take_away(Path(row.output_folder), row.task_id)
            _receipt(row, added, freed.get(row.task_id, Freed()), with_output, problem)
            leaving.append(row)
        if not leaving:
            return frozenset()
        _settle(leaving)
        with self._store.write() as session:
            queries.remove_tasks(session, [row.task_id for row in leaving])
            self._write(session, leaving, sums)
        told = {topic(deletions[id].owner_id, id) for id in sums}
        return moved(*(row.task_id for row in leaving), *told)

    def _clear(self, deletions: Mapping[str, Deletion]) -> frozenset[str]:
        """Remove files of tasks that are gone, for a moment."""
        now = time.monotonic()
        self._again_at = {id: at for id, at in self._again_at.items() if at > now}
        with self._store.read() as session:
            rows = queries.clearing(session, self._again_at, CHUNK)
        if not rows:
            return frozenset()
        sums: dict[str, _Sum] = {}
        removals = remove([(_volume(row), row.task_id) for row in rows], STEP_S)
        worked_on = rows[: len(removals)]
        for row, removal in zip(worked_on, removals, strict=True):
            row.files, row.bytes = row.files + removal.files, row.bytes + removal.bytes
            added = sums.setdefault(row.deletion_id, _Sum())
            added.files, added.bytes = added.files + removal.files, added.bytes + removal.bytes
            if removal.over:
                self._end_clearing(row, removal, added)
        with self._store.write() as session:
            self._write(session, worked_on, sums)
        for volume in {_volume(row) for row in worked_on}:
            deleted_folders.tidy(volume)
        return frozenset(topic(deletions[id].owner_id, id) for id in sums if id in deletions)

    def _end_clearing(self, row: DeletedTask, removal: Removal, added: _Sum) -> None:
        problem = removal.reason
        if problem is not None and not removal.final:
            self._tries[row.task_id] += 1
            if self._tries[row.task_id] < TRIES:
                self._again_at[row.task_id] = time.monotonic() + PAUSE_S
                return
        self._tries.pop(row.task_id, None)
        row.state = DeletedState.DELETED
        _note_folder(row, added, problem, removed=problem is None)

    def _close(self, deletions: Iterable[Deletion]) -> frozenset[str]:
        """End the deletions of which nothing is left to do."""
        now, ended = self._now(), set()
        for deletion in deletions:
            with self._store.read() as session:
                if not _is_taken(deletion, now) or queries.open_tasks(session, deletion.id):
                    continue
            with self._store.write() as session:
                row = session.get_one(Deletion, deletion.id, with_for_update=True)
                if not _is_taken(row, now) or queries.open_tasks(session, row.id):
                    continue  # a request that was thought to be abandoned went on just now
                row.taken_at, row.ended_at = row.taken_at or now, now
                session.add(row)
            ended.add(topic(deletion.owner_id, deletion.id))
        return frozenset(ended)

    def _write(
        self, session: Session, rows: Sequence[DeletedTask], sums: Mapping[str, _Sum]
    ) -> None:
        queries.save_rows(session, rows)
        for deletion_id, added in sums.items():
            deletion = session.get_one(Deletion, deletion_id)
            deletion.gone += added.gone
            deletion.removed += added.removed
            deletion.kept += added.kept
            deletion.problems += added.problems
            deletion.files += added.files
            deletion.bytes += added.bytes
            deletion.replicas += added.replicas
            deletion.cards = dict(Counter(deletion.cards) + added.cards)
            deletion.nodes = sorted({*deletion.nodes, *added.nodes})
            session.add(deletion)

    def _forget_old(self) -> None:
        if time.monotonic() - self._forgot_at > _FORGET_S:
            self._forgot_at = time.monotonic()
            with self._store.write() as session:
                queries.forget(session, self._now() - KEPT)


def _is_taken(deletion: Deletion, now: datetime) -> bool:
    return deletion.taken_at is not None or now - deletion.touched_at > ABANDONED


def _owners(names: frozenset[str]) -> set[str]:
    """Return the ids of the tasks that these workloads belong to."""
    return {name.split("-")[1] for name in names if name.startswith("task-")}


def _volume(row: DeletedTask) -> Path:
    return Path(row.output_folder).parent


def _receipt(
    row: DeletedTask, added: _Sum, freed: Freed, with_output: bool, problem: Message | None
) -> None:
    """Write down that a task goes: into its row, and to what is added up."""
    row.replicas, row.cards, row.nodes = freed.replicas, dict(freed.cards), sorted(freed.nodes)
    added.gone += 1
    added.replicas += freed.replicas
    added.cards.update(freed.cards)
    added.nodes |= freed.nodes
    if with_output and problem is None:
        row.state = DeletedState.CLEARING
    else:
        row.state = DeletedState.DELETED
        _note_folder(row, added, problem)


def _note_folder(
    row: DeletedTask, added: _Sum, problem: Message | None, *, removed: bool = False
) -> None:
    """A folder that is kept is whole and in its place. One that is missing, or is removed in part,
    is neither kept nor removed: its problem says what there is, and where."""
    row.kept = not removed and (problem is None or problem.code not in _NOT_IN_PLACE)
    row.problem = problem.to_json() if problem else None
    added.kept += row.kept
    added.removed += removed
    added.problems += problem is not None


def _settle(rows: Sequence[DeletedTask]) -> None:
    """Renames must outlast a loss of power before the rows are gone that tell of them."""
    moved_on = {
        Path(row.output_folder).parent for row in rows if row.state == DeletedState.CLEARING
    }
    for volume in moved_on:
        try:
            deleted_folders.settle(volume)
        except OSError as error:  # not every file system can do it for a folder
            _log.warning("%s could not be synced: %s", volume, error)
