"""Zips from anybody: what is taken out of them, and all that is refused."""

from __future__ import annotations

import errno
import os
import stat
import warnings
import zipfile
from pathlib import Path

import pytest

from inference_ui.backend.errors import Refused
from inference_ui.backend.services import unpacking
from inference_ui.backend.services.unpacking import unpack
from tests.support.zips import a_zip, central_entries, patched, zip_with

FLAGS, METHOD, CRC, PACKED, SIZE = 8, 10, 16, 20, 24
PLENTY = 1 << 40


def unpacked(tmp_path: Path, data: bytes, free: int = PLENTY) -> dict[str, bytes]:
    """Unpack, and return every file that came of it."""
    archive, target = tmp_path / "a.zip", tmp_path / "out"
    archive.write_bytes(data)
    unpack(archive, target, lambda: free, lambda _done, _total: None)
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file()
    }


def refusal(tmp_path: Path, data: bytes, **more: int) -> str:
    """Unpack what must be refused; return the code. Nothing lies outside the target."""
    with pytest.raises(Refused) as caught:
        unpacked(tmp_path, data, **more)
    assert {path.name for path in tmp_path.iterdir()} <= {"a.zip", "out"}
    return caught.value.code


@pytest.mark.parametrize("stored", [True, False])
def test_every_file_comes_out_as_it_went_in(tmp_path: Path, stored: bool) -> None:
    files = {
        "a.json": b"{}",
        "deep/er/文件.json": os.urandom(700_000),
        "empty.json": b"",
        "deep/b.json": b"[" + b"1," * 5000 + b"1]",
    }
    assert unpacked(tmp_path, a_zip(files | {"deep/": b""}, stored=stored)) == files


def test_what_desktops_leave_behind_is_skipped(tmp_path: Path) -> None:
    junk = {
        "__MACOSX/": b"",
        "__MACOSX/._a.json": b"x",
        "in/.DS_Store": b"x",
        "in/Thumbs.db": b"x",
        "in/._b.json": b"x",
    }
    assert unpacked(tmp_path, a_zip({"in/a.json": b"1"} | junk)) == {"in/a.json": b"1"}


def test_names_from_a_chinese_windows_are_read(tmp_path: Path) -> None:
    data = a_zip({"XXXX.json": b"1"}).replace(b"XXXX", "夜间".encode("gb18030"))
    assert unpacked(tmp_path, data) == {"夜间.json": b"1"}


