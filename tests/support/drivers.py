"""What the contract tests need beyond the contract: a hand that moves the workloads."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from inference_ui.backend.cluster.local import LocalCluster, files
from inference_ui.backend.cluster.local.processes import send
from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Placement,
    Resources,
)
from inference_ui.backend.ports import (
    Cluster,
    Image,
    Observation,
    Phase,
    Probe,
    RestartPolicy,
    ServerWorkload,
)
from tests.support.waiting import wait_for

PUPPET = str(Path(__file__).with_name("puppet.py"))
POD_PUPPET = Path(__file__).with_name("pod_puppet.py").read_text("utf-8")
IMAGE = os.environ.get("IMAGE", "inference-ui:test")
"""What runs puppets on Kubernetes: any image with Python."""
GIB = 1 << 30
SMALL = Resources(cpu_millis=1000, memory_bytes=GIB)


def machine(cards: int = 0, name: str = "here", model: str = "MLU370-X8") -> Node:
    """Return a node of four CPUs and 8 GiB with this many cards of one model."""
    kind = AcceleratorType.MLU if model.startswith("MLU") else AcceleratorType.GPU
    return Node(
        name=name,
        ready=True,
        os="Linux",
        kernel="6.1",
        cpu_millis=4000,
        memory_bytes=8 * GIB,
        driver_version="v5.10.27",
        cards=tuple(
            PhysicalCard(slot=slot, index=str(slot - 1), model=model, accelerator=kind)
            for slot in range(1, cards + 1)
        ),
    )


def with_cards(cards: int, model: str | None = "MLU370-X8") -> Resources:
    """Return a request for so many MLU cards."""
    return Resources(
        cpu_millis=100,
        memory_bytes=1 << 20,
        accelerator=AcceleratorType.MLU,
        card_model=model,
        cards=cards,
    )


def puppet(
    name: str,
    *traits: str,
    resources: Resources = SMALL,
    replicas: int = 1,
    restart: RestartPolicy | None = None,
    placement: Placement | None = None,
    env: dict[str, str] | None = None,
    companion: Resources | None = None,
) -> ServerWorkload:
    """Return a server that a driver can move."""
    return ServerWorkload(
        name=name,
        application=f"app-{name}",
        command=("{python}", "-S", PUPPET, "{port}", *traits),
        image=Image(IMAGE, command=("python", "-c", POD_PUPPET, "{port}", *traits)),
        resources=resources,
        probe=Probe("/ready"),
        replicas=replicas,
        restart=restart or RestartPolicy(),
        placement=placement or Placement(),
        env=env or {},
        companion=companion,
    )


class Driver(Protocol):
    """Moves workloads of one cluster, on whatever they run."""

    cluster: Cluster

    def let_ready(self, name: str, index: int = 0) -> None:
        """Let a replica answer its probe from now on."""

    def let_unready(self, name: str, index: int = 0) -> None:
        """Let a replica deny its probe from now on."""

    def let_exit(self, name: str, code: int, index: int = 0) -> None:
        """Let a replica's process exit, once."""

    def let_say(self, name: str, text: str, index: int = 0) -> None:
        """Let a replica print a line."""

    def lose(self, name: str, index: int = 0) -> None:
        """Kill what watches over a replica."""

    def linger(self) -> None:
        """Let ``stubborn`` workloads take their time to end."""

    def reaches(self, name: str, phase: Phase) -> Observation:
        """Wait for a phase; return what is seen then."""

    def end(self, name: str, grace_s: float = 5.0) -> None:
        """Remove a workload and wait until it is gone."""

    def offer(self, *nodes: Node) -> None:
        """Let these be the nodes from now on."""

    def pass_time(self, seconds: float) -> None:
        """Let what waits have waited so much longer."""

    def close(self) -> None:
        """End everything."""


Build = Callable[..., Driver]
"""Makes a cluster over the given nodes."""


class Base:
    cluster: Cluster
    patience_s = 15.0

    def reaches(self, name: str, phase: Phase) -> Observation:
        def seen() -> Observation | None:
            observation = self.cluster.observe(name)
            return observation if observation.phase is phase else None

        try:
            return wait_for(seen, f"{name} is {phase}", timeout_s=self.patience_s)
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.cluster.observe(name)}") from error

    def end(self, name: str, grace_s: float = 5.0) -> None:
        def gone() -> bool:
            self.cluster.remove(name, grace_s)
            return self.cluster.observe(name).phase is Phase.GONE

        wait_for(gone, f"{name} is gone", timeout_s=self.patience_s + grace_s)


