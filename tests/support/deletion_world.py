"""A store with people and a volume, a cluster in memory, and the loops that carry out deletions."""

from __future__ import annotations

from pathlib import Path

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.deletion_reconciler import DeletionReconciler
from inference_ui.backend.models.account import Actor, Role, User
from inference_ui.backend.models.catalog import Volume
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskEvent
from inference_ui.backend.models.task_search import TaskSearch, TaskSelection
from inference_ui.backend.reconciler import Reconciler
from inference_ui.backend.services.again import Again
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.deletions import Deletions
from inference_ui.backend.services.task_list import TaskList
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.store import tasks as task_queries
from tests.support.samples import NOW, a_plan, a_task

LIN, ZHOU = Actor("lin", "林岚", Role.USER), Actor("zhou", "zhou", Role.USER)
ADMIN, GUEST = Actor("admin", "admin", Role.ADMINISTRATOR), Actor("guest", "guest", Role.VIEWER)
EVERYTHING = TaskSelection(search=TaskSearch())


class World:
    """A store with four people and a volume, a cluster in memory, and both reconcilers."""

    def __init__(self, store, folder: Path):
        self.store, self.now = store, NOW
        self.volume = folder / "results"
        self.volume.mkdir()
        self.cluster = MemoryCluster(now=self.unix_time)
        self.changes = Changes()
        self.told: list[frozenset[str]] = []
        self.changes.subscribe(self.told.append)
        task_list = TaskList(store, self.changes)
        self.tasks = Tasks(store, self.cluster, self.changes, now=self.time)
        self.again = Again(store, self.tasks, self.changes, now=self.time)
        self.deletions = Deletions(store, self.cluster, task_list, self.changes, now=self.time)
        self.restart()
        with store.write() as session:
            for one in (LIN, ZHOU, ADMIN, GUEST):
                session.add(User(id=one.id, name=one.name, role=one.role))
            session.flush()
            session.add(Volume(id="v", name="results", owner_id="admin", root=str(self.volume)))

    def time(self):
        return self.now

    def unix_time(self):
        return self.now.timestamp()

    def restart(self):
        self.reconciler = Reconciler(self.store, self.cluster, now=self.time)
        self.loop = DeletionReconciler(self.store, self.cluster, now=self.time)

    def add(self, name: str, owner: Actor = LIN, status: str = "SUCCEEDED", **values) -> str:
        """Add a task with an output folder of two files."""
        folder = self.volume / name
        (folder / "deep").mkdir(parents=True)
        (folder / "result.ndjson").write_bytes(b"12345")
        (folder / "deep" / "one.json").write_bytes(b"1")
        changes = {"output_folder": str(folder)} | values.pop("plan", {})
        ended = {"end_reason": EndReason.COMPLETED, "ended_at": NOW, "succeeded": 2}
        task = a_task(
            id=f"id{name}",
            name=name,
            owner_id=owner.id,
            status=status,
            plan=a_plan(**changes),
            **(ended if status == "SUCCEEDED" else {}),
            **values,
        )
        with self.store.write() as session:
            session.add(task)
            session.flush()
            session.add(TaskEvent(task_id=task.id, owner_id=owner.id, attempt=1, code="SUBMITTED"))
        return task.id

    def request(self, actor: Actor, *ids: str, **options):
        return self.deletions.request(actor, TaskSelection(ids), **options)

    def settle(self):
        """Let everything come to its end; return what was told."""
        told = frozenset()
        for _ in range(20):
            changed = self.reconciler.run_once() | self.loop.run_once()
            if not changed:
                return told
            told |= changed
        raise AssertionError("it never ends")

    def ids(self) -> set[str]:
        with self.store.read() as session:
            return set(session.scalars(task_queries.select(InferenceTask.id)))

    def view(self, deletion, actor: Actor = LIN):
        return self.deletions.view(actor, deletion.id).view

    def reasons(self, deletion, actor: Actor = LIN) -> dict[str, str]:
        found = self.deletions.view(actor, deletion.id).entries
        return {one.task_id: one.problem.code for one in found if one.problem}
