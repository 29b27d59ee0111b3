"""The items of a task as journal and sidecar say them, from any place in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inference_ui.backend.errors import StoreError
from inference_ui.backend.records import JOURNAL, SIDECAR
from inference_ui.backend.results.items import Entry, entry_of
from inference_ui.backend.results.lines import Line, LineIndexes, Window


class Entries:
    """Reads entries. ``output`` is the task's folder, ``dataset`` that of its inputs. Items are
    numbered from 0 here, as lines are. Thread-safe.

    All methods raise :class:`StoreError` when the files cannot be read.
    """

    def __init__(self) -> None:
        self._indexes = LineIndexes()

    def total(self, output: Path) -> Window:
        """Return how many items there are, with no line."""
        return self._window(output / JOURNAL, 0, 0)

    def known(self, output: Path) -> int:
        """Return how many lines the sidecar has."""
        return self._window(output / SIDECAR, 0, 0).total

    def some(
        self, output: Path, dataset: Path, first: int, count: int
    ) -> tuple[Window, list[Entry]]:
        """Return up to ``count`` entries from number ``first`` on."""
        window = self._window(output / JOURNAL, first, count)
        beside = self._beside(output / SIDECAR, first, count)
        numbers = range(first, first + len(window.lines))
        return window, _entries(numbers, window.lines, beside, dataset)

    def picked(
        self, output: Path, dataset: Path, numbers: Sequence[int]
    ) -> tuple[Window, list[Entry]]:
        """Return the entries of these numbers in their order, all of which must be there."""
        try:
            window = self._indexes.of(output / JOURNAL).pick(numbers)
            beside = self._indexes.of(output / SIDECAR).pick(numbers)
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error
        there = [number for number in numbers if number < window.total]
        known = [number for number in there if number < beside.total]
        lines = dict(zip(known, beside.lines, strict=False))
        sides = [lines.get(number) for number in there]
        return window, _entries(there, window.lines, sides, dataset)

    def _beside(self, path: Path, first: int, count: int) -> Sequence[Line]:
        try:
            return self._indexes.of(path).some(first, count).lines
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error

    def _window(self, path: Path, first: int, count: int) -> Window:
        try:
            return self._indexes.of(path).window(first, count)
        except OSError as error:
            raise StoreError("JOURNAL_UNREADABLE", error=error.strerror) from error


def _entries(
    numbers: Sequence[int],
    lines: Sequence[Line],
    beside: Sequence[Line | None],
    dataset: Path,
) -> list[Entry]:
    return [
        entry_of(number + 1, line, beside[at] if at < len(beside) else None, dataset)
        for at, (number, line) in enumerate(zip(numbers, lines, strict=False))
    ]
