"""The traffic of a run: inputs in, requests out, records on. Lives in the event loop.

``pump`` is the only place that starts requests. It is called whenever something may be possible
that was not before: an item was read, a request ended, a server came back, a delay is over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

from inference_ui.backend.batch.balance import Balancer, Endpoint
from inference_ui.backend.batch.feed import Feed
from inference_ui.backend.batch.items import Item
from inference_ui.backend.batch.recorder import Recorder
from inference_ui.backend.batch.work import Work

_READ_COUNT = 64
_HELD_COUNT = 512
_HELD_BYTES = 256 << 20
_WALK_PAUSE_S = 0.02

Send = Callable[[Item, Endpoint], Coroutine[Any, Any, None]]


class Flow:
    """Moves every undone input through. ``run`` ends when all are recorded or :meth:`stop` was
    called and what was in flight has come to its end."""

    def __init__(
        self,
        feed: Feed,
        work: Work,
        balancer: Balancer,
        recorder: Recorder,
        send: Send,
        readers: Executor,
    ) -> None:
        self._feed = feed
        self._work = work
        self._balancer = balancer
        self._recorder = recorder
        self._send = send
        self._readers = readers
        self._requests: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._room = asyncio.Event()
        self._error: BaseException | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._all_read = False
        self.stopping = False

    @property
    def in_flight(self) -> int:
        """How many requests are out."""
        return len(self._requests)

    @property
    def is_waiting(self) -> bool:
        """Whether items wait because no server answers."""
        return self._work.ready > 0 and not self._requests and not self._balancer.any_in

    async def run(self) -> None:
        """Move everything. Raises what went wrong in any part, ``CannotGoOn`` among it."""
        parts = [asyncio.create_task(self._read_on()), asyncio.create_task(self._recorder.run())]
        for part in parts:
            self.depend_on(part)
        try:
            await self._over.wait()
            if self._error is None:
                self._recorder.end()
                await parts[1]
        finally:
            for task in (*parts, *self._requests):
                task.cancel()
            await asyncio.gather(*parts, *self._requests, return_exceptions=True)
            for timer in (self._timer, self._grace):
                if timer is not None:
                    timer.cancel()
        if self._error is not None:
            raise self._error

    def stop(self, grace_s: float) -> None:
        """Begin no new request; those in flight may take ``grace_s`` seconds more."""
        self.stopping = True
        if self._grace is not None:
            self._grace.cancel()
        self._grace = asyncio.get_running_loop().call_later(grace_s, self._cut)
        self._room.set()
        self.pump()

    def depend_on(self, part: asyncio.Task[None]) -> None:
        """End with the error of a task, should it have one."""
        part.add_done_callback(self._part_ended)

    def pump(self) -> None:
        """Start every request that can be started, and notice the end."""
        if self._over.is_set():
            return
        work, balancer = self._work, self._balancer
        self._wait_until(work.due(time.monotonic()))
        if not self.stopping and not self._recorder.is_behind:
            while work.next_alone() and (endpoint := balancer.take_alone()):
                self._start(work.take_alone(), endpoint)
            while work.has_ready and (endpoint := balancer.take()):
                self._start(work.take(), endpoint)
        if not self._has_enough():
            self._room.set()
        if not self._requests and (self.stopping or (self._all_read and not work.held)):
            self._over.set()

    def _start(self, item: Item, endpoint: Endpoint) -> None:
        request = asyncio.create_task(self._send(item, endpoint))
        self._requests.add(request)
        request.add_done_callback(self._request_ended)

    def _request_ended(self, request: asyncio.Task[None]) -> None:
        self._requests.discard(request)
        if not request.cancelled() and (error := request.exception()):
            self._fail(error)
        self.pump()

    def _part_ended(self, part: asyncio.Task[None]) -> None:
        if not part.cancelled() and (error := part.exception()):
            self._fail(error)
        self.pump()

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._over.set()

    def _cut(self) -> None:
        """End what is in flight: its time is over, and it is simply done again another time."""
        for request in self._requests:
            request.cancel()

    def _wait_until(self, due: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            delay = max(due - time.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self.pump)

    async def _read_on(self) -> None:
        """Keep enough items at hand, however quickly they go."""
        loop = asyncio.get_running_loop()
        while not self._feed.exhausted and not self.stopping:
            if self._has_enough():
                self._room.clear()
                await self._room.wait()
                continue
            reads = await loop.run_in_executor(
                self._readers, self._feed.take, _READ_COUNT, _HELD_BYTES // 4
            )
            for read in reads:
                if isinstance(read, Item):
                    self._work.add(read)
                else:
                    self._recorder.add(read)
            if not reads:
                await asyncio.sleep(_WALK_PAUSE_S)  # the walk has not come further yet
            self.pump()
        self._all_read = self._feed.exhausted

    def _has_enough(self) -> bool:
        enough = max(_HELD_COUNT, 2 * self._balancer.capacity)
        work = self._work
        return work.held >= enough or work.held_bytes >= _HELD_BYTES or self._recorder.is_behind
