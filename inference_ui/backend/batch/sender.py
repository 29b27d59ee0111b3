"""Sending one item and deciding what became of it: finished, sent again, later, or alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from inference_ui.backend.batch import failures
from inference_ui.backend.batch.balance import NO_SUCH_PATH, Balancer, Endpoint, EndpointState
from inference_ui.backend.batch.checks import json_fault
from inference_ui.backend.batch.failures import Failure
from inference_ui.backend.batch.items import Finished, Found, Item
from inference_ui.backend.batch.retry import (
    AWAY_STATUSES,
    RETRIED_STATUSES,
    asked_delay_s,
    delay_s,
)
from inference_ui.backend.batch.transport import MAX_ANSWER, Answer, NoAnswer, Transport, Trouble
from inference_ui.backend.batch.work import Work
from inference_ui.backend.protocols import ServiceProtocol
from inference_ui.backend.protocols.detections import NO_CONFIDENCES

FAILED_AFTER = 3
"""Crashes after which the item is the one that crashes its server."""

_MAX_CLASSES = 50
_MAX_CLASS = 200


class Sender:
    """Sends items. ``finish`` gets each one that has an answer or a failure."""

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
    ) -> None:
        self._protocol = protocol
        self._transport = transport
        self._balancer = balancer
        self._work = work
        self._retries = retries
        self._timeout_s = timeout_s
        self._finish = finish

    async def send(self, item: Item, endpoint: Endpoint) -> None:
        """Send an item to an endpoint that was taken for it, which is given back."""
        started = time.monotonic()
        try:
            answer = await self._transport.post(endpoint.predict_url, item.body)
            ms = (time.monotonic() - started) * 1000
            if isinstance(answer, Answer):
                await self._answered(item, endpoint, answer, ms)
            else:
                await self._unanswered(item, endpoint, answer, ms)
        finally:
            self._balancer.give_back(endpoint)

    async def _answered(self, item: Item, endpoint: Endpoint, answer: Answer, ms: float) -> None:
        if endpoint.state is EndpointState.TRIAL:
            if answer.status in NO_SUCH_PATH | AWAY_STATUSES:
                self._balancer.fails(endpoint, f"{endpoint.predict_url}: HTTP {answer.status}")
                self._work.last(item)
                return
            self._balancer.works(endpoint)
        if answer.status in AWAY_STATUSES and not await self._balancer.is_ready(endpoint):
            self._work.again(item)
            return
        item.tries += 1
        if answer.status in RETRIED_STATUSES:
            words = self._protocol.error_of(answer.status, answer.body)
            failure = failures.refused(answer.status, words or f"HTTP {answer.status}")
            asked_s = asked_delay_s(answer.retry_after, datetime.now(UTC))
            self._try_later(item, failure, ms, asked_s)
            return
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
            self._try_later(item, failure, ms)
        elif answer.trouble is Trouble.NOT_CONNECTED:
            self._work.again(item)
        else:
            self._crashed(item, ms)

    def _crashed(self, item: Item, ms: float) -> None:
        """The server went away with the item in flight: perhaps because of it."""
        item.crashes += 1
        if item.crashes >= FAILED_AFTER:
            self._fail(item, failures.CRASHED_SERVER, ms)
        else:
            self._work.again(item)

    def _try_later(
        self, item: Item, failure: Failure, ms: float, asked_s: float | None = None
    ) -> None:
        if item.tries > self._retries:
            self._fail(item, failure, ms)
        else:
            self._work.later(item, time.monotonic() + delay_s(item.tries, asked_s))

    def _fail(self, item: Item, failure: Failure, ms: float) -> None:
        finished = Finished.of(item, ms)
        finished.failure = failure
        self._done(item, finished)

    def _done(self, item: Item, finished: Finished) -> None:
        self._work.done(item)
        self._finish(finished)


def judge(protocol: ServiceProtocol, answer: Answer, finished: Finished) -> None:
    """Put into the record what a response means: the answer, or the failure."""
    words = protocol.error_of(answer.status, answer.body)
    if words is not None:
        finished.failure = failures.refused(answer.status, words)
        return
    fault = json_fault(answer.body)
    if fault is not None:
        finished.failure = failures.bad_answer(fault, answer.body)
        return
    finished.answer = answer.body
    if b"dobjects" in answer.body:
        finished.found = _found(protocol, answer.body)


def _found(protocol: ServiceProtocol, body: bytes) -> Found | None:
    try:
        detections = protocol.unwrap(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return None  # JSON, but with numbers or a depth that nobody computes with
    if detections is None:
        return None
    classes = tuple(dict.fromkeys(name[:_MAX_CLASS] for name in detections.classes))
    lowest = min(detections.confidences, default=None)
    if NO_CONFIDENCES in detections.warnings:
        lowest = None
    return Found(len(detections), classes[:_MAX_CLASSES], lowest)
