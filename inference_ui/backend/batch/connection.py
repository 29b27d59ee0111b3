"""One HTTP/1.1 connection: a request goes out, its response comes in."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import cast

import httptools

from inference_ui.backend.batch.transport import MAX_ANSWER, Answer, NoAnswer, Reply, Trouble

_MAX_HEADERS = 1 << 20
_LARGE = 64 << 10
_LENGTH_DIGITS = 18
_KNOWN = frozenset(
    (b"content-length", b"transfer-encoding", b"content-encoding", b"retry-after", b"connection")
)
_DECODED = {b"gzip": zlib.MAX_WBITS | 16, b"x-gzip": zlib.MAX_WBITS | 16, b"deflate": 0}


class Exchange:
    """A request and who waits for its response. ``sent_on_used_at``: when it was sent on a
    connection that had been used before; ``lost`` is how it ended there, when it was sent again."""

    __slots__ = ("answered", "body", "connection", "deadline", "head", "lost", "sent_on_used_at")

    def __init__(
        self, head: bytes, body: bytes, answered: Callable[[Reply], None], deadline: float
    ) -> None:
        self.head = head
        self.body = body
        self.answered = answered
        self.deadline = deadline
        self.connection: Connection | None = None
        self.sent_on_used_at: float | None = None
        self.lost: NoAnswer | None = None


class Connection(asyncio.Protocol):
    """``ended`` is called when an exchange is over, with the connection already free for the next
    one (``is_open``) or closed."""

    def __init__(self, ended: Callable[[Connection, Exchange, Reply], None]) -> None:
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.exchange: Exchange | None = None
        self.is_open = False
        self.has_received = False
        self.idle_since = 0.0
        self._reset()

    def _reset(self) -> None:
        self.has_received = False
        self._headers: dict[bytes, bytes] = {}
        self._head_bytes = 0
        self._in_body = False
        self._parts: list[bytes] = []
        self._size = 0
        self._answer: Reply | None = None
        self._keeps = False

    def send(self, exchange: Exchange) -> None:
        """Send a request; the connection must be open and free."""
        self._reset()
        self.exchange = exchange
        exchange.connection = self
        if self._transport is None or not self.is_open:
            self._fail("the server closed the connection")
        elif len(exchange.body) < _LARGE:
            self._transport.write(exchange.head + exchange.body)
        else:
            self._transport.write(exchange.head)
            self._transport.write(exchange.body)

    def close(self) -> None:
        """Close at once; an exchange that is under way is never ended."""
        self.is_open = False
        self.exchange = None
        if self._transport is not None:
            self._transport.abort()

    # Of asyncio.Protocol.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Parse; when the response is whole, end the exchange."""
        if self.exchange is None:
            self.close()  # nobody asked for it
            return
        self.has_received = True
        if not self._in_body:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("the server switched to another protocol")
            return
        except httptools.HttpParserError as error:
            if self._answer is None:
                self._fail(_reason(error))
                return
            self._keeps = False  # what follows the answer is nobody's
        if not self._in_body and self._head_bytes > _MAX_HEADERS:
            self._answer = NoAnswer(Trouble.LOST, f"headers of more than {_MAX_HEADERS} bytes")
        if self._answer is not None:
            self._finish(self._answer)

    def eof_received(self) -> None:
        """Let the transport close."""

    def connection_lost(self, exc: Exception | None) -> None:
        """A response without a length ends here; anything else that is not whole is lost."""
        self.is_open = False
        if self.exchange is None:
            return
        if self._in_body and exc is None and self._ends_with_the_connection():
            self._keeps = False
            self._finish(self._whole())
        else:
            self._fail(_reason(exc) if exc else "the server closed the connection")

    # Of httptools, in the order of a response.

    def on_message_begin(self) -> None:
        """A second response to one request closes the connection, and is not looked at."""
        if self._answer is not None:
            self._keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep what matters."""
        if self._answer is not None:
            return
        name = name.lower()
        if name in _KNOWN:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        """The body follows; one that says that it is too large is not waited for."""
        if self._answer is not None:
            return
        self._in_body = True
        length = self._headers.get(b"content-length", b"")
        if len(length) > _LENGTH_DIGITS or int(length or b"0") > MAX_ANSWER:
            self._answer = NoAnswer(Trouble.TOO_LARGE, "")

    def on_body(self, body: bytes) -> None:
        """Keep a part, unless it is too much altogether."""
        if self._answer is not None:
            return
        self._size += len(body)
        if self._size > MAX_ANSWER:
            self._answer = NoAnswer(Trouble.TOO_LARGE, "")
            self._keeps = False
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """The response is whole, or was one that only announces another (1xx)."""
        if self._answer is not None:
            return
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            self._in_body = False
            return
        self._keeps = self._parser.should_keep_alive()
        self._answer = self._whole()

    # What follows.

    def _finish(self, reply: Reply) -> None:
        if not self._keeps or isinstance(reply, NoAnswer) or self._is_still_sending():
            self.is_open = False
            if self._transport is not None:
                self._transport.abort()
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            self._ended(self, exchange, reply)

    def _is_still_sending(self) -> bool:
        """Whether the response came before the request was through: the next would wait for it."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def _fail(self, reason: str) -> None:
        self._keeps = False
        self._finish(NoAnswer(Trouble.LOST, reason))

    def _ends_with_the_connection(self) -> bool:
        is_chunked = b"chunked" in self._headers.get(b"transfer-encoding", b"").lower()
        return not is_chunked and b"content-length" not in self._headers

    def _whole(self) -> Reply:
        parts, headers = self._parts, self._headers
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = headers.get(b"content-encoding")
        if encoding is not None and body:
            decoded = _decoded(body, encoding.strip().lower())
            if isinstance(decoded, NoAnswer):
                return decoded
            body = decoded
        retry_after = headers.get(b"retry-after")
        text = retry_after.decode("latin-1") if retry_after is not None else None
        return Answer(self._parser.get_status_code(), body, text)


def _decoded(body: bytes, encoding: bytes) -> bytes | NoAnswer:
    """Return what a server compressed (nobody asked it to), or why it cannot be read."""
    if encoding in (b"identity", b""):
        return body
    window = _DECODED.get(encoding)
    if window is None:
        name = encoding.decode("latin-1")
        return NoAnswer(Trouble.LOST, f"an encoding that was not asked for: {name[:100]}")
    if window == 0:  # "deflate" is zlib's format; some servers leave its frame out
        window = zlib.MAX_WBITS if body[0] & 0x0F == 8 else -zlib.MAX_WBITS
    decoded = b""
    try:
        while body:  # gzip may come in several members
            decoder = zlib.decompressobj(window)
            decoded += decoder.decompress(body, MAX_ANSWER + 1 - len(decoded))
            if len(decoded) > MAX_ANSWER:
                return NoAnswer(Trouble.TOO_LARGE, "")
            if not decoder.eof:
                return NoAnswer(Trouble.LOST, "the compressed answer is not whole")
            body = decoder.unused_data
    except zlib.error as error:
        return NoAnswer(Trouble.LOST, f"the compressed answer is damaged: {error}")
    return decoded


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.encode("utf-8", "replace").decode()
