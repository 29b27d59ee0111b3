"""The items of an export, read one after the other: lines, answers, boxes and pictures' sizes."""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from inference_ui.backend.errors import CannotGoOn, Refused
from inference_ui.backend.inside import OpenFolder, plain_relative
from inference_ui.backend.protocols import protocol_of
from inference_ui.backend.protocols.detections import plain_detections
from inference_ui.backend.records import JOURNAL, SIDECAR, Detections, ItemStatus
from inference_ui.backend.results.answers import Reading, may_be_parsed, parse_answer, read_answer
from inference_ui.backend.results.boxes import Corners, place
from inference_ui.backend.results.exports.job import ExportJob, LeftOut
from inference_ui.backend.results.exports.sizes import Sizes
from inference_ui.backend.results.items import Entry, entry_of
from inference_ui.backend.results.lines import Line, LineIndex, Place, open_lines

if TYPE_CHECKING:  # the tables would take more memory than all the rest
    from inference_ui.backend.protocols.box_format import BoxFormat

MAX_ANSWER = 16 << 20
"""Bytes of a result that is read; a larger one counts as unreadable."""

_BLOCK = 500
_GAP = 50
_SHARES = "_norm"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an item was answered: ``found`` objects, or a ``reading`` where that is simple; or a
    ``problem``, the code of why it cannot be read."""

    found: Detections | None = None
    reading: Reading | None = None
    problem: str | None = None


class Items:
    """The wanted items of a job, in their order. ``left_out`` counts what a format cannot hold.

    ``numbers`` are those that are wanted, None for all. ``done`` counts up while iterating, and
    ``told`` hears of each: some give the export nothing to write. Raises :class:`CannotGoOn`
    (``EXPORT_CHANGED``) when the journal is another one than at the beginning.
    """

    def __init__(
        self,
        job: ExportJob,
        numbers: Sequence[int] | None,
        told: Callable[[Items], None] = lambda _: None,
    ) -> None:
        self.job = job
        self._told = told
        self.dataset = OpenFolder(Path(job.dataset))
        self.left_out: dict[LeftOut, int] = {}
        self.done = 0
        self._output = OpenFolder(Path(job.output))
        self._sizes = Sizes(Path(job.sizes), Path(job.dataset), self.dataset)
        self._protocol = protocol_of(job.service_type, model_name=job.model_name)
        self._journal = LineIndex(Path(job.output) / JOURNAL)
        self._sidecar = LineIndex(Path(job.output) / SIDECAR)
        first = self._journal.window(0, 0)
        self._generation = first.generation
        self._numbers: Sequence[int] = range(1, first.total + 1) if numbers is None else numbers
        self._check_identity()
        self.total = len(self._numbers)

    def __iter__(self) -> Iterator[Entry]:
        dataset = Path(self.job.dataset)
        for start in range(0, self.total, _BLOCK):
            numbers = self._numbers[start : start + _BLOCK]
            journal = self._lines(self._journal, numbers, self._generation)
            sidecar = self._lines(self._sidecar, numbers)
            for number in numbers:
                line = journal.get(number)
                if line is not None:
                    yield entry_of(number, line, sidecar.get(number), dataset)
                self.done += 1
                self._told(self)

    def leave_out(self, reason: LeftOut, count: int = 1) -> None:
        """Note that something has no place in the export."""
        self.left_out[reason] = self.left_out.get(reason, 0) + count

    def detections(self, entry: Entry) -> Detections | None:
        """Return the objects of an item; None, noted, for one that has no detection."""
        if entry.status != ItemStatus.SUCCEEDED:
            failed = entry.status == ItemStatus.FAILED
            self.leave_out(LeftOut.FAILED if failed else LeftOut.UNREADABLE)
            return None
        answer = self.answer(entry)
        if answer.found is None:
            self.leave_out(LeftOut.UNREADABLE if answer.problem else LeftOut.NO_DETECTION)
        return answer.found

    def answer(self, entry: Entry) -> Answer:
        """Read the result of an item that succeeded."""
        try:
            content = self._result(entry)
        except Refused as error:
            return Answer(problem=error.code)
        except OSError:
            return Answer(problem="RESULT_UNREADABLE")
        if content is None or not may_be_parsed(content):
            return Answer(problem="RESULT_TOO_LARGE")
        found = plain_detections(content, may_be_enveloped=self._protocol.envelopes)
        if found is not None:
            return Answer(found)
        parsed = parse_answer(content)
        found = self._protocol.unwrap(parsed)
        return Answer(found, None if found else read_answer(parsed))

    def picture(self, entry: Entry) -> tuple[str, int, int] | None:
        """Return the path of an item's picture in the dataset (its input's where the picture is in
        the request), and its width and height in pixels; None, noted, where these are unknown."""
        picture = self._sizes.of(entry)
        if picture is None:
            self.leave_out(LeftOut.SIZE_UNKNOWN)
        return picture

    def place(self, found: Detections, size: tuple[int, int] | None) -> tuple[Corners | None, ...]:
        """Return the boxes as corners in pixels of a picture of ``size`` (width, height)."""
        return place(found.boxes, cast("BoxFormat", self.job.box_format), size).boxes

    def size_for_places(self, entry: Entry) -> tuple[int, int] | None:
        """Return the size of an item's picture where its boxes have no place without one."""
        if not self.job.box_format.endswith(_SHARES):
            return None
        picture = self._sizes.of(entry)
        return picture[1:] if picture else None

    def close(self) -> None:
        """Let go of what is open."""
        self.dataset.close()
        self._output.close()
        self._sizes.close()

    def _result(self, entry: Entry) -> bytes | None:
        with self._output.open(plain_relative(entry.location or "")) as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(size) if size <= MAX_ANSWER else None

    def _lines(
        self, index: LineIndex, numbers: Sequence[int], generation: str | None = None
    ) -> dict[int, Line]:
        found: dict[int, Line] = {}
        for first, last in _runs(numbers):
            window = index.window(first - 1, last - first + 1)
            if generation not in (None, window.generation):
                raise CannotGoOn("EXPORT_CHANGED")
            found.update(enumerate(window.lines, start=first))
        return found

    def _check_identity(self) -> None:
        if self.job.journal is None:
            return
        try:
            with open_lines(Path(self.job.output) / JOURNAL) as file:
                same = self.job.journal.continues(file.fileno())
        except FileNotFoundError:
            same = False
        if not same:
            raise CannotGoOn("EXPORT_CHANGED")


def journal_of(output: str) -> Place | None:
    """Return how far a task's journal goes, None where there is none."""
    try:
        with open_lines(Path(output) / JOURNAL) as file:
            return Place.at(file.fileno(), os.fstat(file.fileno()).st_size)
    except OSError:
        return None


def read_numbers(content: bytes) -> Sequence[int]:
    """Return item numbers as they follow a job."""
    numbers = array("I", content)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of stretches of numbers that are read in one go: small gaps in between
    cost less than beginning anew."""
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = last = number
        elif last < number <= last + _GAP:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last
