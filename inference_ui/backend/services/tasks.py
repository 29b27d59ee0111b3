"""Inference tasks: create, look at, stop. Users write intents here; the reconciler acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from inference_ui.backend.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
)
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.models.task import InferenceTask, TaskEvent, TaskPlan, TaskStatus
from inference_ui.backend.ports import Cluster, Observation, workload_name
from inference_ui.backend.records import PROGRESS, Progress, read_record
from inference_ui.backend.services.changes import Changes, moved
from inference_ui.backend.services.deletion_checks import refuse_deleting
from inference_ui.backend.services.drafts import DraftCheck, TaskDraft, plan_of, waiting_now
from inference_ui.backend.services.last_seen import LastSeen, last_seen
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.services.submitting import event, new_task, submit
from inference_ui.backend.services.workloads import service_workload_name
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store


@dataclass(frozen=True, slots=True)
class WorkloadLog:
    """The last lines of one replica; ``live`` while it still exists; ``cut``: there are more."""

    role: str
    replica: str
    text: str
    live: bool
    cut: bool = False


@dataclass(frozen=True, slots=True)
class TaskView:
    """All that the task's page shows. ``people`` are names by user id.

    ``server`` and ``client`` are what is seen of its workloads now, None once it has ended;
    ``last`` is how they were seen before their teardown. ``nodes`` are those of the cluster.
    ``unseen`` says why the cluster could not be asked; then nothing is known of any of these.
    """

    task: InferenceTask
    owner: str
    people: dict[str, str]
    events: tuple[TaskEvent, ...]
    progress: Progress | None
    server: Observation | None
    client: Observation | None = None
    last: LastSeen = field(default_factory=LastSeen)
    nodes: tuple[Node, ...] = ()
    unseen: Message | None = None


class Tasks:
    """Tasks and what is done with them. ``changes`` is told of everything that is written."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        changes: Changes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._changes = changes
        self._now = now
        self._nodes: Shared[tuple[Node, ...]] = Shared(changes)

    def name_problem(self, actor: Actor, name: str) -> Message | None:
        """Say what keeps a new task from having that name, or None."""
        problem = name_problem(name)
        if problem is not None:
            return problem
        with self._store.read() as session:
            taken = queries.name_taken(session, clean_name(name))
        return Message("NAME_TAKEN", {"name": clean_name(name)}) if taken else None

    def create(self, actor: Actor, draft: TaskDraft) -> InferenceTask:
        """Create a task and queue it; its output folder is made at once, which reserves it.

        Raises :class:`Forbidden`, :class:`InvalidFields` with a message for each wrong field.
        """
        plan = self.plan(actor, draft)
        task = new_task(actor, draft.name, plan, self._now())
        submit(self._store, task, actor, self._now())
        self._changes.publish(moved(task.id))
        return task

    def check(self, actor: Actor, draft: TaskDraft) -> DraftCheck:
        """Say what is wrong with each field of a draft, and what the task would have to wait for.

        Changes nothing. Raises :class:`Forbidden`.
        """
        _, problems = self._plan(actor, draft)
        with self._store.read() as session:
            return DraftCheck(problems, waiting_now(session, draft, self._cluster))

    def plan(self, actor: Actor, draft: TaskDraft) -> TaskPlan:
        """Return what a task of the draft would be created with; changes nothing.

        Raises as :meth:`create` does.
        """
        plan, problems = self._plan(actor, draft)
        if problems or plan is None:
            raise InvalidFields(problems)
        return plan

    def _plan(self, actor: Actor, draft: TaskDraft) -> tuple[TaskPlan | None, dict[str, Message]]:
        if not actor.may_create:
            raise Forbidden("VIEWERS_ONLY_LOOK")
        problems: dict[str, Message] = {}
        name = self.name_problem(actor, draft.name)
        if name is not None:
            problems["name"] = name
        with self._store.read() as session:
            return plan_of(session, draft, self._cluster, problems), problems

    def unfinished(self, actor: Actor) -> list[InferenceTask]:
        """Return all tasks that have not ended, the oldest first."""
        with self._store.read() as session:
            return queries.unfinished(session)

    def get(self, actor: Actor, task_id: str) -> InferenceTask:
        """Return a task. Raises :class:`NotFound`."""
        with self._store.read() as session:
            task = session.get(InferenceTask, task_id)
        if task is None:
            raise NotFound("TASK_UNKNOWN", id=task_id)
        return task

    def view(self, actor: Actor, task_id: str) -> TaskView:
        """Return all that the task's page shows. Raises :class:`NotFound`."""
        task = self.get(actor, task_id)
        with self._store.read() as session:
            events = tuple(queries.events(session, task_id))
            people = {event.owner_id for event in events} | {task.owner_id}
            names = account_queries.names_of(session, people)
        folder = Path(task.plan.output_folder)
        progress = read_record(folder / PROGRESS, Progress)
        server = client = unseen = None
        nodes: tuple[Node, ...] = ()
        try:
            nodes = self._nodes.get("all", self._cluster.nodes)
            if not TaskStatus(task.status).ended:
                server = self._cluster.observe(self._server_name(task))
                client = self._cluster.observe(workload_name(task.id, task.attempt, "client"))
        except ClusterError as error:
            server, unseen = None, error.message
        return TaskView(
            task,
            names.get(task.owner_id, ""),
            names,
            events,
            progress,
            server,
            client,
            last_seen(events, task.attempt),
            nodes,
            unseen,
        )

    def _server_name(self, task: InferenceTask) -> str:
        """Return the name of the workload that serves the task, its own or a service's."""
        if task.service_id is not None:
            with self._store.read() as session:
                service = session.get(OnlineService, task.service_id)
            if service is not None:
                return service_workload_name(service)
        return workload_name(task.id, task.attempt, "server")

    def stop(self, actor: Actor, task_id: str) -> None:
        """Ask for a task's end; what it has written is kept. Asking twice is asking once.

        Raises :class:`NotFound`, :class:`Forbidden` for somebody else's task, and
        :class:`Conflict` when it has ended already, or is being deleted.
        """
        task = self.get(actor, task_id)
        if not actor.owns(task.owner_id):
            raise Forbidden("NOT_YOUR_TASK", name=task.name)
        now = self._now()
        with self._store.write() as session:
            refuse_deleting(session, task_id)
            values = {"stop_requested_at": now, "stop_requested_by": actor.id}
            if queries.request_stop(session, task_id, values):
                session.add(event(task, actor, "STOP_REQUESTED", now))
            elif TaskStatus(self.get(actor, task_id).status).ended:
                raise Conflict("TASK_ENDED", name=task.name)
        self._changes.publish(moved(task_id))
