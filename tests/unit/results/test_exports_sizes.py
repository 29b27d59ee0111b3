"""Sizes of pictures are looked up once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inference_ui.backend.results.exports.job import ExportFormat
from inference_ui.backend.results.exports.reading import Items
from inference_ui.backend.results.exports.sizes import HEAD
from tests.support.exports import job_of
from tests.support.results import RunTask, a_picture, detection, seldon


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


def sizes(run: RunTask) -> list[tuple[int, int] | None]:
    items = Items(job_of(run, ExportFormat.COCO), None)
    try:
        found = [items.picture(entry) for entry in items]
    finally:
        items.close()
    return [picture[1:] if picture else None for picture in found]


def test_a_second_time_no_picture_is_opened(run: RunTask) -> None:
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    run.succeeded("b.json", seldon(a_picture(32, 24)), detection())
    assert sizes(run) == [(64, 48), (32, 24)]
    for file in run.dataset.iterdir():
        known = file.stat()
        file.write_bytes(b"x" * known.st_size)
        os.utime(file, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert sizes(run) == [(64, 48), (32, 24)]


def test_of_a_picture_that_was_replaced_the_new_size_is_told(run: RunTask) -> None:
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    assert sizes(run) == [(64, 48)]
    run.put("a.jpg", a_picture(400, 200, "JPEG"))
    assert sizes(run) == [(400, 200)]


def test_what_was_remembered_of_other_items_is_not_taken(run: RunTask) -> None:
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    run.succeeded("b.jpg", a_picture(32, 24, "JPEG"), detection())
    assert sizes(run) == [(64, 48), (32, 24)]
    lines = (run.output / "result.ndjson").read_bytes().splitlines(keepends=True)
    (run.output / "result.ndjson").write_bytes(lines[1])  # the first one is tried again
    assert sizes(run) == [(32, 24)]


@pytest.mark.parametrize("content", [b"", b"\xff" * 5, b"\xff" * 4096])
def test_a_file_of_sizes_that_is_damaged_does_no_harm(run: RunTask, content: bytes) -> None:
    (run.dataset.parent / "sizes").write_bytes(content)
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    assert sizes(run) == [(64, 48)]


def test_where_sizes_cannot_be_kept_they_are_looked_up_each_time(run: RunTask) -> None:
    (run.dataset.parent / "sizes").mkdir()
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    assert sizes(run) == [(64, 48)]


def test_a_header_that_is_longer_than_most_is_read_all_the_same(run: RunTask) -> None:
    long = a_picture(64, 48, "JPEG", exif=b"Exif\0\0" + b"\0" * 60_000, comment=b"x" * 60_000)
    assert long.find(b"\xff\xc0") > HEAD
    run.succeeded("a.jpg", long, detection())
    run.succeeded("b.json", seldon(long), detection())
    assert sizes(run) == [(64, 48)] * 2


@pytest.mark.parametrize("header", ["", "data:image/png;base64,", "data:image/jpeg;base64,"])
def test_a_large_picture_in_a_request_is_known_by_its_head(run: RunTask, header: str) -> None:
    noise = a_picture(64, 48) + bytes(range(256)) * 1000
    text = seldon(noise).replace(b'"strData":"', b'"strData":"' + header.encode())
    run.succeeded("a.json", text, detection())
    assert sizes(run) == [(64, 48)]
