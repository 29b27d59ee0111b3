"""The failed items of a task by what made them fail: the groups that its batch client counted, and
the items of one of them.

Folders are read as they are, whoever wrote them and when: older ones tell causes apart only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import NotFound, StoreError
from inference_ui.backend.failure_kinds import choice, just
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.records import (
    JOURNAL,
    PROGRESS,
    SIDECAR,
    SUMMARY,
    ErrorGroup,
    ItemStatus,
    Progress,
    Summary,
    read_record,
)
from inference_ui.backend.results.items import Entry, entry_of
from inference_ui.backend.results.lines import MAX_LINE, Line
from inference_ui.backend.services.results import Results
from inference_ui.backend.services.tasks import Tasks

MOST_ITEMS = 50
"""Failed items of a group that are listed."""
_LONGEST_LOOK_S = 2.0
_MOST_REQUEST = 2000  # characters
_UNKNOWN = "UNKNOWN"
_MARK = b'"FAILED"'


@dataclass(frozen=True, slots=True)
class FailedItem:
    """A failed item; ``number`` is its place among the results, from 1, ``name`` its path."""

    number: int
    name: str
    error: str


@dataclass(frozen=True, slots=True)
class FailedItems:
    """The first items of a group. ``whole``: these are all of them. ``request`` is the beginning of
    what was sent for the first one, None where that is no text or there is none."""

    items: tuple[FailedItem, ...]
    whole: bool
    request: str | None = None


def recorded_groups(task: InferenceTask) -> tuple[ErrorGroup, ...]:
    """Return the groups of failures that the task's batch client counted last."""
    folder = Path(task.plan.output_folder)
    progress = read_record(folder / PROGRESS, Progress)
    if progress is not None and progress.errors:
        return progress.errors
    summary = read_record(folder / SUMMARY, Summary)
    return summary.errors if summary is not None else ()


class Failures:
    """Reads the failed items of tasks that the acting user can see."""

    def __init__(
        self, tasks: Tasks, results: Results, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tasks = tasks
        self._results = results
        self._clock = clock

    def items(self, actor: Actor, task_id: str, group: str) -> FailedItems:
        """Return the first items of a group, in the order of the results. Blocks on files, for two
        seconds at most: of a long journal only what could be read till then is looked through.

        Raises :class:`NotFound` for the task and for a group that it has not (any more),
        :class:`StoreError` when the journal is unreadable.
        """
        task = self._tasks.get(actor, task_id)
        names = [one.name for one in recorded_groups(task)]
        if group not in names:
            raise NotFound("FAILURES_GONE", name=task.name)
        found, whole = self._first(task, choice(just((group,), names)))
        items = tuple(FailedItem(one.number, one.name, one.error or "") for one in found)
        request = None
        if items:
            request = self._results.item(actor, task_id, items[0].number).request
        return FailedItems(items, whole, request.text[:_MOST_REQUEST] if request else None)

    def _first(
        self, task: InferenceTask, is_chosen: Callable[[str, str, str], bool]
    ) -> tuple[list[Entry], bool]:
        until = self._clock() + _LONGEST_LOOK_S
        found: list[Entry] = []
        try:
            for entry in _failed(Path(task.plan.output_folder), Path(task.plan.dataset_folder)):
                if entry is None:
                    if self._clock() > until:
                        return found, False
                elif is_chosen(_cause_of(entry), entry.error or "", entry.source):
                    if len(found) == MOST_ITEMS:
                        return found, False
                    found.append(entry)
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error
        return found, True


def _failed(folder: Path, dataset: Path) -> Iterator[Entry | None]:
    """Yield the failed items of a journal, and None now and then, for who has little time."""
    with _opened(folder / JOURNAL) as lines, _opened(folder / SIDECAR) as sides:
        for number, (line, beside) in enumerate(zip_longest(lines, sides, fillvalue=b""), 1):
            if not number % 1000:
                yield None
            if _MARK in line and line.endswith(b"\n"):
                entry = entry_of(number, _line(line), _line(beside), dataset)
                if entry.status == ItemStatus.FAILED:
                    yield entry


def _opened(path: Path) -> BinaryIO:
    return path.open("rb") if path.exists() else Path("/dev/null").open("rb")


def _line(raw: bytes) -> Line:
    return Line(raw.rstrip(b"\n")[:MAX_LINE], whole=len(raw) <= MAX_LINE)


def _cause_of(entry: Entry) -> str:
    return (entry.more.cause if entry.more else None) or _UNKNOWN