class MemoryDriver(Base):
    """Moves :class:`MemoryCluster`, which does nothing by itself."""

    def __init__(self, *nodes: Node) -> None:
        self.ahead_s = 0.0
        self.cluster: MemoryCluster = MemoryCluster(nodes, now=lambda: time.time() + self.ahead_s)

    def offer(self, *nodes: Node) -> None:
        self.cluster.offer(nodes)

    def pass_time(self, seconds: float) -> None:
        self.ahead_s += seconds

    def let_ready(self, name: str, index: int = 0) -> None:
        self.cluster.become_ready(name, index)

    def let_unready(self, name: str, index: int = 0) -> None:
        self.cluster.become_unready(name, index)

    def let_exit(self, name: str, code: int, index: int = 0) -> None:
        self.cluster.exit(name, code, index)

    def let_say(self, name: str, text: str, index: int = 0) -> None:
        self.cluster.write_line(name, text, index)

    def lose(self, name: str, index: int = 0) -> None:
        self.cluster.lose(name, index)

    def linger(self) -> None:
        self.cluster.linger = True

    def end(self, name: str, grace_s: float = 5.0) -> None:
        self.cluster.remove(name, grace_s)
        self.cluster.finish_removal(name)

    def close(self) -> None:
        pass


class LocalDriver(Base):
    """Moves :class:`LocalCluster` by files in the working folders of its puppets."""

    def __init__(self, runs: Path, *nodes: Node) -> None:
        self.runs = runs
        self.nodes = nodes
        self.cluster: LocalCluster = LocalCluster(runs, lambda: self.nodes)

    def offer(self, *nodes: Node) -> None:
        self.nodes = nodes
        self.restarted()

    def pass_time(self, seconds: float) -> None:
        """As if everything had been applied earlier: by its files, which a new cluster reads."""
        for path in self.runs.glob(f"*/{files.SPEC}"):
            spec = json.loads(path.read_text())
            path.write_text(json.dumps({**spec, "applied_at": spec["applied_at"] - seconds}))
        self.restarted()

    def replica(self, name: str, index: int = 0) -> Path:
        """Return the run folder of a replica."""
        return self.runs / name / str(index)

    def work(self, name: str, index: int = 0) -> Path:
        """Return the working folder of a replica."""
        return self.replica(name, index) / files.WORK

    def state(self, name: str, index: int = 0) -> files.State:
        """Return what the shim of a replica says, once it says anything."""
        folder = str(self.replica(name, index))
        return wait_for(lambda: files.read_state(folder), f"state of {name} {index}")

    def child(self, name: str, index: int = 0) -> int:
        """Return the pid of a replica's process, once there is one."""
        return wait_for(lambda: self.state(name, index).child, f"child of {name} {index}").pid

    def shim(self, name: str, index: int = 0) -> int:
        """Return the pid of a replica's shim."""
        shim = files.read_shim(str(self.replica(name, index)))
        assert shim is not None
        return shim.pid

    def let_ready(self, name: str, index: int = 0) -> None:
        (self.work(name, index) / "ready").touch()

    def let_unready(self, name: str, index: int = 0) -> None:
        (self.work(name, index) / "ready").unlink()

    def let_exit(self, name: str, code: int, index: int = 0) -> None:
        self._tell(name, index, "exit", str(code))
        wait_for(lambda: not (self.work(name, index) / "exit").exists(), f"{name} obeys")

    def let_say(self, name: str, text: str, index: int = 0) -> None:
        self._tell(name, index, "say", text)

    def lose(self, name: str, index: int = 0) -> None:
        self.child(name, index)
        os.kill(self.shim(name, index), signal.SIGKILL)

    def linger(self) -> None:
        pass

    def restarted(self) -> None:
        """Forget everything and look at the same folder anew, as a new web server does."""
        self.cluster = LocalCluster(self.runs, lambda: self.nodes)

    def close(self) -> None:
        for name in self.cluster.names():
            for folder in self.runs.glob(f"{name}/[0-9]*"):
                state = files.read_state(str(folder))
                if state is not None and state.child is not None:
                    send(state.child, signal.SIGKILL)  # its grace may be long
            self.end(name, grace_s=0)

    def _tell(self, name: str, index: int, file: str, text: str) -> None:
        """Write a file whose content is whole as soon as it is there."""
        target = self.work(name, index) / file
        target.with_suffix(".new").write_text(text)
        target.with_suffix(".new").rename(target)
