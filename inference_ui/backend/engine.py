"""Drives the reconcilers: at every hint of a change, and once a second in any case."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias

from inference_ui.backend.errors import ClusterError
from inference_ui.backend.ports import Cluster
from inference_ui.backend.services.changes import Changes, is_progress

_log = logging.getLogger(__name__)

TICK_S = 1.0
"""At most so long after a change that no hint told of it is seen."""

HINT_S = 0.1
"""Hints that come closer together than this are one."""

PROGRESS_S = 0.5
"""Where nothing but progress was found, so long nobody looks again without a hint: clients write it
down no oftener, and with hundreds of them there is always some."""

CLUSTER_CHANGED = frozenset({"cluster:nodes"})
"""What is told of nodes, or of what sits on them (``services.changes``)."""

RunOnce: TypeAlias = Callable[[], frozenset[str]]
"""Moves what there is one step, and returns what changed (``services.changes``)."""


class Engine:
    """A thread for each of ``reconcilers`` (by name), so that none holds up another, and one that
    waits for the cluster's hints. Start and stop it once."""

    def __init__(
        self, reconcilers: Mapping[str, RunOnce], cluster: Cluster, changes: Changes
    ) -> None:
        self._reconcilers = dict(reconcilers)
        self._cluster = cluster
        self._changes = changes
        self._wakes = {name: threading.Event() for name in reconcilers}
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin. What ran before a crash or restart is taken up where it is."""
        self._stopping.clear()
        self._unsubscribe = self._changes.subscribe(lambda _ids: self._wake())
        self._threads = [
            threading.Thread(target=self._reconcile, args=(name,), name=name, daemon=True)
            for name in self._reconcilers
        ]
        self._threads.append(
            threading.Thread(target=self._watch, name="cluster-watch", daemon=True)
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all threads. Workloads go on running: they outlive the web server."""
        self._stopping.set()
        self._wake()
        for thread in self._threads:
            thread.join(timeout=10)
        if self._threads:
            self._unsubscribe()
        self._threads = []

    def _wake(self) -> None:
        """Wake all but who has something to tell: it knows."""
        teller = threading.current_thread().name
        for name, wake in self._wakes.items():
            if name != teller:
                wake.set()

    def _reconcile(self, name: str) -> None:
        run_once, wake = self._reconcilers[name], self._wakes[name]
        while not self._stopping.is_set():
            wake.clear()
            try:
                changed = run_once()
            except Exception:
                _log.exception("the %s failed; tried again in %s s", name, TICK_S)
                changed = frozenset()
            if changed:
                self._changes.publish(changed)
            if changed and not is_progress(changed):
                self._stopping.wait(HINT_S)
            else:
                wake.wait(PROGRESS_S if changed else TICK_S)

    def _watch(self) -> None:
        away = ""
        while not self._stopping.is_set():
            try:
                changed = self._cluster.changes(TICK_S)
                if changed or away:
                    away = ""
                    self._changes.publish(CLUSTER_CHANGED)  # which wakes the reconcilers, too
            except ClusterError as error:
                if away != str(error):
                    away = str(error)
                    _log.warning("the cluster's changes cannot be watched: %s", error)
                    self._changes.publish(CLUSTER_CHANGED)  # so that pages say why
                self._stopping.wait(TICK_S)
            except Exception:
                _log.exception("watching the cluster failed; tried again in %s s", TICK_S)
                self._stopping.wait(TICK_S)
