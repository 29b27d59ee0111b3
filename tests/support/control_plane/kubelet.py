"""The kubelets of all nodes: they run the pods that the scheduler put there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.support.control_plane.events import Events
from tests.support.control_plane.launches import Machine
from tests.support.control_plane.objects import Json
from tests.support.control_plane.pace import Pace
from tests.support.control_plane.pod_worker import PodWorker
from tests.support.control_plane.store import Store
from tests.support.control_plane.writing import has_ended, key

_LOOK_S = 0.05
_Place = tuple[str | None, str]


class Kubelet:
    """Runs pods as processes of this machine, each with an address of its own.

    Servers have to listen on that address, ``$(POD_IP)``, or on all of them.
    """

    def __init__(
        self, store: Store, machine: Machine, pace: Pace, events: Events, folder: Path
    ) -> None:
        self._store = store
        self._machine = machine
        self._pace = pace
        self._events = events
        self._folder = folder
        self._workers: dict[str, PodWorker] = {}
        self._places: dict[_Place, str] = {}
        self._nodes: dict[str, str] = {}
        self._lost: set[str] = set()
        self._lock = threading.Lock()

    def tend(self) -> None:
        """Begin to work for new pods, and tell each worker of its pod as it is now."""
        pods = {pod["metadata"]["uid"]: pod for pod in self._store.peek("pods")}
        with self._lock:
            for uid, pod in pods.items():
                if not pod["spec"].get("nodeName"):
                    continue
                if uid in self._workers:
                    self._workers[uid].see(pod)
                elif not has_ended(pod):
                    self._begin(uid, pod)
            gone = [uid for uid in self._workers if uid not in pods]
            for uid in gone:
                self._workers[uid].abandon()
                self._forget(uid)

    def close(self) -> None:
        """End all containers, and wait until they have ended."""
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.abandon()
        for worker in workers:
            worker.join()

    def _begin(self, uid: str, pod: Json) -> None:
        folder = self._folder / uid
        folder.mkdir(parents=True)
        worker = PodWorker(pod, self._store, self._machine, self._pace, self._events, folder)
        self._workers[uid] = worker
        self._places[key(pod)] = uid
        self._nodes[uid] = node = pod["spec"]["nodeName"]
        if node in self._lost:
            worker.cut_off()
        worker.start()

    def _forget(self, uid: str) -> None:
        """Drop the worker of a pod that is gone, and all that it kept."""
        worker = self._workers.pop(uid)
        worker.join()
        del self._nodes[uid]
        for place, known in list(self._places.items()):
            if known == uid:
                del self._places[place]
        shutil.rmtree(self._folder / uid, ignore_errors=True)

    def worker(self, namespace: str, name: str) -> PodWorker:
        """Return who works for a pod. Raises KeyError for one that is on no node."""
        with self._lock:
            return self._workers[self._places[namespace, name]]

    def cut_off(self, node: str) -> None:
        """Lose a node: nothing of it answers any more."""
        with self._lock:
            self._lost.add(node)
            for uid, at in self._nodes.items():
                if at == node:
                    self._workers[uid].cut_off()

    def mend(self, node: str) -> None:
        """Let a lost node be back."""
        with self._lock:
            self._lost.discard(node)
            for uid, at in self._nodes.items():
                if at == node:
                    self._workers[uid].mend()

    def logs(self, namespace: str, pod: str, container: str, previous: bool) -> bytes | None:
        """Return what the container of a pod wrote, or the one before it; None for none."""
        try:
            log = self.worker(namespace, pod).log(previous)
        except KeyError:
            return None
        try:
            return log.read_bytes() if log is not None else None
        except FileNotFoundError:
            return None

    def follow(self, namespace: str, pod: str, container: str) -> Iterator[bytes]:
        """Yield what the container has written and goes on to write, until it ends."""
        worker = self.worker(namespace, pod)
        log = worker.log()
        if log is None:
            return
        pause = threading.Event()
        with log.open("rb") as file:
            while True:
                writes = worker.writes(log)
                piece = file.read(1 << 16)
                yield piece
                if not piece:
                    if not writes:
                        return
                    pause.wait(_LOOK_S)
