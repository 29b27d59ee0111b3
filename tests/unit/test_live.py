"""Telling tabs of changes goes on whatever one telling met."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest

from inference_ui.state.live import Pushes


class BrokenOnce:
    """What stands for Reflex's app: asking for its sockets fails the first time."""

    def __init__(self) -> None:
        self.failed = asyncio.Event()
        self.asked_again = asyncio.Event()

    @property
    def event_namespace(self) -> None:
        if not self.failed.is_set():
            self.failed.set()
            raise RuntimeError("disk I/O error")
        self.asked_again.set()


async def test_a_push_that_fails_is_logged_and_the_next_one_is_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = BrokenOnce()
    pushes = Pushes(app)  # type: ignore[arg-type]
    running = asyncio.create_task(pushes.run())
    pushes.tell(frozenset({"one"}))
    async with asyncio.timeout(10):
        await app.failed.wait()
        pushes.tell(frozenset({"two"}))
        await app.asked_again.wait()
    assert caplog.records[0].levelno == logging.ERROR
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
