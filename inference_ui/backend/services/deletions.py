"""Deleting tasks: what a deletion would do, asking for it, and its receipt.

A deletion is an intent, as a stop is: what is asked for is written here, in pieces so small that
others get to write in between, and ``deletion_reconciler`` carries it out. A task that has not
ended is asked to stop, so that the one teardown ends what runs of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from inference_ui.backend.errors import Forbidden, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.deletion import DeletedState, DeletedTask, Deletion
from inference_ui.backend.models.task import TaskEvent, TaskStatus
from inference_ui.backend.models.task_search import TaskSelection
from inference_ui.backend.ports import Cluster
from inference_ui.backend.services.changes import Changes, moved
from inference_ui.backend.services.deletion_checks import Judge, missing, refusal
from inference_ui.backend.services.deletion_views import (
    DeletionDetail,
    DeletionPreview,
    DeletionView,
    MeantTask,
    entry_of,
)
from inference_ui.backend.services.held_folders import held_folders
from inference_ui.backend.services.task_list import TaskList
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import deletions as queries
from inference_ui.backend.store.database import Session, Store
from inference_ui.backend.store.deletions import Candidate

CHUNK = 250
"""So many tasks are marked in one transaction, while all other writers wait."""

LONGEST_ID = 64
MOST_NEEDED = 20
MOST_RECENT = 20
TOLD = timedelta(hours=1)
MOST_ENTRIES = 200


def topic(owner_id: str, deletion_id: str) -> str:
    """Return what is told of as changed (``services.changes``) when a deletion goes on that this
    user asked for."""
    return f"deletion:{owner_id}:{deletion_id}"


class Deletions:
    """Asks for deletions, and tells how they go. ``changes`` is told of everything written."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        task_list: TaskList,
        changes: Changes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._task_list = task_list
        self._changes = changes
        self._now = now

    def preview(self, actor: Actor, selection: TaskSelection, *, show: int = 3) -> DeletionPreview:
        """Say what deleting the selection would do; ``show`` is how many tasks are named.

        Changes nothing. Raises :class:`Forbidden` for viewers.
        """
        _may_delete(actor)
        ids = self._meant(actor, selection)
        meant: list[Candidate] = []
        held = held_folders(self._store)
        with self._store.read() as session:
            judge = Judge(session, actor, ids, held)
            for chunk in _chunks(ids):
                found = queries.candidates(session, chunk)
                meant += [found[id] for id in chunk if id in found]
            deletable = [one for one in meant if judge.problem(one) is None]
            deletable.sort(key=lambda one: one.status.ended)
            needed = [need for one in deletable if (need := judge.output_problem(one)) is not None]
            first = deletable[: max(0, min(show, MOST_ENTRIES))]
            names = account_queries.names_of(session, {one.owner_id for one in first})
        others = [one for one in meant if not actor.owns(one.owner_id)]
        return DeletionPreview(
            meant=ids,
            asked=len(ids),
            tasks=len(deletable),
            running=sum(not one.status.ended for one in deletable),
            others=len(others),
            leaving=len(meant) - len(deletable) - len(others),
            missing=len(ids) - len(meant),
            first=tuple(
                MeantTask(one.id, one.name, one.status, names.get(one.owner_id, ""))
                for one in first
            ),
            volumes=dict(Counter(one.volume_name for one in deletable)),
            results=sum(one.results for one in deletable),
            needed=tuple(needed[:MOST_NEEDED]),
            needed_count=len(needed),
        )

    def request(
        self, actor: Actor, selection: TaskSelection, *, with_output: bool = False
    ) -> DeletionView:
        """Ask for the deletion of the selection, with the output folders or without.

        What of it cannot be deleted stands in the receipt, with the reason. Where one task alone
        is meant and cannot be deleted, raises :class:`Forbidden` (TASK_OF_ANOTHER),
        :class:`NotFound` (TASK_UNKNOWN, TASK_DELETED) or :class:`Conflict` (TASK_BEING_DELETED,
        OUTPUT_NEEDED, OUTPUT_HOLDS_…). Raises :class:`Forbidden`
        (VIEWERS_DELETE_NOTHING) for viewers and :class:`NotFound` (NOTHING_TO_DELETE) for a
        selection that means none.

        Who was asked about it before gives what :meth:`preview` ``meant``: a search may mean more
        by now.
        """
        _may_delete(actor)
        ids = self._meant(actor, selection)
        if not ids:
            raise NotFound("NOTHING_TO_DELETE")
        now = self._now()
        deletion = Deletion(
            owner_id=actor.id,
            requested_at=now,
            touched_at=now,
            with_output=with_output,
            asked=len(ids),
        )
        held = held_folders(self._store)
        with self._store.read() as session:
            judge = Judge(session, actor, ids, held)
        for number, chunk in enumerate(_chunks(ids)):
            if not self._take_down(actor, deletion, chunk, judge, first=number == 0):
                break
        with self._store.write() as session:
            queries.set_taken(session, deletion.id, self._now())
        self._changes.publish(frozenset({topic(actor.id, deletion.id)}))
        return self.view(actor, deletion.id, limit=0).view

    def recent(self, actor: Actor) -> tuple[DeletionView, ...]:
        """Return the user's own deletions that were not dismissed, the newest first; what went
        well is told for :data:`TOLD`."""
        with self._store.read() as session:
            rows = queries.of_user(session, actor.id, self._now() - TOLD, MOST_RECENT)
            return tuple(self._view(session, row) for row in rows)

    def view(
        self, actor: Actor, deletion_id: str, *, offset: int = 0, limit: int = 100
    ) -> DeletionDetail:
        """Return a deletion with so many of its tasks. Raises :class:`NotFound`, also for one that
        somebody else asked for (administrators see all)."""
        with self._store.read() as session:
            deletion = _own(session, actor, deletion_id)
            rows = queries.entries(
                session, deletion_id, max(0, offset), max(0, min(limit, MOST_ENTRIES))
            )
            names = account_queries.names_of(session, {row.owner_id for row in rows})
            entries = tuple(entry_of(row, names.get(row.owner_id, "")) for row in rows)
            return DeletionDetail(self._view(session, deletion), entries)

    def gone(self, actor: Actor, task_id: str) -> Message:
        """Say what became of a task that is not there: who deleted it, or that nobody knows it."""
        with self._store.read() as session:
            return missing(session, [task_id])[task_id]

    def dismiss(self, actor: Actor, deletion_id: str) -> None:
        """Show a deletion no longer; one that has not ended goes on. Raises as :meth:`view`."""
        with self._store.write() as session:
            deletion = _own(session, actor, deletion_id)
            deletion.dismissed_at = self._now()
        self._changes.publish(frozenset({topic(deletion.owner_id, deletion_id)}))

    def _meant(self, actor: Actor, selection: TaskSelection) -> tuple[str, ...]:
        """Return the ids that are meant, but what cannot be one: receipts keep them."""
        ids = self._task_list.selected(actor, selection)
        return tuple(id for id in ids if len(id) <= LONGEST_ID and id.isprintable())

    def _take_down(
        self, actor: Actor, deletion: Deletion, chunk: Sequence[str], judge: Judge, *, first: bool
    ) -> bool:
        """Mark a piece of what is meant, and write down what of it is refused and why. False, and
        nothing is marked, where the deletion was ended meanwhile as one that nobody goes on with:
        what was marked for it now would never go."""
        now = self._now()
        with self._store.write() as session:
            found = queries.candidates(session, chunk, lock=True)
            problems = judge.problems(session, chunk, found, with_output=deletion.with_output)
            if deletion.asked == 1 and problems:
                raise refusal(problems[chunk[0]])
            if first:
                session.add(deletion.model_copy())
                session.flush()
            elif not queries.hold_open(session, deletion.id):
                return False
            accepted = [found[id] for id in chunk if id not in problems]
            ids = [one.id for one in accepted]
            queries.mark(session, deletion.id, ids)
            _stop(session, actor, accepted, now)
            rows = [_row(deletion.id, actor, id, found.get(id), problems.get(id)) for id in chunk]
            queries.insert_rows(session, rows)
            counts = {"accepted": len(accepted), "refused": len(problems)}
            queries.add_to(session, deletion.id, at=now, **counts)
        self._changes.publish(moved(*ids, topic(actor.id, deletion.id)))
        return True

    def _view(self, session: Session, row: Deletion) -> DeletionView:
        only = queries.entries(session, row.id, 0, 1) if row.asked == 1 else []
        unreached = row.asked - row.accepted - row.refused if row.taken_at else 0
        return DeletionView(
            id=row.id,
            requested_at=row.requested_at,
            taken=row.taken_at is not None,
            ended_at=row.ended_at,
            with_output=row.with_output,
            name=only[0].name if only else "",
            asked=row.asked,
            accepted=row.accepted,
            refused=row.refused,
            unreached=unreached,
            gone=row.gone,
            replicas=row.replicas,
            pods=self._cluster.runs_images,
            cards=dict(row.cards),
            nodes=tuple(row.nodes),
            removed=row.removed,
            kept=row.kept,
            kept_on=queries.kept_on(session, row.id),
            problems=row.problems,
            files=row.files,
            bytes=row.bytes,
        )


