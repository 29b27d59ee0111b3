"""Sending requests: one small interface. ``http1`` implements it.

A transport knows nothing of items, retries or service types. What goes wrong on the way is a value,
not an exception, so that no library's error passes this module. Answers come by a call, not by an
awaitable: a task for every request would cost more than the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

MAX_ANSWER = 256 << 20
"""Bytes of the largest answer that is taken; it is held in memory as a whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response; the body is decoded when the server compressed it."""

    status: int
    body: bytes
    retry_after: str | None = None


class Trouble(Enum):
    """How a request can end without a response.

    NOT_CONNECTED: it never reached the server. LOST: the connection broke, or what came was not
    HTTP or not whole. TIMED_OUT: no whole response in time. TOO_LARGE: the response is.
    """

    NOT_CONNECTED = "NOT_CONNECTED"
    LOST = "LOST"
    TIMED_OUT = "TIMED_OUT"
    TOO_LARGE = "TOO_LARGE"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request that has no response, and why, in a library's or system's words."""

    trouble: Trouble
    reason: str


Reply = Answer | NoAnswer


class Transport(Protocol):
    """Sends requests over connections that are kept open. Redirects are not followed."""

    def post(self, url: str, body: bytes, answered: Callable[[Reply], None]) -> None:
        """POST a body, byte for byte; call ``answered`` once with the whole response, never before
        this returns."""

    async def get(self, url: str, timeout_s: float) -> Reply:
        """GET, within ``timeout_s`` seconds altogether."""

    def drop(self) -> None:
        """Break off every POST that is under way; none of them is answered any more."""

    def close(self) -> None:
        """Drop everything and close all connections."""
