"""Drives the reconciler: at every hint of a change, and once a second in any case."""

from __future__ import annotations

import logging
import threading

from inference_ui.backend.errors import ClusterError
from inference_ui.backend.ports import Cluster
from inference_ui.backend.reconciler import Reconciler
from inference_ui.backend.services.changes import Changes

_log = logging.getLogger(__name__)

TICK_S = 1.0
"""At most so long after a change that no hint told of it is seen."""

HINT_S = 0.1
"""Hints that come closer together than this are one."""


class Engine:
    """Two threads: one waits for the cluster's hints, one reconciles. Start and stop it once."""

    def __init__(self, reconciler: Reconciler, cluster: Cluster, changes: Changes) -> None:
        self._reconciler = reconciler
        self._cluster = cluster
        self._changes = changes
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin. What ran before a crash or restart is taken up where it is."""
        self._stopping.clear()
        self._unsubscribe = self._changes.subscribe(lambda _ids: self._wake.set())
        self._threads = [
            threading.Thread(target=self._reconcile, name="reconciler", daemon=True),
            threading.Thread(target=self._watch, name="cluster-watch", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End both threads. Workloads go on running: they outlive the web server."""
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=10)
        if self._threads:
            self._unsubscribe()
        self._threads = []

    def _reconcile(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                changed = self._reconciler.run_once()
            except Exception:
                _log.exception("reconciling failed; tried again in %s s", TICK_S)
                changed = frozenset()
            if changed:
                self._changes.publish(changed)
                self._stopping.wait(HINT_S)
            else:
                self._wake.wait(TICK_S)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._cluster.changes(TICK_S):
                    self._wake.set()
            except ClusterError as error:
                _log.warning("the cluster's changes cannot be watched: %s", error)
                self._stopping.wait(TICK_S)
            except Exception:
                _log.exception("watching the cluster failed; tried again in %s s", TICK_S)
                self._stopping.wait(TICK_S)
