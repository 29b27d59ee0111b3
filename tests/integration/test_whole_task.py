"""A whole task through the services, with real processes; and what happens when they are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from inference_ui.backend.models.task import EndReason
from tests.support.installation import Installation, journal, numbered_inputs, processes_of
from tests.support.waiting import wait_for

ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    made.product.engine.start()
    yield made
    made.close()


def assert_every_input_has_one_succeeded_line(task, inputs):
    lines = journal(task)
    sources = Counter(line.source for line in lines)
    assert sources == Counter({f"/workspace/dataset/{path}": 1 for path in inputs})
    for line in lines:
        assert line.status == "SUCCEEDED", line
        number = json.loads(inputs[line.source.removeprefix("/workspace/dataset/")])["strData"]
        result = json.loads((Path(task.plan.output_folder) / line.resultLocation).read_bytes())
        assert result == {"jsonData": {"echo": number}}


def assert_nothing_is_left(installation):
    wait_for(lambda: not processes_of(installation.folder), "no process left")
    assert installation.product.cluster.names() == frozenset()
    assert list((installation.folder / "runs").iterdir()) == []


def process_of(installation, word):
    def find():
        found = [
            process
            for process in processes_of(installation.folder)
            if word in " ".join(process.cmdline()) and "shim" not in " ".join(process.cmdline())
        ]
        return found[0] if found else None

    return wait_for(find, f"a process of {word}")


def test_a_task_goes_from_queued_to_succeeded_and_leaves_nothing_running(installation):
    inputs = numbered_inputs(30)
    installation.dataset(inputs)
    installation.package()
    task = installation.create("first")
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (30, 30, 0)
    assert ended.end_reason == EndReason.COMPLETED
    assert_every_input_has_one_succeeded_line(ended, inputs)
    view = installation.product.tasks.view(installation.administrator, task.id)
    codes = [event.code for event in view.events]
    assert codes == ["SUBMITTED", "STARTING", "RUNNING", "FINISHING", "SUCCEEDED"]
    logs = installation.product.logs.of(installation.administrator, task.id).logs
    texts = {log.role: log.text for log in logs}
    assert "loading the model" in texts["server"]
    assert texts["client"].strip()
    assert_nothing_is_left(installation)


def test_bad_inputs_fail_one_by_one_and_the_task_goes_on(installation):
    bad = {
        "empty.json": b"",
        "not-json.json": b"{'a': 1}",
        "not-utf8.json": b'{"strData": "\xff"}',
        "refused/no-such-key.json": b'{"other": 1}',
    }
    installation.dataset({**numbered_inputs(5), **bad})
    installation.package()
    task = installation.create("bad inputs")
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (9, 5, 4)
    failed = {line.source: line.error for line in journal(ended) if line.status == "FAILED"}
    assert set(failed) == {f"/workspace/dataset/{path}" for path in bad}
    assert all(failed.values())


def test_a_killed_batch_client_goes_on_where_it_was(installation):
    inputs = numbered_inputs(300)
    installation.dataset(inputs)
    installation.package(DELAY_MS="50")
    task = installation.create("client killed")
    installation.wait_for_lines(task.id, 20)
    process_of(installation, "inference_ui.backend.batch").kill()
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded) == (300, 300)
    assert_every_input_has_one_succeeded_line(ended, inputs)
    assert_nothing_is_left(installation)


def test_no_item_fails_because_its_model_server_was_killed(installation):
    inputs = numbered_inputs(300)
    installation.dataset(inputs)
    installation.package(DELAY_MS="50")
    task = installation.create("server killed")
    installation.wait_for_lines(task.id, 20)
    process_of(installation, "model_server.py").kill()
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (300, 300, 0)
    assert_every_input_has_one_succeeded_line(ended, inputs)


def test_a_model_server_killed_again_and_again_fails_the_task(installation):
    installation.dataset(numbered_inputs(2000))
    installation.package(DELAY_MS="200")
    task = installation.create("server killed often")
    killed = set()
    while installation.task(task.id).status not in ("FINISHING", *ENDED):
        for process in processes_of(installation.folder):
            try:
                if "model_server.py" in " ".join(process.cmdline()[:2]):
                    process.kill()
                    killed.add(process.pid)  # it may be seen again until it is reaped
            except psutil.NoSuchProcess:
                continue
    ended = installation.wait_until(task.id, "FAILED")
    assert ended.end_reason == EndReason.SERVER_FAILED
    assert ended.detail is not None
    assert 4 <= len(killed) <= 8
    assert_nothing_is_left(installation)


def test_a_killed_web_server_finds_its_task_again_and_finishes_it(installation):
    installation.product.engine.stop()
    inputs = numbered_inputs(300)
    installation.dataset(inputs)
    installation.package(DELAY_MS="100")
    task = installation.create("web server killed")
    command = [sys.executable, "-m", "tests.support.engine", str(installation.folder)]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        installation.wait_for_lines(task.id, 10)
    finally:
        first.kill()
        first.communicate()
    client = process_of(installation, "inference_ui.backend.batch").pid
    seen = len(journal(installation.task(task.id)))
    installation.wait_for_lines(task.id, seen + 20)  # it goes on with nobody watching
    installation.reopen()
    installation.product.engine.start()
    assert process_of(installation, "inference_ui.backend.batch").pid == client
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert_every_input_has_one_succeeded_line(ended, inputs)
    assert_nothing_is_left(installation)


def test_a_task_that_ended_while_the_web_server_was_away_ends_as_usual(installation):
    inputs = numbered_inputs(60)
    installation.dataset(inputs)
    installation.package(DELAY_MS="50")
    task = installation.create("ended alone")
    installation.wait_for_lines(task.id, 1)
    installation.product.engine.stop()
    assert installation.task(task.id).status == "RUNNING"
    summary = Path(task.plan.output_folder) / ".inference" / "summary.json"
    wait_for(summary.exists, "the client is done")
    installation.reopen()
    installation.product.engine.start()
    ended = installation.wait_until(task.id, "SUCCEEDED")
    assert_every_input_has_one_succeeded_line(ended, inputs)
    assert_nothing_is_left(installation)


@pytest.mark.parametrize("mode", ["crash", "never"])
def test_a_server_that_never_gets_ready_fails_the_task_with_reason_and_log(installation, mode):
    installation.dataset(numbered_inputs(3))
    installation.package(MODE=mode, ready_timeout_s=3)
    task = installation.create(mode)
    ended = installation.wait_until(task.id, "FAILED")
    assert ended.end_reason in (EndReason.SERVER_FAILED, EndReason.SERVER_NOT_READY)
    assert ended.detail is not None
    logs = installation.product.logs.of(installation.administrator, task.id).logs
    expected = "/models/best.om" if mode == "crash" else "loading the model"
    assert expected in "".join(log.text for log in logs)
    assert_nothing_is_left(installation)


def test_a_command_that_does_not_exist_fails_the_task_and_says_so(installation):
    from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch

    package = ModelPackage(
        name="missing",
        version="1.0.0",
        owner_id="",
        service_type="SELDON",
        launch=PackageLaunch(command=("/no/such/program",)),
    )
    installation.product.packages.add(installation.administrator, package)
    installation.dataset(numbered_inputs(1))
    task = installation.create("missing", package="missing")
    ended = installation.wait_until(task.id, "FAILED")
    assert "/no/such/program" in str(ended.end_detail)


@pytest.mark.parametrize(("mode", "words"), [("html", "JSON"), ("refuse", "unexpected protocol")])
def test_a_server_that_answers_nonsense_fails_the_task_with_its_words(installation, mode, words):
    installation.dataset(numbered_inputs(5))
    installation.package(MODE=mode)
    task = installation.create(mode)
    ended = installation.wait_until(task.id, "FAILED")
    assert ended.end_reason == EndReason.NO_ITEM_SUCCEEDED
    assert words in str(ended.end_detail)
    assert (ended.found, ended.failed) == (5, 5)
    assert_nothing_is_left(installation)


def test_a_stopped_task_keeps_its_results_and_frees_everything(installation):
    installation.dataset(numbered_inputs(2000))
    installation.package(MODE="fork", DELAY_MS="50")
    task = installation.create("stopped")
    installation.wait_for_lines(task.id, 10)
    installation.product.tasks.stop(installation.administrator, task.id)
    ended = installation.wait_until(task.id, "STOPPED")
    lines = journal(ended)
    assert 10 <= len(lines) < 2000
    assert ended.succeeded == len(lines)
    assert ended.found is not None
    assert_nothing_is_left(installation)


def test_a_frozen_machine_of_one_client_does_not_hold_up_another_task(installation):
    installation.dataset(numbered_inputs(50))
    installation.package("slow", DELAY_MS="100")
    installation.package("quick")
    slow = installation.create("frozen", package="slow")
    installation.wait_for_lines(slow.id, 1)
    client = process_of(installation, "inference_ui.backend.batch")
    os.kill(client.pid, signal.SIGSTOP)
    try:
        quick = installation.create("quick", package="quick")
        installation.wait_until(quick.id, "SUCCEEDED")
        assert installation.task(slow.id).status == "RUNNING"
    finally:
        os.kill(client.pid, signal.SIGCONT)
    installation.wait_until(slow.id, "SUCCEEDED")
