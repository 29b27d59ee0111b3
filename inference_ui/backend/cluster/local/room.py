"""Who sits where on the local cluster, and who waits: the book of its cards.

What is given stands in the run folders (``placement.json``) until a replica has ended or its run
is gone, so it is counted the same after any crash. To be called under the cluster's lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from inference_ui.backend.capacity.fit import Seat, occupied
from inference_ui.backend.capacity.queue import Waiting, next_patience, seat_in_order
from inference_ui.backend.cluster.local import files, runs
from inference_ui.backend.cluster.local.runs import Run
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Resources


class Room:
    """The nodes, and the runs (by name, shared with the cluster) that sit on them or wait."""

    def __init__(
        self,
        nodes: Sequence[Node],
        known: dict[str, Run],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.nodes = tuple(nodes)
        self._runs = known
        self._now = now
        self._reasons: dict[str, Message] = {}  # why those that wait do
        self._kept: dict[str, str] = {}  # which nodes are kept for one of them
        self._looked_at: tuple[Node, ...] = ()  # the occupancy at which that was so
        self._patience_ends = 0.0
        self._failed = False  # whether somebody could not be given a place in the last look

    def reason(self, name: str) -> Message | None:
        """Return why a run waits, as far as was looked."""
        return self._reasons.get(name)

    def failed(self, name: str, error: OSError) -> None:
        """A run could not be given its place, which it waits for still."""
        self._reasons[name] = Message("LOCAL_CLUSTER_IO", {"error": str(error)})
        self._failed = True

    def forget(self, name: str) -> None:
        """A run is gone. If it waited, others may go on in its stead."""
        if self._reasons.pop(name, None) is not None:
            self._looked_at = ()

    def waiting(self) -> list[Run]:
        """Return the runs that wait for a place, the longest waiting first."""
        found = [
            run
            for run in self._runs.values()
            if run.seats is None and run.readable and runs.removal(run) is None
        ]
        return sorted(found, key=lambda run: (run.demand.since, run.demand.name))

    def queue(self) -> tuple[Waiting, ...]:
        """Return what waits, each with its reason."""
        return tuple(
            Waiting(run.demand, self._reasons.get(run.demand.name)) for run in self.waiting()
        )

    def occupied(self) -> tuple[Node, ...]:
        """Return the nodes with what sits on them: all that was placed and has not ended."""
        return occupied(self.nodes, self._sitting())

    def host(self, run: Run) -> Seat | None:
        """Return the place that a client's server keeps for it."""
        host = self._runs.get(run.server or "")
        if host is None or host.seats is None or host.demand.companion is None:
            return None
        return host.seats[-1]

    def seat_waiting(self, applied: str) -> Iterator[tuple[Run, tuple[Seat, ...], bool]]:
        """Give places to all that wait and fit, each with whether it is the one that its server
        keeps for it. Where nothing has changed since the last look, only the one applied, if it is
        new, can be meant."""
        run = self._runs[applied]
        if run.seats is not None or not run.readable:
            return
        kept = self.host(run)
        if kept is not None:
            yield run, (kept,), True
            return
        occupancy, now = self.occupied(), self._now()
        same = occupancy == self._looked_at and now < self._patience_ends
        if same and applied in self._reasons:
            return
        waiting = [run] if same else self.waiting()
        demands = [one.demand for one in waiting]
        self._failed = False
        lasting = occupied(self.nodes, self._sitting(lasting=True))
        kept_before = self._kept if same else None
        found = seat_in_order(demands, occupancy, now, kept=kept_before, lasting=lasting)
        for name, answer in found.answers.items():
            if isinstance(answer, Message):
                self._reasons[name] = answer
            else:
                self._reasons.pop(name, None)
                yield self._runs[name], answer, False
        self._kept = dict(found.kept)
        self._looked_at = () if self._failed else self.occupied()
        self._patience_ends = next_patience((one.demand for one in self.waiting()), now)

    def _sitting(self, *, lasting: bool = False) -> Iterator[tuple[str, Resources, Seat]]:
        for run in self._runs.values():
            if run.seats is None or (run.guest and self.host(run) is not None):
                continue
            demand = run.demand
            if lasting and not demand.lasting:
                continue
            seats = run.seats_now(self.nodes)
            for index, (part, place) in enumerate(zip(demand.parts, seats, strict=True)):
                if index >= demand.replicas or not self._ended(run, index):
                    yield demand.application, part, place

    def _ended(self, run: Run, index: int) -> bool:
        state = files.read_state(run.replica_folder(index))
        return state is not None and state.ended
