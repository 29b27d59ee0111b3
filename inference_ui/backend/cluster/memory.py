"""A cluster that exists in memory only: nothing runs, and who holds it moves the workloads.

For tests and for showing the product; it keeps the same contract as the others, with the same
arithmetic of room and of restarts, and is deterministic: nothing happens by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from inference_ui.backend.capacity.fit import Demand, Seat, occupied
from inference_ui.backend.capacity.queue import Round, Waiting, seat_in_order
from inference_ui.backend.cluster.replicas import (
    card_labels,
    checked,
    demand_of,
    overall,
    replica_name,
)
from inference_ui.backend.cluster.restarts import after_exit
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Node, Resources
from inference_ui.backend.ports import (
    GONE,
    ClientWorkload,
    LogTail,
    Observation,
    Phase,
    Replica,
    Workload,
)

ONE_NODE = Node("node-1", ready=True, os="Linux", kernel="6", cpu_millis=8000, memory_bytes=1 << 35)
"""What the cluster offers when nothing else is said: one machine without cards."""

_ENDED = (Phase.DONE, Phase.FAILED)


@dataclass
class _Entry:
    workload: Workload
    demand: Demand
    seats: tuple[Seat, ...] | None = None
    replicas: list[Replica] = field(default_factory=list)
    guest: bool = False  # it sits in its server's place for a companion
    recent: dict[int, tuple[float, ...]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    ending: bool = False


class MemoryCluster:
    """``ports.Cluster`` without processes. What a test may set or call is under *Moving*.

    ``linger``: a removed workload stays until :meth:`finish_removal`. ``unreachable``: every method
    of the contract raises :class:`ClusterError`. ``now`` gives Unix seconds.
    """

    def __init__(
        self,
        nodes: Sequence[Node] = (ONE_NODE,),
        *,
        now: Callable[[], float] = time.time,
        runs_images: bool = False,
    ) -> None:
        self.linger = False
        self.unreachable = False
        self._nodes = tuple(nodes)
        self._now = now
        self._runs_images = runs_images
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition(threading.RLock())
        self._revision = 0
        self._seen = -1

    @property
    def runs_images(self) -> bool:
        return self._runs_images

    def apply(self, workload: Workload) -> None:
        self._ask()
        with self._changed:
            name = checked(workload.name)
            entry = self._entries.get(name)
            if entry is None:
                demand = demand_of(workload, self._now())
                self._entries[name] = entry = _Entry(workload, demand)
                self._note_change()
            if entry.ending:
                return
            self._seat_waiting()
            for index in sorted(entry.lost):
                entry.lost.discard(index)
                self._decide(entry, index, None, _lost(entry.replicas[index]))

    def observe(self, name: str) -> Observation:
        self._ask()
        with self._changed:
            entry = self._entries.get(name)
            if entry is None:
                return GONE
            if entry.seats is not None:
                return overall([self._shown(entry, replica) for replica in entry.replicas])
            if entry.ending:
                return Observation(Phase.WAITING, reason=Message("REMOVING"))
            return Observation(Phase.WAITING, reason=self._reasons().get(name))

    def remove(self, name: str, grace_s: float = 20.0) -> None:
        self._ask()
        with self._changed:
            entry = self._entries.get(name)
            if entry is None:
                return
            entry.ending = True
            self._note_change()
            if not self.linger or entry.seats is None:
                self.finish_removal(name)

    def names(self) -> frozenset[str]:
        self._ask()
        with self._changed:
            return frozenset(self._entries)

    def logs(self, name: str, lines: int = 200) -> tuple[LogTail, ...]:
        self._ask()
        with self._changed:
            entry = self._entries.get(name)
            if entry is None or lines <= 0:
                return ()
            return tuple(
                LogTail(replica, "\n".join(text[-lines:])) for replica, text in entry.lines.items()
            )

    def whole_log(self, name: str, replica: str) -> Iterator[bytes]:
        self._ask()
        with self._changed:
            entry = self._entries.get(name)
            lines = list(entry.lines.get(replica, ())) if entry is not None else []
        return iter([f"{line}\n".encode() for line in lines])

    def follow(self, name: str, replica: str) -> Iterator[str]:
        self._ask()
        with self._changed:
            entry = self._entries.get(name)
            seen = len(entry.lines.get(replica, [])) if entry else 0
        while entry is not None:
            with self._changed:
                new = entry.lines.get(replica, [])[seen:]
                if not new and self._entries.get(name) is not entry:
                    return
                if not new:
                    self._changed.wait()
            yield from new
            seen += len(new)

    def nodes(self) -> tuple[Node, ...]:
        self._ask()
        with self._changed:
            return self._occupied()

    def queue(self) -> tuple[Waiting, ...]:
        self._ask()
        with self._changed:
            reasons = self._reasons()
            return tuple(
                Waiting(entry.demand, reasons.get(entry.demand.name)) for entry in self._waiting()
            )

    def changes(self, timeout_s: float) -> bool:
        self._ask()
        with self._changed:
            changed = self._changed.wait_for(lambda: self._revision != self._seen, timeout_s)
            self._seen = self._revision
            return changed

    def close(self) -> None:
        """See ``Cluster``: there is nothing to let go of."""

    # Moving

    def offer(self, nodes: Sequence[Node]) -> None:
        """Replace the nodes. What sits on one that is gone stays as it is."""
        with self._changed:
            self._nodes = tuple(nodes)
            self._note_change()

    def become_ready(self, name: str, index: int = 0) -> None:
        """Let a server's replica answer its probe."""
        endpoint = f"http://{replica_name(name, index)}.memory.invalid:80"
        self._set(name, index, phase=Phase.READY, endpoint=endpoint, reason=None)

    def become_unready(self, name: str, index: int = 0, reason: Message | None = None) -> None:
        """Let a server's replica answer its probe no more."""
        self._set(name, index, phase=Phase.STARTING, endpoint=None, reason=reason)

    def exit(self, name: str, code: int, index: int = 0) -> None:
        """Let a replica's process exit; what follows is decided by its restart policy."""
        with self._changed:
            entry = self._entries[name]
            restarts = entry.replicas[index].restarts
            reason = Message("PROCESS_EXITED", {"exit_code": code, "restarts": restarts})
            self._set(name, index, phase=Phase.STARTING, endpoint=None, exit_code=code)
            self._decide(entry, index, code, reason)

    def lose(self, name: str, index: int = 0) -> None:
        """Let a replica vanish without a word, as when its supervisor is killed."""
        with self._changed:
            entry = self._entries[name]
            reason = _lost(entry.replicas[index])
            self._set(name, index, phase=Phase.STARTING, endpoint=None, reason=reason)
            entry.lost.add(index)

    def write_line(self, name: str, line: str, index: int = 0) -> None:
        """Let a replica write a line to its log."""
        with self._changed:
            lines = self._entries[name].lines
            lines.setdefault(replica_name(name, index), []).append(line)
            self._note_change()

    def finish_removal(self, name: str) -> None:
        """Let a workload that lingers be gone."""
        with self._changed:
            self._entries.pop(name, None)
            self._note_change()

    def workload(self, name: str) -> Workload:
        """Return what was applied under this name first."""
        with self._changed:
            return self._entries[name].workload

    def seats(self) -> tuple[Seat, ...]:
        """Return the places of all replicas that have not ended."""
        with self._changed:
            return tuple(place for _, _, place in self._sitting())

    # Inside

    def _ask(self) -> None:
        if self.unreachable:
            raise ClusterError("CLUSTER_UNREACHABLE", error="")

    def _note_change(self) -> None:
        self._revision += 1
        self._changed.notify_all()

    def _waiting(self) -> list[_Entry]:
        return [one for one in self._entries.values() if one.seats is None and not one.ending]

    def _occupied(self) -> tuple[Node, ...]:
        return occupied(self._nodes, self._sitting())

    def _sitting(self, *, lasting: bool = False) -> Iterator[tuple[str, Resources, Seat]]:
        for entry in self._entries.values():
            if entry.seats is None or (entry.guest and self._host(entry) is not None):
                continue
            if lasting and not entry.demand.lasting:
                continue
            for index, (part, place) in enumerate(
                zip(entry.demand.parts, entry.seats, strict=True)
            ):
                companion = index >= len(entry.replicas)
                if companion or entry.replicas[index].phase not in _ENDED:
                    yield entry.demand.application, part, place

    def _host(self, entry: _Entry) -> Seat | None:
        """Return the place that a client's server keeps for it."""
        server = entry.workload.server if isinstance(entry.workload, ClientWorkload) else None
        host = self._entries.get(server or "")
        if host is None or host.seats is None or host.demand.companion is None:
            return None
        return host.seats[-1]

    def _reasons(self) -> dict[str, Message]:
        demands = [entry.demand for entry in self._waiting()]
        answers = self._look(demands).answers
        return {name: one for name, one in answers.items() if isinstance(one, Message)}

    def _look(self, demands: Sequence[Demand]) -> Round:
        lasting = occupied(self._nodes, self._sitting(lasting=True))
        return seat_in_order(demands, self._occupied(), self._now(), lasting=lasting)

    def _seat_waiting(self) -> None:
        for entry in self._waiting():
            kept = self._host(entry)
            if kept is not None:
                entry.guest = True
                self._place(entry, (kept,))
        demands = [entry.demand for entry in self._waiting()]
        for name, answer in self._look(demands).answers.items():
            if not isinstance(answer, Message):
                self._place(self._entries[name], answer)

    def _place(self, entry: _Entry, seats: tuple[Seat, ...]) -> None:
        entry.seats = seats
        count = entry.demand.replicas
        entry.replicas = [self._fresh(entry, *one) for one in enumerate(seats[:count])]
        self._note_change()

    def _fresh(self, entry: _Entry, index: int, place: Seat) -> Replica:
        return Replica(
            name=replica_name(entry.workload.name, index),
            phase=self._first_phase(entry),
            node=place.node,
            cards=card_labels(place),
        )

    def _first_phase(self, entry: _Entry) -> Phase:
        return Phase.READY if isinstance(entry.workload, ClientWorkload) else Phase.STARTING

    def _shown(self, entry: _Entry, replica: Replica) -> Replica:
        if entry.ending and replica.phase not in _ENDED:
            return replace(replica, phase=Phase.STARTING, endpoint=None, reason=Message("REMOVING"))
        return replica

    def _set(self, name: str, index: int, **values: object) -> None:
        with self._changed:
            entry = self._entries[name]
            if entry.replicas[index].phase in _ENDED:
                raise ValueError(f"replica {index} of {name} has ended")
            entry.replicas[index] = replace(entry.replicas[index], **values)  # type: ignore[arg-type]
            self._note_change()

    def _decide(self, entry: _Entry, index: int, code: int | None, reason: Message) -> None:
        policy = entry.workload.restart
        following = after_exit(
            code,
            entry.recent.get(index, ()),
            self._now(),
            limit=policy.limit,
            window_s=policy.window_s,
            done=policy.done,
            fatal=policy.fatal,
        )
        entry.recent[index] = following.recent
        name = entry.workload.name
        if following.outcome == "AGAIN":
            restarts = entry.replicas[index].restarts + 1
            again = Message(reason.code, {**reason.args, "restarts": restarts})
            self._set(name, index, phase=self._first_phase(entry), restarts=restarts, reason=again)
        elif following.outcome == "DONE":
            self._set(name, index, phase=Phase.DONE, reason=None)
        else:
            self._set(name, index, phase=Phase.FAILED, reason=reason)


def _lost(replica: Replica) -> Message:
    return Message("REPLICA_LOST", {"restarts": replica.restarts})
