"""The product on the double of a Kubernetes cluster, with the claim that its volumes lie on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference_ui.backend.models.catalog import ContainerLaunch, ModelPackage, PackageLaunch
from inference_ui.backend.models.compute import Node
from inference_ui.backend.protocols import ServiceType
from tests.support import model_server
from tests.support.control_plane.cluster import ControlPlane
from tests.support.control_plane.machines import node_object_of
from tests.support.drivers import IMAGE, machine
from tests.support.installation import Installation

CLAIM = "volumes"
ACCOUNT = "inference-ui-client"


class OnKubernetes(Installation):
    """An installation whose test model runs from an image."""

    def package(self, name: str = "model", ready_timeout_s: float = 60, **env: str) -> None:
        program = str(Path(model_server.__file__))
        command = ("python", program, "--port", "{port}", "--host", "$(POD_IP)")
        self.register_package(name, ContainerLaunch(image=IMAGE, command=command), env)

    def register_package(
        self, name: str, container: ContainerLaunch, environment: dict[str, str] | None = None
    ) -> None:
        """Register a package that starts as this container."""
        launch = PackageLaunch(
            container=container, environment=environment or {}, ready_timeout_s=60
        )
        package = ModelPackage(
            name=name, version="1.0.0", owner_id="", service_type=ServiceType.SELDON, launch=launch
        )
        self.product.packages.add(self.administrator, package)


@dataclass(frozen=True, slots=True)
class World:
    """A cluster, and the product on it."""

    plane: ControlPlane
    inside: OnKubernetes

    def pods(self, component: str) -> list[str]:
        """Return the names of the product's pods of a component, ``server`` or ``client``."""
        return [
            pod["metadata"]["name"]
            for pod in self.plane.store.list("pods", self.plane.namespace)
            if pod["metadata"]["labels"].get("app.kubernetes.io/component") == component
        ]

    def left(self) -> list[str]:
        """Return what the product has left in the cluster."""
        kinds = ("deployments", "replicasets", "jobs", "pods", "services", "secrets")
        return [
            f"{kind}/{one['metadata']['name']}"
            for kind in kinds
            for one in self.plane.store.list(kind, self.plane.namespace)
        ]


@contextmanager
def kubernetes_world(folder: Path, *nodes: Node) -> Iterator[World]:
    """Yield a cluster of these nodes (one machine with four CPUs and 8 GiB, if none are given) with
    the product on it, its engine running."""
    objects = [node_object_of(node) for node in nodes or (machine(),)]
    volumes = folder / "data" / "volumes"
    volumes.mkdir(parents=True)
    with control_plane(objects, volumes) as plane:
        inside = OnKubernetes(folder / "data", **settings_of(plane, folder))
        inside.product.engine.start()
        try:
            yield World(plane, inside)
        finally:
            inside.close()


@contextmanager
def control_plane(nodes: list[dict[str, Any]], volumes: Path) -> Iterator[ControlPlane]:
    """Yield a cluster with the claim of these volumes, and the account of batch clients."""
    images = {IMAGE: ("python",)}
    with ControlPlane(nodes, images=images, claims={CLAIM: volumes}) as plane:
        account = {"metadata": {"name": ACCOUNT, "namespace": plane.namespace}}
        plane.store.create("serviceaccounts", account)
        yield plane


def settings_of(plane: ControlPlane, folder: Path) -> dict[str, Any]:
    """Return the settings of a product that runs on the cluster, from outside of it."""
    return {
        "cluster": "kubernetes",
        "kubeconfig_file": plane.kubeconfig(folder / "kubeconfig"),
        "image": IMAGE,
        "claims": {CLAIM: folder / "data" / "volumes"},
    }
