"""The batch client in a pod of Kubernetes: it finds its servers by the EndpointSlices of a Service,
and goes on with those that it knows when the API server does not answer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.slice_api import SERVICE, SliceApi
from tests.support.waiting import wait_for


@pytest.fixture
def api(tmp_path: Path) -> Iterator[SliceApi]:
    """An API server."""
    with SliceApi(tmp_path) as api:
        yield api


class PodRun(BatchRun):
    """A client that looks for its servers at an API server."""

    def __init__(self, api: SliceApi, dataset: Path) -> None:
        super().__init__(api.folder, dataset, max_in_flight=4)
        self.find_servers_of(SERVICE)
        self.api = api

    def begin(self) -> None:
        """Start it as a pod does."""
        self.start(env=self.api.environment)

    def said(self) -> str:
        """Wait for its end, which must be a good one; return its log."""
        ended = self.wait()
        assert ended.code == 0, ended
        self.check_complete(names_in(self.dataset))
        return ended.out


@contextmanager
def servers(count: int, script: Callable[[Call], object]) -> Iterator[list[InferenceServer]]:
    """Run some servers."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(InferenceServer(script))  # type: ignore[arg-type]
            for _ in range(count)
        ]


def held_by(gate: Gate) -> Callable[[Call], object]:
    """Return what answers once a gate is open."""

    async def script(call: Call) -> web.Response:
        await gate.passed()
        return detect(call)

    return script


async def soon(call: Call) -> web.Response:
    """Answer after a moment, so that a run lasts."""
    await asyncio.sleep(0.02)
    return detect(call)


def test_the_servers_of_two_slices_are_used_and_one_that_is_not_ready_is_not(
    api: SliceApi, tmp_path: Path
) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 200))
    with servers(3, soon) as (one, other, unready):
        api.put("a", one.url)
        api.put("b", other.url)
        api.put("c", unready.url, ready=False)
        run.begin()
        run.said()
        assert one.calls
        assert other.calls
        assert unready.calls == []
    assert run.summary.succeeded == 200
    assert api.asked == ["list 200", "watch 200"]


def test_a_server_that_comes_and_one_that_leaves_are_known_at_once(
    api: SliceApi, tmp_path: Path
) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 400))
    with servers(2, soon) as (first, second):
        run.begin()
        api.wait_for_watch()
        api.put("a", first.url)
        wait_for(lambda: len(first.calls) > 20, "requests at the first server")
        api.put("a", first.url, ready=False)
        api.put("b", second.url)
        wait_for(lambda: second.calls and not first.in_flight, "the second server alone")
        before = len(first.calls)
        run.said()
        assert len(first.calls) == before
    assert api.asked == ["list 200", "watch 200"]


def test_the_run_goes_on_while_the_api_server_is_away_and_learns_the_news_when_it_is_back(
    api: SliceApi, tmp_path: Path
) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 300))
    gate = Gate()

    async def soon_then_held(call: Call) -> web.Response:
        if call.number > 100:
            await gate.passed()
        return await soon(call)

    with servers(1, soon_then_held) as (first,), servers(1, detect) as (second,):
        api.put("a", first.url)
        run.begin()
        api.wait_for_watch()
        wait_for(lambda: first.calls, "requests")
        api.go_away()
        seen = len(first.calls)
        wait_for(lambda: len(first.calls) > seen + 20, "requests while the API server is away")
        api.put("b", second.url)
        api.come_back()
        api.wait_for_watch()
        wait_for(lambda: second.calls, "requests at the server that came meanwhile")
        gate.open()
        run.said()
    assert api.asked == ["list 200", "watch 200", "watch 200"]


def test_an_api_server_that_is_not_there_yet_is_waited_for_and_told_once(
    api: SliceApi, tmp_path: Path
) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 3))
    with servers(1, detect) as (server,):
        api.put("a", server.url)
        api.refusals["list"] = 500
        run.begin()
        wait_for(lambda: api.count("list 500") > 2, "asked again")
        del api.refusals["list"]
        log = run.said()
    assert log.count("HTTP 500, you may not list; none known") == 1
    assert log.count("answers again") == 1


def test_a_watch_that_is_too_old_is_begun_anew_from_a_list(api: SliceApi, tmp_path: Path) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 100))
    gate = Gate()
    with servers(1, held_by(gate)) as (first,), servers(1, detect) as (second,):
        api.put("a", first.url)
        run.begin()
        api.wait_for_watch()
        wait_for(lambda: first.calls, "requests")
        api.go_away()
        api.remove("a")
        api.put("b", second.url)
        api.forget()
        api.come_back()
        wait_for(lambda: second.calls, "requests at the other server")
        gate.open()
        log = run.said()
    assert "too old" not in log
    assert api.asked[:2] == ["list 200", "watch 200"]
    assert api.asked[-3:] == ["watch 200", "list 200", "watch 200"]


