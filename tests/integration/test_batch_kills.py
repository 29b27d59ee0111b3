"""One run, killed (-9) again and again at any moment, with a dataset that holds still or changes:
nothing is lost, nothing is there twice, and no line speaks of a result that is torn."""

from __future__ import annotations

import asyncio
import random
import signal
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.batch import REQUEST, BatchRun, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.kills import (
    DEATH_S,
    REFUSED,
    Truth,
    is_alive,
    kill_and_go_on,
    moment,
    processes_of,
)
from tests.support.waiting import wait_for

IN_FLIGHT = 8
SOME = 100
MUCH = 512
"""More inputs than are answered but not yet written down, or in flight, at a kill."""


async def soon(call: Call) -> web.Response:
    """Answer after a moment, so that a run lasts."""
    await asyncio.sleep(0.02)
    return detect(call)


def new_seed() -> int:
    """Return a seed, which is told when a test fails."""
    return random.randrange(1 << 30)  # noqa: S311 - no secret


def name_of(index: int) -> str:
    """Return the name of an input."""
    return f"part{index // 50:03d}/{index:05d}.json"


def kill_once(run: BatchRun, truth: Truth, lines: int, chance: random.Random, seed: int) -> None:
    """Kill a run some lines from now, and check what it left, at times before the next begins."""
    wanted = run.line_count + chance.randrange(lines)
    wait_for(lambda: run.line_count >= wanted, f"{wanted} lines (seed {seed})")
    moment(chance, 0.4)
    kill_and_go_on(run, truth.check_lines if chance.randrange(2) else None)
    truth.check_lines()


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_a_client_killed_at_any_moment_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, kills: int
) -> None:
    seed = new_seed()
    chance = random.Random(seed)  # noqa: S311
    count = 250 * kills
    run = BatchRun(tmp_path, tmp_path / "in", max_in_flight=IN_FLIGHT)
    truth = Truth(run)
    for index in range(count):
        truth.put(name_of(index), REQUEST % index)
    for index in range(20):
        truth.put(f"empty{index}.json", b"")
    with InferenceServer(soon) as server:
        run.change(endpoints=(server.url,))
        run.start()
        for _ in range(kills):
            kill_once(run, truth, SOME, chance, seed)
        ended = run.wait(timeout_s=120)
    assert ended.code == 0, f"seed {seed}: {ended.err}"
    truth.check_lines()
    run.check_complete(names_in(run.dataset))
    assert (run.summary.succeeded, run.summary.failed) == (count, 20)
    assert [group.count for group in run.summary.errors] == [20]
    # What was in flight or not yet written down at a kill is sent again, and no more than that.
    assert len(server.calls) <= count + kills * MUCH


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_a_client_killed_while_its_dataset_changes_does_what_is_there(
    tmp_path: Path, kills: int
) -> None:
    seed = new_seed()
    chance = random.Random(seed)  # noqa: S311
    run = BatchRun(tmp_path, tmp_path / "in", max_in_flight=IN_FLIGHT, processes=3)
    truth = Truth(run)
    count = 250 * kills
    for index in range(count):
        truth.put(name_of(index), REQUEST % index)
    removed: set[str] = set()
    with InferenceServer(soon) as server:
        run.change(endpoints=(server.url,))
        run.start()
        for kill in range(kills):
            for index in range(10):
                truth.put(f"new{kill:03d}/{index}.json", REQUEST % index)
                truth.put(name_of(chance.randrange(count)), REQUEST % chance.randrange(1 << 20))
                name = name_of(chance.randrange(count))
                (run.dataset / name).unlink(missing_ok=True)
                removed.add(name)
            kill_once(run, truth, SOME, chance, seed)
        assert run.wait(timeout_s=120).code == 0, f"seed {seed}"
        # What came behind the walk's back is done by the next run, which changes nothing else.
        assert run.run().code == 0
    truth.check_lines()
    names = names_in(run.dataset)
    assert names <= run.by_name.keys() <= names | removed
    failed = {line["errorMesssage"] for line in run.lines if line["status"] == "FAILED"}
    assert failed <= {"input cannot be read: No such file or directory"}
    assert run.summary.complete


@pytest.mark.parametrize("processes", [1, 3])
def test_the_processes_of_a_killed_client_die_by_themselves(tmp_path: Path, processes: int) -> None:
    run = BatchRun(tmp_path, tmp_path / "in", max_in_flight=6, processes=processes)
    truth = Truth(run)
    for index in range(40):
        truth.put(name_of(index), REQUEST % index)
    gate = Gate()

    async def script(call: Call) -> web.Response:
        await gate.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run.change(endpoints=(server.url,))
        run.start()
        wait_for(lambda: server.in_flight > 2, "requests in flight")
        members = processes_of(run)
        assert len(members) >= processes
        run.kill(signal.SIGKILL)
        run.wait()
        wait_for(lambda: not any(map(is_alive, members)), "its processes gone", DEATH_S)
        assert processes_of(run) == []
        gate.open()
        ended = run.run()
    assert REFUSED not in ended.err
    assert ended.code == 0
    run.check_complete(names_in(run.dataset))