def _may_delete(actor: Actor) -> None:
    if not actor.may_create:
        raise Forbidden("VIEWERS_DELETE_NOTHING")


def _own(session: Session, actor: Actor, deletion_id: str) -> Deletion:
    deletion = session.get(Deletion, deletion_id)
    if deletion is None or not (actor.is_administrator or deletion.owner_id == actor.id):
        raise NotFound("DELETION_UNKNOWN")
    return deletion


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


def _stop(session: Session, actor: Actor, tasks: Sequence[Candidate], now: datetime) -> None:
    """Ask those that run for their end, as ``Tasks.stop`` does."""
    asked = [
        one
        for one in tasks
        if not (one.status.ended or one.stopping or one.status is TaskStatus.FINISHING)
    ]
    values = {"stop_requested_at": now, "stop_requested_by": actor.id}
    queries.request_stops(session, [one.id for one in asked], values)
    events = [
        TaskEvent(
            task_id=one.id, owner_id=actor.id, at=now, attempt=one.attempt, code="STOP_REQUESTED"
        )
        for one in asked
    ]
    queries.insert_rows(session, events)


def _row(
    deletion_id: str, actor: Actor, id: str, found: Candidate | None, problem: Message | None
) -> DeletedTask:
    name = str(problem.args.get("name", "")) if problem else ""
    return DeletedTask(
        deletion_id=deletion_id,
        task_id=id,
        owner_id=found.owner_id if found else actor.id,
        name=found.name if found else name,
        state=DeletedState.REFUSED if problem else DeletedState.WAITING,
        volume_name=found.volume_name if found else "",
        output_folder=found.output_folder if found else "",
        problem=problem.to_json() if problem else None,
    )
