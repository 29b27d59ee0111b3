"""A scriptable inference server over real HTTP, for tests of everything that calls one.

It speaks Seldon unless its script says otherwise, and keeps every request that it got. The server
runs in a thread of the test (:class:`InferenceServer`), or as a process that can be killed
(``python -m tests.support.inference_server --port N``, see :class:`ServerProcess`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from inference_ui.backend.cluster.local.sockets import free_port
from tests.support.waiting import wait_for

READINESS = "/health/ping"
DETECTION = {
    "dclasses": ["cat", "dog"],
    "dobjects": [[1, 2, 30, 40], [5, 6, 70, 80]],
    "dconfidences": ["0.9", "0.75"],
    "dnum": 2,
}


@dataclass
class Call:
    """A request that the server got; ``number`` counts from 0."""

    number: int
    path: str
    body: bytes
    headers: dict[str, str]
    request: web.BaseRequest = field(repr=False)

    def reply(self, body: Any, status: int = 200, **headers: str) -> web.Response:
        """Answer with JSON, or with bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(
            body=content,
            status=status,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )

    async def raw(self, content: bytes, *, close: bool = True) -> web.Response:
        """Write bytes to the connection as they are, and close it unless told otherwise."""
        transport = self.request.transport
        assert transport is not None
        transport.write(content)
        if close:
            transport.close()
        return web.Response()

    async def reset(self) -> web.Response:
        """Break the connection without an answer."""
        assert self.request.transport is not None
        self.request.transport.abort()
        return web.Response()


class Gate:
    """Holds requests back until a test opens it."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        """Let all pass, from now on."""
        self._opened.set()

    async def passed(self) -> None:
        """Return once it is open."""
        while not self._opened.is_set():  # noqa: ASYNC110 - the test is in another thread
            await asyncio.sleep(0.01)


Script = Callable[[Call], Awaitable[web.StreamResponse] | web.StreamResponse]


def detect(call: Call) -> web.Response:
    """Answer with a detection, and with what was sent."""
    return call.reply({"jsonData": DETECTION, "echo": call.body.decode()})


class InferenceServer:
    """A server in a thread of its own. ``ready`` is asked for every readiness request; a status
    other than 200 says that it is not."""

    def __init__(
        self, script: Script = detect, ready: Callable[[], int] = lambda: 200, port: int = 0
    ) -> None:
        self.script = script
        self.ready = ready
        self.port = port
        self.calls: list[Call] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._transports: set[asyncio.BaseTransport] = set()
        self._handling: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def bodies(self) -> list[bytes]:
        """What was sent, in order."""
        return [call.body for call in self.calls]

    def start(self) -> InferenceServer:
        """Listen, on a free port unless one was given."""
        self._thread.start()
        assert self._started.wait(10)
        return self

    def kill(self) -> None:
        """Break all connections and listen no more."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(10)

    def __enter__(self) -> InferenceServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        assert isinstance(site._server, asyncio.Server)
        self.port = site._server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopped.wait()
        for request in self._handling:
            request.cancel()
        for transport in self._transports:
            transport.abort()  # type: ignore[attr-defined]
        await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        self._transports.add(request.transport)
        if request.method == "GET":
            return web.Response(status=self.ready())
        body = await request.content.read()  # of any size
        call = Call(len(self.calls), request.path, body, dict(request.headers), request)
        self.calls.append(call)
        handling = asyncio.current_task()
        assert handling is not None
        self._handling.add(handling)
        handling.add_done_callback(self._handling.discard)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            response = self.script(call)
            return response if isinstance(response, web.StreamResponse) else await response
        finally:
            self.in_flight -= 1


class ServerProcess:
    """The same server as a process, which can be killed. A request whose body contains ``crash``
    kills it; each request takes ``delay_s``."""

    def __init__(self, port: int = 0, delay_s: float = 0.0) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "tests.support.inference_server"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--delay", str(delay_s)]
        )

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def wait_until_ready(self) -> ServerProcess:
        """Wait for its readiness."""
        wait_for(self._is_ready, f"{self.url} ready")
        return self

    def kill(self) -> None:
        """Kill it (-9)."""
        self._process.kill()
        self._process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(self.url + READINESS, timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    given = parser.parse_args()

    async def answer(call: Call) -> web.Response:
        if b"crash" in call.body:
            os._exit(139)
        await asyncio.sleep(given.delay)
        return detect(call)

    server = InferenceServer(answer, port=given.port).start()
    server._thread.join()


if __name__ == "__main__":
    main()
