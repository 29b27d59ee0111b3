"""The chart of a task's rate: from the history of its progress to two paths and their scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from inference_ui.backend.records import Sample

WIDTH, HEIGHT = 1000, 100
"""The units of the paths: the drawing is stretched to the room that there is."""

LINES = 4
"""Lines of the grid above the one at zero."""

BATCHES_S, POINTS = 2.0, 10
"""Lines are recorded in batches of up to half a second: samples that are closer than four of them
show the batches, not the rate. A short run is still drawn with about so many points."""

LEAST_BAR = 2.0
"""How high a bar is at least, so that few failures can still be seen."""


@dataclass(frozen=True, slots=True)
class ChartRow:
    """Paths of the finished (``line``, ``area``) and of the failed items per second.

    ``ticks`` are the rates at the lines of the grid, the highest first; ``times`` stand below, at
    even distances. ``points`` are what the line goes through, each with its place in the drawing
    and what it says: x, y, seconds since 1970, finished and failed per second. Empty paths: there
    is nothing to draw yet.
    """

    line: str = ""
    area: str = ""
    failed: str = ""
    ticks: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    points: list[list[float]] = field(default_factory=list)
    latest: float = 0.0
    highest: float = 0.0


@dataclass(frozen=True, slots=True)
class _Point:
    at: float
    done: float
    failed: float


def chart(history: Sequence[Sample]) -> ChartRow:
    """Return the chart of a history of counts since the start; at least two samples make one."""
    points = _rates(history)
    if not points:
        return ChartRow()
    begin, end = history[0].at, history[-1].at
    highest = max(point.done for point in points)
    top = _ceiling(highest)
    line = [(_x(point.at, begin, end), _y(point.done, top)) for point in points]
    line.insert(0, (0.0, line[0][1]))
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
    bars = (
        f"M{_x(point.at, begin, end):.1f} {HEIGHT}V{_bar_top(point.failed, top):.1f}"
        for point in points
        if point.failed > 0
    )
    return ChartRow(
        line=path,
        area=f"{path}V{HEIGHT}H0Z",
        failed="".join(bars),
        ticks=[top * step / LINES for step in range(LINES, -1, -1)],
        times=_times(begin, end),
        points=[
            [
                round(_x(point.at, begin, end), 1),
                round(_y(point.done, top), 1),
                round(point.at, 1),
                round(point.done, 3),
                round(point.failed, 3),
            ]
            for point in points
        ],
        latest=points[-1].done,
        highest=highest,
    )


def _rates(history: Sequence[Sample]) -> list[_Point]:
    """Items per second between neighbours; failed ones count as done too."""
    points = []
    for before, after in pairwise(_even(history)):
        seconds = after.at - before.at
        failed = max(0, after.failed - before.failed)
        succeeded = max(0, after.succeeded - before.succeeded)
        points.append(_Point(after.at, (succeeded + failed) / seconds, failed / seconds))
    return points


def _even(history: Sequence[Sample]) -> list[Sample]:
    """Drop samples that come so soon after another that their rate would say nothing."""
    if len(history) < 2 or history[-1].at <= history[0].at:
        return []
    last = history[-1]
    span = last.at - history[0].at
    least = max(span / (len(history) - 1) / 2, min(BATCHES_S, span / POINTS))
    kept = [history[0]]
    for sample in history[1:]:
        if sample.at - kept[-1].at >= least and last.at - sample.at >= least:
            kept.append(sample)
    return [*kept, last]


def _ceiling(highest: float) -> float:
    """Return the next number whose quarters are easily read: 4, 8, 12, 16, 20, 24, 32 × 10ⁿ …"""
    if highest <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(highest))
    steps = (1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0)
    return next(step * unit for step in steps if step * unit >= highest * (1 - 1e-9))


def _times(begin: float, end: float) -> list[float]:
    """Evenly spaced moments, none of which reads like its neighbour (they show seconds)."""
    count = max(1, min(LINES, int((end - begin) // 2)))
    return [begin + (end - begin) * step / count for step in range(count + 1)]


def _x(at: float, begin: float, end: float) -> float:
    return (at - begin) / (end - begin) * WIDTH


def _y(rate: float, top: float) -> float:
    return HEIGHT - rate / top * HEIGHT


def _bar_top(rate: float, top: float) -> float:
    return min(HEIGHT - LEAST_BAR, _y(rate, top))
