"""A worker: a process that sends what the coordinator gives it and tells what came of it."""

from __future__ import annotations

import asyncio
import gc
import socket
from pathlib import Path
from typing import Any

import uvloop

from inference_ui.backend.batch import messages
from inference_ui.backend.batch.balance import Balancer
from inference_ui.backend.batch.channel import to_coordinator
from inference_ui.backend.batch.flow import Flow
from inference_ui.backend.batch.http1 import Http1Transport
from inference_ui.backend.batch.items import Input, Item
from inference_ui.backend.batch.load import Load
from inference_ui.backend.batch.outbox import Outbox
from inference_ui.backend.batch.plan import Plan
from inference_ui.backend.batch.reading import Reader
from inference_ui.backend.batch.results import Results
from inference_ui.backend.batch.sender import Sender
from inference_ui.backend.batch.work import Work

_FIRST_STATE_S, _STATE_S = 0.025, 0.2
_BUSY = 0.7
_FLOOR = 32
_GARBAGE = 50_000
"""Allocations between looks for cycles; what passes through makes none."""


def run_worker(plan: Plan, source_root: str, attempt: int, index: int, end: socket.socket) -> None:
    """Be worker number ``index`` until the coordinator closes the other end."""
    gc.set_threshold(_GARBAGE, 20, 20)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(plan, source_root, attempt, index, end))


async def _run(plan: Plan, source_root: str, attempt: int, index: int, end: socket.socket) -> None:
    await _Worker(plan, source_root, attempt, index).run(end)


class _Worker:
    def __init__(self, plan: Plan, source_root: str, attempt: int, index: int) -> None:
        """Put the parts together; in the running loop."""
        job, protocol = plan.job, plan.protocol
        dataset, output = Path(job.dataset), Path(job.output)
        self._output = job.output
        self._says = index == 0  # the others see the same servers
        self._over = asyncio.Event()
        self._error: BaseException | None = None
        self._load = Load()
        self._spent_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._is_pump_due = False
        self._is_bounding = False
        self._reserving: str | None = None
        self._channel = to_coordinator(self._received, self._over.set)
        self._work = Work()
        self._transport = Http1Transport(
            dict(job.headers),
            timeout_s=job.timeout_s,
            connect_timeout_s=job.connect_timeout_s,
            ca_file=job.ca_file,
            ca=job.ca,
        )
        self._balancer = Balancer(
            protocol,
            self._transport,
            bounds=plan.bounds,
            probe_timeout_s=job.connect_timeout_s,
            changed=self._changed,
            say=self._say,
        )
        self._outbox = Outbox(
            Results(output),
            source_root,
            attempt,
            tell=self._channel.send,
            broken=self._broken,
            progressed=self._ended,
        )
        self._sender = Sender(
            protocol,
            self._transport,
            self._balancer,
            self._work,
            retries=job.retries,
            timeout_s=job.timeout_s,
            finish=self._outbox.add,
            suspect=self._suspect,
            ended=self._ended,
        )
        self._flow = Flow(
            self._work,
            Reader(dataset, output, job.input_kind, protocol),
            self._balancer,
            self._sender,
            self._outbox,
            quiet=self._quiet,
            give_back=self._suspect,
        )

    async def run(self, end: socket.socket) -> None:
        """Work until the coordinator is gone. Raises what went wrong in any part."""
        asyncio.get_running_loop().set_exception_handler(self._went_wrong)
        await self._channel.open(end)
        reporting = asyncio.create_task(self._report())
        try:
            await self._over.wait()
        finally:
            reporting.cancel()
            self._flow.close()
            self._transport.close()
            await self._balancer.close()
        if self._error is not None:
            raise self._error

    def _went_wrong(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._error = self._error or context.get("exception") or RuntimeError(context["message"])
        self._over.set()

    def _received(self, message: messages.ToWorker) -> None:
        match message:
            case messages.Take():
                paths = message.paths.split(b"\0")
                first = message.first
                self._flow.take([Input(first + at, path) for at, path in enumerate(paths)])
            case messages.Servers():
                self._balancer.set_urls(message.urls)
                self._flow.pump()
            case messages.Bounds():
                self._balancer.set_bounds(message.lowest, message.highest)
                self._is_bounding = True
                self._confirm()
            case messages.Reserve():
                self._balancer.reserve(message.url)
                self._reserving = message.url
                self._confirm()
            case messages.Alone():
                self._flow.send_alone(
                    Input(message.number, message.path, message.tries, message.crashes)
                )
            case messages.Release():
                self._balancer.release()
                self._flow.pump()
            case messages.Stop():
                self._flow.stop(message.grace_s)

    def _ended(self) -> None:
        """A request ended, or a result is written. What follows is begun when all that ended with
        it is taken account of: to send many requests one after the other costs less than to send
        each when it may be."""
        if not self._is_pump_due:
            self._is_pump_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pump_due = False
        self._confirm()
        self._flow.pump()

    def _changed(self) -> None:
        """A server came or went."""
        self._tell_state()
        self._flow.pump()

    def _confirm(self) -> None:
        """Answer what waited for requests to end."""
        if self._is_bounding and self._balancer.fits_bounds:
            self._is_bounding = False
            self._channel.send(messages.Bounded())
        if self._reserving is not None and self._balancer.has_reserved_idle:
            self._channel.send(messages.Reserved(self._reserving))
            self._reserving = None

    def _suspect(self, item: Item, delay_s: float = 0.0) -> None:
        self._work.done(item)
        self._channel.send(messages.Suspect(item.number, item.tries, item.crashes, delay_s))

    def _broken(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self._channel.send(messages.Broken(self._output, reason))
        self._flow.stop(0.0)

    def _quiet(self) -> None:
        self._outbox.flush()
        self._tell_state()
        self._channel.send(messages.Idle())

    def _say(self, text: str) -> None:
        if self._says:
            self._channel.send(messages.Said(text))

    async def _report(self) -> None:
        pause = _FIRST_STATE_S
        while True:
            await asyncio.sleep(pause)
            self._tell_state()
            pause = min(2 * pause, _STATE_S)

    def _tell_state(self) -> None:
        busy, seconds = self._load.busy()
        spent_s = self._flow.spent_s + self._outbox.spent_s
        disk, self._spent_s = (spent_s - self._spent_s) / seconds, spent_s
        # One that has no time left sees its own delay as latency, which says nothing of servers.
        self._balancer.set_floor(_FLOOR if busy > _BUSY else 1)
        waits = self._flow.is_waiting
        self._channel.send(
            messages.State(
                in_flight=self._sender.in_flight,
                capacity=self._balancer.capacity,
                held=self._work.held + self._work.unread + self._flow.opened,
                busy=busy,
                disk=disk,
                answering=self._balancer.answering,
                waiting_for=self._balancer.waiting_for if waits else "",
            )
        )