def test_progress_tells_bytes_and_can_end_it(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(a_zip({"a": os.urandom(1_000_000), "b": os.urandom(10)}))
    seen: list[tuple[int, int]] = []
    unpack(archive, tmp_path / "out", lambda: PLENTY, lambda *now: seen.append(now))
    assert seen[0] == (0, 1_000_010)
    assert seen[-1] == (1_000_010, 1_000_010)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)

    class Enough(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done > 300_000:
            raise Enough

    with pytest.raises(Enough):
        unpack(archive, tmp_path / "again", lambda: PLENTY, stop)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../out.json", "UPLOAD_PATH_OUTSIDE"),
        ("in/../../out.json", "UPLOAD_PATH_OUTSIDE"),
        ("..", "UPLOAD_PATH_OUTSIDE"),
        ("/etc/out.json", "UPLOAD_PATH_ABSOLUTE"),
        ("C:/out.json", "UPLOAD_PATH_ABSOLUTE"),
        ("c:out.json", "UPLOAD_PATH_ABSOLUTE"),
        ("in\\out.json", "UPLOAD_PATH_BACKSLASH"),
        ("in//out.json", "UPLOAD_PATH_PARTS"),
        ("./out.json", "UPLOAD_PATH_PARTS"),
        ("in/\x1b[2J.json", "UPLOAD_PATH_CONTROL"),
        ("a" * 300, "UPLOAD_PATH_LONG"),
        ("good.json/in", "ZIP_DUPLICATE"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str, code: str) -> None:
    assert refusal(tmp_path, zip_with(name)) == code


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (stat.S_IFLNK | 0o777, "ZIP_LINK"),
        (stat.S_IFCHR | 0o600, "ZIP_DEVICE"),
        (stat.S_IFBLK | 0o600, "ZIP_DEVICE"),
        (stat.S_IFIFO | 0o600, "ZIP_DEVICE"),
        (stat.S_IFSOCK | 0o600, "ZIP_DEVICE"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, mode: int, code: str) -> None:
    assert refusal(tmp_path, zip_with("x", b"/etc/passwd", mode=mode)) == code


def test_a_path_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert refusal(tmp_path, zip_with("good.json")) == "ZIP_DUPLICATE"


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    data = patched(a_zip({"a.json": b"{}"}), 0, FLAGS, "<H", 1)
    assert refusal(tmp_path, data) == "ZIP_ENCRYPTED"


def test_a_compression_that_is_not_read_is_refused(tmp_path: Path) -> None:
    data = patched(a_zip({"a.json": b"{}"}), 0, METHOD, "<H", zipfile.ZIP_LZMA)
    assert refusal(tmp_path, data) == "ZIP_COMPRESSION"


def test_a_bomb_is_refused_by_what_it_announces(tmp_path: Path) -> None:
    assert refusal(tmp_path, a_zip({"a": b"\0" * (8 << 20)})) == "ZIP_BOMB"
    assert not (tmp_path / "out").exists()


def test_a_bomb_that_lies_is_refused_by_what_comes_out(tmp_path: Path) -> None:
    honest = a_zip({"a": b"\0" * (8 << 20)})
    assert refusal(tmp_path, patched(honest, 0, SIZE, "<L", 100)) == "ZIP_LIES"
    assert (tmp_path / "out" / "a").stat().st_size <= 100


def test_members_that_share_their_bytes_count_each_time(tmp_path: Path) -> None:
    """The better bomb: many entries, one body."""
    content = b"\0" * 100_000
    files = {f"{number:03}": content for number in range(100)}
    assert refusal(tmp_path, a_zip(files)) == "ZIP_BOMB"


@pytest.mark.parametrize("change", ["crc", "longer", "cut"])
def test_a_damaged_member_is_refused(tmp_path: Path, change: str) -> None:
    data = a_zip({"a": os.urandom(5000)})
    data = {
        "crc": lambda: patched(data, 0, CRC, "<L", 12345),
        "longer": lambda: patched(data, 0, SIZE, "<L", 6000),
        "cut": lambda: patched(data, 0, PACKED, "<L", 2000),
    }[change]()
    assert refusal(tmp_path, data) == "ZIP_MEMBER_BROKEN"


@pytest.mark.parametrize(
    "data",
    [b"", b"not a zip", b"PK\x05\x06" + b"\xff" * 18, a_zip({"a": b"1"})[:-30]],
    ids=["empty", "text", "nonsense", "cut"],
)
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data) == "ZIP_BROKEN"


def test_a_zip_without_files_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, a_zip({"in/": b"", ".DS_Store": b"x"})) == "ZIP_EMPTY"


def test_more_than_there_is_room_for_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, a_zip({"a": os.urandom(5000)}), free=4999) == "UPLOAD_NO_ROOM"


def test_too_many_files_are_counted_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_FILES", 50)
    fits = a_zip({f"{number}": b"" for number in range(50)})
    assert len(central_entries(fits)) == 50
    assert len(unpacked(tmp_path, fits + b"")) == 50
    (tmp_path / "more").mkdir()
    more = a_zip({f"{number}": b"" for number in range(51)})
    assert refusal(tmp_path / "more", more) == "ZIP_TOO_MANY_FILES"


def test_a_disk_that_is_full_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(a_zip({"a": b"1"}))

    def full(_done: int, _total: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Refused) as caught:
        unpack(archive, tmp_path / "out", lambda: PLENTY, full)
    assert caught.value.code == "UPLOAD_DISK_FULL"
