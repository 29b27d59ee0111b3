"""What is known of each item of a task, column by column: 17 bytes an item and 4 for each of its
classes, so that a million items are filtered and sorted in milliseconds.

One thread adds; any number read at the same time: what was added never changes, and readers look
only at the first ``lines`` items. Items are numbered from 0 here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from inference_ui.backend.protocols.found import BINS, MAX_CLASSES
from inference_ui.backend.results.lines import Place

MAX_NAMES = 5_000
"""Classes that are told apart, and …"""
MAX_MENTIONS = 20_000_000
"""… how often items name them, in all; what comes after is not found by its class."""
UNKNOWN = -1
"""The number of objects of an answer that is no detection, or is not known."""

Numbers: TypeAlias = npt.NDArray[np.uint32]

_VERSION = 1
_MOST = (1 << 31) - 1
_GROWTH = 1.25
_NONE = float("nan")
_ONES = (1,) * MAX_CLASSES


class Status:
    """Codes of the column ``status``."""

    SUCCEEDED, FAILED, UNREADABLE = range(3)


class Facts(NamedTuple):
    """What is known of one item; ``bins`` as in ``protocols.found.Found``."""

    status: int
    objects: int = UNKNOWN
    lowest: float = _NONE
    ms: float = _NONE
    classes: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    bins: tuple[int, ...] = ()


class Column:
    """An array that grows at its end."""

    def __init__(self, kind: npt.DTypeLike, data: npt.NDArray[Any] | None = None) -> None:
        self._data = np.empty(0, kind) if data is None else data
        self.size = len(self._data)

    def extend(self, values: Sequence[Any]) -> None:
        """Add values."""
        size = self.size + len(values)
        if size > len(self._data):
            # A new array: whoever reads the old one goes on doing so.
            grown = np.empty(max(size, int(len(self._data) * _GROWTH) + 16), self._data.dtype)
            grown[: self.size] = self._data[: self.size]
            self._data = grown
        self._data[self.size : size] = values
        self.size = size

    def first(self, size: int) -> npt.NDArray[Any]:
        """Return the first values."""
        return self._data[:size]


@dataclass(slots=True)
class ClassColumn:
    """The items that have a class, in order, and how many objects of it there are in all."""

    items: Column
    objects: int = 0

    def within(self, lines: int) -> Numbers:
        """Return those of the first ``lines`` items."""
        items = self.items.first(self.items.size)
        return items[: int(np.searchsorted(items, lines))]


class Columns:
    """The columns of one task. ``journal`` and ``sidecar`` say how far these files were read."""

    def __init__(self) -> None:
        self.lines = 0
        self.status = Column(np.uint8)
        self.objects = Column(np.int32)
        self.lowest = Column(np.float32)
        self.ms = Column(np.float32)
        self.bins = Column(np.uint32)
        self.classes: dict[str, ClassColumn] = {}
        self.mentions = 0
        self.confidences = np.zeros(BINS, np.int64)
        self.classes_cut = False
        self.journal = Place()
        self.sidecar = Place()

    def extend(self, facts: Sequence[Facts]) -> None:
        """Add items."""
        if not facts:
            return
        self.status.extend([item.status for item in facts])
        self.objects.extend([max(UNKNOWN, min(item.objects, _MOST)) for item in facts])
        with np.errstate(over="ignore"):  # what is too large for a column is endless
            self.lowest.extend([item.lowest for item in facts])
            self.ms.extend([item.ms for item in facts])
        self._add_bins(facts)
        self._add_classes(facts)
        self.lines += len(facts)

    def _add_bins(self, facts: Sequence[Facts]) -> None:
        masks: list[int] = []
        totals = [0] * BINS
        for item in facts:
            mask = 0
            bins = item.bins
            for at in range(0, len(bins) - 1, 2):
                place = bins[at]
                if 0 <= place < BINS:
                    mask |= 1 << place
                    totals[place] += bins[at + 1]
            masks.append(mask)
        self.bins.extend(masks)
        self.confidences += np.array([_bounded(total) for total in totals], np.int64)

    def _add_classes(self, facts: Sequence[Facts]) -> None:
        numbers: dict[str, list[int]] = {}
        objects: dict[str, int] = {}
        for number, item in enumerate(facts, self.lines):
            if len(item.classes) >= MAX_CLASSES:
                self.classes_cut = True  # there may have been more
            for name, count in zip(item.classes, item.counts or _ONES, strict=False):
                named = numbers.get(name)
                if named is None:
                    numbers[name] = [number]
                    objects[name] = count
                elif named[-1] != number:
                    named.append(number)
                    objects[name] += count
        for name, named in numbers.items():
            self._add_class(name, named, _bounded(objects[name]))

    def _add_class(self, name: str, numbers: list[int], objects: int) -> None:
        known = self.classes.get(name)
        full = self.mentions >= MAX_MENTIONS
        if full or (known is None and len(self.classes) >= MAX_NAMES):
            self.classes_cut = True
            return
        if known is None:
            known = self.classes[name] = ClassColumn(Column(np.uint32))
        known.items.extend(numbers)
        known.objects += objects
        self.mentions += len(numbers)

    def facts(self, number: int) -> Facts | None:
        """Return what the columns say of one item, without its classes; None when nothing."""
        if not 0 <= number < self.lines:
            return None
        return Facts(
            int(self.status.first(self.lines)[number]),
            int(self.objects.first(self.lines)[number]),
            float(self.lowest.first(self.lines)[number]),
            float(self.ms.first(self.lines)[number]),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the columns take, roughly."""
        return self.lines * 17 + self.mentions * 4 + len(self.classes) * 400

    def save(self, path: Path) -> None:
        """Write the columns to a file in one step. Raises :class:`OSError`."""
        about = _About(
            _VERSION,
            self.lines,
            self.classes_cut,
            _place_of(self.journal),
            _place_of(self.sidecar),
            tuple((name, item.objects, item.items.size) for name, item in self.classes.items()),
        )
        mentioned = [item.items.first(item.items.size) for item in self.classes.values()]
        temporary = path.with_name(f"{path.name}.{token_hex(4)}.tmp")
        try:
            with temporary.open("wb") as file:
                np.savez(
                    file,
                    about=np.frombuffer(msgspec.json.encode(about), np.uint8),
                    status=self.status.first(self.lines),
                    objects=self.objects.first(self.lines),
                    lowest=self.lowest.first(self.lines),
                    ms=self.ms.first(self.lines),
                    bins=self.bins.first(self.lines),
                    confidences=self.confidences,
                    mentioned=np.concatenate(mentioned or [np.empty(0, np.uint32)]),
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Columns | None:
        """Read columns that were saved; None where there are none, or none that can be read."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                about = msgspec.json.decode(saved["about"].tobytes(), type=_About)
                return cls._of(about, saved) if about.version == _VERSION else None
        except Exception:
            return None

    @classmethod
    def _of(cls, about: _About, saved: Any) -> Columns:
        columns = cls()
        columns.lines = about.lines
        columns.classes_cut = about.classes_cut
        columns.journal, columns.sidecar = _place(about.journal), _place(about.sidecar)
        for name in ("status", "objects", "lowest", "ms", "bins"):
            column = Column(getattr(columns, name).first(0).dtype, saved[name])
            if column.size != about.lines:
                raise ValueError(name)
            setattr(columns, name, column)
        columns.confidences = saved["confidences"]
        mentioned, at = saved["mentioned"], 0
        for name, objects, size in about.classes:
            items = Column(np.uint32, mentioned[at : at + size].copy())
            columns.classes[name] = ClassColumn(items, objects)
            at += size
        columns.mentions = at
        return columns


class _About(msgspec.Struct, frozen=True):
    """What stands beside the columns in their file; a place's mark is in hexadecimal."""

    version: int
    lines: int
    classes_cut: bool
    journal: tuple[int, int, int, str]
    sidecar: tuple[int, int, int, str]
    classes: tuple[tuple[str, int, int], ...]


def _bounded(count: int) -> int:
    """Return what a stranger's number may add to a sum."""
    return min(max(count, 0), 1 << 40)


def _place_of(place: Place) -> tuple[int, int, int, str]:
    return place.device, place.inode, place.end, place.mark.hex()


def _place(said: tuple[int, int, int, str]) -> Place:
    return Place(*said[:3], bytes.fromhex(said[3]))
