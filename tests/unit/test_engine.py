"""The engine tells of the cluster: that it changed, that it is away, that it is back; and it looks
at tasks again as soon as that may find anything."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.engine import CLUSTER_CHANGED, HINT_S, PROGRESS_S, Engine
from inference_ui.backend.services.changes import Changes, moved
from tests.support.waiting import wait_for


class World:
    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.told: list[frozenset[str]] = []
        self.looks: list[float] = []
        self.finds: frozenset[str] = frozenset()
        self.changes = Changes()
        self.changes.subscribe(self.told.append)
        self.engine = Engine({"tasks": self.look}, self.cluster, self.changes)

    def look(self) -> frozenset[str]:
        self.looks.append(time.monotonic())
        return self.finds

    def pauses(self) -> list[float]:
        """Return the seconds between the next looks."""
        wait_for(lambda: CLUSTER_CHANGED in self.told, "the cluster's own first hint")
        self.looks.clear()
        wait_for(lambda: len(self.looks) > 3, "four looks")
        return [later - sooner for sooner, later in zip(self.looks, self.looks[1:], strict=False)]


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


def test_a_task_that_changed_its_status_is_looked_at_again_at_once(world: World) -> None:
    world.finds = moved("task")
    assert min(world.pauses()[1:]) < PROGRESS_S


def test_progress_alone_is_no_reason_to_look_again_at_once(world: World) -> None:
    world.finds = frozenset({"task"})
    assert min(world.pauses()[1:]) > HINT_S * 2


def test_a_hint_is_followed_at_once_while_there_is_progress(world: World) -> None:
    world.finds = frozenset({"task"})
    world.pauses()
    hinted = time.monotonic()
    world.changes.publish(CLUSTER_CHANGED)
    wait_for(lambda: world.looks[-1] >= hinted, "a look after the hint")
    assert world.looks[-1] - hinted < PROGRESS_S / 2
