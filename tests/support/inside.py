"""The whole web side in this process: a real server on loopback whose product a test can reach.

One process can hold one Reflex app and one product, so it is started once for all tests that use
it; what they need of users and sessions they make themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import socketio
import uvicorn

from inference_ui import context
from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.models.account import Role
from inference_ui.backend.settings import Settings
from inference_ui.web.build import ensure_built
from tests.support.waiting import wait_for

PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Inside:
    """The running web side: its ``address``, its ``product``, Reflex's app and the ASGI app."""

    address: str
    product: Product
    app: Any
    asgi: Any

    def session(self, role: Role = Role.USER) -> tuple[str, str]:
        """Make a user and sign in; return the user's name and the ``Cookie`` header."""
        name = f"{role.lower()}-{token_hex(4)}"
        accounts = self.product.accounts
        accounts.create_user(accounts.ensure_administrator(), name, PASSWORD, role)
        opened = accounts.sign_in(name, PASSWORD, "127.0.0.1")
        return name, f"{context.session_cookie()}={opened.token}"

    def client(self, cookie: str = "") -> httpx.Client:
        """Return an HTTP client that carries ``cookie`` and follows no redirect."""
        headers = {"Cookie": cookie} if cookie else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Inside]:
    """Serve everything from a thread of this process."""
    ensure_built()
    os.environ["__REFLEX_SKIP_COMPILE"] = "true"
    os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"
    os.environ["REFLEX_ENV_MODE"] = "prod"
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    product = bootstrap.build(Settings(data_dir=folder, port=port))
    bootstrap.seed(product)
    context.use(product)
    from inference_ui.inference_ui import app

    asgi = app()
    config = uvicorn.Config(
        asgi, log_config=None, lifespan="on", ws="websockets-sansio", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started, "the web server")
        yield Inside(f"http://127.0.0.1:{port}", product, app, asgi)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        product.close()


@dataclass
class Tab:
    """A browser's tab as the server sees it: a raw socket, and all updates that came."""

    socket: socketio.AsyncClient
    token: str
    updates: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, name: str, payload: dict[str, Any] | None = None, path: str = "/") -> None:
        """Send an event of a state, as the front end would."""
        event = {"name": name, "payload": payload or {}, "router_data": {"pathname": path}}
        await self.socket.emit("event", event, namespace="/_event")

    async def until(self, count: int, timeout_s: float = 20.0) -> list[dict[str, Any]]:
        """Wait for ``count`` updates; return them."""
        async with asyncio.timeout(timeout_s):
            while len(self.updates) < count:
                await self.news.wait()
                self.news.clear()
        return self.updates

    def values(self, state: str, name: str) -> list[Any]:
        """Return what came for one var, in order. ``state`` ends the state's full name."""
        return [
            value
            for update in self.updates
            for full_name, delta in (update.get("delta") or {}).items()
            if full_name.endswith(state)
            for key, value in delta.items()
            if key.removesuffix("_rx_state_") == name
        ]

    def scripts(self) -> list[str]:
        """Return what the browser was told to run."""
        return [
            str(event)
            for update in self.updates
            for event in update.get("events") or ()
            if event["name"].startswith("_")
        ]


@contextlib.asynccontextmanager
async def tab(
    inside: Inside,
    cookie: str = "",
    *,
    token: str | None = None,
    event: dict[str, Any] | None = None,
    origin: str | None = None,
) -> AsyncIterator[Tab]:
    """Open a tab; raises ``socketio.exceptions.ConnectionError`` when it is refused.

    ``event`` rides in the connection's first packet, where Reflex takes one too.
    """
    opened = Tab(socketio.AsyncClient(reconnection=False), token or token_hex(8))

    async def update(data: dict[str, Any]) -> None:
        opened.updates.append(data)
        opened.news.set()

    async def left(*_reason: Any) -> None:
        opened.gone.set()

    opened.socket.on("event", update, namespace="/_event")
    opened.socket.on("disconnect", left, namespace="/_event")
    headers = {"Cookie": cookie} if cookie else {}
    if origin is not None:
        headers["Origin"] = origin
    try:
        await opened.socket.connect(
            f"{inside.address}?token={opened.token}",
            headers=headers,
            auth={"event": event} if event else None,
            transports=["websocket"],
            namespaces=["/_event"],
            socketio_path="/_event",
            wait_timeout=10,
        )
        yield opened
    finally:
        await opened.socket.disconnect()
