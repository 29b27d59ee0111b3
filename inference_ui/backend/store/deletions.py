"""Queries over deletions of tasks: what is meant, what was accepted, what is left to do.

Plans are long: of the tasks that are meant only the columns are read that are needed, and of the
plans only single values, by the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, cast

from sqlalchemy import JSON, ColumnElement, case, insert, type_coerce
from sqlmodel import Session, col, delete, func, or_, select, update

from inference_ui.backend.models.catalog import Dataset, ModelPackage, Volume
from inference_ui.backend.models.deletion import DeletedState, DeletedTask, Deletion
from inference_ui.backend.models.task import (
    ENDED,
    UNFINISHED,
    InferenceTask,
    TaskEvent,
    TaskStatus,
)

_task = InferenceTask


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a task that somebody wants to delete."""

    id: str
    name: str
    status: TaskStatus
    attempt: int
    owner_id: str
    deletion_id: str | None
    stopping: bool
    results: int
    volume_id: str
    volume_name: str
    output_folder: str


@dataclass(frozen=True, slots=True)
class Reader:
    """An unfinished task that reads the output of another one; whether it is to be deleted."""

    id: str
    name: str
    leaving: bool


def _of_plan(*keys: str) -> ColumnElement[Any]:
    value: Any = type_coerce(cast(Any, _task.plan), JSON)
    for key in keys:
        value = value[key]
    return cast(ColumnElement[Any], value.as_string())


def candidates(session: Session, ids: Sequence[str], *, lock: bool = False) -> dict[str, Candidate]:
    """Return what is known of these tasks, by id; canaries are left out. With ``lock`` nobody else
    changes them until the session ends."""
    query = (
        select(  # type: ignore[call-overload]
            _task.id,
            _task.name,
            _task.status,
            _task.attempt,
            _task.owner_id,
            _task.deletion_id,
            col(_task.stop_requested_at).is_not(None),
            col(_task.succeeded) + col(_task.failed),
            _of_plan("volume_id"),
            _of_plan("volume_name"),
            _of_plan("output_folder"),
        )
        .where(col(_task.id).in_(ids), col(_task.canary).is_(False))
        .order_by(_task.id)
    )
    rows = session.execute(query.with_for_update() if lock else query).all()
    return {row[0]: Candidate(row[0], row[1], TaskStatus(row[2]), *row[3:]) for row in rows}


def readers(session: Session) -> dict[str, list[Reader]]:
    """Return the unfinished tasks that read other tasks' output, by the id of the one read."""
    since = _of_plan("since", "task_id")
    query = select(since, _task.id, _task.name, _task.deletion_id).where(
        col(_task.status).in_(UNFINISHED), since.is_not(None)
    )
    found: dict[str, list[Reader]] = {}
    for read, id, name, deletion_id in session.execute(query):
        found.setdefault(read, []).append(Reader(id, name, deletion_id is not None))
    return found


def folders_in_use(session: Session) -> list[tuple[str, str, str]]:
    """Return the folders that must not vanish: the code of why, the name of what it is, the path.
    A path on a volume is relative to the root that stands before it, separated by a slash."""
    volumes = session.exec(select(Volume)).all()
    roots = {one.id: one.root for one in volumes}
    datasets = session.exec(select(Dataset.name, Dataset.volume_id, Dataset.path)).all()
    found = [("OUTPUT_HOLDS_VOLUME", one.name, one.root) for one in volumes]
    found += [
        ("OUTPUT_HOLDS_DATASET", name, f"{roots[volume_id]}/{path}")
        for name, volume_id, path in datasets
    ]
    for package in session.exec(select(ModelPackage)):
        root = roots.get(package.launch.model_volume_id or "")
        if root is not None:
            path = f"{root}/{package.launch.model_path}"
            label = f"{package.name} {package.version}"
            found.append(("OUTPUT_HOLDS_PACKAGE", label, path))
    return found


def volume_roots(session: Session) -> frozenset[str]:
    """Return the folders of all volumes."""
    return frozenset(str(PurePath(root)) for root in session.exec(select(Volume.root)))


