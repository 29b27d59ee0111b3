"""The seam between the product and whatever runs its workloads: one Protocol, :class:`Cluster`.

A workload is data; so is an observation of it. A cluster keeps no opinion: it starts what it is
told to start, tells what it sees, removes what it is told to remove. Deciding is the reconciler's.
Implementations: local processes, Kubernetes, and memory (for tests). All pass the same contract
tests (``tests/contract/test_cluster.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from inference_ui.backend.capacity.queue import Waiting
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Node, Placement, Resources
from inference_ui.backend.records import BatchJob


class Phase(StrEnum):
    """Where a workload is in its life, over all of its replicas.

    WAITING: applied, no room for any replica yet. STARTING: placed, no replica ready. READY: at
    least one replica ready (a client: running). DONE: ended by itself as it should. FAILED: ended
    and will not be started again. GONE: does not exist, nothing of it is left.
    """

    WAITING = "WAITING"
    STARTING = "STARTING"
    READY = "READY"
    DONE = "DONE"
    FAILED = "FAILED"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class Probe:
    """How readiness is asked: GET ``path`` answers a status below ``below_status`` (and at least
    200), and its body matches the regular expression ``body`` when one is given."""

    path: str
    body: str | None = None
    below_status: int = 300


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """A replica that exits is started again at most ``limit`` times in ``window_s`` seconds.

    Exit codes in ``done`` end it for good as DONE, those in ``fatal`` as FAILED.
    """

    limit: int = 3
    window_s: float = 600.0
    done: frozenset[int] = frozenset()
    fatal: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Image:
    """A server as a container (Kubernetes only). Without ``command`` the image's own is run, with
    ``arguments`` in place of the image's own where there are any; in both ``$(NAME)`` stands for a
    variable's value and ``$$`` for a dollar. It listens on ``port``.

    ``pull_secret`` names the Secret for the image's registry; ``shm_bytes`` is the size of
    ``/dev/shm``, None for the cluster's own. ``as_root`` and ``writable`` (its root file system)
    are what administrators granted besides what every container may.
    """

    name: str
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    port: int = 8080
    pull_secret: str = ""
    shm_bytes: int | None = None
    as_root: bool = False
    writable: bool = False


@dataclass(frozen=True, slots=True)
class ServerWorkload:
    """A model's server: ``replicas`` copies of ``command`` (of ``image``, where the cluster runs
    images), each on a node of its own if it can.

    In commands, arguments and the values of ``env``, ``{port}`` stands for the port to listen on
    and ``{python}`` for the interpreter of the product (local only); the port is also in ``PORT``.
    ``model_folder`` is where the model's files are, as the web server sees it, or empty.
    ``application`` is what people call it (the task's name). ``companion`` is what the client asks
    for that will call it: its place is kept beside the replicas' from the beginning. ``lasting``:
    it does not end by itself, so nobody waits for that.
    """

    name: str
    application: str
    command: tuple[str, ...]
    resources: Resources
    probe: Probe
    replicas: int = 1
    companion: Resources | None = None
    lasting: bool = False
    image: Image | None = None
    model_folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)
    restart: RestartPolicy = field(default_factory=RestartPolicy)


@dataclass(frozen=True, slots=True)
class ClientWorkload:
    """A batch client that does ``job``, calling the ready replicas of the workload ``server``.

    ``server`` is None when the job names fixed endpoints. It sits in the place that its server
    keeps for a companion, else it waits for one of its own. Exit codes are those of the batch
    client: 0 is DONE, 2 is fatal, anything else (a crash among it) is started again.
    """

    name: str
    application: str
    job: BatchJob
    resources: Resources
    server: str | None = None
    placement: Placement = field(default_factory=Placement)
    restart: RestartPolicy = field(
        default_factory=lambda: RestartPolicy(done=frozenset({0}), fatal=frozenset({2}))
    )


Workload: TypeAlias = ServerWorkload | ClientWorkload


@dataclass(frozen=True, slots=True)
class Replica:
    """One process (or pod) of a workload. ``cards`` are its slots, a slice as ``2(1)``, as far as
    they are known; ``restarts`` counts since it was applied."""

    name: str
    phase: Phase
    node: str | None = None
    endpoint: str | None = None
    cards: tuple[str, ...] = ()
    restarts: int = 0
    exit_code: int | None = None
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What is seen of a workload now. ``reason`` says why it waits or failed."""

    phase: Phase
    replicas: tuple[Replica, ...] = ()
    reason: Message | None = None
    exit_code: int | None = None

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Base URLs of the ready replicas."""
        return tuple(
            replica.endpoint
            for replica in self.replicas
            if replica.phase is Phase.READY and replica.endpoint
        )


GONE = Observation(Phase.GONE)


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines of one replica's output (stdout and stderr together)."""

    replica: str
    text: str


class Cluster(Protocol):
    """Runs workloads. Every method is idempotent, may be called from any thread, and returns at
    once (``changes`` and ``follow`` excepted); each may raise :class:`ClusterError`."""

    @property
    def runs_images(self) -> bool:
        """Whether servers start from a package's container image; else from its command."""

    def apply(self, workload: Workload) -> None:
        """Make the workload exist. Applying one that exists changes nothing but this: one that
        waits for room is placed if there is room now, and one whose supervisor was killed is
        started again (which counts as a restart)."""

    def observe(self, name: str) -> Observation:
        """Tell what is seen of the workload. No side effect; what is missing is GONE."""

    def remove(self, name: str, grace_s: float = 20.0) -> None:
        """Begin to end the workload: asked to stop, and killed ``grace_s`` seconds after the
        first call. Finished when :meth:`observe` says GONE; what is missing is no error.
        Call it again until then."""

    def names(self) -> frozenset[str]:
        """Names of all workloads that exist, to find what a crash left behind."""

    def logs(self, name: str, lines: int = 200) -> tuple[LogTail, ...]:
        """Return the last lines of each replica; empty when there are none."""

    def whole_log(self, name: str, replica: str) -> Iterator[bytes]:
        """Return all that is kept of a replica's output, byte for byte and in pieces: what was
        there at the call, also when the workload is removed meanwhile. Empty when there is none.
        """

    def follow(self, name: str, replica: str) -> Iterator[str]:
        """Yield a replica's lines as they come, until it is gone. Blocks."""

    def nodes(self) -> tuple[Node, ...]:
        """The nodes with their totals, cards, and what the workloads use of them."""

    def queue(self) -> tuple[Waiting, ...]:
        """The workloads that wait for room, the longest waiting first, each with its reason."""

    def changes(self, timeout_s: float) -> bool:
        """Block until something may have changed or the time is over; tell whether it may have.
        A hint: missing one costs latency, never correctness."""

    def close(self) -> None:
        """Let go of what the cluster is watched with, for good. What runs goes on."""


def workload_name(owner_id: str, attempt: int, role: str, kind: str = "task") -> str:
    """Return the name of a workload, ``task-<id>-<attempt>-<role>``: an RFC 1123 label.

    ``kind`` is what owns it: a ``task``, a ``service``, or the ``trial`` of a package.
    """
    return f"{kind}-{owner_id}-{attempt}-{role}"
