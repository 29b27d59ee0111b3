"""Reading any lines of a file that others append to, without reading what stands before them.

An index keeps where every 50th line begins: 160 KiB for a million lines. It grows with the file and
is made anew when the file was replaced or cut. Only whole lines count: what follows the last line
break is still being written, or was torn off by a crash. What a line says is not known here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

EVERY = 50
"""Lines from one kept offset to the next."""
MAX_LINE = 256 * 1024
"""Bytes of a line that are read; of a longer one only these."""

_CHUNK = 1 << 20
_MARK = 64
_NAMED_BY = 256
_KEPT = 128


class Line(NamedTuple):
    """A line without its line break; ``whole`` is False when it is longer than MAX_LINE."""

    text: bytes
    whole: bool = True


def open_lines(path: Path) -> BinaryIO:
    """Open a file that a task's client wrote, for reading.

    Raises :class:`OSError`, :class:`FileNotFoundError` among them: also for what is no file. A pipe
    of that name would wait for ever, and a link lead elsewhere.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode):
        os.close(fd)
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(code, os.strerror(code), str(path))
    return os.fdopen(fd, "rb")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a file was read: up to ``end``, where ``mark`` stands before."""

    device: int = 0
    inode: int = 0
    end: int = 0
    mark: bytes = b""

    @classmethod
    def at(cls, fd: int, end: int) -> Place:
        """Return the place ``end`` of an open file."""
        state = os.fstat(fd)
        length = min(_MARK, end)
        return cls(state.st_dev, state.st_ino, end, os.pread(fd, length, end - length))

    def continues(self, fd: int) -> bool:
        """Whether an open file is the one that was read, with nothing changed but its end."""
        state = os.fstat(fd)
        if (state.st_dev, state.st_ino) != (self.device, self.inode) or self.end > state.st_size:
            return False
        # An inode can be used again, and a file rewritten in place: compare what was read last.
        return os.pread(fd, len(self.mark), self.end - len(self.mark)) == self.mark


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a file as it was at one moment, and how many whole ones it had.

    ``generation`` changes when what was read before no longer holds: the file was replaced, or has
    its first line now.
    """

    total: int = 0
    generation: str = ""
    lines: tuple[Line, ...] = ()


class LineIndex:
    """The index of one file. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._rewritten = 0
        self._place = Place()
        self._forget()

    def _forget(self) -> None:
        self._rewritten += bool(self._place.end)
        self._place = Place()
        self._starts = array("Q", [0])
        self._lines = 0
        self._end = 0
        self._generation = ""

    def window(self, first: int, count: int) -> Window:
        """Return up to ``count`` lines from line ``first`` (0 for the first) on.

        Raises :class:`OSError` when the file is there and cannot be read; one that is not there
        has no lines.
        """
        return self._at(lambda file: self._read(file, first, min(count, self._lines - first)))

    def some(self, first: int, count: int) -> Window:
        """Return what :meth:`window` does, having read no further than it must: ``total`` may be
        less than there are."""
        return self._at(
            lambda file: self._read(file, first, min(count, self._lines - first)), first + count
        )

    def pick(self, numbers: Sequence[int]) -> Window:
        """Return the lines of these numbers (0 for the first) in their order, without those that
        are not there. Raises :class:`OSError` as :meth:`window` does."""
        return self._at(lambda file: self._picked(file, numbers))

    def _at(self, read: Callable[[BinaryIO], Iterable[Line]], enough: int = sys.maxsize) -> Window:
        with self._lock:
            try:
                file = open_lines(self._path)
            except FileNotFoundError:
                if self._place != Place():
                    self._forget()
                return Window(generation=self._generation)
            with file:
                self._follow(file.fileno(), enough)
                return Window(self._lines, self._generation, tuple(read(file)))

    def _follow(self, fd: int, enough: int) -> None:
        """Take in what was appended since the last time, until so many lines are known."""
        size = os.fstat(fd).st_size
        if not self._place.continues(fd):
            self._forget()
            self._place = Place.at(fd, 0)
            self._generation = self._named(fd, 0)
        position = before = self._end
        while position < size and self._lines < enough:
            chunk = os.pread(fd, min(_CHUNK, size - position), position)
            if not chunk:
                break
            self._note(chunk, position)
            position += len(chunk)
        if self._end > before:
            self._place = Place.at(fd, self._end)
            if not before:
                self._generation = self._named(fd, min(_NAMED_BY, self._end))

    def _named(self, fd: int, length: int) -> str:
        """Return the name of this generation. Whoever reads the file anew finds the same one: a
        browser keeps pictures and rows by it."""
        place = f"{self._place.device}:{self._place.inode}:{self._rewritten}:".encode()
        head = os.pread(fd, length, 0).partition(b"\n")[0]
        return hashlib.blake2b(place + head, digest_size=6).hexdigest()

    def _note(self, chunk: bytes, position: int) -> None:
        lines, at = self._lines, chunk.find(b"\n")
        while at >= 0:
            lines += 1
            self._end = position + at + 1
            if lines % EVERY == 0:
                self._starts.append(self._end)
            at = chunk.find(b"\n", at + 1)
        self._lines = lines

    def _read(self, file: BinaryIO, first: int, count: int) -> Iterator[Line]:
        if count <= 0:
            return
        before = first % EVERY
        file.seek(self._starts[first // EVERY])
        for number in range(before + count):
            line = next_line(file)
            if number >= before:
                yield line

    def _picked(self, file: BinaryIO, numbers: Sequence[int]) -> Iterator[Line]:
        at = -1  # the line that the file stands at
        for number in numbers:
            if not 0 <= number < self._lines:
                continue
            block = number - number % EVERY
            if not block <= at <= number:
                file.seek(self._starts[number // EVERY])
                at = block
            while at < number:
                next_line(file)
                at += 1
            at += 1
            yield next_line(file)


def next_line(file: BinaryIO) -> Line:
    """Read a line; of one that is longer than MAX_LINE, its beginning."""
    text = file.readline(MAX_LINE + 1)
    if text.endswith(b"\n"):
        return Line(text[:-1])
    rest = text
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(_CHUNK)
    return Line(text[:MAX_LINE], whole=False)


class LineIndexes:
    """The indexes of the files that were looked at last. Thread-safe."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._indexes: OrderedDict[Path, LineIndex] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, path: Path) -> LineIndex:
        """Return the index of the file at ``path``, which need not be there yet."""
        with self._lock:
            index = self._indexes.pop(path, None) or LineIndex(path)
            self._indexes[path] = index
            while len(self._indexes) > self._kept:
                self._indexes.popitem(last=False)
            return index
