"""Failures by what made them fail: counted exactly whatever happens, tried again kind by kind."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from inference_ui.backend.failure_kinds import kind_of
from inference_ui.backend.records import Outcome
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.waiting import wait_for

PROTOCOL = kind_of("HTTP_400", "unexpected protocol")
SHAPE = kind_of("HTTP_400", "bad shape [1,3,1] of /in/1.json")


def number_of(call: Call) -> int:
    """The number of the input that was sent."""
    return int(json.loads(call.body)["strData"])


def refuse_some(call: Call) -> web.Response:
    """Of four inputs, refuse one for its shape (in words that name it) and one as a whole."""
    number = number_of(call)
    if number % 4 == 1:
        return call.reply(f"bad shape [1,3,{number}] of /in/{number}.json".encode(), 400)
    return call.reply(b"unexpected protocol", 400) if number % 4 == 3 else detect(call)


def groups_on_disk(run: BatchRun) -> Counter[str]:
    """The failed lines by their kind, from journal and sidecar."""
    return Counter(
        kind_of(side["cause"], line["errorMesssage"], line["source"])
        for line, side in zip(run.lines, run.sidecar, strict=True)
        if line["status"] == "FAILED"
    )


def check_counts(run: BatchRun) -> None:
    """Every failed input is in one group, in the summary and in the progress."""
    summary, progress = run.summary, run.progress
    assert progress is not None
    for said in (summary, progress):
        assert sum(group.count for group in said.errors) == said.failed
    assert {group.name: group.count for group in summary.errors} == groups_on_disk(run)
    assert progress.errors == summary.errors


def test_words_that_differ_per_item_are_one_group_and_other_words_another(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    (dataset / "empty.json").write_bytes(b"")
    with InferenceServer(refuse_some) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    check_counts(run)
    assert {(group.cause, group.name, group.count) for group in run.summary.errors} == {
        ("HTTP_400", SHAPE, 10),
        ("HTTP_400", PROTOCOL, 10),
        ("INPUT_EMPTY", kind_of("INPUT_EMPTY", "input is empty"), 1),
    }


def test_only_the_chosen_kind_is_tried_again_and_the_others_keep_their_lines(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuse_some) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        before = set(run.whole_lines)
        server.script = detect
        (dataset / "new.json").write_bytes(b'{"strData": "2"}')
        run.change(retry_failed=True, retry_causes=(PROTOCOL,), attempt=2)
        ended = run.run()
        assert ended.code == 0
        assert "10 failed inputs are tried again" in ended.out
        assert len(server.calls) == 40 + 10 + 1
        run.check_complete(names_in(dataset))
        check_counts(run)
        assert (run.summary.succeeded, run.summary.failed) == (31, 10)
        assert {line for line in before if b"bad shape" in line} <= set(run.whole_lines)
        # A cause with all its kinds but one is what is left of it.
        run.change(retry_causes=("HTTP_400", f"!{SHAPE}"), attempt=3)
        run.run()
        assert len(server.calls) == 51
        run.change(retry_causes=("HTTP_400",), attempt=4)
        run.run()
    assert (run.summary.succeeded, run.summary.failed, run.summary.errors) == (41, 0, ())
    run.check_complete(names_in(dataset))


@pytest.mark.parametrize("kill_at", [0, 30, 60])
def test_a_retry_of_one_kind_that_is_killed_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, kill_at: int
) -> None:
    dataset = make_dataset(tmp_path / "in", 400)
    gate = Gate()

    async def held(call: Call) -> web.Response:
        if call.number >= 400 + kill_at + 8:
            await gate.passed()
        return call.reply(b"unexpected protocol", 400) if number_of(call) % 8 == 3 else detect(call)

    with InferenceServer(refuse_some) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.run()
        check_counts(run)
        others = {line for line in run.whole_lines if b"unexpected protocol" not in line}
        server.script = held
        run.change(retry_failed=True, retry_causes=(PROTOCOL,), attempt=2)
        run.start()
        wait_for(lambda: 300 + kill_at <= run.line_count < 400, "lines of the retry")
        wait_for(lambda: server.in_flight, "requests in flight")
        running = run.progress
        assert running is not None
        assert sum(group.count for group in running.errors) == running.failed
        run.kill(signal.SIGKILL)
        run.wait()
        assert others <= set(run.whole_lines)
        sent = len(server.calls)
        gate.open()
        assert run.run().code == 0
        assert len(server.calls) - sent <= 100 - kill_at
    run.check_complete(names_in(dataset))
    check_counts(run)
    assert others <= set(run.whole_lines)
    assert (run.summary.succeeded, run.summary.failed) == (250, 150)
    assert {group.name: group.count for group in run.summary.errors} == {
        SHAPE: 100,
        PROTOCOL: 50,
    }


def test_counts_stay_exact_when_a_retry_is_interrupted_and_when_inputs_go(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    gate = Gate()

    async def held(call: Call) -> web.Response:
        await gate.passed()
        return detect(call)

    with InferenceServer(refuse_some) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=2)
        run.run()
        server.script = held
        run.change(retry_failed=True, retry_causes=(PROTOCOL,), attempt=2)
        run.start()
        wait_for(lambda: server.in_flight == 2, "retries in flight")
        run.kill(signal.SIGTERM)
        wait_for(lambda: run.progress and run.progress.state == "STOPPING", "the client stopping")
        gate.open()
        assert run.wait().code == 75
        run.check_complete(names_in(dataset))
        check_counts(run)
        assert (run.summary.succeeded, run.summary.failed) == (22, 18)
        # A failed input is taken away: its line stays, and counts for nothing.
        gone = next(name for name, line in run.by_name.items() if line["status"] == "FAILED")
        (dataset / gone).unlink()
        run.change(retry_failed=False, retry_causes=())
        assert run.run().code == 0
    assert (run.summary.found, run.summary.failed, run.summary.removed) == (39, 17, 1)
    progress = run.progress
    assert progress is not None
    assert sum(group.count for group in run.summary.errors) == 17
    assert progress.errors == run.summary.errors


def test_what_failed_before_does_not_end_a_retry_of_the_others(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuse_some) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        server.script = detect
        run.change(retry_failed=True, retry_causes=(PROTOCOL,), attempt=2, max_failed="8")
        run.run()
    assert (run.summary.succeeded, run.summary.failed) == (30, 10)
    assert run.summary.outcome is Outcome.THRESHOLD  # 10 of 8 that may
    run.check_complete(names_in(dataset))


def test_kinds_beyond_the_bound_are_one_group_of_their_cause_and_can_be_told(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 70)

    def script(call: Call) -> web.Response:
        number = number_of(call)
        letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:02d}")
        return call.reply(f"no {letters}".encode(), 400)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        groups = run.summary.errors
        assert len(groups) == 51
        (rest,) = [group for group in groups if group.name == "HTTP_400"]
        assert (rest.count, rest.kinds) == (20, 20)
        assert sum(group.count for group in groups) == run.summary.failed == 70
        assert len(msgspec.json.encode(groups)) < 20_000
        server.script = detect
        kept = tuple(f"!{group.name}" for group in groups if group is not rest)
        run.change(retry_failed=True, retry_causes=("HTTP_400", *kept), attempt=2)
        run.run()
    assert (run.summary.succeeded, run.summary.failed) == (20, 50)
    run.check_complete(names_in(dataset))
