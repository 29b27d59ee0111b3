"""The program that exports: what it says, what ends it, what it takes of memory."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.exports.job import ExportFormat, LeftOut
from inference_ui.backend.results.exports.reading import journal_of
from tests.support.exports import PROGRAM, by_program, job_of, said
from tests.support.mounts import small_disk
from tests.support.results import RunTask, a_picture, detection

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.5, 120.25))


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


def repeated(run: RunTask, times: int, objects: int = 50) -> None:
    """An item, as many times as if they were as many."""
    run.succeeded("a.png", PICTURE, detection(*[CAR] * objects))
    journal = run.output / JOURNAL
    journal.write_bytes(journal.read_bytes() * times)


def test_it_says_how_far_it_is_and_what_it_left_out(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    run.failed("b.png", PICTURE, "503")
    process, reports = by_program(job_of(run, ExportFormat.COCO))
    content, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert b'"image_id":1' in content
    *_, last = said(reports)
    assert (last.done, last.total, last.complete, last.problem) == (2, 2, True, None)
    assert last.left_out == {LeftOut.FAILED: 1}


def test_the_wanted_items_come_after_the_job(run: RunTask) -> None:
    for number in range(1, 6):
        run.succeeded(f"{number}.png", PICTURE, detection(CAR))
    process, reports = by_program(job_of(run, ExportFormat.CSV, count=2), [4, 2])
    content, _ = process.communicate(timeout=60)
    rows = [*csv.DictReader(io.StringIO(content.decode("utf-8-sig")))]
    assert [row["item"] for row in rows] == ["4", "2"]
    assert said(reports)[-1].total == 2


def test_no_wanted_item_at_all_is_not_all_of_them(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    process, reports = by_program(job_of(run, ExportFormat.CSV, count=0))
    content, _ = process.communicate(timeout=60)
    assert content.count(b"\n") == 1
    assert said(reports)[-1].complete


def test_it_ends_when_nobody_reads_any_more(run: RunTask) -> None:
    repeated(run, 20_000)
    process, reports = by_program(job_of(run, ExportFormat.CSV))
    assert process.stdout is not None
    process.stdout.read(100_000)
    process.stdout.close()
    assert process.wait(timeout=30) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert not said(reports)[-1].complete


def test_it_ends_when_nobody_listens_though_there_is_nothing_to_write(run: RunTask) -> None:
    repeated(run, 200_000)
    journal = (run.output / JOURNAL).read_bytes()
    (run.output / JOURNAL).write_bytes(journal.replace(b"SUCCEEDED", b"FAILED"))
    process, reports = by_program(job_of(run, ExportFormat.COCO))
    os.close(reports)
    content, errors = process.communicate(timeout=60)
    assert (process.returncode, content, errors) == (1, b"", b"")


def renamed_to(journal: Path) -> None:
    other = journal.with_suffix(".new")
    other.write_bytes(journal.read_bytes())
    other.rename(journal)


def written_anew(journal: Path) -> None:
    content = journal.read_bytes()
    journal.write_bytes(content.replace(b"a.png", b"b.png"))


@pytest.mark.parametrize("replace", [renamed_to, written_anew, Path.unlink])
def test_results_that_were_replaced_since_are_not_mixed_up(
    run: RunTask, replace: Callable[[Path], None]
) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    job = job_of(run, ExportFormat.CSV, journal=journal_of(str(run.output)))
    replace(run.output / JOURNAL)
    process, reports = by_program(job)
    process.communicate(timeout=60)
    problem = said(reports)[-1].problem
    assert process.returncode == 1
    assert problem is not None
    assert problem.code == "EXPORT_CHANGED"


def test_results_that_came_since_are_no_replacement(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    job = job_of(run, ExportFormat.CSV, journal=journal_of(str(run.output)), count=1)
    run.succeeded("b.png", PICTURE, detection(CAR))
    process, reports = by_program(job, [1])
    process.communicate(timeout=60)
    assert said(reports)[-1].complete


def test_results_that_are_replaced_meanwhile_end_it(run: RunTask) -> None:
    repeated(run, 20_000)
    process, reports = by_program(job_of(run, ExportFormat.CSV))
    assert process.stdout is not None
    process.stdout.read(100_000)
    (run.output / JOURNAL).write_bytes(b"")
    process.communicate(timeout=60)
    problem = said(reports)[-1].problem
    assert problem is not None
    assert problem.code == "EXPORT_CHANGED"


@pytest.mark.parametrize("wanted", [ExportFormat.COCO, ExportFormat.YOLO])
def test_a_full_disk_is_told_as_such(run: RunTask, tmp_path: Path, wanted: ExportFormat) -> None:
    repeated(run, 5_000, objects=5)
    with small_disk(tmp_path / "disk", "size=256k") as disk:
        process, reports = by_program(job_of(run, wanted, scratch=str(disk.path)))
        _, errors = process.communicate(timeout=60)
    problem = said(reports)[-1].problem
    assert (process.returncode, errors) == (1, b"")
    assert problem is not None
    assert problem.code == "EXPORT_DISK_FULL"


@pytest.mark.slow
def test_memory_does_not_grow_with_the_items(run: RunTask) -> None:
    repeated(run, 30_000, objects=5)
    for wanted in (ExportFormat.COCO, ExportFormat.YOLO, ExportFormat.CSV):
        process, reports = by_program(job_of(run, wanted))
        assert process.stdout is not None
        sizes = []
        while process.stdout.read(1 << 18):
            if process.poll() is None:
                sizes.append(psutil.Process(process.pid).memory_info().rss)
        process.communicate(timeout=60)
        assert said(reports)[-1].complete
        assert max(sizes) < 60 << 20
        assert max(sizes) - sizes[0] < 8 << 20


def test_a_result_that_takes_too_much_memory_ends_it_with_a_reason(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, b'{"text":"%s"}' % (b"x" * (15 << 20)))
    most = 48 << 20
    program = ("-c", f"import {PROGRAM} as it; it.MEMORY = {most}; raise SystemExit(it.main())")
    process, reports = by_program(job_of(run, ExportFormat.CSV), program=program)
    _, errors = process.communicate(timeout=60)
    problem = said(reports)[-1].problem
    assert (process.returncode, errors) == (1, b"")
    assert problem is not None
    assert (problem.code, problem.args) == ("EXPORT_TOO_DEMANDING", {"most": most})
