"""What holds a run back: server, client or disk, looked at a few times a second."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from inference_ui.backend.batch.messages import State
from inference_ui.backend.records import BoundBy

_BUSY = 0.8
_DISK = 0.6
"""Share of its time that a worker spends with files, and little else, when the disk is slow."""

RECENT_LOOKS = 120
"""Looks that tell how it is now: those of the last minute, at two a second."""


class Bounds:
    """Counts what held the run back at each look."""

    def __init__(self) -> None:
        self._counts: Counter[BoundBy] = Counter()
        self._recent: deque[BoundBy | None] = deque(maxlen=RECENT_LOOKS)

    def look(self, workers: Iterable[State], *, waits_for_disk: bool, has_work: bool) -> None:
        """Take note of one moment. ``waits_for_disk``: lines wait to be safe, or the walk for
        folders; without work nothing is held back."""
        states = list(workers)
        by: BoundBy | None = None
        if waits_for_disk:
            by = BoundBy.DISK
        elif states and has_work:
            by = _bound_by(states)
        self._recent.append(by)
        if by is not None:
            self._counts[by] += 1

    @property
    def shares(self) -> dict[BoundBy, float]:
        """How much of the time each of them held the run back, the most first."""
        return _shares(self._counts)

    @property
    def recent(self) -> dict[BoundBy, float]:
        """The same over the last minute; a time without work counts for none."""
        return _shares(Counter(by for by in self._recent if by is not None))

    @property
    def most(self) -> BoundBy | None:
        """What held it back for most of the time; None when nothing was seen."""
        return next(iter(self.shares), None)


def _shares(counts: Counter[BoundBy]) -> dict[BoundBy, float]:
    looks = sum(counts.values())
    return {by: round(count / looks, 3) for by, count in counts.most_common()}


def _bound_by(states: list[State]) -> BoundBy:
    busy = sum(state.busy for state in states) / len(states)
    disk = sum(state.disk for state in states) / len(states)
    # Creating a file on a quick disk is computing, too: the disk is slow when nobody computes.
    if disk > _DISK and disk > busy:
        return BoundBy.DISK
    return BoundBy.CLIENT if busy > _BUSY else BoundBy.SERVER
