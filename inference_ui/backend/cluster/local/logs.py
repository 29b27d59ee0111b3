"""Reading the logs of run folders: the last lines, and following. Copes with any bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.cluster.local.files import LOG, OLD_LOG

_MOST_BYTES = 1 << 20
"""What is read from the end of a log at most, however long its lines are."""

_LONGEST_LINE = 1 << 16
_POLL_S = 0.2


def tail(folder: Path, lines: int) -> str | None:
    """Return the last lines of the replica's log; None when it has none."""
    recent = _end(folder / LOG)
    enough = recent is not None and recent.count(b"\n") > lines
    older = None if enough else _end(folder / OLD_LOG)
    if recent is None and older is None:
        return None
    data = ((older or b"") + (recent or b""))[-_MOST_BYTES:]
    last = data.removesuffix(b"\n").split(b"\n")[-lines:] if lines > 0 else []
    return "\n".join(_shown(line) for line in last)


def whole(folder: Path) -> Iterator[bytes]:
    """Return all that is kept of the replica's log, in pieces, byte for byte."""
    files = [file for name in (OLD_LOG, LOG) if (file := _opened(folder / name)) is not None]
    return _pieces(files)


def follow(folder: Path) -> Iterator[str]:
    """Yield the lines that the replica writes from now on, until its folder is gone. Blocks."""
    file = _opened(folder / LOG)
    rest = b""
    if file is not None:
        file.seek(0, os.SEEK_END)
    try:
        while folder.exists():
            data = file.read(_LONGEST_LINE) if file is not None else b""
            *lines, rest = (rest + data).split(b"\n")
            yield from (_shown(line) for line in lines)
            if len(rest) >= _LONGEST_LINE:
                yield _shown(rest)
                rest = b""
            if not data:
                file = _current(folder / LOG, file)
                time.sleep(_POLL_S)
    finally:
        if file is not None:
            file.close()


def _pieces(files: Iterable[BinaryIO]) -> Iterator[bytes]:
    for file in files:
        with file:
            left = os.fstat(file.fileno()).st_size
            while left > 0 and (data := file.read(min(left, _LONGEST_LINE))):
                left -= len(data)
                yield data


def _end(path: Path) -> bytes | None:
    file = _opened(path)
    if file is None:
        return None
    with file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_BYTES))
        return file.read(_MOST_BYTES)


def _opened(path: Path) -> BinaryIO | None:
    try:
        return path.open("rb")
    except FileNotFoundError:
        return None


def _current(path: Path, file: BinaryIO | None) -> BinaryIO | None:
    """Return the file that the log is written to now: another one after a rotation."""
    newest = _opened(path)
    if file is None or newest is None:
        return newest or file
    if os.fstat(file.fileno()).st_ino == os.fstat(newest.fileno()).st_ino:
        newest.close()
        return file
    file.close()
    return newest


def _shown(line: bytes) -> str:
    """Decode a line, whatever it is. Of one that overwrote itself (a progress bar) the last state
    is kept; NUL, which no database stores as text, is replaced like any broken character."""
    last = line.rstrip(b"\r").rpartition(b"\r")[2]
    return last.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
