"""Exporting results, a program of its own: ``python -m inference_ui.backend.exporting REPORTS``.

It reads an :class:`ExportJob` and its item numbers from the standard input, and writes the export
to the standard output as it is made: a million items take a minute of computing, which in the web
server would hold up everybody, and its memory ends with it. How far it is goes to the descriptor
REPORTS, a line of JSON each. It ends when nobody reads any more: the browser or the web server went
away.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from inference_ui.backend.errors import ProductError
from inference_ui.backend.memory_limit import limit_memory
from inference_ui.backend.results.exports.coco import coco
from inference_ui.backend.results.exports.job import ExportFormat, ExportJob, Problem, Report
from inference_ui.backend.results.exports.reading import Items, read_numbers
from inference_ui.backend.results.exports.source import source
from inference_ui.backend.results.exports.table import table
from inference_ui.backend.results.exports.yolo import yolo

MEMORY = 1 << 30
"""Bytes that it may take. Measured: 230 MiB for a result that is one text of 16 MiB, 210 MiB for an
input of 64 MiB with a picture in it, 30 MiB for all else, however many items there are."""
REPORTED_S = 0.25
"""Seconds from one report to the next."""

WRITERS: dict[ExportFormat, Callable[[Items], Iterator[bytes]]] = {
    ExportFormat.COCO: coco,
    ExportFormat.YOLO: yolo,
    ExportFormat.CSV: table,
    ExportFormat.SOURCE: source,
}
_PIECE = 1 << 17
_NICE = 10
_OUTPUT = 1


class _Reporter:
    """Says how far it is, at most four times a second."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._due = 0.0

    def look(self, items: Items) -> None:
        """Report when it is time."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + REPORTED_S
            self.say(Report(items.done, items.total, items.left_out))

    def say(self, report: Report) -> None:
        """Write a report. One line is written as a whole."""
        os.write(self._descriptor, msgspec.json.encode(report) + b"\n")


def export(job: ExportJob, numbers: bytes, reporter: _Reporter) -> None:
    """Write the export. Raises :class:`ProductError`, ``OSError``."""
    items = Items(job, read_numbers(numbers) if job.count is not None else None, reporter.look)
    waiting: list[bytes] = []
    size = 0
    for piece in WRITERS[job.format](items):
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            reporter.look(items)
            _write(b"".join(waiting))
            waiting.clear()
            size = 0
    _write(b"".join(waiting))
    reporter.say(Report(items.done, items.total, items.left_out, complete=True))


def _write(content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(_OUTPUT, left) :]


def _problem(error: ProductError | OSError | MemoryError) -> Problem:
    if isinstance(error, MemoryError):
        return Problem("EXPORT_TOO_DEMANDING", {"most": MEMORY})
    if isinstance(error, ProductError):
        return Problem(error.code, dict(error.message.args))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem("EXPORT_DISK_FULL")
    return Problem("EXPORT_UNREADABLE", {"error": error.strerror or str(error)})


def main() -> int:
    """Do the job on the standard input; 1 when it came to no end."""
    os.nice(_NICE)  # pages that people look at come first
    limit_memory(MEMORY)
    reporter = _Reporter(int(sys.argv[1]))
    given = sys.stdin.buffer
    job = msgspec.json.decode(given.readline(), type=ExportJob)
    try:
        export(job, given.read(), reporter)
    except BrokenPipeError:
        return 1  # nobody reads any more, so there is nobody to tell
    except (ProductError, OSError, MemoryError) as error:
        with suppress(BrokenPipeError):
            reporter.say(Report(problem=_problem(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
