"""Finding items in the columns of a task: filters, orders, and what an overview shows.

Pure functions over columns. Items are numbered from 0 here. Only the first ``lines`` items are
looked at, so an answer holds while more are added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from inference_ui.backend.protocols.found import BINS
from inference_ui.backend.results.columns import UNKNOWN, Columns, Numbers, Status

MOST_CLASSES = 200
"""Classes of an overview, those with the most objects first."""
EXTREMES = 10
"""Items that an overview names as the slowest, and as the emptiest."""

_STEPS = (20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)

Mask = npt.NDArray[np.bool_]


class ItemKind(StrEnum):
    """Which items are looked for. EMPTY are detections without an object."""

    ALL = ""
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNREADABLE = "UNREADABLE"
    EMPTY = "EMPTY"


class ItemOrder(StrEnum):
    """How items are sorted: as they came; lowest confidence, slowest, fewest or most objects
    first. Those for which the number is not known come last."""

    NUMBER = ""
    LOWEST = "LOWEST"
    SLOWEST = "SLOWEST"
    FEWEST = "FEWEST"
    MOST = "MOST"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What items are looked for, all of it at once, and in which order.

    ``text`` is a part of the name, in capitals or not. ``classes``: with an object of any of them.
    ``least`` and ``most`` objects. ``above`` and ``below``: with an object whose confidence is at
    least the one and less than the other, by twentieths; both 0 and 1 include what lies beyond.
    """

    text: str = ""
    kind: ItemKind = ItemKind.ALL
    classes: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    above: float | None = None
    below: float | None = None
    order: ItemOrder = ItemOrder.NUMBER

    @property
    def plain(self) -> bool:
        """Whether it finds all items as they came."""
        return self == ItemFilter()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items are of which kind; ``empty`` ones are among those that ``succeeded``."""

    succeeded: int = 0
    failed: int = 0
    unreadable: int = 0
    empty: int = 0


@dataclass(frozen=True, slots=True)
class ClassCount:
    """A class: how many items have objects of it, and how many objects there are."""

    name: str
    items: int
    objects: int


@dataclass(frozen=True, slots=True)
class Range:
    """How many items have ``least`` to ``most`` objects; no ``most`` for all above."""

    least: int
    most: int | None
    items: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a task's results are in numbers. ``confidences`` counts objects by twentieths, and
    ``confidence_items`` the items that have such an object; ``slowest`` and ``emptiest`` are
    numbers of items. ``classes_total`` is how many classes there are, ``classes_cut`` whether some
    were too many to be told apart. ``p50_ms`` and ``p95_ms`` are percentiles of the time that an
    item took, None where no time is known."""

    lines: int
    counts: Counts
    detections: int
    objects: int
    classes: tuple[ClassCount, ...]
    classes_total: int
    classes_cut: bool
    confidences: tuple[int, ...]
    confidence_items: tuple[int, ...]
    ranges: tuple[Range, ...]
    p50_ms: float | None
    p95_ms: float | None
    slowest: tuple[int, ...]
    emptiest: tuple[int, ...]


def select(columns: Columns, lines: int, wanted: ItemFilter, named: Numbers | None) -> Numbers:
    """Return the numbers of the items that are wanted, in their order. ``named`` are those, in
    order, whose name has the filter's text; None without one."""
    found = _candidates(columns, lines, wanted, named)
    mask = _mask(columns, lines, wanted, found)
    if mask is not None:
        found = np.flatnonzero(mask).astype(np.uint32) if found is None else found[mask]
    elif found is None:
        found = np.arange(lines, dtype=np.uint32)
    return _sorted(columns, wanted.order, found)


def _candidates(
    columns: Columns, lines: int, wanted: ItemFilter, named: Numbers | None
) -> Numbers | None:
    """Return the items that a name or a class leaves; None when neither is asked for."""
    found = None if named is None else named[: int(np.searchsorted(named, lines))]
    if wanted.classes:
        # Marked and collected: sorting together what is sorted already takes fifty times as long.
        marked = np.zeros(lines, np.bool_)
        for name in wanted.classes:
            if name in columns.classes:
                marked[columns.classes[name].within(lines)] = True
        found = np.flatnonzero(marked).astype(np.uint32) if found is None else found[marked[found]]
    return found


def _mask(columns: Columns, lines: int, wanted: ItemFilter, of: Numbers | None) -> Mask | None:
    """Return which of the candidates are wanted; None when all are."""

    def column(name: str) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = getattr(columns, name).first(lines)
        return values if of is None else values[of]

    masks: list[Mask] = []
    if wanted.kind is ItemKind.EMPTY:
        masks += [column("status") == Status.SUCCEEDED, column("objects") == 0]
    elif wanted.kind is not ItemKind.ALL:
        masks.append(column("status") == getattr(Status, wanted.kind))
    if wanted.least is not None:
        masks.append(column("objects") >= max(wanted.least, 0))
    if wanted.most is not None:
        objects = column("objects")
        masks += [objects != UNKNOWN, objects <= wanted.most]
    above, below = _number(wanted.above), _number(wanted.below)
    if above is not None or below is not None:
        masks.append((column("bins") & np.uint32(_bins(above, below))) != 0)
    if not masks:
        return None
    mask = masks[0]
    for further in masks[1:]:
        mask &= further
    return mask


