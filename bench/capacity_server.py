"""A Seldon server with a hidden capacity: it processes at most C requests at a time, each for D ms,
and the rest wait in the order of their arrival.

Since all take as long, the time of an answer is known when its request arrives: it starts when it
arrives, or when the C-th request before it ends if that is later. Answers leave at that time by a
timer of microseconds; one that is late makes an answer late, never the server slower, because the
next start is computed from the time that was due. GET /stats tells what happened.

Usage: python -m bench.capacity_server --port P --capacity C --delay-ms D
"""

import argparse
import asyncio
import ctypes
import json
import os
import time
from array import array
from collections import deque
from typing import ClassVar, cast

import uvloop

from bench.answers import detections

PREDICT = b"POST /api/v1.0/predictions "
STATS = b"GET /stats "
ANSWER = detections().encode()


def response(body: bytes) -> bytes:
    """A whole response with this body."""
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Alarm:
    """One timer, as exact as the kernel's: the loop's own counts in whole milliseconds."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._setting = (
            ctypes.c_long * 4
        )()  # interval, then the first expiry: seconds, nanoseconds

    def set(self, at: float) -> None:
        """Make the descriptor readable at this time of time.monotonic."""
        seconds = int(at)
        self._setting[2], self._setting[3] = seconds, int((at - seconds) * 1e9) + 1
        self._libc.timerfd_settime(self.descriptor, 1, self._setting, None)  # 1: an absolute time

    def clear(self) -> None:
        """Take the expiry off the descriptor."""
        os.read(self.descriptor, 8)


class Model:
    """The model's time: when each request begins and ends."""

    def __init__(self, capacity: int, delay: float, loop: asyncio.AbstractEventLoop) -> None:
        self.capacity = capacity
        self.delay = delay
        self.arrivals = array("d")
        self.answers = array("d")
        self.most_waiting = 0
        self._ends: deque[float] = deque(maxlen=capacity)
        self._due: deque[tuple[float, asyncio.Transport]] = deque()
        self._answer = response(ANSWER)
        self._alarm = Alarm()
        loop.add_reader(self._alarm.descriptor, self._ring)

    def admit(self, transport: asyncio.Transport) -> None:
        """Take a request; its answer goes to `transport` when it is due."""
        now = time.monotonic()
        self.arrivals.append(now)
        start = now
        if len(self._ends) == self.capacity:
            start = max(now, self._ends[0])
        end = start + self.delay
        self._ends.append(end)
        self._due.append((end, transport))
        self.most_waiting = max(self.most_waiting, len(self._due))
        if len(self._due) == 1:
            self._alarm.set(end)

    def _ring(self) -> None:
        self._alarm.clear()
        due = self._due
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, transport = due.popleft()
            self.answers.append(now)
            if not transport.is_closing():
                transport.write(self._answer)
        if due:
            self._alarm.set(due[0][0])

    def stats(self) -> bytes:
        """Times are those of time.monotonic, which all processes of the machine share."""
        return json.dumps(
            {
                "capacity": self.capacity,
                "delay_ms": self.delay * 1000,
                "most_waiting": self.most_waiting,
                "arrivals": list(self.arrivals),
                "answers": list(self.answers),
            }
        ).encode()


class Connection(asyncio.Protocol):
    """One connection of HTTP/1.1 with keep-alive. Heads repeat, so each is understood once."""

    heads: ClassVar[dict[bytes, int]] = {}

    def __init__(self, model: Model) -> None:
        self.model = model
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take all requests that have come whole."""
        if self.buffer:
            data = self.buffer + data
        while data:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                break
            head = data[:end]
            length = self.heads.get(head)
            if length is None:
                length = self.heads[head] = content_length(head)
            if len(data) < end + 4 + length:
                break
            data = data[end + 4 + length :]
            self.answer(head)
        self.buffer = data

    def answer(self, head: bytes) -> None:
        """Answer one request: inference in the model's time, the rest at once."""
        if head.startswith(PREDICT):
            self.model.admit(self.transport)
        elif head.startswith(STATS):
            self.transport.write(response(self.model.stats()))
        else:
            self.transport.write(response(b"{}"))


def content_length(head: bytes) -> int:
    """How many bytes of body follow."""
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


async def serve(port: int, capacity: int, delay: float) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    model = Model(capacity, delay, loop)
    server = await loop.create_server(lambda: Connection(model), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--capacity", type=int, required=True)
    parser.add_argument("--delay-ms", type=float, required=True)
    given = parser.parse_args()
    uvloop.run(serve(given.port, given.capacity, given.delay_ms / 1000))
