"""A zip that is written as a stream, beside what zipfile reads and writes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference_ui.backend.results.exports import zips
from inference_ui.backend.results.exports.seen import Seen
from inference_ui.backend.results.exports.zips import ZipStream

AT = datetime(2026, 11, 23, 9, 30, 58)  # noqa: DTZ001 - a zip knows no zones


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[ZipStream]:
    made = ZipStream(str(tmp_path), AT)
    yield made
    made.close()


def opened(pieces: list[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    return archive


def test_an_empty_one_is_a_zip(stream: ZipStream) -> None:
    assert opened([*stream.end()]).namelist() == []


@given(
    members=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=20),
        st.tuples(st.binary(max_size=2000), st.booleans(), st.booleans()),
        max_size=8,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_zipfile_reads_what_was_written(
    tmp_path: Path, members: dict[str, tuple[bytes, bool, bool]]
) -> None:
    stream = ZipStream(str(tmp_path), AT)
    pieces: list[bytes] = []
    for name, (content, deflate, streamed) in members.items():
        pieces += (
            stream.add_file(name, io.BytesIO(content))
            if streamed
            else stream.add(name, content, deflate=deflate)
        )
    archive = opened([*pieces, *stream.end()])
    stream.close()
    assert {name: archive.read(name) for name in archive.namelist()} == {
        name: content for name, (content, _, _) in members.items()
    }
    assert all(info.date_time == (2026, 11, 23, 9, 30, 58) for info in archive.infolist())


def test_more_members_than_a_plain_zip_can_hold(stream: ZipStream) -> None:
    pieces = [
        piece
        for number in range(70_000)
        for piece in stream.add(f"{number}.txt", b"%d" % number, deflate=False)
    ]
    archive = zipfile.ZipFile(io.BytesIO(b"".join([*pieces, *stream.end()])))
    assert len(archive.namelist()) == 70_000
    assert archive.read("69999.txt") == b"69999"


ZEROS = bytes(1 << 26)


class _Huge:
    """A file of zeros, as large as it is said to be."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.at = 0

    def seek(self, place: int, whence: int = 0) -> int:
        self.at = place if whence == 0 else self.size
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, most: int) -> bytes:
        count = min(most, self.size - self.at)
        self.at += count
        return ZEROS if count == len(ZEROS) else bytes(count)


class _Sparse(io.RawIOBase):
    """What a zip would be on disk, without its zeros."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []
        self.size = 0
        self.at = 0

    def put(self, piece: bytes) -> None:
        if piece is not ZEROS:
            self.parts.append((self.size, piece))
        self.size += len(piece)

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        self.at = place + (0, self.at, self.size)[whence]
        return self.at

    def read(self, count: int = -1) -> bytes:
        end = self.size if count < 0 else min(self.size, self.at + count)
        content = bytearray(max(0, end - self.at))
        for start, piece in self.parts:
            first, last = max(start, self.at), min(start + len(piece), end)
            if first < last:
                content[first - self.at : last - self.at] = piece[first - start : last - start]
        self.at = max(self.at, end)
        return bytes(content)


def test_members_and_places_beyond_four_gib(
    stream: ZipStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Zeros are quick to make; their check sum over gigabytes is not, and says nothing here.
    monkeypatch.setattr(zips.zlib, "crc32", lambda *_: 0)
    monkeypatch.setattr(zips, "_PIECE", len(ZEROS))
    target = _Sparse()
    size = (1 << 32) + 5
    for piece in stream.add_file("huge.bin", cast(BinaryIO, _Huge(size))):
        target.put(piece)
    for piece in stream.add("after.txt", b"after", deflate=False):
        target.put(piece)
    for piece in stream.end():
        target.put(piece)
    archive = zipfile.ZipFile(cast(BinaryIO, target))
    huge, after = archive.infolist()
    assert (huge.file_size, huge.compress_size) == (size, size)
    assert after.header_offset > 1 << 32
    target.seek(after.header_offset + 30 + len("after.txt"))
    assert target.read(5) == b"after"


class _Failing(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 300_000:
            raise OSError("input/output error")
        return super().read(size)


def test_a_file_that_breaks_off_is_told_and_the_zip_goes_on(stream: ZipStream) -> None:
    pieces: list[bytes] = []

    def adding() -> Iterator[bytes]:
        whole = yield from stream.add_file("broken.bin", _Failing(b"x" * 900_000))
        assert not whole

    pieces += adding()
    pieces += stream.add("fine.txt", b"fine", deflate=True)
    archive = opened([*pieces, *stream.end()])
    assert archive.read("fine.txt") == b"fine"
    assert 0 < archive.getinfo("broken.bin").file_size < 900_000


@given(st.lists(st.text(max_size=3) | st.integers(0, 3000).map(str), max_size=200))
def test_what_was_seen_is_seen(texts: list[str]) -> None:
    seen, known = Seen(), set()
    for text in texts:
        assert seen.add(text) is (text not in known)
        known.add(text)


def test_many_are_remembered() -> None:
    seen = Seen()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))
