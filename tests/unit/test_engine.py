"""The engine tells of the cluster: that it changed, that it is away, that it is back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.engine import CLUSTER_CHANGED, Engine
from inference_ui.backend.services.changes import Changes
from tests.support.waiting import wait_for


class World:
    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.told: list[frozenset[str]] = []
        changes = Changes()
        changes.subscribe(self.told.append)
        self.engine = Engine({}, self.cluster, changes)


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    world.engine.start()
    yield world
    world.engine.stop()


def test_pages_are_told_when_the_cluster_is_away_and_when_it_is_back(world: World) -> None:
    wait_for(lambda: world.told, "the first look")
    world.told.clear()
    world.cluster.unreachable = True
    wait_for(lambda: world.told, "that it is away")
    world.told.clear()
    world.cluster.unreachable = False
    wait_for(lambda: world.told, "that it is back, with nothing changed")
    assert set(world.told) == {CLUSTER_CHANGED}
