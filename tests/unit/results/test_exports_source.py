"""The source as a zip: whose files are in it, under which names."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.results.exports.job import ExportFormat, LeftOut
from inference_ui.backend.results.exports.member_names import MemberNames, safe_member
from tests.support.exports import exported
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = a_picture(64, 48)


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path / "task")


def opened(run: RunTask, numbers: list[int] | None = None) -> tuple[zipfile.ZipFile, int]:
    content, left_out = exported(run, ExportFormat.SOURCE, numbers)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive, left_out.get(LeftOut.FILE, 0)


def missing(archive: zipfile.ZipFile) -> list[list[str]]:
    return [line.split("\t") for line in archive.read("MISSING.txt").decode().splitlines()]


def test_inputs_and_the_pictures_that_they_name_are_in_it_once(run: RunTask) -> None:
    run.put("pictures/x.png", PICTURE)
    run.put("night/beside.jpg", a_picture(kind="JPEG"))
    run.succeeded("路口/a.png", PICTURE, detection())
    run.succeeded("b.json", b'{"path":"pictures/x.png"}', detection())
    run.failed("c.json", b'{"image":{"uri":"pictures/x.png"}}', "503")
    run.succeeded("night/beside.json", b"{}", detection())
    run.succeeded("inside.json", seldon(PICTURE), detection())
    run.line(source="b.json", status="FAILED", errorMesssage="twice")
    archive, left_out = opened(run)
    assert left_out == 0
    assert sorted(archive.namelist()) == sorted(
        str(file.relative_to(run.dataset)) for file in run.dataset.rglob("*") if file.is_file()
    )
    for name in archive.namelist():
        assert archive.read(name) == (run.dataset / name).read_bytes()
    kinds = {info.filename: info.compress_type for info in archive.infolist()}
    assert kinds["路口/a.png"] == zipfile.ZIP_STORED
    assert kinds["inside.json"] == zipfile.ZIP_DEFLATED


def test_only_the_wanted_items_are_in_it(run: RunTask) -> None:
    for number in range(1, 6):
        run.succeeded(f"{number}.png", PICTURE, detection())
    assert opened(run, [4, 2])[0].namelist() == ["4.png", "2.png"]


def test_what_is_gone_or_lies_outside_is_named(run: RunTask, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    run.succeeded("gone.png", PICTURE, detection())
    (run.dataset / "gone.png").unlink()
    run.succeeded("out.json", b'{"path":"../../secret.png"}', detection())
    (run.dataset / "link.png").symlink_to(tmp_path / "secret.png")
    run.line(source="link.png", status="SUCCEEDED")
    run.line(source="/workspace/dataset/../../secret.png", status="SUCCEEDED")
    run.line(source="/etc/passwd", status="SUCCEEDED")
    run.succeeded("far.json", b'{"url":"http://example.org/a.png"}', detection())
    run.put("fine.png", PICTURE)
    run.line(source="two\nlines.png", status="SUCCEEDED")
    archive, left_out = opened(run)
    assert archive.namelist() == ["out.json", "far.json", "MISSING.txt"]
    assert missing(archive) == [
        ["gone.png", "FILE_GONE"],
        ["../../secret.png", "PATH_OUTSIDE"],
        ["link.png", "PATH_OUTSIDE"],
        ["/workspace/dataset/../../secret.png", "SOURCE_OUTSIDE"],
        ["/etc/passwd", "SOURCE_OUTSIDE"],
        ["http://example.org/a.png", "PICTURE_ELSEWHERE"],
        ["two?lines.png", "FILE_GONE"],
    ]
    assert left_out == len(missing(archive))


def test_a_large_file_is_streamed(run: RunTask) -> None:
    content = bytes(range(256)) * 36_000
    run.succeeded("large.png", content, detection())
    run.succeeded("small.png", PICTURE, detection())
    archive, _ = opened(run)
    assert archive.read("large.png") == content
    assert archive.read("small.png") == PICTURE


def test_names_that_windows_would_follow_elsewhere_are_changed(run: RunTask) -> None:
    for name in ("..\\..\\evil.png", "C:evil.png", "a//./b.png", "tab\there.png"):
        run.succeeded(name, PICTURE, detection())
    archive, _ = opened(run)
    assert archive.namelist() == [".._.._evil.png", "C_evil.png", "a/b.png", "tab_here.png"]


@given(st.text(max_size=30) | st.from_regex(r"([./\\]|\.\.|C:|a|\x00)*", fullmatch=True))
def test_no_name_leads_out(name: str) -> None:
    safe = safe_member(name)
    parts = safe.replace("\\", "/").split("/")
    assert not safe.startswith("/")
    assert all(part not in ("", ".", "..") for part in parts)
    assert not re.match("[A-Za-z]:", safe)
    assert safe.isprintable() or not any(ord(letter) < 32 for letter in safe)


@given(st.lists(st.sampled_from(["a", "a.txt", "a (2).txt", "b/a.txt", "A.txt"]), max_size=40))
def test_no_two_members_have_one_name(names: list[str]) -> None:
    taken = MemberNames()
    given_names = [taken.take(name) for name in names]
    assert len(set(given_names)) == len(names)
