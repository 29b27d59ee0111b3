"""Trying a draft on a few items before it is created: a canary, a small task of its own.

A canary runs the draft's settings on one node over the first inputs, and writes to a hidden folder
of the output volume. It stands in no list. A user has one at a time: the next one discards it, and
those that nobody looked at for a day go with anybody's next one.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from inference_ui.backend.errors import Conflict, Forbidden, NotFound, Refused, StoreError
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import new_id, utc_now
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.task import InferenceTask, TaskPlan, TaskStatus
from inference_ui.backend.records import SUMMARY, ItemStatus, Summary, read_record
from inference_ui.backend.results.items import ItemRow
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.drafts import CANARIES, CANARY_ITEMS, TaskDraft
from inference_ui.backend.services.folders import count_inputs
from inference_ui.backend.services.item_list import ItemList
from inference_ui.backend.services.names import MAX_NAME, clean_name
from inference_ui.backend.services.submitting import new_task, submit
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.store import tasks as queries
from inference_ui.backend.store.database import Store

COUNTED = 1_000_000
"""Inputs of a dataset are counted up to here for an estimate."""

_KEPT = timedelta(days=1)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CanaryView:
    """How a canary goes. ``items`` are the results so far. ``rate`` is in items per second on its
    one node, ``estimate_s`` how long all ``inputs`` would take on the draft's nodes; None before
    it has ended, and where nothing succeeded."""

    task: InferenceTask
    items: tuple[ItemRow, ...]
    ended: bool
    inputs: int | None = None
    rate: float | None = None
    estimate_s: float | None = None


class Canaries:
    """Starts, shows and discards canaries."""

    def __init__(
        self,
        store: Store,
        tasks: Tasks,
        items: ItemList,
        changes: Changes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._items = items
        self._changes = changes
        self._now = now

    def start(self, actor: Actor, draft: TaskDraft) -> InferenceTask:
        """Try the draft; an earlier canary of the same user is discarded, or stopped if it runs.

        Raises as :meth:`Tasks.create` does, and :class:`Conflict` while an earlier one still ends.
        """
        plan = self._tasks.plan(actor, draft)
        self._make_room(actor)
        id = new_id()
        task = new_task(actor, _name(draft.name, id), _small(plan, id), self._now())
        task.id, task.canary = id, True
        submit(self._store, task, actor, self._now())
        self._changes.publish(frozenset({task.id}))
        return task

    def view(self, actor: Actor, task_id: str, nodes: int = 1) -> CanaryView:
        """Return how a canary goes; ``nodes`` is how many the whole task would have.

        Raises :class:`NotFound`, also for a task that is no canary, and :class:`Forbidden` for
        somebody else's.
        """
        task = self._own(actor, task_id)
        ended = TaskStatus(task.status).ended
        try:
            items = self._items.page(actor, task_id, limit=CANARY_ITEMS).rows
        except (Refused, StoreError):
            items = ()
        if not ended:
            return CanaryView(task, items, ended=False)
        rate = _rate(task, items)
        inputs = count_inputs(Path(task.plan.dataset_folder), task.plan.input_kind, COUNTED)
        estimate = inputs / (rate * max(1, nodes)) if rate else None
        return CanaryView(task, items, True, inputs, rate, estimate)

    def stop(self, actor: Actor, task_id: str) -> None:
        """Ask a canary to stop. Raises as :meth:`view` does."""
        task = self._own(actor, task_id)
        if not TaskStatus(task.status).ended:
            self._tasks.stop(actor, task_id)

    def discard(self, actor: Actor) -> None:
        """Remove what the user's canaries wrote; those that run are stopped, and removed by the
        next call."""
        for task in self._of(actor):
            if TaskStatus(task.status).ended:
                self._remove(task)
            elif task.stop_requested_at is None:
                self._tasks.stop(actor, task.id)

    def _make_room(self, actor: Actor) -> None:
        self.discard(actor)
        self._discard_old()
        if any(not TaskStatus(task.status).ended for task in self._of(actor)):
            raise Conflict("CANARY_ENDS")

    def _discard_old(self) -> None:
        with self._store.read() as session:
            old = queries.canaries_before(session, self._now() - _KEPT)
        for task in old:
            self._remove(task)

    def _of(self, actor: Actor) -> list[InferenceTask]:
        with self._store.read() as session:
            return queries.canaries_of(session, actor.id)

    def _own(self, actor: Actor, task_id: str) -> InferenceTask:
        task = self._tasks.get(actor, task_id)
        if not task.canary:
            raise NotFound("TASK_UNKNOWN", id=task_id)
        if not actor.owns(task.owner_id):
            raise Forbidden("NOT_YOUR_TASK", name=task.name)
        return task

    def _remove(self, task: InferenceTask) -> None:
        folder = Path(task.plan.output_folder)
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            pass  # somebody cleared it away
        except OSError as error:
            _log.warning("%s could not be removed: %s", folder, error)
            return
        with self._store.write() as session:
            queries.remove(session, task.id)


def _small(plan: TaskPlan, id: str) -> TaskPlan:
    """Return the plan of a canary: few inputs, one node, a folder out of sight."""
    server = plan.server
    if isinstance(server, Owned):
        server = server.model_copy(update={"node_count": 1})
    folder = Path(plan.output_folder).parent / CANARIES / id
    return plan.model_copy(
        update={
            "server": server,
            "output_folder": str(folder),
            "limit": CANARY_ITEMS,
            "max_failed": None,
        }
    )


def _name(name: str, id: str) -> str:
    """Return a name that no other task has, by which people know the draft."""
    ending = f"~{id[:6]}"
    return clean_name(name)[: MAX_NAME - len(ending)] + ending


def _rate(task: InferenceTask, items: Sequence[ItemRow]) -> float | None:
    """Return how many items a second one node answers at least.

    So few items keep no server busy, and getting ready weighs on the run's own rate: an answer at
    a time is what the median says, and the run may have been quicker.
    """
    summary = read_record(Path(task.plan.output_folder) / SUMMARY, Summary)
    took = [item.ms for item in items if item.ms and item.status == ItemStatus.SUCCEEDED]
    if summary is None or not took:
        return None
    return max(summary.rate, 1000 / median(took))