def deleted_before(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the name of each of these tasks that was deleted, and the id of who asked for it."""
    query = (
        select(DeletedTask.task_id, DeletedTask.name, Deletion.owner_id)
        .join(Deletion, col(Deletion.id) == DeletedTask.deletion_id)
        .where(col(DeletedTask.task_id).in_(ids), DeletedTask.state != DeletedState.REFUSED)
    )
    return {row[0]: (row[1], row[2]) for row in session.exec(query)}


def askers(session: Session, deletion_ids: Iterable[str]) -> dict[str, str]:
    """Return who asked for these deletions: the user's id by the deletion's."""
    query = select(Deletion.id, Deletion.owner_id).where(col(Deletion.id).in_(set(deletion_ids)))
    return dict(session.exec(query).all())


def mark(session: Session, deletion_id: str, ids: Sequence[str]) -> None:
    """Write down that these tasks are to be deleted."""
    session.execute(update(_task).where(col(_task.id).in_(ids)).values(deletion_id=deletion_id))


def request_stops(session: Session, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    """Write down for these tasks that a stop was asked for."""
    session.execute(update(_task).where(col(_task.id).in_(ids)).values(**values))


def insert_rows(session: Session, rows: Sequence[DeletedTask] | Sequence[TaskEvent]) -> None:
    """Insert many rows at once."""
    if rows:
        table = type(rows[0])
        session.execute(insert(table), [row.model_dump(exclude_none=True) for row in rows])


def add_to(session: Session, deletion_id: str, *, at: datetime, **counts: int) -> None:
    """Add to the counts of a deletion."""
    values: dict[str, Any] = {
        name: getattr(Deletion, name) + count for name, count in counts.items() if count
    }
    session.execute(
        update(Deletion).where(col(Deletion.id) == deletion_id).values(**values, touched_at=at)
    )


def hold_open(session: Session, deletion_id: str) -> bool:
    """Tell whether a deletion has not ended; if so, nobody ends it before the session does."""
    query = select(Deletion.id).where(Deletion.id == deletion_id, col(Deletion.ended_at).is_(None))
    return session.exec(query.with_for_update()).first() is not None


def set_taken(session: Session, deletion_id: str, at: datetime) -> None:
    """Write down that all of a deletion was taken down, unless it ended before."""
    query = update(Deletion).where(
        col(Deletion.id) == deletion_id, col(Deletion.taken_at).is_(None)
    )
    session.execute(query.values(taken_at=at))


def of_user(session: Session, owner_id: str, since: datetime, limit: int) -> list[Deletion]:
    """Return a user's last deletions that were not dismissed, the newest first. What went well is
    one of them until it ended before ``since``."""
    query = (
        select(Deletion)
        .where(
            Deletion.owner_id == owner_id,
            col(Deletion.dismissed_at).is_(None),
            or_(
                col(Deletion.ended_at).is_(None),
                col(Deletion.ended_at) > since,
                col(Deletion.refused) > 0,
                col(Deletion.problems) > 0,
            ),
        )
        .order_by(col(Deletion.requested_at).desc(), col(Deletion.id))
        .limit(limit)
    )
    return list(session.exec(query))


def entries(session: Session, deletion_id: str, offset: int, limit: int) -> list[DeletedTask]:
    """Return tasks of a deletion: those first that were not deleted, then those of which files
    were kept for a reason, then the others, by name."""
    rank = case(
        (col(DeletedTask.state) == DeletedState.REFUSED, 0),
        (col(DeletedTask.problem).is_not(None), 1),
        else_=2,
    )
    query = (
        select(DeletedTask)
        .where(DeletedTask.deletion_id == deletion_id)
        .order_by(rank, DeletedTask.name, DeletedTask.task_id)
        .offset(offset)
        .limit(limit)
    )
    return list(session.exec(query))


def kept_on(session: Session, deletion_id: str) -> dict[str, int]:
    """Return how many output folders of a deletion were kept, by the volume's name."""
    query = (
        select(DeletedTask.volume_name, func.count())
        .where(
            DeletedTask.deletion_id == deletion_id,
            col(DeletedTask.kept).is_(True),
            DeletedTask.state != DeletedState.REFUSED,
        )
        .group_by(DeletedTask.volume_name)
        .order_by(DeletedTask.volume_name)
    )
    return dict(session.exec(query).all())


def unended(session: Session) -> list[Deletion]:
    """Return the deletions that have not ended, the oldest first."""
    query = select(Deletion).where(col(Deletion.ended_at).is_(None))
    return list(session.exec(query.order_by(col(Deletion.requested_at), col(Deletion.id))))


def ready(session: Session, limit: int) -> list[DeletedTask]:
    """Return tasks that are to be deleted and have ended."""
    query = (
        select(DeletedTask)
        .join(Deletion, col(Deletion.id) == DeletedTask.deletion_id)
        .outerjoin(_task, col(_task.id) == DeletedTask.task_id)
        .where(
            col(Deletion.ended_at).is_(None),
            DeletedTask.state == DeletedState.WAITING,
            or_(col(_task.id).is_(None), col(_task.status).in_(ENDED)),
        )
        .order_by(DeletedTask.deletion_id, DeletedTask.task_id)
        .limit(limit)
    )
    return list(session.exec(query))


def clearing(session: Session, besides: Iterable[str], limit: int) -> list[DeletedTask]:
    """Return tasks whose files are to be removed, but these."""
    query = (
        select(DeletedTask)
        .where(
            DeletedTask.state == DeletedState.CLEARING,
            col(DeletedTask.task_id).not_in(list(besides)),
        )
        .order_by(DeletedTask.deletion_id, DeletedTask.task_id)
        .limit(limit)
    )
    return list(session.exec(query))


def teardowns(session: Session, ids: Sequence[str]) -> list[TaskEvent]:
    """Return the events that say that these tasks are torn down, the latest first."""
    query = (
        select(TaskEvent)
        .where(col(TaskEvent.task_id).in_(ids), TaskEvent.code == TaskStatus.FINISHING)
        .order_by(col(TaskEvent.id).desc())
    )
    return list(session.exec(query))


def tasks(session: Session, ids: Sequence[str]) -> dict[str, InferenceTask]:
    """Return the tasks of these ids that are there, by id."""
    return {task.id: task for task in session.exec(select(_task).where(col(_task.id).in_(ids)))}


def remove_tasks(session: Session, ids: Sequence[str]) -> None:
    """Delete tasks with their events and saved logs."""
    session.execute(delete(_task).where(col(_task.id).in_(ids)))


def save_rows(session: Session, rows: Sequence[DeletedTask]) -> None:
    """Write down how far these tasks of deletions are."""
    session.execute(update(DeletedTask), [row.model_dump() for row in rows])


def open_tasks(session: Session, deletion_id: str) -> bool:
    """Tell whether something is left to do for a deletion."""
    query = select(DeletedTask.task_id).where(
        DeletedTask.deletion_id == deletion_id,
        col(DeletedTask.state).in_((DeletedState.WAITING, DeletedState.CLEARING)),
    )
    return session.exec(query.limit(1)).first() is not None


def forget(session: Session, before: datetime) -> None:
    """Delete the receipts of deletions that ended before."""
    session.execute(delete(Deletion).where(col(Deletion.ended_at) < before))
