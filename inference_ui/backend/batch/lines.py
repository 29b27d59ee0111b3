"""Reading the lines of journal and sidecar, whole or damaged, without holding them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

import msgspec

from inference_ui.backend.records import SidecarLine

_CHUNK = 1 << 20
_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Status(msgspec.Struct, frozen=True, gc=False, rename={"error": "errorMesssage"}):
    """What matters of a journal line: which input, and how it ended."""

    source: str
    status: Literal["SUCCEEDED", "FAILED"]
    error: str = ""


class Pair(NamedTuple):
    """A journal line and the sidecar line of the same input; the raw ones without newline."""

    status: Status
    journal_raw: bytes
    sidecar: SidecarLine
    sidecar_raw: bytes


class Side(msgspec.Struct, frozen=True, gc=False):
    """What matters of a sidecar line to know which inputs are done."""

    source: str
    cause: str | None = None


See = Callable[[list[Status], list[Side]], None]


class Scanned(NamedTuple):
    """What two files hold: ``lines`` whole lines up to the given ends, in bytes.

    ``damaged``: whole lines stand behind one that is not. ``parallel``: the sidecar has a line of
    the same source for each of the journal's, before its end.
    """

    lines: int
    journal_end: int
    sidecar_end: int
    damaged: bool
    parallel: bool


_status = msgspec.json.Decoder(Status)
_side = msgspec.json.Decoder(Side)
_sidecar = msgspec.json.Decoder(SidecarLine)


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines that end with a newline, without it."""
    with path.open("rb") as file:
        for raw in file:
            if raw.endswith(b"\n"):
                yield raw[:-1]


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the whole lines, about a megabyte at a time; what follows the last newline comes last,
    if there is any."""
    with path.open("rb") as file:
        rest = b""
        while part := file.read(_CHUNK):
            end = part.rfind(b"\n") + 1
            if end:
                yield rest + part[:end]
                rest = part[end:]
            else:
                rest += part
        if rest:
            yield rest


def scan(journal: Path, sidecar: Path, see: See) -> Scanned:
    """Find out how far the files are whole, and whether they are parallel. ``see`` gets the lines,
    many at a time, as long as they are both."""
    count = journal_end = 0
    damaged = torn = False
    with _Sides(sidecar) as sides:
        for chunk in chunks(journal):
            statuses, end = _whole(chunk)
            damaged = damaged or (torn and bool(statuses)) or _goes_on(chunk, end)
            if torn:
                continue
            torn = end < len(chunk)
            count += len(statuses)
            journal_end += end
            beside = sides.take(len(statuses))
            if [side.source for side in beside] == [status.source for status in statuses]:
                see(statuses, beside)
            else:
                sides.parallel = False
        return Scanned(count, journal_end, sides.end(), damaged, sides.parallel)


class _Sides:
    """The sidecar, read as the journal goes on."""

    def __init__(self, path: Path) -> None:
        self._chunks = chunks(path)
        self._start = 0  # of the lines that were decoded last, in bytes
        self._chunk = b""
        self._decoded: list[Side] = []
        self._taken = 0
        self.parallel = True

    def __enter__(self) -> _Sides:
        return self

    def __exit__(self, *_: object) -> None:
        self._chunks.close()  # type: ignore[attr-defined] # it is a generator

    def take(self, count: int) -> list[Side]:
        """Return the next lines; fewer when there are no more that are whole."""
        taken: list[Side] = []
        while self.parallel and len(taken) < count:
            if self._taken == len(self._decoded) and not self._decode():
                break
            part = self._decoded[self._taken : self._taken + count - len(taken)]
            self._taken += len(part)
            taken += part
        return taken

    def end(self) -> int:
        """Return where the lines end that were taken, in bytes."""
        end = 0
        for _ in range(self._taken):
            end = self._chunk.index(b"\n", end) + 1
        return self._start + end

    def _decode(self) -> bool:
        self._start += len(self._chunk)
        self._chunk = next(self._chunks, b"")
        self._taken = 0
        self._decoded = []
        if self._chunk.endswith(b"\n"):
            try:
                self._decoded = _side.decode_lines(self._chunk)
            except _BAD:
                self.parallel = False
            if len(self._decoded) != self._chunk.count(b"\n"):
                self.parallel = False
        return bool(self._decoded) and self.parallel


def _whole(chunk: bytes) -> tuple[list[Status], int]:
    """Return the lines up to the first that is not whole, and where that begins."""
    try:
        statuses = _status.decode_lines(chunk)
        if chunk.endswith(b"\n") and len(statuses) == chunk.count(b"\n"):
            return statuses, len(chunk)
    except _BAD:
        pass
    statuses, end = [], 0
    for raw in chunk.split(b"\n")[:-1]:
        status = _one_status(raw)
        if status is None:
            break
        statuses.append(status)
        end += len(raw) + 1
    return statuses, end


def _goes_on(chunk: bytes, end: int) -> bool:
    """Tell whether whole lines stand behind the one at ``end`` that is not."""
    if end == len(chunk):
        return False
    return any(_one_status(raw) is not None for raw in chunk[end:].split(b"\n")[:-1])


def aligned(journal: Path, sidecar: Path) -> Iterator[Pair]:
    """Yield the journal's whole lines, each with the sidecar line of its source.

    Correct when the sidecar has the journal's lines in their order, and others between them, which
    is what a crash can leave. From a line on that the sidecar lacks, lines are made up that know
    nothing but the source.
    """
    with sidecar.open("rb") as sides:
        for raw in whole_lines(journal):
            status = _one_status(raw)
            if status is None:
                continue
            found = _find(sides, status.source)
            if found is None:
                line = SidecarLine(source=status.source)
                yield Pair(status, raw, line, msgspec.json.encode(line))
            else:
                yield Pair(status, raw, *found)


def _find(sides: IO[bytes], source: str) -> tuple[SidecarLine, bytes] | None:
    for raw in sides:
        if not raw.endswith(b"\n"):
            return None
        try:
            line = _sidecar.decode(raw)
        except _BAD:
            continue
        if line.source == source:
            return line, raw[:-1]
    return None


def _one_status(raw: bytes) -> Status | None:
    try:
        return _status.decode(raw)
    except _BAD:
        return None
