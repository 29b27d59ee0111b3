"""Telling tabs of changes goes on whatever one telling met."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest
from reflex import BaseStateToken

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


class Told:
    """A tab's revisions, and whether it is free to be told."""

    def __init__(self) -> None:
        self.revision = self.deletion_revision = 0
        self.free = asyncio.Event()
        self.told = asyncio.Event()

    async def get_state(self, _state: object) -> Told:
        return self


class Tabs:
    """What stands for Reflex's app: tabs whose State is locked while they are busy."""

    def __init__(self, *tokens: str) -> None:
        self.tabs = {token: Told() for token in tokens}

    @contextlib.asynccontextmanager
    async def modify_state(self, token: BaseStateToken) -> AsyncIterator[Told]:
        tab = self.tabs[token.ident]
        await tab.free.wait()
        yield tab
        tab.told.set()


async def test_a_busy_tab_keeps_no_other_waiting_and_is_told_once_when_it_is_free() -> None:
    app = Tabs("busy", "idle")
    pushes = Pushes(app)  # type: ignore[arg-type]
    busy, idle = app.tabs["busy"], app.tabs["idle"]
    idle.free.set()
    for _ in range(3):
        pushes._tell_tab("busy", ["*"])
    pushes._tell_tab("busy", ["deletion:lin:*"])
    pushes._tell_tab("idle", ["deletion:lin:*"])
    async with asyncio.timeout(10):
        await idle.told.wait()
        assert (idle.revision, idle.deletion_revision) == (0, 1)
        assert (busy.revision, busy.deletion_revision) == (0, 0)
        busy.free.set()
        await busy.told.wait()
    assert (busy.revision, busy.deletion_revision) == (1, 1)
