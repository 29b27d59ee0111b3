"""A disk that takes milliseconds for each file: strace delays every opening, as a network does."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from inference_ui.backend.records import BoundBy, Outcome
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import InferenceServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

SLOWLY = ("strace", "-f", "-o", "/dev/null", "-e", "inject=openat:delay_exit=4000")


def test_a_slow_disk_is_waited_for_by_many_at_once_and_nothing_hangs(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1500, per_folder=300)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=1)
        run.start(under=SLOWLY)
        assert run.wait(120).code == 0
    run.check_complete(names_in(dataset))
    assert run.summary.bound_by is BoundBy.DISK
    # One after the other, opening inputs and results alone would take twelve seconds.
    assert run.summary.ended_at - run.summary.started_at < 12


def test_a_stop_waits_for_results_that_are_being_written_and_not_longer(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 3000, per_folder=300)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url, processes=1, grace_s=3600.0)
        process = run.start(under=SLOWLY)
        wait_for(lambda: run.line_count > 600, "lines")
        child = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
        assert process.poll() is None
        os.kill(int(child), signal.SIGTERM)
        assert run.wait(60).code == 75
    assert run.summary.outcome is Outcome.INTERRUPTED
    assert run.summary.lines == run.line_count < 3000
