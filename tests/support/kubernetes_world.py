"""Clusters of Kubernetes to run tests on: the double, or a real one that the environment names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubernetes import client, config

from tests.support.control_plane.cluster import ControlPlane
from tests.support.control_plane.machines import node_object_of
from tests.support.drivers import IMAGE, machine
from tests.support.kubernetes_driver import KubernetesDriver


@contextmanager
def driven_double(folder: Path) -> Iterator[KubernetesDriver]:
    """Yield a hand over a double of one machine with four CPUs, 8 GiB and no card."""
    with ControlPlane([node_object_of(machine())], images={IMAGE: ("python",)}) as plane:
        kubeconfig = plane.kubeconfig(folder / "kubeconfig")
        driver = KubernetesDriver(kubeconfig, plane.namespace, IMAGE)
        try:
            yield driver
        finally:
            driver.close()


@contextmanager
def driven_cluster() -> Iterator[KubernetesDriver]:
    """Yield a hand over the cluster of ``KUBECONFIG``, in a namespace of its own."""
    kubeconfig = Path(os.environ["KUBECONFIG"])
    with new_namespace(kubeconfig) as namespace:
        driver = KubernetesDriver(kubeconfig, namespace, IMAGE)
        try:
            yield driver
        finally:
            driver.close()


@contextmanager
def new_namespace(kubeconfig: Path) -> Iterator[str]:
    """Make a namespace, and remove it with all that is in it."""
    name = f"inference-ui-test-{uuid.uuid4().hex[:8]}"
    with config.new_client_from_config(str(kubeconfig)) as api:
        core = client.CoreV1Api(api)
        core.create_namespace({"metadata": {"name": name}})
        try:
            yield name
        finally:
            core.delete_namespace(name)
