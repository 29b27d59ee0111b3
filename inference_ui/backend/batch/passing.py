"""One pass over the dataset: everything that a feed has goes through the workers to the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

from inference_ui.backend.batch.endpoints import Discovery, pause
from inference_ui.backend.batch.feed import Feed
from inference_ui.backend.batch.messages import Done
from inference_ui.backend.batch.nursery import Nursery
from inference_ui.backend.batch.plan import Plan
from inference_ui.backend.batch.recorder import Recorder
from inference_ui.backend.batch.team import Team
from inference_ui.backend.batch.writer import Writer
from inference_ui.backend.records import WalkState

_TICK_S = 0.1
_WALK_PAUSE_S = 0.005


class Pass:
    """``run`` ends when every input of the feed is recorded, or :meth:`stop` was called and what
    was in flight has come to its end. ``recorded`` gets the lines that became safe."""

    def __init__(
        self,
        plan: Plan,
        nursery: Nursery,
        feed: Feed,
        writer: Writer,
        writers: Executor,
        discovery: Discovery | None,
        *,
        recorded: Callable[[Sequence[Done]], None],
        say: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._feed = feed
        self._discovery = discovery
        self._recorded = recorded
        self._recorder = Recorder(writer, writers, self._were_recorded)
        self._error: BaseException | None = None
        self._over = asyncio.Event()
        self._grace_s: float | None = None
        self._is_started = False
        self.team = Team(
            plan,
            nursery,
            feed,
            finished=self._recorder.add,
            changed=self._changed,
            failed=self._fail,
            say=say,
        )

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._grace_s is not None

    @property
    def waits_for_disk(self) -> bool:
        """Whether workers wait until lines are safe, or until the walk came further."""
        return self._recorder.is_behind or self.team.is_starved

    @property
    def waiting_for(self) -> str:
        """What no server answers with, when inputs wait for one; empty otherwise."""
        return self.team.waiting_for

    @property
    def state(self) -> WalkState:
        """What it is doing."""
        if self.stopping:
            return WalkState.STOPPING
        return WalkState.WAITING_FOR_SERVER if self.waiting_for else WalkState.RUNNING

    def stop(self, grace_s: float) -> None:
        """Begin no new request; those in flight may take ``grace_s`` seconds more."""
        self._grace_s = grace_s
        if self._is_started:
            self.team.stop(grace_s)
        self._changed()

    async def run(self) -> None:
        """Move everything. Raises what went wrong in any part, ``CannotGoOn`` among it."""
        asyncio.get_running_loop().set_exception_handler(self._went_wrong)
        ended = asyncio.Event()
        recording = asyncio.create_task(self._recorder.run())
        beside = [asyncio.create_task(self._tick(ended))]
        for part in (recording, *beside):
            part.add_done_callback(self._part_ended)
        try:
            await self._start(beside, ended)
            await self._over.wait()
            if self._error is None:
                self._recorder.end()
                await recording
        finally:
            ended.set()
            recording.cancel()
            await self.team.close()  # first: one of those beside may wait for it
            await asyncio.gather(recording, *beside, return_exceptions=True)
        if self._error is not None:
            raise self._error

    async def _start(self, beside: list[asyncio.Task[None]], ended: asyncio.Event) -> None:
        if self.stopping:
            self._over.set()
            return
        if self._discovery is None:
            self.team.use(self._plan.job.endpoints)
        else:
            watching = asyncio.create_task(self._discovery.watch(self.team.use, ended))
            watching.add_done_callback(self._part_ended)
            beside.append(watching)
        # Where nothing is left to do, no worker is started and no server asked.
        while not await asyncio.to_thread(self._feed.prepare) and not self._feed.exhausted:
            await pause(_WALK_PAUSE_S, ended)
        if not self._feed.exhausted and not self.stopping:
            await self.team.start()
        self._is_started = True
        if self._grace_s is not None:
            self.team.stop(self._grace_s)
        self._changed()

    async def _tick(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self.team.look()
            self._changed()
            await pause(_TICK_S, ended)

    def _changed(self) -> None:
        """Something came or ended: give out more, and notice the end."""
        if not self._is_started or self._over.is_set():
            return
        if not self._recorder.is_behind:
            self.team.give()
        if self.team.is_finished:
            self._over.set()

    def _were_recorded(self, batch: Sequence[Done]) -> None:
        self._recorded(batch)
        self._changed()

    def _part_ended(self, part: asyncio.Task[None]) -> None:
        if not part.cancelled() and (error := part.exception()):
            self._fail(error)

    def _went_wrong(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._fail(context.get("exception") or RuntimeError(context["message"]))

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._over.set()
