"""CSV: a row for each object, and one for each item that has none (RFC 4180, UTF-8).

It begins with a byte order mark, without which Excel reads UTF-8 as the system's own encoding. An
answer that is no detection has a row for each class that it names, or one with its text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TypeAlias

from inference_ui.backend.records import Detections, ItemStatus
from inference_ui.backend.results.exports.reading import Answer, Items
from inference_ui.backend.results.items import Entry

COLUMNS = (
    "item", "name", "status", "class", "confidence", "x1", "y1", "x2", "y2",
    "objects", "text", "latency_ms", "error",
)  # fmt: skip
"""``item`` numbers items from 1, coordinates are pixels, ``objects`` is how many the item has."""

_PIECE = 1 << 16
_PRECISION = 3
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NOWHERE = ("", "", "", "")

Cell: TypeAlias = str | int | float | None
Part: TypeAlias = tuple[Cell, ...]
"""A row's cells from ``class`` to ``text``."""


def table(items: Items) -> Iterator[bytes]:
    """Yield the file."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    target.write("\ufeff")
    writer.writerow(COLUMNS)
    for entry in items:
        error = entry.error or (entry.problem.code if entry.problem else "")
        answer = Answer()
        if entry.status == ItemStatus.SUCCEEDED:
            answer = items.answer(entry)
            error = answer.problem or error
        head = (entry.number, _safe(entry.name), entry.status)
        tail = (_latency(entry), _safe(error or ""))
        writer.writerows((*head, *part, *tail) for part in _parts(items, entry, answer))
        if target.tell() >= _PIECE:
            yield _taken(target)
    yield _taken(target)


def _parts(items: Items, entry: Entry, answer: Answer) -> Iterator[Part]:
    found, reading = answer.found, answer.reading
    if found is not None and found.boxes:
        yield from _objects(items, entry, found)
    elif found is not None:
        yield "", "", *_NOWHERE, 0, ""
    elif reading is not None and reading.classes:
        for score in reading.classes:
            yield _safe(score.name), score.confidence, *_NOWHERE, "", ""
    else:
        yield "", "", *_NOWHERE, "", _safe(reading.text if reading is not None else "")


def _objects(items: Items, entry: Entry, found: Detections) -> Iterator[Part]:
    boxes = items.place(found, items.size_for_places(entry))
    count = len(boxes)
    for box, name, confidence in zip(boxes, found.classes, found.confidences, strict=True):
        corners: Part = _NOWHERE if box is None else tuple(round(at, _PRECISION) for at in box)
        yield _safe(name), confidence, *corners, count, ""


def _latency(entry: Entry) -> Cell:
    return entry.more.ms if entry.more is not None else ""


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: what strangers wrote may begin like
    one. Numbers stay numbers."""
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text if text.isprintable() else f"'{text}"


def _taken(target: io.StringIO) -> bytes:
    content = target.getvalue().encode("utf-8", "replace")
    target.seek(0)
    target.truncate()
    return content
