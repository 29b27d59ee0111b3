"""Queries of the task list: what meets a search, how much of it, in which order.

Everything is read from two indexes that hold all searched columns (``InferenceTask`` names them);
whole rows are read only of the tasks that are shown. Canaries are in no list.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnElement, case, extract
from sqlalchemy.sql.elements import UnaryExpression
from sqlmodel import Session, col, func, select

from inference_ui.backend.models.account import User
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import SearchField, SortKey, TaskOrder, TaskSearch

Condition: TypeAlias = ColumnElement[bool]

_task = InferenceTask

_PLACES = {status.value: place for place, status in enumerate(TaskStatus)}

_COLUMNS: dict[SortKey, ColumnElement[Any]] = {
    SortKey.NAME: func.lower(_task.name),
    SortKey.STATUS: case(_PLACES, value=col(_task.status), else_=len(_PLACES)),
    SortKey.SERVICE_TYPE: cast(ColumnElement[Any], col(_task.service_type)),
    SortKey.PACKAGE: cast(ColumnElement[Any], col(_task.package)),
    SortKey.SPEC: cast(ColumnElement[Any], col(_task.spec)),
    SortKey.OWNER: func.lower(User.name),
    SortKey.CREATED: cast(ColumnElement[Any], col(_task.created_at)),
}

_CHOICES: dict[SearchField, Any] = {
    SearchField.SPEC: _task.spec,
    SearchField.PACKAGE: _task.package,
}


def matching_ids(
    session: Session,
    search: TaskSearch,
    owner_id: str | None,
    order: TaskOrder,
    now: datetime,
    *,
    offset: int,
    limit: int,
) -> list[str]:
    """Return the ids of so many tasks, in order, that meet a search and, with ``owner_id``, belong
    to that user. ``now`` is until when those have lasted that have not ended."""
    query = select(_task.id).where(*_conditions(session, search, owner_id))
    if order.key is SortKey.OWNER:
        query = query.join(User, col(User.id) == _task.owner_id)
    query = query.order_by(*_order(order, now)).offset(offset).limit(limit)
    return list(session.scalars(query))


def all_ids(session: Session, search: TaskSearch, owner_id: str | None) -> list[str]:
    """Return the ids of all tasks that meet a search, the newest first."""
    query = select(_task.id).where(*_conditions(session, search, owner_id))
    return list(session.scalars(query.order_by(*_order(TaskOrder(), None))))


def rows(session: Session, ids: list[str]) -> list[InferenceTask]:
    """Return the tasks of these ids, in their order; those that are gone are left out."""
    found = {task.id: task for task in session.exec(select(_task).where(col(_task.id).in_(ids)))}
    return [found[id] for id in ids if id in found]


def counts(session: Session, search: TaskSearch, owner_id: str | None) -> dict[str, int]:
    """Return how many tasks meet a search in each status that occurs."""
    status = col(_task.status)
    query = select(status, func.count()).where(*_conditions(session, search, owner_id))
    return {row[0]: row[1] for row in session.execute(query.group_by(status))}


def used(session: Session, field: SearchField, limit: int) -> list[str]:
    """Return the specs or packages that tasks have, by name."""
    column = _CHOICES[field]
    query = select(column).where(col(_task.canary).is_(False), column != "").distinct()
    return list(session.scalars(query.order_by(column).limit(limit)))


def owners(session: Session, limit: int) -> list[str]:
    """Return the names of the users who have tasks, by name."""
    having = select(_task.owner_id).where(col(_task.canary).is_(False)).distinct()
    query = select(User.name).where(col(User.id).in_(having)).order_by(User.name)
    return list(session.scalars(query.limit(limit)))


def _conditions(session: Session, search: TaskSearch, owner_id: str | None) -> list[Condition]:
    found: list[Condition] = [col(_task.canary).is_(False)]
    found += [_named(session, text) for text in search.names]
    if search.statuses:
        found.append(col(_task.status).in_(search.statuses))
    if search.owners:
        ids = select(User.id).where(col(User.name).in_(search.owners))
        found.append(col(_task.owner_id).in_(ids))
    if search.specs:
        found.append(col(_task.spec).in_(search.specs))
    if search.packages:
        found.append(col(_task.package).in_(search.packages))
    if owner_id is not None:
        found.append(_task.owner_id == owner_id)  # type: ignore[arg-type]
    return found


def _named(session: Session, text: str) -> Condition:
    """In any case of ASCII letters: what LIKE is on SQLite by itself, and quicker than ``lower``
    on each name."""
    name = col(_task.name)
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return (name.contains if on_sqlite else name.icontains)(text, autoescape=True)


def _order(order: TaskOrder, now: datetime | None) -> list[UnaryExpression[Any]]:
    """Return by what to sort. Equal ones stand with the newest first, whichever way."""
    by = _sorted_by(order.key, now)
    first = by.desc() if order.descending else by.asc()
    if order.key is SortKey.CREATED:
        return [first, col(_task.id).asc()]
    return [first, col(_task.created_at).desc(), col(_task.id).asc()]


def _sorted_by(key: SortKey, now: datetime | None) -> ColumnElement[Any]:
    if key is SortKey.PROGRESS:
        done = col(_task.succeeded) + col(_task.failed)
        return case((col(_task.found) > 0, done * 1.0 / col(_task.found)), else_=-1.0)
    if key is SortKey.DURATION and now is not None:
        lasted = now.timestamp() - extract("epoch", col(_task.created_at))
        return case((col(_task.took_s).is_not(None), col(_task.took_s)), else_=lasted)
    return _COLUMNS[key]
