"""A whole cluster for tests: API server, controllers, scheduler and kubelets in this process."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.control_plane.deployments import Deployments
from tests.support.control_plane.endpoint_slices import EndpointSlices
from tests.support.control_plane.events import Events
from tests.support.control_plane.garbage import GarbageCollector
from tests.support.control_plane.jobs import Jobs
from tests.support.control_plane.kubelet import Kubelet
from tests.support.control_plane.launches import Machine
from tests.support.control_plane.nodes import Nodes
from tests.support.control_plane.objects import Json
from tests.support.control_plane.pace import Pace
from tests.support.control_plane.replica_sets import ReplicaSets
from tests.support.control_plane.scheduler import Scheduler
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.tls_relay import TlsRelay

_MOST_IDLE_S = 5.0
_TOKEN = "token-of-this-cluster"


class ControlPlane:
    """A cluster over the ``nodes`` (v1 Nodes), that runs pods as processes while it is entered.

    ``images``: the command of each image by its name; others cannot be pulled. ``claims``: the
    folder of each claim of ``namespace`` by its name. All that it started ends with it.
    """

    def __init__(
        self,
        nodes: Sequence[Json] = (),
        *,
        namespace: str = "apps",
        images: Mapping[str, Sequence[str]] | None = None,
        claims: Mapping[str, Path] | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.namespace = namespace
        self.store = Store()
        self.server = ApiServer(self.store, token=_TOKEN)
        self._pace = pace or Pace()
        commands = {name: tuple(command) for name, command in (images or {}).items()}
        self._machine = Machine(images=commands)
        self._folder = TemporaryDirectory(prefix="cluster-")
        events = Events(self.store)
        kubelets = Path(self._folder.name) / "pods"
        self.kubelet = Kubelet(self.store, self._machine, self._pace, events, kubelets)
        self._nodes = Nodes(self.store, self._pace)
        self._parts = (
            self._nodes,
            Deployments(self.store, events),
            ReplicaSets(self.store, events),
            Jobs(self.store, events, self._pace),
            GarbageCollector(self.store),
            Scheduler(self.store, events),
            self.kubelet,
            EndpointSlices(self.store),
        )
        self._errors: list[Exception] = []
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="control plane")
        self._relay: TlsRelay | None = None
        self.store.create("namespaces", {"metadata": {"name": namespace}})
        for name, folder in (claims or {}).items():
            self.add_claim(name, folder)
        for node in nodes:
            self.store.create("nodes", node)

    def __enter__(self) -> Self:
        try:
            self._relay = TlsRelay(Path(self._folder.name), self._address)
        except BaseException:  # without openssl the test is skipped
            self._folder.cleanup()
            raise
        self.server.logs, self.server.follow = self.kubelet.logs, self.kubelet.follow
        self.server.__enter__()
        self._machine.server = self._relay.address
        self._machine.account.update({"token": _TOKEN, "ca.crt": self._relay.authority})
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._closing = True
            self.store.wake()
            self._thread.join()
            self.kubelet.close()
            if self._relay is not None:
                self._relay.close()
            self.server.__exit__(kind, error, trace)
        finally:
            self._folder.cleanup()
        if error is None and self._errors:
            raise self._errors[0]

    @property
    def url(self) -> str:
        """Return the address of the API server."""
        return self.server.url

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig for the cluster and its namespace."""
        return self.server.kubeconfig(path, namespace=self.namespace)

    @property
    def images(self) -> dict[str, tuple[str, ...]]:
        """The command of each image that can be pulled, by its name; may be changed."""
        return self._machine.images

    def add_claim(self, name: str, folder: Path) -> None:
        """Let a claim exist, bound to a folder of this machine."""
        self._machine.claims[name] = folder
        meta = {"name": name, "namespace": self.namespace}
        spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
        self.store.create("persistentvolumeclaims", {"metadata": meta, "spec": spec})
        bound = {"phase": "Bound", "accessModes": ["ReadWriteMany"]}
        self.store.put_status("persistentvolumeclaims", self.namespace, name, bound)

    def offer(self, *nodes: Json) -> None:
        """Let these be the nodes from now on. Pods of nodes that are gone are lost."""
        wanted = {node["metadata"]["name"]: node for node in nodes}
        for known in self.store.list("nodes"):
            if known["metadata"]["name"] not in wanted:
                self.store.delete("nodes", None, known["metadata"]["name"])
        for name, node in wanted.items():
            if self.store.get("nodes", None, name) is None:
                self.store.create("nodes", node)
            else:
                self.store.update("nodes", node)
                self.store.put_status("nodes", None, name, node["status"])

    # Hands.

    def expire_tokens(self) -> None:
        """Take no token any longer but new ones, which pods get that begin from now on."""
        self._machine.account["token"] = self.server.expire_tokens()

    def working_folder(self, pod: str) -> Path:
        """Return the folder that a pod's container has for its working folder."""
        return self.kubelet.worker(self.namespace, pod).working_folder

    def evict(self, pod: str, message: str = "The node was low on resource: memory.") -> None:
        """Let a pod's kubelet end it for want of memory on its node."""
        self.kubelet.worker(self.namespace, pod).evict(message)

    def kill(self, pod: str) -> None:
        """Kill a pod's container, as by SIGKILL."""
        self.kubelet.worker(self.namespace, pod).kill()

    def run_out_of_memory(self, pod: str) -> None:
        """Kill a pod's container as the kernel does when it takes more memory than it may."""
        self.kubelet.worker(self.namespace, pod).kill(out_of_memory=True)

    def lose_node(self, name: str) -> None:
        """Cut a node off: its pods neither go on nor end until it is back."""
        self.kubelet.cut_off(name)
        self._nodes.lose(name)

    def node_back(self, name: str) -> None:
        """Let a lost node be back."""
        self._nodes.find(name)
        self.kubelet.mend(name)

    def _address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def _work(self) -> None:
        """Let each part do what there is to do, whenever anything has changed."""
        while not self._closing:
            revision = self.store.revision
            due = _MOST_IDLE_S
            for part in self._parts:
                try:
                    left_s = part.tend()
                except ApiError as error:  # something has gone meanwhile: the next look sees that
                    if error.status not in (404, 409):
                        self._errors.append(error)
                except Exception as error:
                    self._errors.append(error)
                else:
                    due = min(due, left_s) if left_s is not None else due
            if self.store.revision == revision:
                self.store.wait(revision, max(0.0, due))
