"""The commands as people type them: start, a second start, Ctrl-C, stop, and what goes wrong."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from inference_ui.backend.errors import CannotStart, Message
from inference_ui.backend.settings import Settings
from inference_ui.cli_sample import await_server
from inference_ui.web.stop import Stopped, stop
from tests.support.drivers import puppet
from tests.support.installation import Installation, numbered_inputs, processes_of
from tests.support.server import ROOT, Served, interrupt, run, serving, signed_in, start
from tests.support.waiting import wait_for

NO_SAMPLE = {"INFERENCE_UI_SAMPLE": "false"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that tests of this module look at and leave running."""
    with serving(tmp_path_factory.mktemp("served"), NO_SAMPLE) as running:
        yield running


def test_the_printed_link_signs_the_administrator_in_once(served: Served) -> None:
    with signed_in(served) as client:
        assert client.get("/api/me").json()["role"] == "ADMINISTRATOR"
        assert client.get("/", headers={"Accept": "text/html"}).status_code == 200
    assert httpx.get(served.link).status_code == 401


def test_a_new_link_can_be_had_at_the_command_line(served: Served) -> None:
    answer = run("link", "--data-dir", served.data_dir)
    assert f"{served.address}/sign-in/link?token=" in answer.stdout
    unknown = run("link", "nobody", "--data-dir", served.data_dir)
    assert unknown.returncode == 2
    assert "nobody" in unknown.stderr


def test_a_second_start_on_the_same_folder_is_refused_and_names_the_first(served: Served) -> None:
    second = run("serve", "--no-build", "--port", "0", "--data-dir", served.data_dir)
    assert second.returncode == 2
    assert served.address in second.stderr
    assert f"process {served.process.pid}" in second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert httpx.get(f"{served.address}/health").status_code == 200


def test_a_killed_server_leaves_no_lock_and_ctrl_c_ends_the_next_at_once(folder: Path) -> None:
    with serving(folder, NO_SAMPLE) as killed:
        killed.process.kill()
        killed.process.wait()
        again = start(folder, NO_SAMPLE)
        host, port = again.address.removeprefix("http://").split(":")
        with signed_in(again), socket.create_connection((host, int(port))):
            began = time.monotonic()
            assert interrupt(again) == 0
            assert time.monotonic() - began < 5
        assert "The web server has stopped." in again.text()
        assert "Traceback" not in again.text()


def test_what_cannot_be_started_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    occupied = tmp_path / "a file"
    occupied.touch()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        tries = {
            f"port {port} is in use": ("--port", str(port), "--data-dir", folder),
            "cannot be written": ("--port", "0", "--data-dir", occupied / "data"),
            "port": ("--port", "99999", "--data-dir", folder),
        }
        for reason, arguments in tries.items():
            refused = run("serve", "--no-build", *arguments, **NO_SAMPLE)
            assert refused.returncode == 2
            assert reason in refused.stderr
            assert len(refused.stderr.splitlines()) == 1


