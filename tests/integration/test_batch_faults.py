"""Servers that die, signals, a second client: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import signal
import threading
from pathlib import Path

from aiohttp import web

from inference_ui.backend.records import LOCK, Outcome, WalkState
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import (
    Call,
    Gate,
    InferenceServer,
    ServerProcess,
    detect,
    free_port,
)
from tests.support.waiting import wait_for


async def slow(call: Call) -> web.Response:
    """Answer after a moment, so that a run lasts."""
    await asyncio.sleep(0.02)
    return detect(call)


def is_waiting(run: BatchRun) -> bool:
    """Whether the client says that it waits for a server."""
    return run.progress is not None and run.progress.state is WalkState.WAITING_FOR_SERVER


def test_a_server_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 30)
    (dataset / "empty.json").write_bytes(b"")
    port = free_port()
    run = BatchRun(tmp_path, dataset, f"http://127.0.0.1:{port}")
    run.start()
    wait_for(lambda: is_waiting(run), "the client waiting")
    wait_for(lambda: run.line_count == 1, "the line of the input that needs no server")
    with InferenceServer(port=port):
        assert run.wait().code == 0
    assert (run.summary.succeeded, run.summary.failed) == (30, 1)


def test_no_item_fails_because_its_server_was_away(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 200)
    run = BatchRun(tmp_path, dataset, retries=0)
    with InferenceServer(slow) as first:
        run.change(endpoints=(first.url,))
        run.start()
        wait_for(lambda: len(first.calls) > 40, "requests")
    # Requests were in flight at the end of the first, and none is lost or spent.
    wait_for(lambda: is_waiting(run), "the client waiting")
    with InferenceServer(slow, port=first.port) as second:
        ended = run.wait()
    assert ended.code == 0
    assert f"server {first.url} does not answer" in ended.out
    assert run.summary.succeeded == 200
    assert len(second.calls) < 200
    run.check_complete(names_in(dataset))


def test_a_gateway_that_answers_for_an_absent_server_spends_no_try(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 30)
    away = threading.Event()

    def script(call: Call) -> web.Response:
        if call.number == 5:
            away.set()
        return call.reply(b"no upstream", 502) if away.is_set() else detect(call)

    with InferenceServer(script, ready=lambda: 502 if away.is_set() else 200) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=0)
        run.start()
        wait_for(lambda: is_waiting(run), "the client waiting")
        away.clear()
        assert run.wait().code == 0
    assert run.summary.succeeded == 30


def test_a_server_killed_in_the_middle_comes_back_on_another_port(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 300)
    folder = tmp_path / "endpoints"
    run = BatchRun(tmp_path, dataset, retries=0)
    run.find_servers_in(folder)
    run.start()
    first = ServerProcess(delay_s=0.02).wait_until_ready()
    (folder / "replica-0.url").write_text(f"{first.url}\n")
    wait_for(lambda: run.line_count > 30, "lines")
    first.kill()
    (folder / "replica-0.url").unlink()
    second = ServerProcess(delay_s=0.0).wait_until_ready()
    try:
        (folder / "replica-1.url").write_text(second.url)
        assert run.wait().code == 0
    finally:
        second.kill()
    assert run.summary.succeeded == 300
    run.check_complete(names_in(dataset))


def test_an_input_that_kills_its_server_fails_and_no_other_does(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 60)
    (dataset / "part000" / "bad.json").write_bytes(b'{"strData": "crash"}')
    server = ServerProcess(delay_s=0.05).wait_until_ready()
    run = BatchRun(tmp_path, dataset, server.url)
    process = run.start()
    starts = 1
    while process.poll() is None:
        if not server.is_running:
            # Not waited for: the input may kill it before anybody here sees it ready.
            server = ServerProcess(port=server.port, delay_s=0.05)
            starts += 1
        threading.Event().wait(0.02)
    ended = run.wait()
    server.kill()
    assert ended.code == 0, ended.err
    assert starts == 4
    failed = {name: line for name, line in run.by_name.items() if line["status"] == "FAILED"}
    assert failed.keys() == {"part000/bad.json"}
    assert "stopped answering three times" in failed["part000/bad.json"]["errorMesssage"]
    assert run.summary.succeeded == 60


def test_a_server_without_readiness_is_used_once_it_shows_that_it_works(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 30)
    loading = threading.Event()
    loading.set()

    def script(call: Call) -> web.Response:
        return call.reply({"error": "no model"}, 404) if loading.is_set() else detect(call)

    with InferenceServer(script, ready=lambda: 404) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=0)
        run.start()
        wait_for(lambda: is_waiting(run) and len(server.calls) > 1, "the client waiting")
        assert server.most_in_flight == 1
        loading.clear()
        assert run.wait().code == 0
    assert run.summary.succeeded == 30


def test_sigterm_lets_what_is_in_flight_finish_and_takes_nothing_new(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 100)
    release = Gate()

    async def script(call: Call) -> web.Response:
        await release.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        process = run.start()
        wait_for(lambda: server.in_flight == 4, "requests in flight")
        run.kill(signal.SIGTERM)
        wait_for(
            lambda: run.progress and run.progress.state is WalkState.STOPPING, "the client stopping"
        )
        assert process.poll() is None
        release.open()
        ended = run.wait()
        assert ended.code == 75
        assert len(server.calls) == 4
        assert run.line_count == 4
        summary = run.summary
        assert summary.outcome is Outcome.INTERRUPTED
        assert (summary.found, summary.succeeded, summary.skipped) == (100, 4, 96)
        assert run.run().code == 0
    assert len(server.calls) == 100
    run.check_complete(names_in(dataset))


def test_what_is_in_flight_when_the_grace_is_over_is_left_for_the_next_run(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 3)

    async def script(call: Call) -> web.Response:
        await asyncio.sleep(600 if call.number < 3 else 0)
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, grace_s=0.2)
        run.start()
        wait_for(lambda: server.in_flight == 3, "requests in flight")
        run.kill(signal.SIGINT)
        assert run.wait(timeout_s=20).code == 75
        assert run.lines == []
        assert run.run().code == 0
    run.check_complete(names_in(dataset))


def test_a_signal_during_the_last_requests_ends_a_complete_run(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 4)
    release = Gate()

    async def script(call: Call) -> web.Response:
        await release.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.start()
        wait_for(lambda: server.in_flight == 4, "all requests in flight")
        wait_for(lambda: run.progress and run.progress.walked, "the walk's end")
        run.kill(signal.SIGTERM)
        release.open()
        assert run.wait().code == 0
    assert run.summary.outcome is Outcome.COMPLETE


def test_a_second_client_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 4)
    release = Gate()

    async def script(call: Call) -> web.Response:
        await release.passed()
        return detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.start()
        wait_for(lambda: server.in_flight == 4, "requests in flight")
        (tmp_path / "second").mkdir()
        second = BatchRun(tmp_path / "second", dataset, server.url)
        second.change(output=str(run.output))
        refused = second.run()
        assert refused.code == 2
        assert refused.err == f"error: another batch client is writing into {run.output}\n"
        release.open()
        assert run.wait().code == 0
    assert (run.output / LOCK).exists()
    run.check_complete(names_in(dataset))


def test_what_cannot_run_says_why_in_one_line(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    file = tmp_path / "file"
    file.write_text("")
    inner = tmp_path / "output" / "result" / "in"
    inner.mkdir(parents=True)
    for job, reason in (
        ({"dataset": str(tmp_path / "nowhere")}, "nowhere cannot be read: No such file"),
        ({"dataset": str(file)}, "file cannot be read: Not a directory"),
        ({"output": str(file)}, "file cannot be written to: "),
        ({"dataset": str(inner)}, "output/result/in is where the results would be written"),
        ({"service_type": "GOPHER"}, "the job is not valid: 'GOPHER'"),
        ({"endpoints": ()}, "the job is not valid: it names no endpoint"),
        ({"endpoints": ("localhost:80",)}, "not the base URL of a server: localhost:80"),
        ({"max_failed": "some"}, "the job is not valid: "),
        ({"max_in_flight": 0}, "max_in_flight must be above 0"),
    ):
        run = BatchRun(tmp_path, dataset, "http://127.0.0.1:9")
        run.change(**job)
        ended = run.run()
        assert ended.code == 2
        assert reason in ended.err
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
