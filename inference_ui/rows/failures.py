"""Rows of a task's failures: their groups, and what is shown of one that is opened."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference_ui.backend.records import SOURCE_ROOT, ErrorGroup
from inference_ui.backend.services.failures import FailedItem, FailedItems

TAIL = 14
"""Characters at the end of a path that stay when its middle is cut."""
_LINE = 300
_TITLE = re.compile(r"<title>\s*([^<]*[^<\s])\s*</title>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A group of failed items. ``cause`` is a code (or ``HTTP 503``), ``message`` the server's
    words in one line; ``others``: kinds of the cause that are not told apart, of which this is
    one. The example's path in two parts: its middle may be cut. Small, since all groups go to the
    tab whenever one has grown."""

    key: str
    count: int
    share: float
    cause: str
    message: str
    others: bool
    head: str
    tail: str


@dataclass(frozen=True, slots=True)
class FailedItemRow:
    """A failed item; its path in two parts, as above."""

    number: int
    head: str
    tail: str


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """What is shown of the group that is opened. ``read``: it was looked for; ``whole``: these are
    all of its items; ``request`` is empty where none can be shown."""

    read: bool = False
    rows: list[FailedItemRow] = field(default_factory=list)
    whole: bool = False
    error: str = ""
    request: str = ""


def failure_rows(groups: Sequence[ErrorGroup]) -> list[FailureRow]:
    """Return why items failed, the most frequent first; shares are of all that failed."""
    whole = sum(group.count for group in groups)
    return [_row(group, whole) for group in sorted(groups, key=lambda one: (-one.count, one.name))]


def opened_row(found: FailedItems) -> OpenedRow:
    """Return what is shown of a group's items."""
    return OpenedRow(
        read=True,
        rows=[_item(item) for item in found.items],
        whole=found.whole,
        error=found.items[0].error if found.items else "",
        request=found.request or "",
    )


def _row(group: ErrorGroup, whole: int) -> FailureRow:
    head, tail = _cut(group.example.removeprefix(SOURCE_ROOT))
    return FailureRow(
        key=group.name,
        count=group.count,
        share=group.count / whole if whole else 0.0,
        cause=_cause(group),
        message=_line(group.message),
        others=group.kinds > 1,
        head=head,
        tail=tail,
    )


def _line(words: str) -> str:
    """Return a message in one line; of a page of HTML, which proxies answer, its title."""
    title = _TITLE.search(words) if words.startswith("<") else None
    return " ".join((title[1] if title else words).split())[:_LINE]


def _item(item: FailedItem) -> FailedItemRow:
    return FailedItemRow(item.number, *_cut(item.name))


def _cut(path: str) -> tuple[str, str]:
    at = max(0, len(path) - TAIL)
    return path[:at], path[at:]


def _cause(group: ErrorGroup) -> str:
    """Return the code of a cause; an HTTP status reads well enough as it is: ``HTTP 503``."""
    return group.cause.replace("_", " ") if group.cause.startswith("HTTP_") else group.cause
