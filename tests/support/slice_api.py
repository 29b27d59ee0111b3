"""A small API server for EndpointSlices over real HTTPS: list and watch from a resourceVersion, and
the ways in which a real one fails. In a thread of its own."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from tests.support.tls import make_certificate
from tests.support.waiting import wait_for

T = TypeVar("T")

SERVICE = "task-1-1-server"
PATH = "/apis/discovery.k8s.io/v1/namespaces/inference/endpointslices"


class SliceApi:
    """Serves the slices of ``SERVICE``. ``asked`` are the requests so far, ``list 200`` or
    ``watch 403``; ``refusals`` are statuses that are answered before all else, by verb."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        certificate, self._tls = make_certificate(folder)
        self.account = folder / "account"
        self.account.mkdir()
        (self.account / "namespace").write_text("inference")
        (self.account / "ca.crt").write_bytes(certificate.read_bytes())
        self.token = ""
        self.rotate("first")
        self.asked: list[str] = []
        self.refusals: dict[str, int] = {}
        self.port = 0
        self._version = 100
        self._oldest = 100
        self._slices: dict[str, dict[str, Any]] = {}
        self._events: list[tuple[int, bytes]] = []
        self._watchers: dict[asyncio.Queue[bytes], asyncio.Task[Any]] = {}
        self._runner: web.ServerRunner | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> SliceApi:
        self._thread.start()
        self.come_back()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def environment(self) -> dict[str, str]:
        """What a pod knows of it."""
        return os.environ | {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self.port),
            "INFERENCE_UI_SERVICE_ACCOUNT": str(self.account),
            "HTTPS_PROXY": "http://127.0.0.1:1",  # is for the world outside
        }

    @property
    def watchers(self) -> int:
        """How many watches stand."""
        return len(self._watchers)

    def count(self, asked: str) -> int:
        """How often something was asked."""
        return self.asked.count(asked)

    def rotate(self, token: str) -> None:
        """Take another token from now on, and give it to the pod."""
        self.token = token
        fresh = self.account / "fresh"
        fresh.write_text(token)
        fresh.replace(self.account / "token")

    def put(self, name: str, *urls: str, **conditions: bool | None) -> None:
        """Make or change a slice that has these servers as its endpoints, all on one port."""
        ports = {urlsplit(url).port for url in urls}
        item = {
            "metadata": {"name": name, "labels": {"kubernetes.io/service-name": SERVICE}},
            "addressType": "IPv4",
            "endpoints": [
                {
                    "addresses": [urlsplit(url).hostname],
                    "conditions": {"ready": True, "terminating": False} | conditions,
                }
                for url in urls
            ]
            or None,
            "ports": [{"name": "http", "port": port, "protocol": "TCP"} for port in ports],
        }
        self._do(lambda: self._change(name, item))

    def remove(self, name: str) -> None:
        """Remove a slice."""
        self._do(lambda: self._change(name, None))

    def send(self, line: bytes) -> None:
        """Write a line to every watch."""
        self._do(lambda: [queue.put_nowait(line) for queue in self._watchers])

    def cut(self) -> None:
        """Break all watches without a word."""
        self._do(self._cut)

    def forget(self) -> None:
        """Forget what was, so that a watch from before is refused with 410."""
        self._do(self._forget)

    def go_away(self) -> None:
        """Break everything and listen no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            self.cut()
            asyncio.run_coroutine_threadsafe(runner.cleanup(), self._loop).result(10)

    def come_back(self) -> None:
        """Listen, on the same port as ever."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def wait_for_watch(self) -> None:
        """Wait until a watch stands."""
        wait_for(lambda: self.watchers, "a watch")

    def _do(self, what: Callable[[], T]) -> T:
        async def do() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(10)

    async def _listen(self) -> None:
        server = web.Server(self._answer, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, ssl_context=self._tls, reuse_address=True
        )
        await site.start()
        assert isinstance(site._server, asyncio.Server)
        self.port = site._server.sockets[0].getsockname()[1]

    def _change(self, name: str, item: dict[str, Any] | None) -> None:
        self._version += 1
        kind = "DELETED" if item is None else "MODIFIED" if name in self._slices else "ADDED"
        known = self._slices.pop(name) if item is None else item
        known["metadata"]["resourceVersion"] = str(self._version)
        if item is not None:
            self._slices[name] = item
        line = json.dumps({"type": kind, "object": known}).encode()
        self._events.append((self._version, line))
        for queue in self._watchers:
            queue.put_nowait(line)

    def _cut(self) -> None:
        for watch in self._watchers.values():
            watch.cancel()  # which breaks its connection, too

    def _forget(self) -> None:
        self._version += 1
        self._oldest = self._version
        self._events.clear()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        verb = "watch" if request.query.get("watch") else "list"
        status = self._status(request, verb)
        self.asked.append(f"{verb} {status}")
        if status != 200:
            body = {"kind": "Status", "code": status, "message": f"you may not {verb}"}
            return web.json_response(body, status=status)
        if verb == "watch":
            return await self._watch(request)
        version = {"resourceVersion": str(self._version)}
        return web.json_response({"metadata": version, "items": list(self._slices.values())})

    def _status(self, request: web.BaseRequest, verb: str) -> int:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return 401
        if verb in self.refusals:
            return self.refusals[verb]
        chosen = request.query.get("labelSelector")
        if (request.path, chosen) != (PATH, f"kubernetes.io/service-name={SERVICE}"):
            return 404
        return 200

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        since = int(request.query["resourceVersion"])
        if since < self._oldest:
            status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
            await response.write(json.dumps({"type": "ERROR", "object": status}).encode() + b"\n")
            return response
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        for version, line in self._events:
            if version > since:
                queue.put_nowait(line)
        watch = asyncio.current_task()
        assert watch is not None
        self._watchers[queue] = watch
        try:
            while True:
                await response.write(await queue.get() + b"\n")
        except ConnectionError:
            return response
        finally:
            del self._watchers[queue]