def test_a_token_that_was_rotated_is_read_again(api: SliceApi, tmp_path: Path) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 50))
    gate = Gate()
    with servers(1, held_by(gate)) as (first,), servers(1, detect) as (second,):
        api.put("a", first.url)
        run.begin()
        api.wait_for_watch()
        api.token = "second"
        api.cut()
        wait_for(lambda: api.count("watch 401"), "the old token refused")
        api.rotate("second")
        api.put("b", second.url)
        wait_for(lambda: second.calls, "requests at the server that came meanwhile")
        gate.open()
        log = run.said()
    assert log.count("HTTP 401") == 1
    assert log.count("answers again") == 1


def test_a_permission_that_is_missing_is_named_once(api: SliceApi, tmp_path: Path) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 1))
    api.refusals["list"] = 403
    run.begin()
    wait_for(lambda: api.count("list 403"), "refused")
    run.kill(signal.SIGTERM)
    ended = run.wait(timeout_s=10)
    assert ended.code == 75
    assert (
        ended.out.count(
            "the permission to list endpointslices.discovery.k8s.io in the namespace inference is"
            " missing (HTTP 403, you may not list)"
        )
        == 1
    )
    assert api.asked == ["list 403"]


@pytest.mark.parametrize("line", [b"<html>", b'{"type":"ERROR","object":{"code":500}}'])
def test_a_watch_that_says_what_is_not_understood_is_begun_anew_from_a_list(
    api: SliceApi, tmp_path: Path, line: bytes
) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 20))
    gate = Gate()
    with servers(1, held_by(gate)) as (server,):
        api.put("a", server.url)
        run.begin()
        api.wait_for_watch()
        api.send(line)
        wait_for(lambda: api.count("watch 200") == 2, "another watch")
        gate.open()
        run.said()
    assert api.asked == ["list 200", "watch 200", "list 200", "watch 200"]


def test_a_strangers_api_server_gets_no_token(api: SliceApi, tmp_path: Path) -> None:
    run = PodRun(api, make_dataset(tmp_path / "in", 1))
    (tmp_path / "other").mkdir()
    with SliceApi(tmp_path / "other") as stranger:
        (api.account / "ca.crt").write_bytes((stranger.account / "ca.crt").read_bytes())
        process = run.start(env=api.environment)
        assert process.stdout is not None
        line = next(line for line in process.stdout if "cannot be looked for" in line)
        assert "certificate" in line.lower()
        run.kill(signal.SIGTERM)
        assert run.wait().code == 75
    assert api.asked == []


def test_outside_of_a_pod_it_refuses_to_start(tmp_path: Path) -> None:
    run = BatchRun(tmp_path, make_dataset(tmp_path / "in", 1))
    run.find_servers_of(SERVICE)
    kept = {key: value for key, value in os.environ.items() if "KUBERNETES" not in key}
    ended = run.run(env=kept)
    assert ended.code == 2
    assert "in a pod of Kubernetes alone: KUBERNETES_SERVICE_HOST" in ended.err
    missing = {"KUBERNETES_SERVICE_HOST": "127.0.0.1"}
    ended = run.run(env=kept | missing | {"INFERENCE_UI_SERVICE_ACCOUNT": str(tmp_path / "none")})
    assert ended.code == 2
    assert "No such file" in ended.err


def test_as_the_first_process_of_a_container_it_ends_in_good_order(tmp_path: Path) -> None:
    alone = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this system lets nobody make a namespace of processes")
    dataset = make_dataset(tmp_path / "in", 50)
    gate = Gate()
    with servers(1, held_by(gate)) as (server,):
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.start(under=alone)
        wait_for(lambda: run.progress and run.progress.in_flight == 4, "requests in flight")
        (first,) = wait_for(lambda: children_of(run.pid), "the client")
        os.kill(first, signal.SIGTERM)
        wait_for(lambda: run.progress and run.progress.state == "STOPPING", "the stop")
        gate.open()
        ended = run.wait(timeout_s=20)
    assert ended.code == 75, ended
    assert "SIGTERM: nothing new is sent, 4 requests may finish" in ended.out
    assert run.line_count == 4


def children_of(pid: int) -> list[int]:
    """Return a process' children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
