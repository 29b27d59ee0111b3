"""Filling the columns of a task from its journal and sidecar, and going on as these grow.

Where the sidecar does not know an item, or knows less than is told today, its result is read: so
the results of any client, and those of earlier versions, can be filtered too.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from inference_ui.backend.errors import Refused
from inference_ui.backend.inside import open_inside, plain_relative
from inference_ui.backend.protocols import ServiceProtocol, protocol_of
from inference_ui.backend.protocols.detections import plain_detection
from inference_ui.backend.protocols.found import MAX_CLASSES, Found, found_in, found_of
from inference_ui.backend.records import JOURNAL, SIDECAR, ItemStatus, JournalLine, SidecarLine
from inference_ui.backend.results.answers import may_be_parsed, parse_answer
from inference_ui.backend.results.columns import UNKNOWN, Columns, Facts, Status
from inference_ui.backend.results.lines import Line, Place, next_line, open_lines

BLOCK = 2_000
"""Items that are added at a time."""
MAX_RESULT = 16 << 20
"""Bytes of a result that is read for what it holds."""

_CHUNK = 1 << 20
_STATUS: dict[str, int] = {ItemStatus.SUCCEEDED: Status.SUCCEEDED, ItemStatus.FAILED: Status.FAILED}

_journal = msgspec.json.Decoder(JournalLine)
_sidecar = msgspec.json.Decoder(SidecarLine)


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """A task's folder, and the protocol that its answers are in."""

    output: Path
    service_type: str
    model_name: str = ""


class Follower:
    """Reads on in the files of one task where its ``columns`` end."""

    def __init__(self, files: ResultFiles, columns: Columns) -> None:
        self._output = files.output
        self._protocol = protocol_of(files.service_type, model_name=files.model_name)
        self._columns = columns

    def follow(
        self, *, ended: bool, told: Callable[[int], bool | None] = lambda lines: None
    ) -> bool:
        """Take in what was written since; ``told`` hears how many items there are by and by, and
        returns True to have it leave off there.

        While the task has not ``ended``, items that the sidecar does not tell of yet are left for
        later. Returns False, with nothing done, when the files are others than those that the
        columns are of. Raises :class:`OSError`.
        """
        with contextlib.ExitStack() as opened:
            journal, sidecar = self._files(opened)
            if not self._go_on(journal, sidecar):
                return False
            if journal is not None:
                self._read(journal, sidecar, ended or sidecar is None, told)
            return True

    def fits(self) -> bool:
        """Whether the columns are of the files that there are now. Raises :class:`OSError`."""
        with contextlib.ExitStack() as opened:
            return self._go_on(*self._files(opened))

    def _files(self, opened: contextlib.ExitStack) -> tuple[BinaryIO | None, BinaryIO | None]:
        return _open(self._output / JOURNAL, opened), _open(self._output / SIDECAR, opened)

    def _go_on(self, journal: BinaryIO | None, sidecar: BinaryIO | None) -> bool:
        columns = self._columns
        places = (journal, columns.journal), (sidecar, columns.sidecar)
        return not columns.lines or all(_continues(*pair) for pair in places)

    def _read(
        self,
        journal: BinaryIO,
        sidecar: BinaryIO | None,
        ended: bool,
        told: Callable[[int], bool | None],
    ) -> None:
        columns = self._columns
        lines = _whole_lines(journal, columns.journal.end)
        beside = _whole_lines(sidecar, columns.sidecar.end) if sidecar else iter(())
        block: list[Facts] = []
        end, side_end = columns.journal.end, columns.sidecar.end
        for line, after in lines:
            side, side_after = next(beside, (None, side_end))
            if side is None and not ended:
                break
            block.append(self._facts(line, side))
            end, side_end = after, side_after
            if len(block) == BLOCK:
                self._add(block, (journal, end), (sidecar, side_end))
                block = []
            if told(columns.lines + len(block)):
                break
        self._add(block, (journal, end), (sidecar, side_end))
        told(columns.lines)

    def _add(
        self,
        block: list[Facts],
        journal: tuple[BinaryIO, int],
        sidecar: tuple[BinaryIO | None, int],
    ) -> None:
        self._columns.extend(block)
        self._columns.journal = Place.at(journal[0].fileno(), journal[1])
        if sidecar[0] is not None:
            self._columns.sidecar = Place.at(sidecar[0].fileno(), sidecar[1])

    def _facts(self, line: Line, beside: Line | None) -> Facts:
        try:
            said = _journal.decode(line.text)
        except (ValueError, RecursionError):
            return Facts(Status.UNREADABLE)
        status = _STATUS.get(said.status, Status.UNREADABLE)
        more = _more(beside, said.source)
        ms = more.ms if more is not None else float("nan")
        if status != Status.SUCCEEDED:
            return Facts(status, ms=ms)
        if more is not None and _tells_all(more):
            return _of_sidecar(more)
        return _of_found(self._found(said.resultLocation), ms)

    def _found(self, location: str | None) -> Found | None:
        """Read what a result holds; None where it is no detection, or cannot be read."""
        if location is None:
            return None
        try:
            with open_inside(self._output, plain_relative(location)) as file:
                body = file.read(MAX_RESULT + 1)
            return None if len(body) > MAX_RESULT else sum_up(body, self._protocol)
        except (Refused, OSError, MemoryError):  # one result is not to end all
            return None


