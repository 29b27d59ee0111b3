"""Queries over online services, their saved logs, and the tasks that go through them."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, delete, select, update

from inference_ui.backend.models.service import OnlineService, ServiceLog
from inference_ui.backend.models.task import ENDED, InferenceTask


def services(session: Session) -> list[OnlineService]:
    """Return all online services, by name."""
    return list(session.exec(select(OnlineService).order_by(OnlineService.name)))


def locked(session: Session, service_id: str) -> OnlineService | None:
    """Return a service that nobody else changes until the session ends."""
    query = select(OnlineService).where(OnlineService.id == service_id).with_for_update()
    return session.exec(query).first()


def name_taken(session: Session, name: str) -> bool:
    """Tell whether a service has that name."""
    query = select(OnlineService.id).where(OnlineService.name == name)
    return session.exec(query).first() is not None


def tasks_through(session: Session, service_id: str) -> list[InferenceTask]:
    """Return the tasks that go through a service and have not ended, the oldest first."""
    query = (
        select(InferenceTask)
        .where(
            InferenceTask.service_id == service_id,
            col(InferenceTask.status).not_in(ENDED),
        )
        .order_by(col(InferenceTask.created_at), col(InferenceTask.id))
    )
    return list(session.exec(query))


def change(session: Session, service: OnlineService, values: Mapping[str, Any]) -> bool:
    """Change a service if its status, wish and start are still those that ``service`` says.

    Returns whether they were; when not, nothing is changed: somebody else was faster.
    """
    result = session.exec(
        update(OnlineService)
        .where(
            col(OnlineService.id) == service.id,
            col(OnlineService.status) == service.status,
            col(OnlineService.wish) == service.wish,
            col(OnlineService.attempt) == service.attempt,
        )
        .values(**values)
    )
    return result.rowcount == 1


def remove(session: Session, service: OnlineService) -> bool:
    """Delete a service that is still wished away, with its logs; tell whether it was."""
    result = session.exec(
        delete(OnlineService).where(
            col(OnlineService.id) == service.id, col(OnlineService.wish) == service.wish
        )
    )
    return result.rowcount == 1


def saved_logs(session: Session, service_id: str, attempt: int) -> list[ServiceLog]:
    """Return the saved logs of a service's start."""
    query = select(ServiceLog).where(
        ServiceLog.service_id == service_id, ServiceLog.attempt == attempt
    )
    return list(session.exec(query.order_by(ServiceLog.replica)))
