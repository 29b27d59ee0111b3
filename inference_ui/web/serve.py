"""The web server: everything on one port, from one process.

The order matters: what can go wrong at once (folder taken, port in use) goes wrong before anything
is built or written. Workloads are not its children in spirit: they go on when it ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from inference_ui import context
from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.settings import Settings
from inference_ui.demo import digits, sample
from inference_ui.web.build import ROOT, ensure_built
from inference_ui.web.lock import DataLock

BACKLOG = 1024

GRACE_S = 2
"""How long open requests may take to end after a stop."""


def serve(settings: Settings, *, build: bool, on_ready: Callable[[Product], None]) -> list[str]:
    """Serve until a signal ends it; returns the names of the tasks that go on.

    ``on_ready`` is called once requests are answered. Raises :class:`CannotStart` and
    :class:`~inference_ui.backend.errors.Conflict` before anything is served.
    """
    bootstrap.check(settings)
    lock = DataLock(settings.data_folder)
    listener = listen(settings)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    lock.write(settings.address)
    with ThreadPoolExecutor(1) as aside:
        built = aside.submit(ensure_built) if build else None
        product = _first_start(settings)
        if built:
            built.result()
    context.use(product)
    try:
        if not _run(_application(), listener, lambda: on_ready(product)):
            raise CannotStart("SERVER_DID_NOT_START")
        return unfinished(product)
    finally:
        product.close()
        lock.release()


def _first_start(settings: Settings) -> Product:
    """Return the product with everything in it that a first start makes."""
    if settings.sample:
        _make_sample(settings.volumes_folder / "datasets" / sample.PATH)
    product = bootstrap.build(settings)
    product.claim()
    administrator = bootstrap.seed(product)
    if settings.sample:
        sample.install(product, administrator)
    return product


def _make_sample(folder: Path) -> None:
    """Draw the sample's pages in a process of its own: what draws them is large to import."""
    if digits.is_whole(folder):
        return
    made = subprocess.run(  # noqa: S603 - our own program
        (sys.executable, "-m", "inference_ui.demo.digits", str(folder)),
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if made.returncode != 0:
        lines = made.stderr.strip().splitlines() or [str(made.returncode)]
        raise CannotStart("SAMPLE_FAILED", folder=str(folder), error=lines[-1])


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens at the address of ``settings``; port 0 takes a free one.

    Raises :class:`CannotStart`: PORT_IN_USE, or ADDRESS_UNUSABLE.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)  # now: another server could still take a port that is only bound
    except OSError as error:
        listener.close()
        code = "PORT_IN_USE" if error.errno == 98 else "ADDRESS_UNUSABLE"
        raise CannotStart(
            code, host=settings.host, port=settings.port, error=error.strerror
        ) from error
    return listener


def unfinished(product: Product) -> list[str]:
    """Return the names of all tasks that have not ended, the oldest first."""
    administrator = product.accounts.ensure_administrator()
    return [task.name for task in product.tasks.unfinished(administrator)]


def _application() -> Any:
    """Return the whole product as one ASGI app; the front end is served as it was built."""
    os.chdir(ROOT)
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    # The two leading underscores: Reflex calls these its own, so Reflex is pinned exactly.
    os.environ["__REFLEX_SKIP_COMPILE"] = "true"
    os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"
    os.environ["REFLEX_ENV_MODE"] = "prod"
    from inference_ui.inference_ui import app

    return app()


class _Server(uvicorn.Server):
    """Tells when it answers, and ends exports when it ends."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A file that is being made for a browser would hold up the end until it is cut off anyhow.
        await asyncio.to_thread(context.product().exports.close)
        await super().shutdown(sockets)


def _run(app: Any, listener: socket.socket, on_ready: Callable[[], None]) -> bool:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        server_header=False,
        proxy_headers=bool(context.product().settings.public_url),
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    server = _Server(config, on_ready)
    # The server takes both signals while it runs, and raises them again when it has ended.
    signal.signal(signal.SIGTERM, _interrupt)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    return server.started


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
