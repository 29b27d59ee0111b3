"""Output folders that fill up in the middle: the client stops and says why, what a line
speaks of is whole, and with room again the run goes on to its end."""

from __future__ import annotations

import resource
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from inference_ui.backend.records import JOURNAL
from tests.support.batch import BatchRun, Ended, make_dataset, names_in
from tests.support.inference_server import Call, Gate, InferenceServer, detect
from tests.support.mounts import SmallDisk, small_disk
from tests.support.waiting import wait_for

FULL = "No space left on device"


def answer_large(call: Call) -> object:
    """Answer with what was sent and some kilobytes."""
    return call.reply({"echo": call.body.decode(), "more": "x" * 20_000})


def check_stopped(run: BatchRun, ended: Ended, reason: str) -> None:
    """Assert that a client gave up in good order."""
    assert ended.code == 2, ended
    assert ended.err.startswith(f"error: the output {run.output} can")
    assert reason in ended.err
    assert ended.err.count("\n") == 1
    if (run.output / JOURNAL).exists():
        run.check_complete(set(run.by_name))  # each line's result is there and whole


@pytest.mark.parametrize(
    ("options", "script"),
    [("size=1m", answer_large), ("size=300k", detect), ("size=64m,nr_inodes=60", detect)],
    ids=["bytes, by large answers", "bytes, by many answers", "inodes"],
)
def test_a_disk_that_fills_up_stops_the_run_and_with_room_it_goes_on(
    tmp_path: Path, options: str, script: Callable[[Call], object]
) -> None:
    dataset = make_dataset(tmp_path / "in", 300)
    run = BatchRun(tmp_path, dataset)
    with (
        small_disk(tmp_path / "disk", options) as disk,
        InferenceServer(script) as server,  # type: ignore[arg-type]
    ):
        run.output = disk.path / "output"
        run.change(output=str(run.output), endpoints=(server.url,), max_in_flight=4)
        ended = run.run()
        check_stopped(run, ended, FULL)
        lines = run.whole_lines
        assert len(lines) < 300
        # Still full: it says so again, and harms nothing.
        check_stopped(run, run.run(), FULL)
        assert run.whole_lines[: len(lines)] == lines
        disk.make_room()
        assert run.run().code == 0
        run.check_complete(names_in(dataset))
        assert run.whole_lines[: len(lines)] == lines
        assert run.summary.succeeded == 300


def test_a_disk_filled_by_somebody_else_in_the_middle_keeps_every_line_whole(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 400)
    gate = Gate()

    async def script(call: Call) -> object:
        if call.number >= 150:
            await gate.passed()
        return answer_large(call)

    run = BatchRun(tmp_path, dataset)
    with (
        small_disk(tmp_path / "disk", "size=16m") as disk,
        InferenceServer(script) as server,  # type: ignore[arg-type]
    ):
        run.output = disk.path / "output"
        run.change(output=str(run.output), endpoints=(server.url,), max_in_flight=4)
        run.start()
        wait_for(lambda: run.line_count >= 100, "lines")
        fill(disk, leave=100_000)
        gate.open()
        ended = run.wait()
        check_stopped(run, ended, FULL)
        assert run.line_count < 400
        disk.make_room()
        assert run.run().code == 0
        run.check_complete(names_in(dataset))


def fill(disk: SmallDisk, leave: int) -> None:
    """Take the room of a disk but for some bytes, or less where others take it meanwhile."""
    with (disk.path / "of somebody else").open("wb", buffering=0) as file, suppress(OSError):
        file.write(b"x" * max(disk.bytes_left - leave, 0))


def test_a_disk_that_is_full_from_the_start_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 3)
    run = BatchRun(tmp_path, dataset)
    with (
        small_disk(tmp_path / "disk", "size=64k,nr_inodes=3") as disk,
        InferenceServer() as server,
    ):
        run.output = disk.path / "output"
        run.change(output=str(run.output), endpoints=(server.url,))
        check_stopped(run, run.run(), FULL)
        assert server.calls == []
        disk.make_room()
        assert run.run().code == 0
        run.check_complete(names_in(dataset))


def test_a_file_that_may_not_grow_stops_the_client_and_tears_nothing(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 400)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url)
        ended = run.run(preexec_fn=limit)
        check_stopped(run, ended, "File too large")
        assert run.line_count < 400
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
