"""What the headers of each picture format say, read with no more than a few bytes of memory.

Each reader takes a file that stands at its beginning and returns a :class:`Header`. It raises
``ValueError`` for what is no such header, and ``EOFError`` where the file ends in it. Orientation
is read as browsers read it: from EXIF data alone, not from XMP, and only where it is one SHORT.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

_ORIENTATION = 0x0112
_WIDTH, _HEIGHT = 0x0100, 0x0101
_SHORT, _LONG = 3, 4
_MOST_STEPS = 20_000
"""Pieces of a header that are read: more are made to keep a reader busy."""
_MOST_EXIF = 1 << 20
_EXIF = b"Exif\0\0"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG that begin a frame; of these, browsers decode the first three kinds."""
_FRAMES_OF_BROWSERS: Final = frozenset({0xC0, 0xC1, 0xC2})
_ALONE: Final = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1


@dataclass(frozen=True, slots=True)
class Header:
    """Pixels as they are stored, how they are to be turned (EXIF, 1 to 8), and whether browsers
    show a file of this kind as it should be shown, as far as its header tells."""

    width: int
    height: int
    orientation: int = 1
    as_is: bool = True


class _Steps:
    """A file that is read forwards, piece by piece, and not for ever."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MOST_STEPS

    def take(self, count: int) -> bytes:
        """Return the next bytes, all of them."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("a header without an end")
        data = self._file.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def skip(self, count: int) -> None:
        """Go on behind the next bytes."""
        if count:
            self._file.seek(count, os.SEEK_CUR)

    @property
    def place(self) -> int:
        """Where the next byte stands."""
        return self._file.tell()

    def go_to(self, place: int) -> None:
        """Go on at another place."""
        self._file.seek(place)


def _jpeg(file: _Steps) -> Header:
    """Read all segments up to the first scan: EXIF data may come after the frame's size."""
    file.take(2)
    found: Header | None = None
    orientation = 0
    while (marker := _marker(file)) != _SCAN:
        if marker == _END:
            raise ValueError("no picture in it")
        if marker in _ALONE:
            continue
        length = int.from_bytes(file.take(2)) - 2
        if marker in _FRAMES and found is None:
            depth, height, width, parts = struct.unpack(">BHHB", file.take(6))
            shown = marker in _FRAMES_OF_BROWSERS and depth == 8 and parts in (1, 3, 4)
            found = Header(width, height, as_is=shown)
            length -= 6
        elif marker == _APP1 and not orientation:
            segment = file.take(max(0, length))
            length = 0
            if segment.startswith(_EXIF):
                orientation = orientation_in(segment[len(_EXIF) :])
        if length < 0:
            raise ValueError("a segment without a length")
        file.skip(length)
    if found is None:
        raise ValueError("a scan without a frame")
    return Header(found.width, found.height, orientation or 1, found.as_is)


def _marker(file: _Steps) -> int:
    """Return the next marker. As decoders do, leave out what stands before it."""
    while True:
        while file.take(1) != b"\xff":
            pass
        while (value := file.take(1)[0]) == 0xFF:
            pass
        if value:
            return value


def _png(file: _Steps) -> Header:
    """Read all chunks up to the pixels: what stands behind them, browsers do not heed either."""
    file.take(8)
    length, kind = _chunk(file)
    if kind != b"IHDR" or length != 13:
        raise ValueError("no header")
    content = file.take(13)
    if zlib.crc32(b"IHDR" + content) != int.from_bytes(file.take(4)):
        raise ValueError("wrong check sum")
    width, height = struct.unpack(">II", content[:8])
    orientation, moves = 1, False
    while (chunk := _chunk(file))[1] != b"IDAT":
        length, kind = chunk
        if kind == b"IEND":
            raise ValueError("no picture in it")
        moves = moves or kind == b"acTL"
        if kind == b"eXIf" and length <= _MOST_EXIF:
            orientation = orientation_in(file.take(length))
            length = 0
        file.skip(length + 4)
    return Header(width, height, orientation, as_is=not moves)


def _chunk(file: _Steps) -> tuple[int, bytes]:
    head = file.take(8)
    return int.from_bytes(head[:4]), head[4:]


