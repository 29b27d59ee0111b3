"""What an export is asked for, and what it says of itself while it is made.

Wire models between the web server and the program that exports: the job is one line of JSON on its
standard input, followed by the wanted item numbers; reports are lines of JSON on a pipe.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from inference_ui.backend.results.lines import Place

Argument: TypeAlias = str | int | float | None


class ExportFormat(StrEnum):
    """What results can be exported as."""

    COCO = "coco"
    YOLO = "yolo"
    CSV = "csv"
    SOURCE = "source"


class LeftOut(StrEnum):
    """Why something is not in an export: an item, unless it says otherwise."""

    FAILED = "FAILED"
    """It has no answer."""
    UNREADABLE = "UNREADABLE"
    """Its line in the journal, or its result, cannot be read."""
    NO_DETECTION = "NO_DETECTION"
    """Its answer is no detection, and the format knows nothing else."""
    SIZE_UNKNOWN = "SIZE_UNKNOWN"
    """Its picture is not there, or is broken."""
    BOX = "BOX"
    """A box has no place in the picture, or in the numbers of the format."""
    CLASSES = "CLASSES"
    """A box is of a class that is one too many."""
    FILE = "FILE"
    """A file is not there any more, cannot be read, or lies outside of the dataset."""


class ExportJob(msgspec.Struct, frozen=True):
    """An export. Folders are absolute; ``scratch`` is one for temporary files, ``sizes`` the file
    that remembers the sizes of the task's pictures. ``at`` is an ISO 8601 time.

    ``count`` item numbers (from 1; 32 bits, little-endian) follow the job in the wanted order; None
    means all items that the journal has when the export begins. ``journal`` is how far it went
    when these were found, so that they still mean what they meant; None where there was none.
    """

    format: ExportFormat
    task: str
    dataset: str
    output: str
    service_type: str
    model_name: str
    box_format: str
    scratch: str
    sizes: str
    at: str
    version: str
    count: int | None = None
    journal: Place | None = None


class Problem(msgspec.Struct, frozen=True):
    """Why an export came to no end: a message's code and arguments."""

    code: str
    args: dict[str, Argument] = {}


class Report(msgspec.Struct, frozen=True):
    """How far an export is: items looked at, of ``total``; what was left out, by reason. The last
    one is ``complete``, or names the ``problem``."""

    done: int = 0
    total: int = 0
    left_out: dict[LeftOut, int] = {}
    complete: bool = False
    problem: Problem | None = None
