"""Files of an upload on their way to disk: a batch of them in one request's body.

A batch is one line of JSON, ``[{"path", "size", "offset", "length"}, …]``, and then ``length``
bytes of each file, back to back. ``size`` is that of the whole file; what is too large for one
batch comes in several, by its ``offset``. A file lies under ``parts`` until all of it is there, so
one that lies under ``received`` is whole. Sending again what has arrived does no harm.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from inference_ui.backend.errors import Conflict, Refused
from inference_ui.backend.services.upload_folders import Places
from inference_ui.backend.services.upload_paths import path_problem

MAX_ENTRIES = 1000
MAX_LINE = 4 << 20
"""Files in one batch, and bytes of the line that names them."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file, or a part of one, in a batch."""

    path: str
    size: int
    offset: int = 0
    length: int = 0


@dataclass
class Totals:
    """What an upload may bring (``most_…``) and what of it has arrived, parts of files included."""

    most_files: int
    most_bytes: int
    files: int = 0
    bytes: int = 0


class Receiver:
    """Writes one batch. Feed it the body piece by piece, then close it; not thread-safe.

    What was fed until an error or :meth:`abort` stays, and the next batch goes on from there.
    ``only`` is the one path that is taken, None for any.
    """

    def __init__(self, places: Places, totals: Totals, only: str | None = None) -> None:
        self._places = places
        self._totals = totals
        self._only = only
        self._line: bytearray | None = bytearray()
        self._entries: list[Entry] = []
        self._made: set[Path] = set()
        self._at = 0
        self._left = 0
        self._out: BinaryIO | None = None

    def feed(self, data: bytes) -> None:
        """Write what came next.

        Raises :class:`Refused` for what may not be, or cannot be written; :class:`Conflict` when
        the bytes before an offset have not arrived.
        """
        try:
            self._feed(memoryview(data))
        except OSError as error:
            self.abort()
            raise _of_disk(error, self._path) from error
        except Refused:
            self.abort()
            raise

    def close(self) -> None:
        """End the batch. Raises :class:`Refused` when the body was shorter than it said."""
        if self._line is not None or self._at < len(self._entries) or self._out is not None:
            self.abort()
            raise Refused("UPLOAD_BODY_WRONG")

    def abort(self) -> None:
        """Let go of the file that was being written."""
        if self._out is not None:
            self._out.close()
            self._out = None

    @property
    def _path(self) -> str:
        return self._entries[self._at].path if self._at < len(self._entries) else ""

    def _feed(self, data: memoryview) -> None:
        if self._line is not None:
            end = bytes(data).find(b"\n")
            self._line += data if end < 0 else data[:end]
            if len(self._line) > MAX_LINE:
                raise Refused("UPLOAD_BODY_WRONG")
            if end < 0:
                return
            self._entries = _entries(self._line)
            self._line, data = None, data[end + 1 :]
            self._start()
        while data:
            if self._at >= len(self._entries):
                raise Refused("UPLOAD_BODY_WRONG")
            piece, data = data[: self._left], data[self._left :]
            if self._out is not None:
                self._out.write(piece)
                self._totals.bytes += len(piece)
            self._left -= len(piece)
            if not self._left:
                self._finish()

    def _start(self) -> None:
        """Begin with the entry that is next; those without bytes are done at once."""
        while self._at < len(self._entries):
            entry = self._entries[self._at]
            self._left = entry.length
            self._out = self._open(entry)
            if self._left:
                return
            self._end(entry)

    def _finish(self) -> None:
        self._end(self._entries[self._at])
        self._start()

    def _end(self, entry: Entry) -> None:
        """Close the entry's file; once all of it is there, it is moved to the whole ones."""
        if self._out is not None:
            self._out.close()
            self._out = None
            if entry.offset + entry.length == entry.size:
                whole = self._places.received / entry.path
                self._folder(whole.parent)
                (self._places.parts / entry.path).rename(whole)
                self._totals.files += 1
        self._at += 1

    def _open(self, entry: Entry) -> BinaryIO | None:
        """Return the file to write to, or None for one that has arrived."""
        if self._only is not None and entry.path != self._only:
            raise Refused("UPLOAD_BODY_WRONG")
        whole, part = self._places.received / entry.path, self._places.parts / entry.path
        if whole.is_file():
            if whole.stat().st_size != entry.size:
                raise Refused("UPLOAD_COLLISION", path=entry.path)
            return None
        if whole.is_dir():
            raise Refused("UPLOAD_COLLISION", path=entry.path)
        self._folder(part.parent)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        file = os.fdopen(fd, "wb")
        try:
            there = os.fstat(fd).st_size
            if entry.offset > there:
                raise Conflict("UPLOAD_OFFSET", path=entry.path, expected=there)
            before = self._totals.bytes - there + entry.offset
            if before + entry.length > self._totals.most_bytes:
                raise Refused("UPLOAD_MORE_BYTES", most=self._totals.most_bytes)
            if self._totals.files >= self._totals.most_files:
                raise Refused("UPLOAD_MORE_FILES", most=self._totals.most_files)
            file.truncate(entry.offset)
            file.seek(entry.offset)
            self._totals.bytes = before
        except BaseException:
            file.close()
            raise
        return file

    def _folder(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)


def _entries(line: bytearray) -> list[Entry]:
    try:
        entries = msgspec.json.decode(line, type=list[Entry])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("UPLOAD_BODY_WRONG") from error
    if not 0 < len(entries) <= MAX_ENTRIES:
        raise Refused("UPLOAD_BODY_WRONG")
    for entry in entries:
        problem = path_problem(entry.path)
        if problem is not None:
            raise Refused(problem.code, **problem.args)
        if min(entry.size, entry.offset, entry.length) < 0:
            raise Refused("UPLOAD_BODY_WRONG")
        if entry.offset + entry.length > entry.size:
            raise Refused("UPLOAD_FILE_LONGER", path=entry.path, size=entry.size)
    return entries


def _of_disk(error: OSError, path: str) -> Refused:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refused("UPLOAD_DISK_FULL")
    if error.errno in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY):
        return Refused("UPLOAD_COLLISION", path=path)
    return Refused("UPLOAD_WRITE_FAILED", error=error.strerror)