def _webp(file: _Steps) -> Header:
    end = 8 + int.from_bytes(file.take(12)[4:8], "little")
    kind, length = _riff(file)
    if kind == b"VP8 ":
        frame = file.take(10)
        if frame[3:6] != b"\x9d\x01\x2a":
            raise ValueError("no key frame")
        width, height = struct.unpack("<HH", frame[6:])
        return Header(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        bits = int.from_bytes(file.take(5)[1:], "little")
        return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise ValueError("no picture in it")
    head = file.take(10)
    has_exif, moves = head[0] & 0x08, head[0] & 0x02
    file.skip(length + (length & 1) - 10)
    orientation = _orientation_of_webp(file, end) if has_exif else 1
    width, height = int.from_bytes(head[4:7], "little"), int.from_bytes(head[7:10], "little")
    # Browsers do not turn it.
    return Header(width + 1, height + 1, orientation, as_is=orientation == 1 and not moves)


def _riff(file: _Steps) -> tuple[bytes, int]:
    head = file.take(8)
    return head[:4], int.from_bytes(head[4:], "little")


def _orientation_of_webp(file: _Steps, end: int) -> int:
    while file.place + 8 <= end:
        kind, length = _riff(file)
        if kind == b"EXIF":
            return orientation_in(file.take(min(length, _MOST_EXIF)).removeprefix(_EXIF))
        file.skip(length + (length & 1))
    return 1


def _gif(file: _Steps) -> Header:
    """Read up to the first frame, which may be larger than the screen that it is drawn on."""
    width, height, flags = struct.unpack("<6xHHB2x", file.take(13))
    if flags & 0x80:
        file.skip(3 << ((flags & 7) + 1))
    while (kind := file.take(1)) != b",":
        if kind != b"!":
            raise ValueError("no picture in it")
        file.take(1)
        while length := file.take(1)[0]:
            file.skip(length)
    left, top, wide, high = struct.unpack("<HHHH", file.take(8))
    return Header(max(width, left + wide), max(height, top + high))


def _bmp(file: _Steps) -> Header:
    file.take(14)
    if int.from_bytes(file.take(4), "little") == 12:
        return Header(*struct.unpack("<HH", file.take(4)))
    width, height = struct.unpack("<ii", file.take(8))
    return Header(width, abs(height))  # a negative height: the first row is the uppermost


def _tiff(file: _Steps) -> Header:
    tags = _tags(file)
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise ValueError("no size in it")
    orientation = tags.get(_ORIENTATION, 1)
    valid = orientation if 1 <= orientation <= 8 else 1
    return Header(tags[_WIDTH], tags[_HEIGHT], valid, as_is=False)


def orientation_in(exif: bytes) -> int:
    """Return the orientation that EXIF data names, 1 where it names none."""
    try:
        orientation = _tags(_Steps(io.BytesIO(exif)), only_short=True).get(_ORIENTATION, 1)
    except (ValueError, EOFError):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _tags(file: _Steps, *, only_short: bool = False) -> dict[int, int]:
    """Return the first directory's tags that are one whole number."""
    head = file.take(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None:
        raise ValueError("no byte order")
    file.go_to(struct.unpack(f"{order}I", head[4:])[0])
    (count,) = struct.unpack(f"{order}H", file.take(2))
    found: dict[int, int] = {}
    for _ in range(count):
        tag, kind, values, value = struct.unpack(f"{order}HHI4s", file.take(12))
        if values == 1 and kind == _SHORT:
            found.setdefault(tag, struct.unpack(f"{order}H2x", value)[0])
        elif values == 1 and kind == _LONG and not only_short:
            found.setdefault(tag, struct.unpack(f"{order}I", value)[0])
    return found


def read_header(kind: str, file: BinaryIO) -> Header:
    """Read the header of a picture of this format."""
    return _READERS[kind](_Steps(file))


_READERS: Final[Mapping[str, Callable[[_Steps], Header]]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "BMP": _bmp,
    "TIFF": _tiff,
}


def jpeg_is_whole(data: bytes) -> bool:
    """Whether the pixels of a JPEG come to their end. Inside of them, that marker cannot stand."""
    file = io.BytesIO(data)
    try:
        _jpeg(_Steps(file))
    except (ValueError, EOFError):
        return False
    return data.find(b"\xff\xd9", file.tell()) >= 0


def png_is_whole(data: bytes) -> bool:
    """Whether all chunks of a PNG are there and have the check sums that they name."""
    at, seen = 8, memoryview(data)
    while at + 12 <= len(data):
        length = int.from_bytes(seen[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            return False
        if zlib.crc32(seen[at + 4 : end]) != int.from_bytes(seen[end : end + 4]):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end + 4
    return False
