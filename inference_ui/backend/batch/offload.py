"""Short blocking calls beside the event loop: on the spot while they are quick, in threads while
they are slow.

Reading a small file from the cache or creating one on a local disk takes tens of microseconds,
which is less than handing it to a thread. On a network file system or a sleeping disk it takes
milliseconds, and then only many at once are quick.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

THREADS = 8
_SLOW_S = 0.002
_QUICK_S = 0.0005
_MEMORY = 1 / 32


class Offload(Generic[In, Out]):
    """Runs ``function`` on arguments; belongs to the event loop's thread. ``pending`` counts calls
    that are in threads; ``spent_s`` adds up what all calls took, as if they were one after the
    other."""

    def __init__(self, function: Callable[[In], Out]) -> None:
        self._function = function
        self._mean_s = 0.0
        self._threads: ThreadPoolExecutor | None = None
        self.is_slow = False
        self.pending = 0
        self.spent_s = 0.0

    def call(self, argument: In, done: Callable[[Out], None]) -> None:
        """Run, and pass on the outcome: before this returns or later, in the same thread. What the
        function raises is raised here or where ``done`` would have been called."""
        if self.is_slow:
            self._in_thread(argument, done)
            return
        started = time.perf_counter()
        outcome = self._function(argument)
        self._took(time.perf_counter() - started)
        done(outcome)

    def note(self, seconds: float) -> None:
        """Take account of a part of the work that was done elsewhere."""
        self._took(seconds)

    def close(self) -> None:
        """Wait for what is in threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=True)

    def _in_thread(self, argument: In, done: Callable[[Out], None]) -> None:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, "files")
        loop = asyncio.get_running_loop()
        self.pending += 1
        future = self._threads.submit(self._timed, argument)

        def back(ended: Future[tuple[float, Out]]) -> None:
            self.pending -= 1
            seconds, outcome = ended.result()
            self._took(seconds)
            done(outcome)

        def hand_over(ended: Future[tuple[float, Out]]) -> None:
            if not ended.cancelled() and not loop.is_closed():
                loop.call_soon_threadsafe(back, ended)

        future.add_done_callback(hand_over)

    def _timed(self, argument: In) -> tuple[float, Out]:
        started = time.perf_counter()
        outcome = self._function(argument)
        return time.perf_counter() - started, outcome

    def _took(self, seconds: float) -> None:
        self.spent_s += seconds
        # One call that took long (a large file) must not look like a slow disk.
        self._mean_s += (min(seconds, 10 * _SLOW_S) - self._mean_s) * _MEMORY
        if self.is_slow:
            self.is_slow = self._mean_s > _QUICK_S
        else:
            self.is_slow = self._mean_s > _SLOW_S
