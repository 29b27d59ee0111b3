"""What the journal and its sidecar say of an item, as rows of the list of results.

Pure functions over single lines. Whatever a line holds becomes a row: a task's list has as many
rows as its journal has lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from inference_ui.backend.errors import Message, Refused
from inference_ui.backend.inside import plain_relative
from inference_ui.backend.records import SOURCE_ROOT, ItemStatus, JournalLine, SidecarLine
from inference_ui.backend.results.lines import MAX_LINE, Line

UNREADABLE = "UNREADABLE"
"""The status of an item whose line cannot be read."""

_LONGEST_NAME = 1024
_LONGEST_ERROR = 300

_journal = msgspec.json.Decoder(JournalLine)
_sidecar = msgspec.json.Decoder(SidecarLine)


class Entry(NamedTuple):
    """A line of the journal. ``relative`` is the input's path in the dataset, None when ``source``
    names no place in it; ``more`` is None where the sidecar does not know the item."""

    number: int
    source: str = ""
    status: str = UNREADABLE
    relative: str | None = None
    location: str | None = None
    error: str | None = None
    problem: Message | None = None
    more: SidecarLine | None = None

    @property
    def name(self) -> str:
        """What the item is called: its path in the dataset, else its source as it stands."""
        return self.relative if self.relative is not None else self.source


class Known(NamedTuple):
    """What a row says beside the journal's line."""

    objects: int | None = None
    lowest: float | None = None
    ms: float | None = None


@dataclass(slots=True)  # freezing one takes as long as all the rest of a row
class ItemRow:
    """An item in the list. ``lowest`` is the lowest confidence, ``ms`` the time from request to
    answer; None where it is not known. ``error`` is in the words of the server or client."""

    number: int
    name: str
    status: str
    objects: int | None
    lowest: float | None
    ms: float | None
    error: str | None
    problem: Message | None


def entry_of(number: int, line: Line, beside: Line | None, dataset: Path) -> Entry:
    """Return what a line of the journal, and the sidecar's line ``beside`` it, say."""
    if not line.whole:
        return Entry(number, problem=Message("LINE_TOO_LONG", {"most": MAX_LINE}))
    try:
        said = _journal.decode(line.text)
    except (ValueError, RecursionError):
        return Entry(number, problem=Message("LINE_UNREADABLE"))
    relative, problem = _relative(said.source, dataset)
    status = said.status
    if status not in (ItemStatus.SUCCEEDED, ItemStatus.FAILED):
        status = UNREADABLE
        problem = problem or Message("STATUS_UNKNOWN", {"status": said.status[:_LONGEST_ERROR]})
    more = _more(beside, said.source)
    return Entry(
        number, said.source, status, relative, said.resultLocation, said.error, problem, more
    )


def row_of(entry: Entry, facts: Known | None = None) -> ItemRow:
    """Return an entry as a row of the list; ``facts`` is what is known where its sidecar has no
    line of it."""
    more, error = entry.more, entry.error
    objects, lowest, ms = (more.n, more.low, more.ms) if more else facts or Known()
    return ItemRow(
        entry.number,
        entry.name[:_LONGEST_NAME],
        entry.status,
        objects,
        lowest,
        ms,
        error if error is None else error[:_LONGEST_ERROR],
        entry.problem,
    )


def _relative(source: str, dataset: Path) -> tuple[str | None, Message | None]:
    """Return the path in the dataset that a source names, or what is wrong with it."""
    root = SOURCE_ROOT if source.startswith(SOURCE_ROOT) else f"{dataset}/"
    if source.startswith(root):
        try:
            return plain_relative(source[len(root) :]), None
        except Refused:
            pass
    return None, Message("SOURCE_OUTSIDE")


def _more(beside: Line | None, source: str) -> SidecarLine | None:
    """Return the sidecar's line when it is of the same item: both files are written one after the
    other, and a crash between them may leave one behind."""
    if beside is None or not beside.whole:
        return None
    try:
        more = _sidecar.decode(beside.text)
    except (ValueError, RecursionError):
        return None
    return more if more.source == source else None