def sum_up(body: bytes, protocol: ServiceProtocol) -> Found | None:
    """Return what an answer holds; None where it is no detection."""
    if b"dobjects" not in body or not may_be_parsed(body):
        return None
    if body.isascii():
        plain = plain_detection(body, may_be_enveloped=protocol.envelopes)
        if plain is not None:
            return found_of(*plain)
    detections = protocol.unwrap(parse_answer(body))
    return None if detections is None else found_in(detections)


def _tells_all(more: SidecarLine) -> bool:
    """Whether a line says as much of an item as is written today."""
    if not more.n:
        return True
    told = sum(more.k) if more.k else len(more.c)
    return (more.low is None or bool(more.b)) and (told == more.n or len(more.c) >= MAX_CLASSES)


def _of_sidecar(more: SidecarLine) -> Facts:
    objects = UNKNOWN if more.n is None else more.n
    lowest = float("nan") if more.low is None else more.low
    return Facts(Status.SUCCEEDED, objects, lowest, more.ms, more.c, more.k, more.b)


def _of_found(found: Found | None, ms: float) -> Facts:
    if found is None:
        return Facts(Status.SUCCEEDED, ms=ms)
    lowest = float("nan") if found.lowest is None else found.lowest
    return Facts(
        Status.SUCCEEDED, found.objects, lowest, ms, found.classes, found.counts, found.bins
    )


def _more(beside: Line | None, source: str) -> SidecarLine | None:
    if beside is None:
        return None
    try:
        more = _sidecar.decode(beside.text)
    except (ValueError, RecursionError):
        return None
    return more if more.source == source else None


def _open(path: Path, opened: contextlib.ExitStack) -> BinaryIO | None:
    try:
        return opened.enter_context(open_lines(path))
    except FileNotFoundError:
        return None


def _continues(file: BinaryIO | None, place: Place) -> bool:
    if file is None:
        return place == Place()
    return place.continues(file.fileno())


def _whole_lines(file: BinaryIO, start: int) -> Iterator[tuple[Line, int]]:
    """Yield the lines from ``start`` on that end with a line break, and where each ends."""
    end = _last_break(file, start)
    file.seek(start)
    at = start
    while at < end:
        line = next_line(file)
        at = at + len(line.text) + 1 if line.whole else file.tell()
        yield line, at


def _last_break(file: BinaryIO, start: int) -> int:
    """Return the place after the last line break, ``start`` where none comes after that."""
    fd = file.fileno()
    at = os.fstat(fd).st_size
    while at > start:
        begin = max(start, at - _CHUNK)
        found = os.pread(fd, at - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        at = begin
    return start
