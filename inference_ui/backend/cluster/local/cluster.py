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
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from inference_ui.backend.cluster.local import files, logs, runs
from inference_ui.backend.cluster.local.hardware import this_machine
from inference_ui.backend.cluster.local.runs import Run
from inference_ui.backend.cluster.local.supervisors import Supervisors
from inference_ui.backend.cluster.replicas import checked, overall, replica_name
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.fit import Demand, Seat, occupied, queued_cards, seat_in_order
from inference_ui.backend.ports import (
    GONE,
    LogTail,
    Observation,
    Phase,
    Replica,
    Workload,
)

_POLL_S = 0.2


class LocalCluster:
    """``ports.Cluster`` over the processes of this machine.

    ``folder`` holds the run folders. ``nodes`` is what the machine offers, empty; by default what
    is found, as one node (which asks the cards' tools and may take seconds).
    """

    def __init__(self, folder: Path, nodes: Sequence[Node] | None = None) -> None:
        self._folder = folder.resolve()
        with _converted():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            runs.clear_leftovers(self._folder)
            self._runs = runs.load(self._folder)
        offered = (this_machine(),) if nodes is None else nodes
        self._nodes = {node.name: node for node in offered}
        self._shims = Supervisors()
        self._lock = threading.RLock()
        self._reasons: dict[str, Message] = {}  # why those that wait do
        self._refused_at: tuple[Node, ...] = ()  # the occupancy at which they were told so
        self._seen: object = None

    @property
    def runs_images(self) -> bool:
        return False

    def apply(self, workload: Workload) -> None:
        name = checked(workload.name)
        with self._lock, _converted():
            if self._run(name) is None:
                self._runs[name] = runs.create(self._folder, workload)
            if runs.removal(self._runs[name]) is not None:
                return
            self._seat_waiting(name)
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
                reason = Message("REMOVING") if ending else self._reasons.get(name)
                return Observation(Phase.WAITING, reason=reason)
            return overall(
                [self._replica(run, index, seat, ending) for index, seat in enumerate(run.seats)]
            )

    def remove(self, name: str, grace_s: float = 20.0) -> None:
        with self._lock, _converted():
            run = self._run(name)
            if run is None:
                return
            record = runs.request_removal(run, grace_s)
            if self._shims.end(run, record):
                runs.discard(run)
                self._forget(name)

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

    def follow(self, name: str, replica: str) -> Iterator[str]:
        with self._lock:
            run = self._run(name)
        count = run.demand.replicas if run else 0
        for index in range(count):
            if replica_name(name, index) == replica:
                with _converted():
                    yield from logs.follow(self._folder / name / str(index))

    def nodes(self) -> tuple[Node, ...]:
        with self._lock, _converted():
            return self._occupied()

    def queued(self) -> Mapping[str, int]:
        with self._lock:
            return queued_cards(run.demand for run in self._waiting())

    def changes(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while True:
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

    def _run(self, name: str) -> Run | None:
        """Return the run, forgetting one whose folder somebody deleted by hand."""
        run = self._runs.get(name)
        if run is not None and not run.folder.exists():
            self._forget(name)
            return None
        return run

    def _forget(self, name: str) -> None:
        self._runs.pop(name, None)
        self._reasons.pop(name, None)

    def _waiting(self) -> list[Run]:
        """Return the runs that wait for a place, the longest waiting first."""
        found = [
            run
            for run in self._runs.values()
            if run.seats is None and run.readable and runs.removal(run) is None
        ]
        return sorted(found, key=lambda run: (run.order, run.demand.name))

    def _seat_waiting(self, applied: str) -> None:
        """Seat all that wait and fit. Where nothing has become free, only the one applied can."""
        if self._runs[applied].seats is not None or not self._runs[applied].readable:
            return
        now = self._occupied()
        if now == self._refused_at and applied in self._reasons:
            return
        waiting = [self._runs[applied]] if now == self._refused_at else self._waiting()
        for name, answer in seat_in_order((run.demand for run in waiting), now).items():
            if isinstance(answer, Message):
                self._reasons[name] = answer
                continue
            self._reasons.pop(name, None)
            self._runs[name] = runs.place(self._runs[name], answer, self._nodes)
            self._shims.start_lost(self._runs[name])
        self._refused_at = self._occupied()

    def _occupied(self) -> tuple[Node, ...]:
        """Return the nodes with what sits on them: all that was placed and has not ended."""
        return occupied(tuple(self._nodes.values()), self._sitting())

    def _sitting(self) -> Iterator[tuple[Demand, Seat]]:
        for run in self._runs.values():
            for index, place in enumerate(run.seats or ()):
                state = files.read_state(run.replica_folder(index))
                if state is None or not state.ended:
                    yield run.demand, place

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
        slots = set(place.slots)
        cards = self._nodes[place.node].cards if place.node in self._nodes else ()
        return Replica(
            name=replica_name(run.demand.name, index),
            phase=phase,
            node=place.node,
            endpoint=endpoint,
            cards=tuple(card.index for card in cards if card.slot in slots),
            restarts=state.restarts,
            exit_code=state.exit_code,
            reason=reason,
        )

    def _fingerprint(self) -> object:
        """Return something that differs when what :meth:`observe` tells may differ."""
        marks: list[object] = []
        for name, run in self._runs.items():
            marks.append((name, run.seats is None))
            for index in range(len(run.seats or ())):
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
