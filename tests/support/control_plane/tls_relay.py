"""TLS in front of the API server, as pods know it. The server itself need not know of it."""

from __future__ import annotations

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.support.tls import make_certificate

_PIECE = 1 << 16
_FAREWELL_S = 1.0


class TlsRelay:
    """Passes what comes over TLS on to a port of loopback; clients trust ``authority``.

    ``address`` is the host and port that pods are told of.
    """

    def __init__(self, folder: Path, upstream: Callable[[], tuple[str, int]]) -> None:
        self._upstream = upstream
        certificate, self._context = make_certificate(folder)
        self.authority = certificate.read_text()
        self.address = ("", 0)
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tls relay")
        self._thread.start()
        self._listening.wait()

    def close(self) -> None:
        """Cut everything, and wait until it has ended."""
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0, ssl=self._context)
        async with server:
            self.address = server.sockets[0].getsockname()[:2]
            self._listening.set()
            await self._closing.wait()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _relay(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # the server makes one for each connection
        self._open.add(task)
        try:
            await self._both_ways(reader, writer)
        except asyncio.CancelledError:
            return  # the relay closes
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _both_ways(self, reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):
            from_server, to_server = await asyncio.open_connection(*self._upstream())
            ways = [
                asyncio.ensure_future(_pump(reader, to_server)),
                asyncio.ensure_future(_pump(from_server, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                to_server.transport.abort()
            writer.close()  # what is still to be sent goes out first
            async with asyncio.timeout(_FAREWELL_S):
                await writer.wait_closed()


async def _pump(source: StreamReader, sink: StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
