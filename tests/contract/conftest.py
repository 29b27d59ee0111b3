"""The clusters that the contract is told over."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from inference_ui.backend.models.compute import Node
from tests.support.control_plane.cluster import ControlPlane
from tests.support.drivers import IMAGE, Build, Driver, LocalDriver, MemoryDriver, machine
from tests.support.kubernetes_driver import KubernetesDriver
from tests.support.kubernetes_world import namespace


@pytest.fixture(params=["memory", "local"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Build]:
    """Make a cluster over these nodes; everything on it is ended after the test."""
    drivers: list[Driver] = []

    def made(*nodes: Node) -> Driver:
        memory = request.param == "memory"
        drivers.append(MemoryDriver(*nodes) if memory else LocalDriver(tmp_path / "runs", *nodes))
        return drivers[-1]

    yield made
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(build: Build) -> Driver:
    """A cluster of one machine with four CPUs, 8 GiB and no card, which seats by itself."""
    return build(machine())