def test_a_broken_inventory_is_refused_with_line_and_field_before_anything_is_made(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text("nodes:\n  - name: node-01\n    cpu: 8\n    memory: -1GiB\n")
    said = f"the inventory {file}, line 4, nodes[0].memory: -1GiB is outside 1MiB–1EiB"
    given = run("serve", "--inventory", file, "--port", "0", "--data-dir", folder)
    set_ = run("serve", "--port", "0", "--data-dir", folder, INFERENCE_UI_INVENTORY=str(file))
    for refused in (given, set_):
        assert (refused.returncode, refused.stderr) == (2, f"inference-ui: {said}\n")
    chinese = run("serve", "--inventory", file, "--data-dir", folder, LC_ALL="zh_CN.UTF-8")
    assert "第 4 行，nodes[0].memory" in chinese.stderr
    assert not folder.exists()


def test_a_server_with_a_made_up_cluster_starts_and_stops_whatever_becomes_of_the_file(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "nodes.yaml"
    shutil.copy(ROOT / "inference_ui" / "demo" / "inventory.yaml", file)
    with serving(folder, {**NO_SAMPLE, "INFERENCE_UI_INVENTORY": str(file)}) as served:
        file.write_text("nodes: [")
        assert httpx.get(f"{served.address}/health").status_code == 200
        stopped = run("stop", "--data-dir", folder, INFERENCE_UI_INVENTORY=str(file))
        assert stopped.returncode == 0, stopped.stderr


def test_the_terminals_language_is_spoken(folder: Path) -> None:
    assert "没有在运行的东西" in run("stop", "--data-dir", folder, LC_ALL="zh_CN.UTF-8").stdout
    assert "Nothing is running" in run("stop", "--data-dir", folder, LC_ALL="de_DE.UTF-8").stdout
    assert not folder.exists()


def test_tasks_go_on_after_ctrl_c_and_stop_ends_them(folder: Path) -> None:
    """Ctrl-C names what goes on; `stop` ends the tasks as a user would, and nothing is left."""
    installation = Installation(folder)
    try:
        installation.dataset(numbered_inputs(4000))
        installation.package(DELAY_MS="500")
        task = installation.create("long-task")
        with serving(folder, NO_SAMPLE) as served:
            installation.wait_until(task.id, "RUNNING")
            assert interrupt(served) == 0
            assert "1 task goes on running: long-task" in served.text()
            installation.wait_for_lines(task.id, 1)
            assert processes_of(folder)

            stopped = run("stop", "--data-dir", folder)
            assert stopped.returncode == 0, stopped.stderr
            assert "1 task was stopped: long-task" in stopped.stdout
            wait_for(lambda: not processes_of(folder), "no process left")
        assert installation.task(task.id).status == "STOPPED"
    finally:
        installation.close()


def test_stop_ends_a_server_that_runs(folder: Path) -> None:
    with serving(folder, NO_SAMPLE) as served:
        stopped = run("stop", "--data-dir", folder)
        assert f"process {served.process.pid}" in stopped.stdout
        assert served.process.wait(timeout=10) == 0
        assert run("stop", "--data-dir", folder).stdout == "Nothing is running.\n"


def test_stop_sees_the_end_of_every_workload_through(tmp_path: Path) -> None:
    inside = Installation(tmp_path)
    inside.product.cluster.apply(puppet("left-over"))
    wait_for(lambda: processes_of(tmp_path), "it runs")
    inside.product.close()
    assert stop(Settings(data_dir=tmp_path)) == Stopped(None, (), 1)
    assert list((tmp_path / "runs").iterdir()) == []
    assert processes_of(tmp_path) == []


def test_stop_never_ends_a_stranger_that_got_the_servers_number(folder: Path) -> None:
    """A lock file left by a crash names a process id that another process may have by now."""
    folder.mkdir()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (folder / "server.lock").write_text(
            f'{{"pid": {stranger.pid}, "started": 1.5, "address": "", "since": ""}}'
        )
        assert run("stop", "--data-dir", folder).returncode == 0
        assert stranger.poll() is None
        stranger.kill()


def environment_with(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Make an environment in an empty place with a program that claims to be Python."""
    place = tmp_path / "place"
    (place / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "environment", place / ".ci")
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    program = tmp_path / "python-under-test"
    program.write_text(python)
    program.chmod(0o755)
    return subprocess.run(
        [place / ".ci" / "environment", "requirements.lock"],
        env={**os.environ, "PYTHON": str(program)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_python_that_is_too_old_is_named_in_one_line(tmp_path: Path) -> None:
    old = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 || exit 1\n'
    refused = environment_with(tmp_path, old)
    assert refused.returncode == 2
    assert "needs Python 3.11 or newer, found Python 3.9.2" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "place" / ".venv").exists()


def test_make_without_a_target_lists_them() -> None:
    listed = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    for target in ("run", "stop", "test", "test-slow", "lint", "lock", "clean"):
        assert f"make {target} " in listed.stdout
    assert "INVENTORY=" in listed.stdout


def test_the_locks_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "//" not in (ROOT / name).read_text("utf-8")
    packages = (ROOT / "reflex.lock" / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in packages


def test_the_sample_is_run_to_its_end_at_the_command_line(folder: Path) -> None:
    with serving(folder):
        done = run("sample", "--data-dir", folder)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "The sample runs as the task digits-1. Ctrl-C leaves it running."
    assert lines[-2:] == ["Succeeded", "200 of 200 items have a result."]


def test_the_sample_needs_a_web_server_that_answers(folder: Path) -> None:
    with pytest.raises(CannotStart) as refused:
        await_server(Settings(data_dir=folder), wait_s=0)
    assert refused.value.message == Message("SERVER_NOT_FOUND", {"folder": str(folder)})


def test_the_sample_without_anything_to_run_is_refused_in_one_line(folder: Path) -> None:
    with serving(folder, NO_SAMPLE):
        refused = run("sample", "--data-dir", folder)
    assert refused.returncode == 2
    assert refused.stderr.endswith("is missing\n")
