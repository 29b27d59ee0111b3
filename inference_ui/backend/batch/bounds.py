"""What holds a run back: server, client or disk, looked at a few times a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from inference_ui.backend.batch.messages import State
from inference_ui.backend.records import BoundBy

_BUSY = 0.8
_DISK = 0.6
"""Share of its time that a worker spends with files, and little else, when the disk is slow."""


class Bounds:
    """Counts what held the run back at each look."""

    def __init__(self) -> None:
        self._counts: Counter[BoundBy] = Counter()

    def look(self, workers: Iterable[State], *, waits_for_disk: bool, has_work: bool) -> None:
        """Take note of one moment. ``waits_for_disk``: lines wait to be safe, or the walk for
        folders; without work nothing is held back."""
        states = list(workers)
        if waits_for_disk:
            self._counts[BoundBy.DISK] += 1
        elif states and has_work:
            self._counts[_bound_by(states)] += 1

    @property
    def shares(self) -> dict[BoundBy, float]:
        """How much of the time each of them held the run back."""
        looks = sum(self._counts.values())
        return {by: round(count / looks, 3) for by, count in self._counts.most_common()}

    @property
    def most(self) -> BoundBy | None:
        """What held it back for most of the time; None when nothing was seen."""
        return next(iter(self.shares), None)


def _bound_by(states: list[State]) -> BoundBy:
    busy = sum(state.busy for state in states) / len(states)
    disk = sum(state.disk for state in states) / len(states)
    # Creating a file on a quick disk is computing, too: the disk is slow when nobody computes.
    if disk > _DISK and disk > busy:
        return BoundBy.DISK
    return BoundBy.CLIENT if busy > _BUSY else BoundBy.SERVER
