"""Several processes share a dataset: any may be killed, and bounds hold for all together."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from inference_ui.backend.records import LOCK, BoundBy
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, ServerProcess, detect
from tests.support.mounts import small_disk
from tests.support.waiting import wait_for


async def soon(call: Call) -> web.Response:
    """Answer after a moment, so that a run lasts."""
    await asyncio.sleep(0.01)
    return detect(call)


def workers_of(run: BatchRun) -> list[psutil.Process]:
    """The workers of a client that runs: the children of its child, the nursery. None once it has
    ended; the walker is one for as long as the walk lasts."""
    try:
        children = psutil.Process(run.pid).children()
        return [worker for child in children for worker in child.children()]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize("processes", [1, 3])
def test_a_killed_worker_costs_nothing(tmp_path: Path, processes: int) -> None:
    dataset = make_dataset(tmp_path / "in", 2000, per_folder=100)
    with InferenceServer(soon) as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=processes, max_in_flight=6)
        run.start()
        killed: set[int] = set()
        for lines in (100, 400, 900):
            wait_for(lambda lines=lines: run.line_count > lines, "lines")  # type: ignore[misc]
            alive = lambda: [each for each in workers_of(run) if each.pid not in killed]  # noqa: E731
            worker = wait_for(alive, "a worker")[0]
            worker.kill()
            killed.add(worker.pid)
        ended = run.wait()
    assert ended.code == 0, ended
    assert ended.out.count("a process of this client was killed") == 3
    run.check_complete(names_in(dataset))
    assert run.summary.succeeded == 2000


def test_workers_that_are_killed_again_and_again_end_the_run_with_a_reason(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 50)
    held = Gate()

    async def script(call: Call) -> web.Response:
        await held.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=1)
        process = run.start()
        wait_for(lambda: len(server.calls) > 0, "requests, after the walk")
        while process.poll() is None:
            for worker in workers_of(run):
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
        ended = run.wait()
        held.open()
    assert ended.code == 75, "running it again may help"
    assert ended.err == (
        "error: its processes were killed 4 times; there may be too little memory\n"
    )


def test_bounds_hold_for_all_processes_together(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 600)
    with InferenceServer(soon) as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=3, max_in_flight=7)
        assert run.run().code == 0
        assert server.most_in_flight == 7
    run.check_complete(names_in(dataset))


def test_a_process_more_than_requests_at_once_is_not_started(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 300)
    with InferenceServer(soon) as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=8, max_in_flight=2)
        run.start()
        progress = wait_for(
            lambda: run.progress and run.progress.in_flight and run.progress, "progress"
        )
        assert run.wait().code == 0
        assert server.most_in_flight == 2
    assert progress.processes == 2


def test_one_process_is_enough_for_a_slow_server(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 400)
    with InferenceServer(soon) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.start()
        progress = wait_for(
            lambda: run.progress and run.progress.succeeded and run.progress, "progress"
        )
        assert run.wait().code == 0
    assert progress.processes == 1
    assert run.summary.bound_by is BoundBy.SERVER


def test_an_input_that_kills_its_server_fails_whichever_process_has_it(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 300)
    (dataset / "part001/requests/poison.json").write_bytes(b'{"strData": "crash"}')
    servers = [ServerProcess(delay_s=0.01)]
    port = servers[0].port
    run = BatchRun(tmp_path, dataset, servers[0].url, processes=3, retries=0)
    run.start()
    try:
        while len(servers) <= 3:
            wait_for(lambda: not servers[-1].is_running, "the server killed")
            servers.append(ServerProcess(port, delay_s=0.01))
        ended = run.wait()
    finally:
        servers[-1].kill()
    assert ended.code == 0, ended
    named = run.by_name
    assert [name for name, line in named.items() if line["status"] == "FAILED"] == [
        "part001/requests/poison.json"
    ]
    assert "three times" in named["part001/requests/poison.json"]["errorMesssage"]
    run.check_complete(names_in(dataset))


def test_replicas_that_come_and_go_while_it_runs_are_used_and_left(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1500)
    endpoints = tmp_path / "endpoints"
    run = BatchRun(tmp_path, dataset, max_in_flight=4)
    run.find_servers_in(endpoints)
    run.start()
    wait_for(lambda: run.progress and run.progress.walked, "the client")
    with InferenceServer(soon) as first, InferenceServer(soon) as second:
        (endpoints / "1.url").write_text(first.url)
        wait_for(lambda: len(first.calls) > 50, "requests at the first")
        (endpoints / "2.url").write_text(second.url)
        wait_for(lambda: len(second.calls) > 50, "requests at the second")
        (endpoints / "1.url").unlink()
        wait_for(lambda: len(second.calls) > len(first.calls) + 200, "the first left alone")
        asked = len(first.calls)
        ended = run.wait()
        assert ended.code == 0
        assert len(first.calls) == asked
        assert asked + len(second.calls) == 1500
    run.check_complete(names_in(dataset))


def test_two_clients_whose_lock_lapsed_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """As on a network file system: the second gets a lock that the first believes to have."""
    dataset = make_dataset(tmp_path / "in", 1200)
    with InferenceServer(soon) as server:
        first = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        first.start()
        wait_for(lambda: first.line_count > 200, "lines of the first")
        (first.output / LOCK).unlink()
        second = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        second.start()
        assert second.wait().code == 0
        assert first.wait().code == 0
    last = BatchRun(tmp_path, dataset, server.url)
    assert last.run().code == 0, "nobody is asked any more"
    last.check_complete(names_in(dataset))
    assert last.summary.succeeded == last.summary.lines == 1200


def test_results_that_will_not_fit_are_warned_of_before_the_disk_is_full(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 3000)
    held = Gate()

    async def script(call: Call) -> web.Response:
        if call.number > 200:
            await held.passed()
        return call.reply({"jsonData": "x" * 3000})

    with small_disk(tmp_path / "small", "size=4m") as disk, InferenceServer(script) as server:
        run = BatchRun(disk.path, dataset, server.url, max_in_flight=8)
        run.start()
        progress = wait_for(
            lambda: run.progress and run.progress.room and run.progress, "the warning"
        )
        assert progress.succeeded < 300
        assert progress.room is not None
        assert progress.room.needed_bytes > progress.room.free_bytes
        held.open()
        ended = run.wait()
        assert ended.code == 2
        assert "warning: the results will not fit: about" in ended.out
        assert "No space left on device" in ended.err


def test_the_proof_of_completeness_counts_lines_on_disk(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 100)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
        for gone in sorted(dataset.rglob("*.json"))[:7]:
            gone.unlink()
        assert run.run().code == 0
    summary = run.summary
    assert summary.complete
    assert (summary.found, summary.succeeded, summary.removed) == (93, 93, 7)
    assert summary.lines == len(run.lines) == summary.succeeded + summary.failed + summary.removed
    assert json.loads((run.output / ".inference/summary.json").read_bytes())["lines"] == 100


def test_a_killed_walker_ends_the_run_which_goes_on_when_it_is_started_again(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 3000, per_folder=1)  # folders are what takes long
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.start()
        while not run.is_over and not (walkers := workers_of(run)):
            continue
        walkers[0].kill()
        ended = run.wait()
        assert ended.code in (75, 0), "it may have been through"
        assert ("lists the dataset was killed" in ended.err) == (ended.code == 75)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