def _bins(above: float | None, below: float | None) -> int:
    """Return the bins from ``above`` up to ``below``, one bit each."""
    # A hundredth of a bin: 0.15 times 20 need not be 3.
    first = 0 if above is None else math.floor(_within(above) * BINS + 0.01)
    end = BINS if below is None else math.ceil(_within(below) * BINS - 0.01)
    return sum(1 << place for place in range(min(first, BINS - 1), end))


def _number(bound: float | None) -> float | None:
    return None if bound is None or math.isnan(bound) else bound


def _within(confidence: float) -> float:
    return min(max(confidence, 0.0), 1.0)


def _sorted(columns: Columns, order: ItemOrder, found: Numbers) -> Numbers:
    if order is ItemOrder.NUMBER:
        return found
    if order is ItemOrder.LOWEST:
        keys = columns.lowest.first(columns.lines)[found]
    elif order is ItemOrder.SLOWEST:
        keys = -columns.ms.first(columns.lines)[found]
    else:
        objects = columns.objects.first(columns.lines)[found].astype(np.float32)
        objects[objects == UNKNOWN] = np.nan
        keys = objects if order is ItemOrder.FEWEST else -objects
    # What is no number sorts last, and the same numbers as they came.
    return found[np.argsort(keys, kind="stable")]


def counts_of(columns: Columns, lines: int) -> Counts:
    """Count the items of each kind."""
    status = columns.status.first(lines)
    succeeded, failed, unreadable = np.bincount(status, minlength=3)[:3].tolist()
    empty = np.count_nonzero((columns.objects.first(lines) == 0) & (status == Status.SUCCEEDED))
    return Counts(succeeded, failed, unreadable, int(empty))


def overview(columns: Columns, lines: int) -> Overview:
    """Return what the items are in numbers."""
    objects = columns.objects.first(lines)
    known = objects[objects != UNKNOWN]
    ms = columns.ms.first(lines)
    p50, p95 = _percentiles(ms[np.isfinite(ms)])
    classes = sorted(columns.classes.copy().items(), key=lambda named: -named[1].objects)
    return Overview(
        lines=lines,
        counts=counts_of(columns, lines),
        detections=len(known),
        objects=int(known.sum(dtype=np.int64)),
        classes=tuple(
            ClassCount(name, len(column.within(lines)), column.objects)
            for name, column in classes[:MOST_CLASSES]
        ),
        classes_total=len(classes),
        classes_cut=columns.classes_cut,
        confidences=tuple(columns.confidences.tolist()),
        confidence_items=_holders(columns.bins.first(lines)),
        ranges=_ranges(known),
        p50_ms=p50,
        p95_ms=p95,
        slowest=_extremes(-ms),
        emptiest=_extremes(np.where(objects == UNKNOWN, np.nan, objects.astype(np.float32))),
    )


def _percentiles(values: npt.NDArray[np.float32]) -> tuple[float | None, float | None]:
    """Return what half, and 95 of 100, of the values are at most."""
    if not len(values):
        return None, None
    p50, p95 = np.percentile(values, (50, 95), method="inverted_cdf").tolist()
    return p50, p95


def _holders(bins: npt.NDArray[np.uint32]) -> tuple[int, ...]:
    """Count the items that have an object in each bin."""
    return tuple(int(np.count_nonzero(bins & np.uint32(1 << place))) for place in range(BINS))


def _ranges(objects: npt.NDArray[np.int32]) -> tuple[Range, ...]:
    """Count items by their number of objects: each number for itself up to 20, then in steps."""
    if not len(objects):
        return ()
    largest = int(objects.max())
    ranges = [
        Range(number, number, int(count))
        for number, count in enumerate(
            np.bincount(np.minimum(objects, _STEPS[0] + 1), minlength=min(largest, _STEPS[0]) + 1)
        )
        if number <= _STEPS[0]
    ]
    for below, most in zip(_STEPS, (*_STEPS[1:], None), strict=True):
        if largest > below:
            inside = objects > below if most is None else (objects > below) & (objects <= most)
            ranges.append(Range(below + 1, most, int(np.count_nonzero(inside))))
    return tuple(ranges)


def _extremes(keys: npt.NDArray[Any]) -> tuple[int, ...]:
    """Return the items with the smallest keys, without those that have none."""
    count = min(EXTREMES, int(np.count_nonzero(~np.isnan(keys))))
    if not count:
        return ()
    # The first of those that are alike: a million items without an object are alike.
    bound = np.partition(keys, count - 1)[count - 1]
    candidates = np.concatenate(
        (np.flatnonzero(keys < bound), np.flatnonzero(keys == bound)[:count])
    )
    order = np.argsort(keys[candidates], kind="stable")
    return tuple(candidates[order][:count].tolist())


def position_of(found: Numbers, number: int, order: ItemOrder) -> int | None:
    """Return where an item stands in what was found; None where it does not."""
    if order is ItemOrder.NUMBER:
        at = int(np.searchsorted(found, number))
        return at if at < len(found) and found[at] == number else None
    places: Sequence[int] = np.flatnonzero(found == number).tolist()
    return places[0] if places else None
