"""A hand that moves the workloads of a Kubernetes cluster, of the double or of a real one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from inference_ui.backend.cluster.kubernetes.cluster import KubernetesCluster, connect
from inference_ui.backend.cluster.kubernetes.connection import Connection
from inference_ui.backend.cluster.kubernetes.kinds import PODS
from inference_ui.backend.cluster.kubernetes.transport import Access
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import Node
from tests.support.drivers import Base
from tests.support.waiting import wait_for

PATIENCE_S = 60.0


class KubernetesDriver(Base):
    """Moves a cluster's puppets through the API server's proxy to their pods."""

    def __init__(self, kubeconfig: Path, namespace: str, image: str) -> None:
        self.api = Connection(Access(kubeconfig, namespace))
        claims = {"volumes": Path("/nowhere")}
        self.cluster: KubernetesCluster = connect(kubeconfig, namespace, image, claims)
        self.patience_s = PATIENCE_S

    def let_ready(self, name: str, index: int = 0) -> None:
        self._tell(name, index, "ready")

    def let_unready(self, name: str, index: int = 0) -> None:
        self._tell(name, index, "unready")

    def let_exit(self, name: str, code: int, index: int = 0) -> None:
        self._tell(name, index, f"exit/{code}")

    def let_say(self, name: str, text: str, index: int = 0) -> None:
        self._tell(name, index, f"say/{quote(text)}")

    def lose(self, name: str, index: int = 0) -> None:
        raise NotImplementedError("a pod that is lost is replaced by its controller")

    def linger(self) -> None:
        pass

    def offer(self, *nodes: Node) -> None:
        raise NotImplementedError("nodes belong to the cluster")

    def pass_time(self, seconds: float) -> None:
        raise NotImplementedError("Kubernetes' scheduler has a clock of its own")

    def close(self) -> None:
        for name in self.cluster.names():
            self.cluster.remove(name)
            for replica in self.cluster.observe(name).replicas:
                if replica.node is not None:  # it may take its time
                    self.api.delete(PODS, replica.name, grace_s=0)
            self.end(name)
        self.cluster.close()
        self.api.close()

    def _tell(self, name: str, index: int, order: str) -> None:
        """Tell a replica's puppet, as soon as there is one that listens. Where the answer is lost
        (with the puppet that was told to exit), what becomes of the replica says that it was told.
        """
        before: list[tuple[int, int | None]] = []

        def told() -> bool:
            replicas = self.cluster.observe(name).replicas
            if len(replicas) <= index or replicas[index].node is None:
                return False
            one = replicas[index]
            before.append((one.restarts, one.exit_code))
            if order.startswith("exit") and before[-1] != before[0]:
                return True
            path = PODS.path(self.api.namespace, f"{one.name}:8080", f"proxy/do/{order}")
            try:
                self.api.open(path, {}, read_s=10).close()
            except ClusterError:
                return False
            return True

        wait_for(told, f"{name} {index} is told to {order}", timeout_s=self.patience_s)
