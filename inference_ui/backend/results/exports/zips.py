"""Writing a zip of any number of members as a stream.

``zipfile`` keeps an object for each member until the end; here what the directory at the end says
of a member goes to a temporary file, so a million members take no memory. Sizes and offsets beyond
4 GiB, and more than 65,535 members, are written as ZIP64, and so only where they are needed.
"""

from __future__ import annotations

import os
import struct
import tempfile
import zlib
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import BinaryIO

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")

_UTF8 = 1 << 11
_SIZES_FOLLOW = 1 << 3
_STORED, _DEFLATED = 0, 8
_PLAIN, _ZIP64 = 20, 45
_UNIX = 3 << 8
_FILE_MODE = 0o100644 << 16
_MAX16, _MAX32 = 0xFFFF, 0xFFFFFFFF
_PIECE = 1 << 18


class ZipStream:
    """Makes a zip piece by piece; what its methods yield are its bytes, in order.

    Names must be relative, unique, at most 65,535 bytes, and lead nowhere but down: see
    :mod:`member_names`. ``end`` comes last.
    """

    def __init__(self, scratch: str, at: datetime) -> None:
        self._directory = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed in `close`
        self._moment = _dos_time(at)
        self._offset = 0
        self._members = 0

    def add(self, name: str, content: bytes, *, deflate: bool) -> Iterator[bytes]:
        """Add a member whose content is at hand."""
        packed, method = content, _STORED
        if deflate:
            packer = zlib.compressobj(1, zlib.DEFLATED, -15)
            packed, method = packer.compress(content) + packer.flush(), _DEFLATED
            if len(packed) >= len(content):
                packed, method = content, _STORED
        sums = (zlib.crc32(content), len(packed), len(content))
        offset = self._offset
        yield self._local(name, method, 0, sums) + packed
        self._offset += len(packed)
        self._note(name, method, 0, sums, offset)

    def add_file(self, name: str, file: BinaryIO) -> Generator[bytes, None, bool]:
        """Add a file as it is, however large it is; return whether all of it
        could be read. Its size and check sum follow it, since it is read once and may change."""
        file.seek(0, os.SEEK_END)
        left = file.tell()
        file.seek(0)
        large = left >= _MAX32
        offset, size, check = self._offset, 0, 0
        yield self._local(name, _STORED, _SIZES_FOLLOW, (0, 0, 0), large=large)
        while left and (piece := _read(file, min(_PIECE, left))):
            left -= len(piece)
            size += len(piece)
            check = zlib.crc32(piece, check)
            yield piece
        form = "<4sIQQ" if large else "<4sIII"
        follows = struct.pack(form, b"PK\x07\x08", check, size, size)
        yield follows
        self._offset += size + len(follows)
        self._note(name, _STORED, _SIZES_FOLLOW, (check, size, size), offset)
        return not left

    def end(self) -> Iterator[bytes]:
        """Yield what ends the zip."""
        start = self._offset
        length = self._directory.tell()
        self._directory.seek(0)
        while piece := self._directory.read(_PIECE):
            yield piece
        count = self._members
        if count >= _MAX16 or start >= _MAX32 or length >= _MAX32:
            yield _END64.pack(
                b"PK\x06\x06", _END64.size - 12, _ZIP64, _ZIP64, 0, 0, count, count, length, start
            )
            yield _LOCATOR64.pack(b"PK\x06\x07", 0, start + length, 1)
        few = min(count, _MAX16)
        yield _END.pack(b"PK\x05\x06", 0, 0, few, few, min(length, _MAX32), min(start, _MAX32), 0)

    def close(self) -> None:
        """Let go of the temporary file."""
        self._directory.close()

    def _local(
        self, name: str, method: int, flags: int, sums: tuple[int, int, int], *, large: bool = False
    ) -> bytes:
        encoded = name.encode("utf-8", "replace")
        extra, told = b"", sums
        if large or max(sums[1:]) >= _MAX32:
            extra = struct.pack("<2H2Q", 1, 16, sums[2], sums[1])
            told = (sums[0], _MAX32, _MAX32)
        needed = _ZIP64 if extra else _PLAIN
        header = _LOCAL.pack(
            b"PK\x03\x04", needed, flags | _UTF8, method, *self._moment,
            *told, len(encoded), len(extra),
        )  # fmt: skip
        self._offset += len(header) + len(encoded) + len(extra)
        return header + encoded + extra

    def _note(
        self, name: str, method: int, flags: int, sums: tuple[int, int, int], offset: int
    ) -> None:
        """Write down the member's entry of the directory."""
        encoded = name.encode("utf-8", "replace")
        check, packed, size = sums
        large = [number for number in (size, packed, offset) if number >= _MAX32]
        extra = struct.pack(f"<2H{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        needed = _ZIP64 if large else _PLAIN
        entry = _CENTRAL.pack(
            b"PK\x01\x02", _UNIX | needed, needed, flags | _UTF8, method, *self._moment,
            check, min(packed, _MAX32), min(size, _MAX32),
            len(encoded), len(extra), 0, 0, 0, _FILE_MODE, min(offset, _MAX32),
        )  # fmt: skip
        self._directory.write(entry + encoded + extra)
        self._members += 1


def _read(file: BinaryIO, most: int) -> bytes:
    try:
        return file.read(most)
    except OSError:
        return b""  # the zip goes on; whoever asked is told


def _dos_time(at: datetime) -> tuple[int, int]:
    """Return time and date as a zip has them: without a zone, to two seconds, from 1980 on."""
    date = (max(0, at.year - 1980) << 9) | (at.month << 5) | at.day
    return (at.hour << 11) | (at.minute << 5) | (at.second // 2), date
