"""Again: a task that ended goes on or tries its failed items again in place, or is run anew, or
fills in the create form."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, Message
from inference_ui.backend.failure_kinds import just
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.servers import Owned, Shared
from inference_ui.backend.models.task import InferenceTask, TaskPlan, TaskStatus
from inference_ui.backend.services.changes import Changes, moved
from inference_ui.backend.services.deletion_checks import refuse_deleting
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.services.failures import recorded_groups
from inference_ui.backend.services.folders import dataset_problem, output_problem
from inference_ui.backend.services.names import MAX_NAME
from inference_ui.backend.services.submitting import (
    event,
    hold_service,
    hold_since,
    new_task,
    submit,
)
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store


class Again:
    """What can be done with a task that is there already. Reads it through ``tasks``."""

    def __init__(
        self,
        store: Store,
        tasks: Tasks,
        changes: Changes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._changes = changes
        self._now = now

    def resume(self, actor: Actor, task_id: str) -> InferenceTask:
        """Go on with a task that ended before all its items had a line: a new attempt.

        Raises :class:`NotFound`, :class:`Forbidden` for somebody else's task, :class:`Conflict`
        when it has not ended, has nothing left to do, or is being deleted.
        """
        task = self._ended(actor, task_id)
        if not can_resume(task):
            raise Conflict("NOTHING_TO_RESUME", name=task.name)
        return self._begin(actor, task, "RESUMED", retry_failed=False)

    def retry_failed(self, actor: Actor, task_id: str, causes: Sequence[str] = ()) -> InferenceTask:
        """Try the failed items of an ended task again (and what it has not done): a new attempt.

        With ``causes``, names of groups of failures, only the items in these; the other failed
        ones keep their lines. Raises as :meth:`resume` does; :class:`Conflict` too when nothing
        failed, or there is no such group (any more).
        """
        task = self._ended(actor, task_id)
        if not task.failed:
            raise Conflict("NOTHING_FAILED", name=task.name)
        groups = {group.name: group for group in recorded_groups(task)} if causes else {}
        if not groups.keys() >= set(causes):
            raise Conflict("FAILURES_GONE", name=task.name)
        chosen = just(causes, groups)
        return self._begin(
            actor,
            task,
            "RETRIED",
            retry_failed=True,
            retry_causes=list(chosen) or None,
            args={"items": sum(groups[key].count for key in set(causes))} if causes else {},
        )

    def run_again(self, actor: Actor, task_id: str) -> InferenceTask:
        """Create a new task that does the same with exactly what this one ran, under the first
        free name of ``name-2``, ``name-3``, …

        Raises :class:`NotFound`, :class:`Forbidden` for viewers, :class:`InvalidFields` when the
        dataset or the volume is not there any more.
        """
        task = self._tasks.get(actor, task_id)
        if not actor.may_create:
            raise Forbidden("VIEWERS_ONLY_LOOK")
        _check_since(task)
        name = self._free_name(actor, task)
        root = Path(task.plan.output_folder).parent
        self._check_folders(task.plan, root, name)
        plan = task.plan.model_copy(update={"output_folder": str(root / name)})
        made = new_task(actor, name, plan, self._now())
        submit(self._store, made, actor, self._now())
        self._changes.publish(moved(made.id))
        return made

    def draft_of(self, actor: Actor, task_id: str) -> TaskDraft:
        """Return what the create form would have held for a task, under a free name.

        Values of secret variables are in it: they are for :meth:`Tasks.create`, not for a browser.
        Raises :class:`NotFound`.
        """
        task = self._tasks.get(actor, task_id)
        plan, server = task.plan, task.plan.server
        owned = server if isinstance(server, Owned) else None
        return TaskDraft(
            name=self._free_name(actor, task),
            dataset_id=plan.dataset_id,
            volume_id=plan.volume_id,
            service_type=str(server.package.service_type),
            service_id=server.service_id if isinstance(server, Shared) else "",
            package_id=server.package.id if owned else "",
            spec_id=owned.spec.id if owned else "",
            node_count=owned.node_count if owned else 1,
            environment=dict(owned.environment) if owned else {},
            parameters=dict(owned.parameters) if owned else {},
            nodes=owned.placement.nodes if owned else (),
            driver_version=(owned.placement.driver_version or "") if owned else "",
            input_kind=plan.input_kind,
            prompt=plan.prompt,
            max_failed=plan.max_failed,
            item_timeout_s=plan.item_timeout_s,
            retries=plan.retries,
            since_task_id=plan.since.task_id if plan.since else "",
        )

    def _ended(self, actor: Actor, task_id: str) -> InferenceTask:
        task = self._tasks.get(actor, task_id)
        if not actor.owns(task.owner_id):
            raise Forbidden("NOT_YOUR_TASK", name=task.name)
        if not TaskStatus(task.status).ended:
            raise Conflict("TASK_NOT_ENDED", name=task.name)
        problem = dataset_problem(Path(task.plan.dataset_folder), task.plan.input_kind)
        if problem is not None:
            raise Conflict(problem.code, **problem.args)
        _check_since(task)
        return task

    def _begin(
        self,
        actor: Actor,
        task: InferenceTask,
        code: str,
        *,
        retry_failed: bool,
        retry_causes: list[str] | None = None,
        args: dict[str, Any] | None = None,
    ) -> InferenceTask:
        now = self._now()
        values: dict[str, Any] = {
            "status": TaskStatus.QUEUED,
            "status_since": now,
            "attempt": task.attempt + 1,
            "retry_failed": retry_failed,
            "retry_causes": retry_causes,
            "waiting_for": None,
            "stop_requested_at": None,
            "stop_requested_by": None,
            "end_reason": None,
            "end_detail": None,
            "ended_at": None,
            "took_s": None,
            "running_since": None,
            "progress_at": None,
        }
        with self._store.write() as session:
            refuse_deleting(session, task.id)
            hold_service(session, task)
            hold_since(session, task.plan)
            if not queries.begin_attempt(session, task, values):
                raise Conflict("TASK_NOT_ENDED", name=task.name)
            begun = event(task, actor, code, now)
            begun.attempt = task.attempt + 1
            begun.args = args or {}
            session.add(begun)
        self._changes.publish(moved(task.id))
        return self._tasks.get(actor, task.id)

    def _free_name(self, actor: Actor, task: InferenceTask) -> str:
        """Return the task's name with the first number that makes name and folder free."""
        root = Path(task.plan.output_folder).parent
        for number in itertools.count(2):
            ending = f"-{number}"
            name = task.name[: MAX_NAME - len(ending)].rstrip() + ending
            free = self._tasks.name_problem(actor, name) is None
            if free and not (root / name).exists():
                return name
        raise AssertionError("there is always another number")

    def _check_folders(self, plan: TaskPlan, root: Path, name: str) -> None:
        problems: dict[str, Message] = {}
        dataset = dataset_problem(Path(plan.dataset_folder), plan.input_kind)
        if dataset is not None:
            problems["dataset_id"] = dataset
        output = output_problem(root, name)
        if output is not None:
            problems["volume_id"] = output
        if problems:
            raise InvalidFields(problems)


def _check_since(task: InferenceTask) -> None:
    """A task that leaves out what an earlier one did would do all of it when that one's results are
    gone. Raises :class:`Conflict`."""
    since = task.plan.since
    if since is not None and not Path(since.output_folder).is_dir():
        raise Conflict("SINCE_GONE", name=task.name, earlier=since.task_name)


def can_resume(task: InferenceTask) -> bool:
    """Whether an ended task may have items without a line: it did not come to its end, or not all
    that it found has one."""
    if not TaskStatus(task.status).ended:
        return False
    undone = task.found is None or task.succeeded + task.failed < task.found
    return undone or task.status != TaskStatus.SUCCEEDED
