"""The local cluster: every replica a process of this machine, under a shim that outlives us.

What is true lies in the run folders and the process table, so a restarted web server sees what
runs, learns how it ended, and goes on; one web server per data folder is guaranteed elsewhere.

What the contract leaves open, here: a replica whose shim was killed (or whose machine was
restarted) is STARTING with the reason ``REPLICA_LOST`` until ``apply`` starts it again, so whoever
wants a workload to run applies it again and again. ``apply`` also seats whoever waits longer, if
there is room. A workload that is being removed is not revived by ``apply``.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from inference_ui.backend.capacity.fit import Seat
from inference_ui.backend.capacity.queue import Waiting
from inference_ui.backend.cluster.local import files, logs, runs
from inference_ui.backend.cluster.local.room import Room
from inference_ui.backend.cluster.local.runs import Run
from inference_ui.backend.cluster.local.supervisors import Supervisors
from inference_ui.backend.cluster.replicas import card_labels, checked, overall, replica_name
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Node
from inference_ui.backend.ports import (
    GONE,
    LogTail,
    Observation,
    Phase,
    Replica,
    Workload,
)

_log = logging.getLogger(__name__)

_POLL_S = 0.2

OFFER_S = 2.0
"""The nodes are asked for so often while changes are watched."""


class LocalCluster:
    """``ports.Cluster`` over the processes of this machine.

    ``folder`` holds the run folders. ``offer`` returns the nodes that there are, empty; it is asked
    again and again, and may take seconds. What runs on a node that is not offered any more goes on.
    """

    def __init__(self, folder: Path, offer: Callable[[], Sequence[Node]]) -> None:
        self._folder = folder.resolve()
        with _converted():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            runs.clear_leftovers(self._folder)
            self._runs = runs.load(self._folder)
        self._offer = offer
        self._offered_at = time.monotonic()
        self._room = Room(offer(), self._runs)
        self._shims = Supervisors()
        self._lock = threading.RLock()
        self._seen: object = None

    @property
    def runs_images(self) -> bool:
        return False

    def apply(self, workload: Workload) -> None:
        name = checked(workload.name)
        with self._lock, _converted():
            if self._run(name) is None:
                self._runs[name] = runs.create(self._folder, workload)
            ending = runs.removal(self._runs[name])
            if ending is not None:  # by somebody who is gone, perhaps: see it through
                self._end(self._runs[name], ending)
                return
            for run, seats, guest in self._room.seat_waiting(name):
                self._seat(run, seats, guest=guest)
            self._shims.start_lost(self._runs[name])

    def observe(self, name: str) -> Observation:
        with self._lock, _converted():
            run = self._run(name)
            if run is None:
                return GONE
            if not run.readable:
                return Observation(Phase.FAILED, reason=Message("RUN_FOLDER_UNREADABLE"))
            ending = runs.removal(run) is not None
            if run.seats is None:
                reason = Message("REMOVING") if ending else self._room.reason(name)
                return Observation(Phase.WAITING, reason=reason)
            seats = enumerate(run.seats_now(self._room.nodes)[: run.demand.replicas])
            return overall([self._replica(run, index, seat, ending) for index, seat in seats])

    def remove(self, name: str, grace_s: float = 20.0) -> None:
        with self._lock, _converted():
            run = self._run(name)
            if run is None:
                return
            self._end(run, runs.request_removal(run, grace_s))

    def names(self) -> frozenset[str]:
        with self._lock, _converted():
            return frozenset(name for name in list(self._runs) if self._run(name) is not None)

    def logs(self, name: str, lines: int = 200) -> tuple[LogTail, ...]:
        with self._lock, _converted():
            run = self._run(name)
            count = run.demand.replicas if run else 0
            tails = [logs.tail(self._folder / name / str(index), lines) for index in range(count)]
            return tuple(
                LogTail(replica_name(name, index), text)
                for index, text in enumerate(tails)
                if text is not None
            )

    def whole_log(self, name: str, replica: str) -> Iterator[bytes]:
        with _converted():
            folder = self._log_folder(name, replica)
            return logs.whole(folder) if folder is not None else iter(())

    def follow(self, name: str, replica: str) -> Iterator[str]:
        folder = self._log_folder(name, replica)
        if folder is not None:
            with _converted():
                yield from logs.follow(folder)

    def nodes(self) -> tuple[Node, ...]:
        with self._lock, _converted():
            return self._room.occupied()

    def queue(self) -> tuple[Waiting, ...]:
        with self._lock, _converted():
            return self._room.queue()

    def changes(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
            self._ask_for_nodes()
            with self._lock, _converted():
                self._shims.reap()
                seen = self._fingerprint()
                if seen != self._seen:
                    self._seen = seen
                    return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_POLL_S, left))

    def close(self) -> None:
        """See ``Cluster``: there is nothing to let go of."""

    def _log_folder(self, name: str, replica: str) -> Path | None:
        """Return where the replica's log is kept, if there is such a replica."""
        with self._lock:
            run = self._run(name)
        for index in range(run.demand.replicas if run else 0):
            if replica_name(name, index) == replica:
                return self._folder / name / str(index)
        return None

    def _run(self, name: str) -> Run | None:
        """Return the run, forgetting one whose folder somebody deleted by hand."""
        run = self._runs.get(name)
        if run is not None and not run.folder.exists():
            self._forget(name)
            return None
        return run

    def _end(self, run: Run, removal: dict[str, Any]) -> None:
        if self._shims.end(run, removal):
            runs.discard(run)
            self._forget(run.demand.name)

    def _forget(self, name: str) -> None:
        self._runs.pop(name, None)
        self._room.forget(name)

    def _seat(self, run: Run, seats: tuple[Seat, ...], *, guest: bool) -> None:
        """Give a run its place; where that fails, it waits on and holds up no other."""
        nodes = {node.name: node for node in self._room.nodes}
        try:
            placed = runs.place(run, seats, nodes, guest=guest)
        except OSError as error:
            _log.warning("%s cannot be given its place: %s", run.demand.name, error)
            self._room.failed(run.demand.name, error)
            return
        self._runs[run.demand.name] = placed
        self._shims.start_lost(placed)

    def _ask_for_nodes(self) -> None:
        if time.monotonic() - self._offered_at < OFFER_S:
            return
        offered = tuple(self._offer())  # may take seconds: not under the lock
        with self._lock:
            self._room.nodes = offered
            self._offered_at = time.monotonic()

    def _replica(self, run: Run, index: int, place: Seat, ending: bool) -> Replica:
        folder = run.replica_folder(index)
        state = files.read_state(folder) or files.State()
        phase = Phase(state.phase)
        reason = Message.from_json(state.reason) if state.reason else None
        endpoint = state.endpoint
        if not state.ended:
            shim = self._shims.running(run, index)
            if shim is None or state.shim not in (None, shim):
                phase, endpoint = Phase.STARTING, None
                reason = Message("REPLICA_LOST", {"restarts": state.restarts})
            if ending:
                phase, endpoint, reason = Phase.STARTING, None, Message("REMOVING")
        return Replica(
            name=replica_name(run.demand.name, index),
            phase=phase,
            node=place.node,
            endpoint=endpoint,
            cards=card_labels(place),
            restarts=state.restarts,
            exit_code=state.exit_code,
            reason=reason,
        )

    def _fingerprint(self) -> object:
        """Return something that differs when what :meth:`observe` tells may differ."""
        marks: list[object] = [self._room.nodes]
        for name, run in self._runs.items():
            marks.append((name, run.seats is None))
            for index in range(len(run.replica_seats)):
                state = Path(run.replica_folder(index), files.STATE)
                try:
                    changed = state.stat().st_mtime_ns
                except FileNotFoundError:
                    changed = 0
                marks.append((changed, self._shims.running(run, index)))
        return marks


@contextlib.contextmanager
def _converted() -> Iterator[None]:
    """Turn what the file system or the process table refuses into the error of the contract."""
    try:
        yield
    except OSError as error:
        raise ClusterError("LOCAL_CLUSTER_IO", error=str(error)) from error
