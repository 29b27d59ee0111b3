"""Reading the lines of journal and sidecar, whole or damaged, without holding them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
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
_sidecar = msgspec.json.Decoder(SidecarLine)


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines that end with a newline, without it."""
    with path.open("rb") as file:
        for raw in file:
            if raw.endswith(b"\n"):
                yield raw[:-1]


def blocks(journal: Path, sidecar: Path) -> Iterator[tuple[list[Status], list[bytes]]]:
    """Yield the lines of files that are whole and parallel, about a megabyte at a time."""
    with journal.open("rb") as lines, sidecar.open("rb") as sides:
        while raws := lines.readlines(_CHUNK):
            yield _status.decode_lines(b"".join(raws)), list(islice(sides, len(raws)))


def scan(journal: Path, sidecar: Path) -> Scanned:
    """Find out how far the files are whole, and whether they are parallel."""
    count = journal_end = sidecar_end = 0
    damaged = torn = False
    parallel = True
    with journal.open("rb") as lines, sidecar.open("rb") as sides:
        while raws := lines.readlines(_CHUNK):
            statuses = _statuses(raws)
            whole = statuses.index(None) if None in statuses else len(statuses)
            damaged = damaged or any(status is not None for status in statuses[whole:])
            if torn:
                damaged = damaged or whole > 0
                continue
            torn = whole < len(statuses)
            count += whole
            journal_end += sum(map(len, raws[:whole]))
            beside = list(islice(sides, whole))
            sidecar_end += sum(map(len, beside))
            parallel = parallel and _is_parallel(statuses[:whole], beside)
    return Scanned(count, journal_end, sidecar_end, damaged, parallel)


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


def _is_parallel(statuses: list[Status | None], beside: list[bytes]) -> bool:
    if len(beside) != len(statuses) or not all(side.endswith(b"\n") for side in beside[-1:]):
        return False
    try:
        lines = _sidecar.decode_lines(b"".join(beside))
    except _BAD:
        return False
    return [line.source for line in lines] == [status and status.source for status in statuses]


def _statuses(raws: list[bytes]) -> list[Status | None]:
    """Return what each line says, None for one that is not whole."""
    if raws[-1].endswith(b"\n"):
        try:
            statuses: list[Status | None] = [*_status.decode_lines(b"".join(raws))]
        except _BAD:
            statuses = []
        if len(statuses) == len(raws):
            return statuses
    return [_one_status(raw) if raw.endswith(b"\n") else None for raw in raws]


def _one_status(raw: bytes) -> Status | None:
    try:
        return _status.decode(raw)
    except _BAD:
        return None
