"""The page of one task: what it shows, which of its logs, and asking it to stop."""

from __future__ import annotations

import time
from dataclasses import fields

import reflex as rx

from inference_ui.backend.errors import NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.context import actor, product
from inference_ui.rows.bounds import BoundRow
from inference_ui.rows.chart import ChartRow
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.events import AttemptRow
from inference_ui.rows.failures import FailureRow
from inference_ui.rows.logs import LogRow, attempt_key, attempt_of, kept
from inference_ui.rows.plan import PlanRow
from inference_ui.rows.replicas import ReplicaRow
from inference_ui.rows.task import StandRow, TaskRows, task_rows
from inference_ui.rows.timeline import StepRow
from inference_ui.rows.verdict import VerdictRow
from inference_ui.state import live

OF_CLUSTER = frozenset({"replicas", "ready"})


class TaskState(rx.State):
    """State of one task's page. ``shown`` is the id of the task whose rows these are."""

    shown: str = ""
    missing: bool = False
    gone: MessageRow = MessageRow()
    asking: bool = False
    server_now: float = 0.0

    plan: PlanRow = PlanRow()
    stand: StandRow = StandRow()
    verdict: VerdictRow = VerdictRow()
    steps: list[StepRow] = []
    chart: ChartRow = ChartRow()
    bound: BoundRow = BoundRow()
    causes: list[FailureRow] = []
    replicas: list[ReplicaRow] = []
    ready: int = 0
    log: LogRow = LogRow()
    history: list[AttemptRow] = []
    evidence_of: str = ""
    evidence: str = ""

    _log_wish: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the task of the address, and follow it from now on."""
        task_id = self.task_id
        await live.watch(self, task_id)
        if self.shown != task_id:
            self.reset()
        await self._read(task_id)
        self.shown, self.asking, self.server_now = task_id, False, time.time()

    @rx.event
    async def reload(self) -> None:
        """Read the task again."""
        if self.shown and not self.missing:
            await self._read(self.shown)

    @rx.event
    async def show_log(self, key: str) -> None:
        """Show the log of a replica, of any attempt, and stay with it."""
        if self._log_wish != key:
            self._log_wish = key
            await self.reload()

    @rx.event
    async def show_attempt(self, attempt: str) -> None:
        """Show the logs of an attempt."""
        await self.show_log(attempt_key(self.shown, attempt))

    @rx.event
    def ask(self) -> None:
        """Ask whether the task shall stop."""
        self.asking = True

    @rx.event
    def dismiss(self) -> None:
        """Leave the task as it is."""
        self.asking = False

    @rx.event
    async def stop(self) -> None:
        """Ask the task to stop."""
        self.asking = False
        user, tasks, task_id = actor(), product().tasks, self.shown
        await rx.run_in_thread(lambda: tasks.stop(user, task_id))
        await self.reload()

    async def _read(self, task_id: str) -> None:
        user, wish = actor(), self._log_wish
        try:
            rows = await rx.run_in_thread(lambda: _rows(user, task_id, wish))
        except NotFound:
            deletions = product().deletions
            told = await rx.run_in_thread(lambda: deletions.gone(user, task_id))
            self.missing, self.gone = True, message_row(told)
        else:
            self._show(rows)

    def _show(self, rows: TaskRows) -> None:
        """Assign what differs: what is assigned is sent to the tab, equal or not. While the cluster
        cannot be asked, what was seen of it last stays."""
        stay = OF_CLUSTER if rows.verdict.code == "UNSEEN" else frozenset()
        if kept(self.log, rows.log, self._log_wish):
            stay |= {"log"}
        for row in fields(rows):
            value = getattr(rows, row.name)
            if row.name not in stay and getattr(self, row.name) != value:
                setattr(self, row.name, value)


def _rows(user: Actor, task_id: str, log_wish: str) -> TaskRows:
    tasks, logs = product().tasks, product().logs
    view, current = tasks.view(user, task_id), logs.of(user, task_id)
    attempt = attempt_of(log_wish)
    other = attempt is not None and attempt != current.attempt
    shown = logs.of(user, task_id, attempt) if other else current
    return task_rows(view, current, user, time.time(), log_wish, shown)
