"""Runs into a folder that has lines already: torn ends, limits, retries, a dataset that changed."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest
from aiohttp import web

from inference_ui.backend.records import JOURNAL, SIDECAR, Outcome
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.waiting import wait_for


def refuse_odd(call: Call) -> web.Response:
    """Fail every other input, by its content."""
    number = json.loads(call.body)["strData"]
    return call.reply(b"odd", 400) if int(number) % 2 else detect(call)


@pytest.mark.parametrize(
    ("cut", "beside"),
    [(slice(0, -20), slice(0, None)), (slice(0, -700), slice(0, -50)), (slice(30, None), slice(0))],
    ids=["torn line", "both cut", "damaged at the start, sidecar emptied"],
)
def test_damage_is_repaired_and_only_what_was_lost_is_done_again(
    tmp_path: Path, cut: slice, beside: slice
) -> None:
    dataset = make_dataset(tmp_path / "in", 30)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
        journal, sides = run.output / JOURNAL, run.output / SIDECAR
        before = set(run.whole_lines)
        journal.write_bytes(journal.read_bytes()[cut])
        sides.write_bytes(sides.read_bytes()[beside])
        kept = len(before & set(run.whole_lines))
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
    assert len(server.calls) == 30 + 30 - kept


@pytest.mark.parametrize(("limit", "outcome"), [("10", "THRESHOLD"), ("5%", "THRESHOLD")])
def test_too_many_failures_end_the_run_and_keep_its_results(
    tmp_path: Path, limit: str, outcome: str
) -> None:
    dataset = make_dataset(tmp_path / "in", 2000)
    with InferenceServer(refuse_odd) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_failed=limit, max_in_flight=2)
        ended = run.run()
        assert ended.code == 0
        assert "too many inputs failed" in ended.out
        assert len(server.calls) < 2000
        summary = run.summary
        assert summary.outcome == outcome
        assert summary.found == summary.succeeded + summary.failed + summary.skipped == 2000
        assert summary.failed > (10 if limit == "10" else 100)
        assert summary.succeeded == sum(line["status"] == "SUCCEEDED" for line in run.lines)
        run.change(max_failed=None)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))


def test_failures_within_the_limit_do_not_end_the_run(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    with InferenceServer(refuse_odd) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_failed="50%")
        assert run.run().code == 0
    assert run.summary.outcome is Outcome.COMPLETE
    assert run.summary.failed == 20


def test_only_failed_inputs_are_tried_again_and_get_one_line_again(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    (dataset / "empty.json").write_bytes(b"")
    with InferenceServer(refuse_odd) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        kept = [line for line in run.whole_lines if b"SUCCEEDED" in line]
        server.script = detect
        run.change(retry_failed=True, attempt=2)
        ended = run.run()
        assert ended.code == 0
        assert "21 failed inputs are tried again" in ended.out
        assert len(server.calls) == 60
        run.check_complete(names_in(dataset))
        assert run.whole_lines[: len(kept)] == kept
        assert (run.summary.succeeded, run.summary.failed, run.summary.attempt) == (40, 1, 2)
        assert {side["attempt"] for side in run.sidecar if "attempt" in side} == {2}
        # Once more, without counting the attempts: it is a new one all the same.
        (dataset / "empty.json").write_bytes(b"{}")
        assert run.run().code == 0
    assert (run.summary.succeeded, run.summary.attempt) == (41, 3)
    assert len(server.calls) == 61


def test_what_fails_again_is_not_tried_a_third_time_after_a_kill(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 400)
    gate = Gate()

    async def refuse(call: Call) -> web.Response:
        if call.number >= 400 + 300:
            await gate.passed()
        return call.reply(b"no", 400)

    with InferenceServer(refuse) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.run()
        run.change(retry_failed=True, attempt=2)
        run.start()
        wait_for(lambda: run.line_count == 300, "the lines of the first that failed again")
        run.kill(signal.SIGKILL)
        run.wait()
        calls = len(server.calls)
        gate.open()
        assert run.run().code == 0
    assert len(server.calls) - calls == 100
    run.check_complete(names_in(dataset))
    assert {side["attempt"] for side in run.sidecar} == {2}


def test_an_interrupted_retry_puts_back_the_lines_that_it_took(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    gate = Gate()

    async def held(call: Call) -> web.Response:
        await gate.passed()
        return detect(call)

    with InferenceServer(refuse_odd) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=2)
        run.run()
        server.script = held
        run.change(retry_failed=True, attempt=2)
        run.start()
        wait_for(lambda: server.in_flight == 2, "retries in flight")
        assert run.line_count == 20
        run.kill(signal.SIGTERM)
        wait_for(lambda: run.progress and run.progress.state == "STOPPING", "the client stopping")
        gate.open()
        assert run.wait().code == 75
        run.check_complete(names_in(dataset))
        assert (run.summary.succeeded, run.summary.failed, run.summary.skipped) == (22, 18, 0)
        assert sorted(side.get("attempt", 1) for side in run.sidecar) == [1] * 38 + [2] * 2
        assert run.run().code == 0
    assert run.summary.succeeded == 40
    run.check_complete(names_in(dataset))


def test_a_dataset_that_changed_in_between_is_told_and_its_new_files_are_done(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 20)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        (dataset / "part000/requests/00003.json").write_bytes(b'{"strData": "changed"}')
        (dataset / "part000/requests/00004.json").unlink()
        (dataset / "new.json").write_bytes(b"{}")
        ended = run.run()
        assert ended.code == 0
    assert len(server.calls) == 21
    summary = run.summary
    assert (summary.found, summary.succeeded, summary.removed, summary.changed) == (20, 20, 1, 1)
    assert summary.complete
    assert len(run.by_name) == 21
    assert "1 lines of inputs that are gone" in ended.out


def test_lines_that_two_clients_wrote_for_one_input_become_one(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 10)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        lines = run.whole_lines
        for name in (JOURNAL, SIDECAR):
            file = run.output / name
            content = file.read_bytes().splitlines(keepends=True)
            file.write_bytes(b"".join([*content, *content[3:5]]))
        failed = json.loads(lines[7]) | {"status": "FAILED", "errorMesssage": "late"}
        with (
            (run.output / JOURNAL).open("ab") as journal,
            (run.output / SIDECAR).open("ab") as side,
        ):
            journal.write(json.dumps(failed).encode() + b"\n")
            side.write(json.dumps({"source": failed["source"]}).encode() + b"\n")
        assert run.run().code == 0
    assert run.whole_lines == lines
    assert len(server.calls) == 10
    assert run.summary.complete


def test_a_folder_copied_without_its_private_part_is_gone_on_with(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 10)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        run.run()
        shutil.rmtree(run.output / ".inference")
        assert run.run().code == 0
    assert len(server.calls) == 10
    run.check_complete(names_in(dataset))


def test_failed_inputs_are_tried_again_after_a_run_that_was_killed(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 200)
    held = Gate()

    async def script(call: Call) -> web.StreamResponse:
        if call.number >= 100:
            await held.passed()
        return call.reply({}, 400) if b"7" in call.body else detect(call)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4)
        run.start()
        wait_for(lambda: run.line_count == 100, "the lines before the kill")
        run.kill()
        run.wait()
        failed = sum(line["status"] == "FAILED" for line in run.lines)
        assert failed > 10
        held.open()
        server.script = detect
        run.change(retry_failed=True)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
    assert run.summary.succeeded == 200
    assert run.summary.attempt == 2


def test_lines_of_another_dataset_are_not_tried_again_and_stay_single(tmp_path: Path) -> None:
    one, other = make_dataset(tmp_path / "one", 10), make_dataset(tmp_path / "other", 10)
    with InferenceServer(lambda call: call.reply({}, 400)) as server:
        run = BatchRun(tmp_path, one, server.url, source_root="/one/")
        assert run.run().code == 0
        run.change(dataset=str(other), source_root="/other/")
        assert run.run().code == 0
        run.change(retry_failed=True)
        for _ in range(2):
            assert run.run().code == 0
    sources = [line["source"] for line in run.lines]
    assert len(sources) == len(set(sources)) == 20
    assert len(server.calls) == 40
