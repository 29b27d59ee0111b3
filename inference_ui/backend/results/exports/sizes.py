"""The sizes of pictures, found by their first bytes and remembered.

To read the head of a picture for each of a million items takes minutes on a network volume; what
was found once stands in a file of 12 bytes an item, in the order of their numbers. A record holds
the check sum of the item's source and its numbers, so one that was written for another item, as
after some items were tried again, is simply no record.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from zlib import crc32

from inference_ui.backend import imaging
from inference_ui.backend.errors import Refused
from inference_ui.backend.inside import OpenFolder
from inference_ui.backend.records import IMAGE_SUFFIXES
from inference_ui.backend.results.items import Entry
from inference_ui.backend.results.pictures import (
    MAX_INPUT,
    PictureOrigin,
    embedded_head,
    find_picture,
)

HEAD = 1 << 16
"""Bytes of a picture that are looked at first: nearly all headers end before."""

_RECORD = struct.Struct("<III")
_AT_ONCE = 4096


class Sizes:
    """Sizes of the pictures of one task's items. ``file`` need not be there; where it cannot be
    written, nothing is remembered. Not thread-safe; to be closed."""

    def __init__(self, file: Path, dataset: Path, opened: OpenFolder) -> None:
        self._dataset = dataset
        self._opened = opened
        try:
            self._fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            self._fd = -1
        self._file: os.stat_result
        self._first = sys.maxsize
        self._records = b""

    def of(self, entry: Entry) -> tuple[str, int, int] | None:
        """Return the path in the dataset, width and height of an item's picture as it is shown;
        None where it has none, or one that is broken."""
        if entry.relative is None:
            return None
        try:
            # A file that was replaced may hold another picture.
            self._file = (self._dataset / entry.relative).stat()
            size = self._known(entry)
            if size is not None:
                return entry.relative, *size
            picture = self._look(entry.relative)
        except (Refused, OSError):
            return None
        # One that lies elsewhere has another path, which only the request tells.
        if picture[0] == entry.relative:
            self._remember(entry, picture[1], picture[2])
        return picture

    def close(self) -> None:
        """Let go of the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _look(self, name: str) -> tuple[str, int, int]:
        head = self._head(name)
        if head is not None:
            size = imaging.size_of_picture(head)
            if size is not None:  # else its header may only end further on
                return name, *size
        found = find_picture(self._dataset, name)
        info = found.inspect()
        path = name if found.origin is PictureOrigin.EMBEDDED else found.name
        return path, info.width, info.height

    def _head(self, name: str) -> bytes | None:
        """Return how the picture begins that the input is, or has in it."""
        with self._opened.open(name) as file:
            if is_image(name):
                return file.read(HEAD)
            size = os.fstat(file.fileno()).st_size
            return embedded_head(file.read(size), HEAD) if size <= MAX_INPUT else None

    def _known(self, entry: Entry) -> tuple[int, int] | None:
        at = entry.number - self._first
        if self._fd < 0 or not 0 <= at < _AT_ONCE:
            self._read(entry.number)
            at = 0
        record = self._records[at * _RECORD.size : (at + 1) * _RECORD.size]
        if len(record) < _RECORD.size:
            return None
        check, width, height = _RECORD.unpack(record)
        return (width, height) if check == self._check(entry, width, height) else None

    def _read(self, number: int) -> None:
        self._first = number
        place = number * _RECORD.size
        self._records = os.pread(self._fd, _AT_ONCE * _RECORD.size, place) if self._fd >= 0 else b""

    def _remember(self, entry: Entry, width: int, height: int) -> None:
        if self._fd < 0:
            return
        record = _RECORD.pack(self._check(entry, width, height), width, height)
        try:
            os.pwrite(self._fd, record, entry.number * _RECORD.size)
        except OSError:
            self.close()  # a full disk is no reason to end: it is only slower the next time

    def _check(self, entry: Entry, width: int, height: int) -> int:
        file = self._file
        known = f"{entry.source}\0{width}x{height}\0{file.st_size}\0{file.st_mtime_ns}"
        return crc32(known.encode("utf-8", "replace"))


def is_image(name: str) -> bool:
    """Whether an input is a picture by its name."""
    # PurePath says the same, and takes as long as all the rest.
    stem, dot, suffix = name.rpartition(".")
    return bool(dot and stem) and stem[-1] != "/" and f".{suffix.lower()}" in IMAGE_SUFFIXES
