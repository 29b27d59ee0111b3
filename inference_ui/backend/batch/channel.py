"""Messages over a socket between two processes of one run: a length of four bytes, then msgpack."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

import msgspec

from inference_ui.backend.batch.messages import FromWorker, Message, ToWorker

_HEAD = 4
_encoder = msgspec.msgpack.Encoder()


class Channel(asyncio.Protocol):
    """One end. ``received`` gets every message, ``closed`` is called when the other end is gone."""

    def __init__(self, kind: Any, received: Callable[[Any], None], closed: Callable[[], None]):
        self._decoder = msgspec.msgpack.Decoder(kind)
        self._received = received
        self._closed = closed
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    async def open(self, end: socket.socket) -> None:
        """Use a socket from now on."""
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=end)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take messages out as they become whole."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= _HEAD:
            end = start + _HEAD + int.from_bytes(buffer[start : start + _HEAD], "big")
            if len(buffer) < end:
                break
            message = self._decoder.decode(buffer[start + _HEAD : end])
            start = end
            self._received(message)
        if start:
            del buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the other end is gone."""
        self._transport = None
        self._closed()

    def send(self, message: Message) -> None:
        """Send a message; one to an end that is gone is lost."""
        if self._transport is not None:
            body = _encoder.encode(message)
            self._transport.write(len(body).to_bytes(_HEAD, "big") + body)

    def close(self) -> None:
        """Close after what was sent."""
        if self._transport is not None:
            self._transport.close()


def to_worker(received: Callable[[FromWorker], None], closed: Callable[[], None]) -> Channel:
    """Return the coordinator's end of a channel."""
    return Channel(FromWorker, received, closed)


def to_coordinator(received: Callable[[ToWorker], None], closed: Callable[[], None]) -> Channel:
    """Return a worker's end of a channel."""
    return Channel(ToWorker, received, closed)
