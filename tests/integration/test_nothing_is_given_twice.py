"""On real processes: whatever is created, stopped, killed or restarted, nothing is given twice."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local import files
from inference_ui.backend.cluster.local.processes import send
from inference_ui.backend.models.compute import Resources
from tests.support.book import REQUESTS, assert_given_once, assert_within, some_nodes
from tests.support.drivers import LocalDriver, puppet
from tests.support.waiting import wait_for

NODES = some_nodes()
SMALL = Resources(cpu_millis=100, memory_bytes=1 << 27)
STEPS = 30


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LocalDriver]:
    driver = LocalDriver(tmp_path / "runs", *NODES)
    yield driver
    driver.close()


def given(driver: LocalDriver) -> list[tuple[str, int, int | None]]:
    """Return the cards of every replica that has not ended, as its run folder says."""
    found = []
    for path in driver.runs.glob(f"[!.]*/{files.PLACEMENT}"):
        for index, seat in enumerate(json.loads(path.read_text())["seats"]):
            state = files.read_state(str(path.parent / str(index)))
            if state is None or not state.ended:
                found += [(seat["node"], slot, number) for slot, number in seat["cards"]]
    return found


def step(driver: LocalDriver, chance: random.Random, number: int) -> None:
    """Do one thing at random."""
    names = sorted(driver.cluster.names())
    kind = chance.choice(["create", "create", "stop", "kill", "lose", "restart", "again"])
    if kind == "create" or not names:
        companion = chance.choice([None, SMALL])
        resources, replicas = chance.choice(REQUESTS), chance.randint(1, 2)
        driver.cluster.apply(
            puppet(f"w{number}", resources=resources, replicas=replicas, companion=companion)
        )
    elif kind == "stop":
        driver.cluster.remove(chance.choice(names), grace_s=0.2)
    elif kind == "restart":
        driver.restarted()
    elif kind == "again":
        driver.cluster.apply(puppet(chance.choice(names)))
    else:
        kill(driver, chance.choice(names), shim=kind == "lose")


def kill(driver: LocalDriver, name: str, *, shim: bool) -> None:
    """Kill a replica's process, or what watches over it, if there is any at this moment."""
    folder = str(driver.replica(name))
    state = files.read_state(folder)
    victim = files.read_shim(folder) if shim else state and state.child
    if victim is not None:
        send(victim, signal.SIGKILL)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_use_stays_within_what_there_is_and_ends_at_nothing(driver: LocalDriver, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a repeatable sequence
    for number in range(STEPS):
        step(driver, chance, number)
        assert_within(driver.cluster.nodes(), NODES)
        assert_given_once(given(driver))
    for name in sorted(driver.cluster.names()):
        driver.end(name, grace_s=0.2)
    wait_for(lambda: driver.cluster.nodes() == NODES, "everything is free")
    assert given(driver) == []
