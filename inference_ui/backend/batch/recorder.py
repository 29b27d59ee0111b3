"""Collecting finished inputs into batches and having them written, one batch at a time, in a thread
beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from inference_ui.backend.batch.items import Finished
from inference_ui.backend.batch.writer import Writer

_BATCH = 256
_LONGEST_WAIT_S = 0.5
_MAX_BACKLOG = 8 * _BATCH
_MAX_BACKLOG_BYTES = 256 << 20


class Recorder:
    """Has batches written. ``recorded`` is called for each when its lines are safe."""

    def __init__(
        self, writer: Writer, executor: Executor, recorded: Callable[[Sequence[Finished]], None]
    ) -> None:
        self._writer = writer
        self._executor = executor
        self._recorded = recorded
        self._open: list[Finished] = []
        self._bytes = 0
        self._writing = 0
        self._ended = False
        self._many = asyncio.Event()

    def add(self, finished: Finished) -> None:
        """Take over a finished input."""
        self._open.append(finished)
        self._bytes += len(finished.answer)
        if len(self._open) >= _BATCH or self._bytes > _MAX_BACKLOG_BYTES // 4:
            self._many.set()

    @property
    def is_behind(self) -> bool:
        """Whether so much waits to be written that nothing more should be sent."""
        backlog = len(self._open) + self._writing
        return backlog >= _MAX_BACKLOG or self._bytes >= _MAX_BACKLOG_BYTES

    async def run(self) -> None:
        """Write until :meth:`end`; then everything is written. Raises ``CannotGoOn``."""
        while not self._ended or self._open:
            if not self._ended:
                await self._wait_for_many()
            if self._open:
                await self._write_batch()

    def end(self) -> None:
        """Let :meth:`run` return once everything that was added is written."""
        self._ended = True
        self._many.set()

    async def _wait_for_many(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST_WAIT_S):
                await self._many.wait()
        except TimeoutError:
            return  # few are written too, lest they wait for long

    async def _write_batch(self) -> None:
        batch, self._open = self._open[:_BATCH], self._open[_BATCH:]
        if len(self._open) < _BATCH and not self._ended:
            self._many.clear()
        self._writing = len(batch)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._writer.write, batch)
        self._writing = 0
        self._bytes -= sum(len(finished.answer) for finished in batch)
        self._recorded(batch)
