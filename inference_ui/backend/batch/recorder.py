"""Collecting what workers told into batches and having them written, one batch at a time, in a
thread beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from inference_ui.backend.batch.messages import Done
from inference_ui.backend.batch.writer import Writer

_INTERVAL_S = 0.25
"""From the start of one batch to that of the next, at least: a sync costs about the same for many
lines as for few."""
_MAX_BACKLOG = 16_384
_MAX_BACKLOG_BYTES = 64 << 20


class Recorder:
    """Has batches written. ``recorded`` is called for each when its lines are safe."""

    def __init__(
        self, writer: Writer, executor: Executor, recorded: Callable[[Sequence[Done]], None]
    ) -> None:
        self._writer = writer
        self._executor = executor
        self._recorded = recorded
        self._open: list[Done] = []
        self._lines = 0
        self._bytes = 0
        self._some = asyncio.Event()
        self._ended = asyncio.Event()

    def add(self, done: Done) -> None:
        """Take over finished inputs."""
        self._open.append(done)
        self._lines += len(done.numbers) // 8
        self._bytes += len(done.journal) + len(done.sidecar)
        self._some.set()

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that nothing more should be begun."""
        return self._lines >= _MAX_BACKLOG or self._bytes >= _MAX_BACKLOG_BYTES

    async def run(self) -> None:
        """Write until :meth:`end`; then everything is written. Raises ``CannotGoOn``."""
        loop = asyncio.get_running_loop()
        while not self._ended.is_set() or self._open:
            await self._some.wait()
            began = loop.time()
            if self._open:
                await self._write_batch()
            await self._pause(began + _INTERVAL_S - loop.time())

    def end(self) -> None:
        """Let :meth:`run` return once everything that was added is written."""
        self._ended.set()
        self._some.set()

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0 or self._ended.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return

    async def _write_batch(self) -> None:
        batch, self._open = self._open, []
        if not self._ended.is_set():
            self._some.clear()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._writer.write, batch)
        for done in batch:
            self._lines -= len(done.numbers) // 8
            self._bytes -= len(done.journal) + len(done.sidecar)
        self._recorded(batch)
