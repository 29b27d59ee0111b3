"""The least that posts over HTTP/1.1: one asyncio.Protocol a connection, parsed by httptools."""

import asyncio
from collections.abc import Callable, Iterator
from typing import cast
from urllib.parse import urlsplit

import httptools


class Poster(asyncio.Protocol):
    """One connection that sends the next request as soon as an answer is whole."""

    def __init__(
        self,
        request: bytes,
        turns: Iterator[int],
        check: Callable[[bytes], None],
        ended: "asyncio.Future[None]",
    ) -> None:
        self.request = request
        self.turns = turns
        self.check = check
        self.ended = ended
        self.body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpResponseParser(self)
        self.send()

    def send(self) -> None:
        """Send the next request, or end."""
        if next(self.turns, None) is None:
            self.transport.close()
            return
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Parse; the parser calls the methods below."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep a part of the answer."""
        self.body.append(body)

    def on_message_complete(self) -> None:
        """Check the answer, and go on."""
        if self.parser.get_status_code() != 200:
            self.transport.abort()
            self.ended.set_exception(ValueError("not a 200"))
            return
        self.check(b"".join(self.body))
        self.body.clear()
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that this connection has ended."""
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)


async def post_all(
    url: str, turns: Iterator[int], connections: int, body: bytes, check: Callable[[bytes], None]
) -> None:
    """POST `body` once a turn over so many connections."""
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    for ended in ends:

        def protocol(ended: "asyncio.Future[None]" = ended) -> Poster:
            return Poster(request, turns, check, ended)

        await loop.create_connection(protocol, parts.hostname or "", parts.port or 80)
    await asyncio.gather(*ends)
