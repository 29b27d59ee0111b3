"""The clusters that the contract is told over, and the API server that stands in for a real one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from inference_ui.backend.models.compute import Node
from tests.support.control_plane.clients import NAMESPACE, official_client
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store
from tests.support.drivers import Build, Driver, LocalDriver, MemoryDriver, machine


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


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """A server with a namespace."""
    store = Store()
    store.create("namespaces", {"metadata": {"name": NAMESPACE}})
    with ApiServer(store) as started:
        yield started


@pytest.fixture
def api(server: ApiServer) -> Iterator[client.ApiClient]:
    """The official client for it."""
    with official_client(server) as connected:
        yield connected


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    """The official client's core group."""
    return client.CoreV1Api(api)


@pytest.fixture
def store(server: ApiServer) -> Store:
    """What the server keeps."""
    return server.store
