"""Sending one item and deciding what became of it: finished, sent again, later, or alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from inference_ui.backend.batch import failures
from inference_ui.backend.batch.balance import NO_SUCH_PATH, Balancer, Endpoint, EndpointState
from inference_ui.backend.batch.checks import json_fault
from inference_ui.backend.batch.failures import Failure
from inference_ui.backend.batch.items import Finished, Item
from inference_ui.backend.batch.retry import (
    AWAY_STATUSES,
    RETRIED_STATUSES,
    asked_delay_s,
    delay_s,
)
from inference_ui.backend.batch.transport import (
    MAX_ANSWER,
    Answer,
    NoAnswer,
    Reply,
    Transport,
    Trouble,
)
from inference_ui.backend.batch.work import Work
from inference_ui.backend.protocols import ServiceProtocol
from inference_ui.backend.protocols.detections import plain_detection
from inference_ui.backend.protocols.found import Found, found_in, found_of

ALONE_AFTER = 2
"""Crashes of its server that an item was in flight at before it is sent with no other beside it."""
FAILED_AFTER = 3
"""Crashes after which the item is the one that crashes its server."""

_OVERLOADED = frozenset((429, 503))


class Sender:
    """Sends items. ``finish`` gets each one that has an answer or a failure, ``suspect`` each that
    must be sent alone, after so many seconds; ``ended`` is called after every request, when all is
    told about it."""

    def __init__(
        self,
        protocol: ServiceProtocol,
        transport: Transport,
        balancer: Balancer,
        work: Work,
        *,
        retries: int,
        timeout_s: float,
        finish: Callable[[Finished], None],
        suspect: Callable[[Item, float], None],
        ended: Callable[[], None],
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._balancer = balancer
        self._work = work
        self._retries = retries
        self._timeout_s = timeout_s
        self._finish = finish
        self._suspect = suspect
        self._ended = ended
        self._now = time.monotonic  # the clock of uvloop ticks in whole milliseconds
        self._settling: set[asyncio.Task[None]] = set()
        self.in_flight = 0

    def send(self, item: Item, endpoint: Endpoint) -> None:
        """Send an item to an endpoint that was taken for it, which is given back."""
        sent_at = self._now()
        self.in_flight += 1
        self._transport.post(
            endpoint.predict_url,
            item.body,
            lambda reply: self._replied(item, endpoint, sent_at, reply),
        )

    def drop(self) -> None:
        """Forget everything that is in flight: it is simply done again another time."""
        self._transport.drop()
        self._balancer.dropped()
        for task in self._settling:
            task.cancel()
        self.in_flight = 0

    def _replied(self, item: Item, endpoint: Endpoint, sent_at: float, reply: Reply) -> None:
        now = self._now()
        ms = (now - sent_at) * 1000
        if (
            isinstance(reply, Answer)
            and 200 <= reply.status < 300
            and endpoint.state is EndpointState.IN
        ):
            endpoint.limiter.answered(sent_at, now)
            if endpoint.strikes:
                self._balancer.acquit(endpoint)
            self._judged(item, reply, ms)
            self._over(endpoint)
            return
        if _says_overloaded(reply):
            endpoint.limiter.refused(sent_at, now)
        task = asyncio.ensure_future(self._settle(item, endpoint, reply, ms))
        self._settling.add(task)
        task.add_done_callback(self._settled)

    async def _settle(self, item: Item, endpoint: Endpoint, reply: Reply, ms: float) -> None:
        """Decide about a reply that is not plainly an answer, which may take a question more."""
        if isinstance(reply, Answer):
            await self._answered(item, endpoint, reply, ms)
        else:
            await self._unanswered(item, endpoint, reply, ms)
        self._over(endpoint)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._settling.discard(task)
        if not task.cancelled():
            task.result()  # raises what went wrong in it

    def _over(self, endpoint: Endpoint) -> None:
        self._balancer.give_back(endpoint)
        self.in_flight -= 1
        self._ended()

    async def _answered(self, item: Item, endpoint: Endpoint, answer: Answer, ms: float) -> None:
        if endpoint.state is EndpointState.TRIAL:
            if answer.status in NO_SUCH_PATH | AWAY_STATUSES:
                self._balancer.fails(endpoint, f"{endpoint.predict_url}: HTTP {answer.status}")
                self._work.last(item)
                return
            self._balancer.works(endpoint)
        if answer.status in AWAY_STATUSES and not await self._balancer.is_ready(endpoint):
            self._again(item)
            return
        if answer.status in RETRIED_STATUSES:
            item.tries += 1
            words = self._protocol.error_of(answer.status, answer.body)
            failure = failures.refused(answer.status, words or f"HTTP {answer.status}")
            self._balancer.strike(endpoint, failure.text)
            asked_s = asked_delay_s(answer.retry_after, datetime.now(UTC))
            self._try_later(item, failure, ms, asked_s)
            return
        self._judged(item, answer, ms)

    def _judged(self, item: Item, answer: Answer, ms: float) -> None:
        item.tries += 1
        finished = Finished.of(item, ms)
        judge(self._protocol, answer, finished)
        self._done(item, finished)

    async def _unanswered(
        self, item: Item, endpoint: Endpoint, answer: NoAnswer, ms: float
    ) -> None:
        if answer.trouble is Trouble.TOO_LARGE:
            item.tries += 1
            self._fail(item, failures.answer_too_large(MAX_ANSWER), ms)
        elif await self._balancer.is_ready(endpoint):
            # The server is there: it was this request that went wrong.
            item.tries += 1
            if answer.trouble is Trouble.TIMED_OUT:
                failure = failures.timed_out(self._timeout_s)
            else:
                failure = failures.connection_lost(answer.reason)
            self._balancer.strike(endpoint, failure.text)
            self._try_later(item, failure, ms)
        elif answer.trouble is Trouble.NOT_CONNECTED:
            self._again(item)
        else:
            self._crashed(item, ms)

    def _crashed(self, item: Item, ms: float) -> None:
        """The server went away with the item in flight: perhaps because of it."""
        item.crashes += 1
        if item.crashes >= FAILED_AFTER:
            self._fail(item, failures.CRASHED_SERVER, ms)
        else:
            self._again(item)

    def _again(self, item: Item) -> None:
        if item.crashes >= ALONE_AFTER:
            self._suspect(item, 0.0)
        else:
            self._work.again(item)

    def _try_later(
        self, item: Item, failure: Failure, ms: float, asked_s: float | None = None
    ) -> None:
        if item.tries > self._retries:
            self._fail(item, failure, ms)
        elif item.crashes >= ALONE_AFTER:
            self._suspect(item, delay_s(item.tries, asked_s))
        else:
            self._work.later(item, self._now() + delay_s(item.tries, asked_s))

    def _fail(self, item: Item, failure: Failure, ms: float) -> None:
        finished = Finished.of(item, ms)
        finished.failure = failure
        self._done(item, finished)

    def _done(self, item: Item, finished: Finished) -> None:
        self._work.done(item)
        self._finish(finished)


def _says_overloaded(reply: Reply) -> bool:
    if isinstance(reply, Answer):
        return reply.status in _OVERLOADED
    return reply.trouble is Trouble.TIMED_OUT


def judge(protocol: ServiceProtocol, answer: Answer, finished: Finished) -> None:
    """Put into the record what a response means: the answer, or the failure."""
    words = protocol.error_of(answer.status, answer.body)
    if words is not None:
        finished.failure = failures.refused(answer.status, words)
        return
    body = answer.body
    plain = None
    if b"dobjects" in body and body.isascii():
        plain = plain_detection(body, may_be_enveloped=protocol.envelopes)
    if plain is not None:  # it was parsed, so it is JSON
        finished.answer = body
        finished.found = found_of(*plain)
        return
    fault = json_fault(body)
    if fault is not None:
        finished.failure = failures.bad_answer(fault, body)
        return
    finished.answer = body
    if b"dobjects" in body:
        finished.found = _found(protocol, body)


def _found(protocol: ServiceProtocol, body: bytes) -> Found | None:
    try:
        detections = protocol.unwrap(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return None  # JSON, but with numbers or a depth that nobody computes with
    return None if detections is None else found_in(detections)
