"""Queries over inference tasks, their events and saved logs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, col, delete, select, update

from inference_ui.backend.models.task import (
    ENDED,
    UNFINISHED,
    InferenceTask,
    TaskEvent,
    TaskLog,
    TaskStatus,
)


def unfinished(session: Session) -> list[InferenceTask]:
    """Return the tasks that have not ended, in the order of their creation."""
    query = (
        select(InferenceTask)
        .where(col(InferenceTask.status).in_(UNFINISHED))
        .order_by(col(InferenceTask.created_at), col(InferenceTask.id))
    )
    return list(session.exec(query))


def name_taken(session: Session, name: str) -> bool:
    """Tell whether a task has that name."""
    return (
        session.exec(select(InferenceTask.id).where(InferenceTask.name == name)).first() is not None
    )


def change(session: Session, task: InferenceTask, values: Mapping[str, Any]) -> bool:
    """Change a task if it is still in the status and attempt that ``task`` says.

    Returns whether it was; when not, nothing is changed: somebody else was faster.
    """
    result = session.exec(
        update(InferenceTask)
        .where(
            col(InferenceTask.id) == task.id,
            col(InferenceTask.status) == task.status,
            col(InferenceTask.attempt) == task.attempt,
        )
        .values(**values)
    )
    return result.rowcount == 1


def change_all(
    session: Session, changes: Iterable[tuple[InferenceTask, Mapping[str, Any]]]
) -> None:
    """Change tasks, each if it is still in the status and attempt that it says.

    Much less work than to :func:`change` them one by one, but nobody is told whose turn it was not.
    """
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for task, values in changes:
        guard = {"its_id": task.id, "its_status": task.status, "its_attempt": task.attempt}
        alike.setdefault(frozenset(values), []).append({**guard, **values})
    guarded = update(SQLModel.metadata.tables[str(InferenceTask.__tablename__)]).where(
        col(InferenceTask.id) == bindparam("its_id"),
        col(InferenceTask.status) == bindparam("its_status"),
        col(InferenceTask.attempt) == bindparam("its_attempt"),
    )
    for rows in alike.values():
        session.connection().execute(guarded, rows)


def request_stop(session: Session, task_id: str, values: Mapping[str, Any]) -> bool:
    """Write down that a stop was asked for, unless it was already or the task has ended."""
    result = session.exec(
        update(InferenceTask)
        .where(
            col(InferenceTask.id) == task_id,
            col(InferenceTask.stop_requested_at).is_(None),
            col(InferenceTask.status).not_in({*ENDED, TaskStatus.FINISHING}),
        )
        .values(**values)
    )
    return result.rowcount == 1


def begin_attempt(session: Session, task: InferenceTask, values: Mapping[str, Any]) -> bool:
    """Send an ended task back into the queue, unless somebody did already."""
    result = session.exec(
        update(InferenceTask)
        .where(
            col(InferenceTask.id) == task.id,
            col(InferenceTask.status).in_(ENDED),
            col(InferenceTask.attempt) == task.attempt,
        )
        .values(**values)
    )
    return result.rowcount == 1


def remove(session: Session, task_id: str) -> None:
    """Delete a task with its events and saved logs."""
    session.exec(delete(InferenceTask).where(col(InferenceTask.id) == task_id))


def canaries_of(session: Session, owner_id: str) -> list[InferenceTask]:
    """Return a user's canaries, the oldest first."""
    query = select(InferenceTask).where(
        InferenceTask.owner_id == owner_id, col(InferenceTask.canary).is_(True)
    )
    return list(session.exec(query.order_by(col(InferenceTask.created_at))))


def canaries_before(session: Session, at: datetime) -> list[InferenceTask]:
    """Return the canaries that ended before ``at``."""
    query = select(InferenceTask).where(
        col(InferenceTask.canary).is_(True), col(InferenceTask.ended_at) < at
    )
    return list(session.exec(query))


def of_dataset(session: Session, dataset_id: str, limit: int) -> list[InferenceTask]:
    """Return the last tasks, the newest first, that ran over a dataset; canaries are none."""
    query = (
        select(InferenceTask)
        .where(InferenceTask.dataset_id == dataset_id, col(InferenceTask.canary).is_(False))
        .order_by(col(InferenceTask.created_at).desc(), col(InferenceTask.id))
        .limit(limit)
    )
    return list(session.exec(query))


def events(session: Session, task_id: str) -> list[TaskEvent]:
    """Return a task's events, the oldest first."""
    query = select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(col(TaskEvent.id))
    return list(session.exec(query))


def saved_logs(session: Session, task_id: str, attempt: int) -> list[TaskLog]:
    """Return the saved logs of a task's attempt."""
    query = select(TaskLog).where(TaskLog.task_id == task_id, TaskLog.attempt == attempt)
    return list(session.exec(query.order_by(TaskLog.role, TaskLog.replica)))


def attempts_with_logs(session: Session, task_id: str) -> list[int]:
    """Return the attempts of a task of which logs were saved."""
    query = select(TaskLog.attempt).where(TaskLog.task_id == task_id).distinct()
    return sorted(session.exec(query))


def saved_log(session: Session, task_id: str, replica: str) -> TaskLog | None:
    """Return the saved log of a replica, whose name tells the attempt."""
    query = select(TaskLog).where(TaskLog.task_id == task_id, TaskLog.replica == replica)
    return session.exec(query).first()
