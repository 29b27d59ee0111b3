"""Putting a new task into the queue: its output folder is made, then its row, or neither."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from inference_ui.backend.errors import Conflict, InvalidFields, Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.service import ServiceWish
from inference_ui.backend.models.task import InferenceTask, TaskEvent, TaskPlan
from inference_ui.backend.services.names import clean_name
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Session, Store


def new_task(actor: Actor, name: str, plan: TaskPlan, now: datetime) -> InferenceTask:
    """Return the row of a task that is to be submitted."""
    shared = plan.server if isinstance(plan.server, Shared) else None
    return InferenceTask(
        name=clean_name(name),
        owner_id=actor.id,
        plan=plan,
        created_at=now,
        status_since=now,
        service_id=shared.service_id if shared else None,
    )


def submit(store: Store, task: InferenceTask, actor: Actor, now: datetime) -> None:
    """Make the output folder, which reserves it, and insert the task.

    Raises :class:`InvalidFields` where the name or the folder is taken, or the folder cannot be
    made, and :class:`Conflict` where the online service has just been stopped, or the task that
    it goes on from is being deleted.
    """
    folder = Path(task.plan.output_folder)
    _reserve(folder, in_new=task.canary)
    try:
        with store.write() as session:
            if queries.name_taken(session, task.name):
                raise InvalidFields({"name": Message("NAME_TAKEN", {"name": task.name})})
            hold_service(session, task)
            hold_since(session, task.plan)
            session.add(task)
            session.flush()
            session.add(event(task, actor, "SUBMITTED", now))
    except BaseException:
        folder.rmdir()
        raise


def hold_service(session: Session, task: InferenceTask) -> None:
    """Make sure that the task's online service is there and not to be stopped, until the session
    ends. Raises :class:`Conflict`."""
    if task.service_id is None:
        return
    service = online_queries.locked(session, task.service_id)
    if service is None or service.wish == ServiceWish.DELETE:
        raise Conflict("SERVICE_GONE")
    if service.wish != ServiceWish.RUN:
        raise Conflict("SERVICE_STOPPED", service=service.name)


def hold_since(session: Session, plan: TaskPlan) -> None:
    """Make sure that the task which a plan goes on from is not being deleted: its results may go.
    From now on they stay, since a deletion waits for unfinished tasks that read them.

    Raises :class:`Conflict`.
    """
    earlier = session.get(InferenceTask, plan.since.task_id) if plan.since else None
    if earlier is not None and earlier.deletion_id is not None:
        raise Conflict("SINCE_DELETING", name=earlier.name)


def event(task: InferenceTask, actor: Actor, code: str, at: datetime) -> TaskEvent:
    """Return the event that ``actor`` did something to the task."""
    return TaskEvent(task_id=task.id, owner_id=actor.id, at=at, attempt=task.attempt, code=code)


def _reserve(folder: Path, *, in_new: bool) -> None:
    """Make the output folder; whoever makes it first has it. With ``in_new`` the one that it lies
    in is made too where it lacks.

    Raises :class:`InvalidFields`: for the name when it is taken there, else for the volume.
    """
    try:
        if in_new:
            folder.parent.mkdir(exist_ok=True)
        folder.mkdir()
    except FileExistsError as error:
        problem = Message("OUTPUT_EXISTS", {"folder": str(folder)})
        raise InvalidFields({"name": problem}) from error
    except OSError as error:
        details = {"folder": str(folder), "error": error.strerror}
        raise InvalidFields({"volume_id": Message("OUTPUT_NOT_WRITABLE", details)}) from error
