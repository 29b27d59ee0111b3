"""The transport: HTTP/1.1 over asyncio's protocols, parsed by httptools (llhttp).

A connection carries one request at a time and is kept for the next one. What stands out of order on
it (bytes that nobody asked for, a second answer) closes it, so an answer never reaches a request
that it is not for.
"""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import SplitResult, quote, unquote, urlsplit

import inference_ui
from inference_ui.backend.batch.connection import Connection, Exchange
from inference_ui.backend.batch.transport import NoAnswer, Reply, Trouble

_IN_PATHS = "/%:@!$&'()*+,;=?~-._[]|"
"""What stays as it is in a path that somebody wrote; it may be quoted already."""
_IDLE_S = 30.0
"""A connection that was idle for longer is not used again: most servers have closed it by then."""
_RESENT_S = 1.0
_LONGEST_TICK_S = 0.25


@dataclass(slots=True)
class _Target:
    """Where requests to one URL go, and the connections that wait for the next one."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    head: bytes
    idle: list[Connection] = field(default_factory=list)


class Http1Transport:
    """A transport over HTTP/1.1. Create and use it inside a running event loop.

    ``timeout_s`` limits a whole POST, ``connect_timeout_s`` making a connection. ``headers`` are
    sent with every request. ``ca_file`` names certificates to trust besides the system's, ``ca``
    is PEM text of some; raises ``OSError`` when they cannot be read.
    """

    def __init__(
        self,
        headers: dict[str, str],
        *,
        timeout_s: float,
        connect_timeout_s: float,
        ca_file: str | None = None,
        ca: str = "",
    ) -> None:
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._headers = headers
        self._ca_file = ca_file
        self._ca = ca
        self._tls: ssl.SSLContext | None = None
        if ca_file is not None or ca:
            self._tls = _tls_context(ca_file, ca)
        self._loop = asyncio.get_running_loop()
        self._targets: dict[str, _Target] = {}
        self._exchanges: set[Exchange] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._ticks = min(timeout_s / 8, _LONGEST_TICK_S)
        self._timer: asyncio.TimerHandle | None = None

    def post(self, url: str, body: bytes, answered: Callable[[Reply], None]) -> None:
        """See :class:`Transport`."""
        target = self._targets.get(url)
        if target is None:
            target = self._targets[url] = self._target("POST", url)
        head = b"%bContent-Length: %d\r\n\r\n" % (target.head, len(body))
        now = self._loop.time()
        exchange = Exchange(head, body, answered, now + self._timeout_s)
        self._exchanges.add(exchange)
        if self._timer is None:
            self._timer = self._loop.call_later(self._ticks, self._tick)
        self._send(target, exchange, now)

    async def get(self, url: str, timeout_s: float) -> Reply:
        """See :class:`Transport`. Uses a connection of its own."""
        target = self._target("GET", url)
        reply: asyncio.Future[Reply] = self._loop.create_future()

        def answered(answer: Reply) -> None:
            if not reply.done():
                reply.set_result(answer)

        exchange = Exchange(target.head + b"\r\n", b"", answered, 0.0)
        try:
            async with asyncio.timeout(timeout_s):
                await self._connect(target, exchange)
                return await reply
        except TimeoutError:
            return NoAnswer(Trouble.TIMED_OUT, f"no answer within {timeout_s:g} s")
        finally:
            if exchange.connection is not None:
                exchange.connection.close()

    def drop(self) -> None:
        """See :class:`Transport`."""
        exchanges, self._exchanges = self._exchanges, set()
        for exchange in exchanges:
            exchange.answered = _ignore
            if exchange.connection is not None:
                exchange.connection.close()
        for task in self._connecting:
            task.cancel()

    def close(self) -> None:
        """See :class:`Transport`."""
        self.drop()
        if self._timer is not None:
            self._timer.cancel()
        for target in self._targets.values():
            for connection in target.idle:
                connection.close()
            target.idle.clear()

    def _send(self, target: _Target, exchange: Exchange, now: float) -> None:
        while target.idle:
            connection = target.idle.pop()
            if connection.is_open and now - connection.idle_since < _IDLE_S:
                exchange.sent_on_used_at = now
                connection.send(exchange)
                return
            connection.close()
        self._start_connecting(target, exchange)

    def _start_connecting(self, target: _Target, exchange: Exchange) -> None:
        task = asyncio.ensure_future(self._connect(target, exchange))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, target: _Target, exchange: Exchange) -> None:
        connection = Connection(partial(self._ended, target))
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                await self._loop.create_connection(
                    lambda: connection, target.host, target.port, ssl=target.tls
                )
        except TimeoutError:
            reason = f"no connection within {self._connect_timeout_s:g} s"
            self._not_connected(exchange, reason)
        except (OSError, ValueError) as error:  # ssl's errors are among the former
            self._not_connected(exchange, _reason(error))
        else:
            if exchange.answered is _ignore:  # its time was over meanwhile
                connection.close()
            else:
                connection.send(exchange)

    def _not_connected(self, exchange: Exchange, reason: str) -> None:
        self._exchanges.discard(exchange)
        # What was lost on a connection that had been used before reached the server, perhaps.
        exchange.answered(exchange.lost or NoAnswer(Trouble.NOT_CONNECTED, reason))

    def _ended(
        self, target: _Target, connection: Connection, exchange: Exchange, reply: Reply
    ) -> None:
        """Take an exchange that is over off its connection, which is idle or closed now."""
        now = self._loop.time()
        if connection.is_open:
            connection.idle_since = now
            target.idle.append(connection)
        elif self._was_stale(exchange, connection, reply, now):
            exchange.lost = reply if isinstance(reply, NoAnswer) else None
            exchange.sent_on_used_at = None
            self._start_connecting(target, exchange)
            return
        self._exchanges.discard(exchange)
        exchange.answered(reply)

    def _was_stale(
        self, exchange: Exchange, connection: Connection, reply: Reply, now: float
    ) -> bool:
        """Tell whether the server closed an idle connection just when it was used again. Then the
        request is sent once more, on a connection of its own: it was not the request's fault."""
        return (
            isinstance(reply, NoAnswer)
            and reply.trouble is Trouble.LOST
            and exchange.sent_on_used_at is not None
            and not connection.has_received
            and now - exchange.sent_on_used_at < _RESENT_S
            and exchange in self._exchanges
        )

    def _tick(self) -> None:
        """End what took too long. One timer for all costs less than one for each."""
        now = self._loop.time()
        for exchange in [each for each in self._exchanges if each.deadline <= now]:
            self._exchanges.discard(exchange)
            answered, exchange.answered = exchange.answered, _ignore
            if exchange.connection is not None:
                exchange.connection.close()
            answered(NoAnswer(Trouble.TIMED_OUT, f"no answer within {self._timeout_s:g} s"))
        self._timer = self._loop.call_later(self._ticks, self._tick) if self._exchanges else None

    def _target(self, method: str, url: str) -> _Target:
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        if is_tls and self._tls is None:
            self._tls = _tls_context(self._ca_file, self._ca)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path = quote(path, safe=_IN_PATHS)
        host = parts.netloc.rpartition("@")[2]
        headers = {
            "Host": host,
            "User-Agent": f"inference-ui/{inference_ui.__version__}",
            "Accept": "*/*",
            **({"Content-Type": "application/json"} if method == "POST" else {}),
            **_authorization(parts),
        }
        own = {name.lower() for name in self._headers}
        lines = {name: value for name, value in headers.items() if name.lower() not in own}
        text = "".join(f"{name}: {value}\r\n" for name, value in (lines | self._headers).items())
        head = f"{method} {path} HTTP/1.1\r\n{text}".encode("utf-8", "surrogateescape")
        port = parts.port or (443 if is_tls else 80)
        return _Target(parts.hostname or "", port, self._tls if is_tls else None, head)


def _authorization(parts: SplitResult) -> dict[str, str]:
    """Return the header for a URL that holds a user and a password."""
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _tls_context(ca_file: str | None, ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None or ca:
        context.load_verify_locations(cafile=ca_file, cadata=ca or None)
    with suppress(NotImplementedError):
        context.set_alpn_protocols(["http/1.1"])
    return context


def _ignore(reply: Reply) -> None:
    """Nobody waits for this any more."""


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.encode("utf-8", "replace").decode()
