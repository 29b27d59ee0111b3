"""The traffic of a worker: inputs in, requests out, records on. Lives in the event loop.

``pump`` is the only place that starts requests. It is called whenever something may be possible
that was not before: inputs came, a request ended, a server came back, a delay is over.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable

from inference_ui.backend.batch.balance import Balancer
from inference_ui.backend.batch.items import Finished, Input, Item
from inference_ui.backend.batch.offload import THREADS, Offload
from inference_ui.backend.batch.outbox import Outbox
from inference_ui.backend.batch.reading import Opened, Reader
from inference_ui.backend.batch.sender import Sender
from inference_ui.backend.batch.work import Work

_AHEAD = 8
_OPEN_AHEAD = 64
"""Files that are open before they are read, so that the disk has time to bring them."""
_MEMORY = 1 / 8
MAX_HELD_BYTES = 128 << 20


class Flow:
    """Moves inputs through. ``quiet`` is called when, after :meth:`stop`, nothing is in flight any
    more, ``give_back`` with an item that cannot be sent alone here."""

    def __init__(
        self,
        work: Work,
        reader: Reader,
        balancer: Balancer,
        sender: Sender,
        outbox: Outbox,
        *,
        quiet: Callable[[], None],
        give_back: Callable[[Item], None],
    ) -> None:
        self._work = work
        self._balancer = balancer
        self._sender = sender
        self._outbox = outbox
        self._quiet = quiet
        self._give_back = give_back
        self._reader = reader
        self._opened: deque[Opened] = deque()
        self._reads: Offload[Input | Opened, Item | Finished] = Offload(reader.read)
        self._typical_bytes = 0.0
        self._alone: Item | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._is_pumping = False
        self._is_quiet = False
        self.stopping = False

    @property
    def is_waiting(self) -> bool:
        """Whether items wait because no server answers."""
        has_items = self._work.ready > 0 or self._alone is not None
        return has_items and not self._sender.in_flight and not self._balancer.any_in

    @property
    def spent_s(self) -> float:
        """Seconds that reading took so far."""
        return self._reads.spent_s

    @property
    def opened(self) -> int:
        """How many inputs are open and not read yet."""
        return len(self._opened)

    def take(self, inputs: list[Input]) -> None:
        """Take over inputs."""
        self._work.take_over(inputs)
        self.pump()

    def send_alone(self, given: Input) -> None:
        """Send an input to the reserved endpoint, with no other beside it."""

        def read(outcome: Item | Finished) -> None:
            if isinstance(outcome, Item):
                self._work.held += 1
                self._work.held_bytes += len(outcome.body)
                self._alone = outcome
            else:
                self._outbox.add(outcome)
            self.pump()

        self._reads.call(given, read)

    def stop(self, grace_s: float) -> None:
        """Begin no new request; those in flight may take ``grace_s`` seconds more."""
        self.stopping = True
        if self._grace is not None:
            self._grace.cancel()
        self._grace = asyncio.get_running_loop().call_later(grace_s, self._cut)
        self.pump()

    def close(self) -> None:
        """Let go of timers and threads."""
        for timer in (self._timer, self._grace):
            if timer is not None:
                timer.cancel()
        for opened in self._opened:
            os.close(opened.descriptor)
        self._reads.close()
        self._outbox.close()

    def pump(self) -> None:
        """Start every request that can be started, and notice the end."""
        if self._is_pumping:
            return
        self._is_pumping = True
        try:
            if not self.stopping:
                self._send()
            elif not self._sender.in_flight and not self._outbox.is_writing and not self._is_quiet:
                self._is_quiet = True
                self._quiet()
        finally:
            self._is_pumping = False

    def _send(self) -> None:
        work, balancer, sender = self._work, self._balancer, self._sender
        self._wait_until(work.due(asyncio.get_running_loop().time()))
        if self._alone is not None:
            self._send_the_one(self._alone)
        if self._outbox.is_behind:
            return
        self._read_ahead()
        while work.ready and (endpoint := balancer.take()):
            sender.send(work.take(), endpoint)
            if not work.ready:
                self._read_ahead()
        if not work.ready:
            balancer.found_nothing()

    def _send_the_one(self, item: Item) -> None:
        if self._balancer.is_reserved_lost:  # it came back under another URL, perhaps
            self._alone = None
            self._give_back(item)
        elif endpoint := self._balancer.take_reserved():
            self._alone = None
            self._sender.send(item, endpoint)

    def _read_ahead(self) -> None:
        work, reads, opened = self._work, self._reads, self._opened
        if not reads.is_slow and len(opened) < _OPEN_AHEAD // 2:
            self._open_ahead()
        enough = 2 * (self._balancer.capacity + THREADS) if reads.is_slow else _AHEAD
        while (
            (opened or work.unread) and work.ready + reads.pending < enough and self._has_memory()
        ):
            reads.call(opened.popleft() if opened else work.next_unread(), self._read)

    def _has_memory(self) -> bool:
        """Whether one input more may be held; those that are being read are as large as others."""
        work, pending = self._work, self._reads.pending
        if not work.held and not pending:
            return True
        if not self._typical_bytes and pending >= 2 * THREADS:
            return False  # nothing is known of their size yet
        return work.held_bytes + pending * self._typical_bytes < MAX_HELD_BYTES

    def _open_ahead(self) -> None:
        work, opened = self._work, self._opened
        while work.unread and len(opened) < _OPEN_AHEAD and not self._reads.is_slow:
            started = time.perf_counter()
            outcome = self._reader.open(work.next_unread())
            self._reads.note(time.perf_counter() - started)
            if isinstance(outcome, Opened):
                opened.append(outcome)
            else:
                self._outbox.add(outcome)

    def _read(self, outcome: Item | Finished) -> None:
        if isinstance(outcome, Item):
            self._work.add(outcome)
            self._typical_bytes += (len(outcome.body) - self._typical_bytes) * _MEMORY
        else:
            self._outbox.add(outcome)
        if not self._is_pumping:  # it was read in a thread
            self.pump()

    def _wait_until(self, due: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            self._timer = asyncio.get_running_loop().call_at(due, self.pump)

    def _cut(self) -> None:
        """End what is in flight: its time is over, and it is simply done again another time."""
        self._sender.drop()
        self.pump()
