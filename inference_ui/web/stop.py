"""Ending everything of a data folder: the web server, the tasks, and every workload."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import Conflict
from inference_ui.backend.ports import Phase
from inference_ui.backend.settings import Settings
from inference_ui.web.lock import DataLock, holder

SERVER_S = 15.0
TASKS_S = 90.0
WORKLOADS_S = 30.0
"""How long each may take to end before it is given up (tasks) or killed (the server)."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What was ended: the server's process, the tasks' names, the number of left workloads."""

    pid: int | None
    tasks: tuple[str, ...]
    workloads: int


def stop(settings: Settings) -> Stopped:
    """End the web server of the data folder, then its tasks in the way that users stop them.

    What the tasks have written is kept. Raises :class:`Conflict` when the folder stays taken.
    """
    folder = settings.data_folder
    if not folder.is_dir():
        return Stopped(None, (), 0)
    server = _server(folder)
    if server is not None:
        server.terminate()
    lock = _lock(folder, server)
    try:
        # Whatever has become of the inventory, what runs can be ended.
        product = bootstrap.build(settings.model_copy(update={"inventory": None}))
        try:
            product.claim()
            tasks = _stop_tasks(product)
            return Stopped(server and server.pid, tasks, _remove_workloads(product))
        finally:
            product.close()
    finally:
        lock.release()


def _server(folder: Path) -> psutil.Process | None:
    found = holder(folder)
    return found.process() if found else None


def _lock(folder: Path, server: psutil.Process | None) -> DataLock:
    """Take the folder as soon as the server has given it back; one that does not is killed."""
    end = time.monotonic() + SERVER_S
    while True:
        try:
            return DataLock(folder)
        except Conflict:
            if time.monotonic() > end:
                if server is None:
                    raise
                server.kill()
                server, end = None, end + SERVER_S
            time.sleep(0.05)


def _stop_tasks(product: Product) -> tuple[str, ...]:
    administrator = product.accounts.ensure_administrator()
    stopped: dict[str, str] = {}
    end = time.monotonic() + TASKS_S
    product.engine.start()
    while time.monotonic() < end:
        going_on = product.tasks.unfinished(administrator)
        if not going_on:
            break
        for task in going_on:
            if task.id not in stopped:
                stopped[task.id] = task.name
                product.tasks.stop(administrator, task.id)
        time.sleep(0.2)
    product.engine.stop()
    return tuple(stopped.values())


def _remove_workloads(product: Product) -> int:
    """Remove what is left, for instance of tasks that no longer exist."""
    names = tuple(product.cluster.names())
    end = time.monotonic() + WORKLOADS_S
    while names and time.monotonic() < end:
        for name in names:
            product.cluster.remove(name)  # again and again: who asks sees the end through
        if all(product.cluster.observe(name).phase is Phase.GONE for name in names):
            break
        time.sleep(0.1)
    return len(names)
