"""The items on their way: those that wait to be sent, wait for a later try, or must be sent alone.

Only a queue: who sends and what an answer means is the sender's. Belongs to the event loop's
thread.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count

from inference_ui.backend.batch.items import Item

ALONE_AFTER = 2
"""Crashes of its server that an item was in flight at before it is sent with no other beside it."""


class Work:
    """Items that were read and are not finished. ``held`` counts them, with those in flight;
    ``held_bytes`` is the size of their bodies."""

    def __init__(self) -> None:
        self._ready: deque[Item] = deque()
        self._alone: deque[Item] = deque()
        self._later: list[tuple[float, int, Item]] = []
        self._order = count()
        self.held = 0
        self.held_bytes = 0

    @property
    def ready(self) -> int:
        """How many could be sent now."""
        return len(self._ready) + len(self._alone)

    @property
    def has_ready(self) -> bool:
        """Whether :meth:`take` has something to give."""
        return bool(self._ready)

    def add(self, item: Item) -> None:
        """Take over an item that was just read."""
        self.held += 1
        self.held_bytes += len(item.body)
        self._ready.append(item)

    def again(self, item: Item) -> None:
        """Send an item again, before those that were not sent yet."""
        if item.crashes >= ALONE_AFTER:
            self._alone.append(item)
        else:
            self._ready.appendleft(item)

    def last(self, item: Item) -> None:
        """Send an item again, after those that are here."""
        self._ready.append(item)

    def later(self, item: Item, at: float) -> None:
        """Send an item again at a time of the monotonic clock."""
        heapq.heappush(self._later, (at, next(self._order), item))

    def done(self, item: Item) -> None:
        """Forget an item that is finished."""
        self.held -= 1
        self.held_bytes -= len(item.body)

    def due(self, now: float) -> float | None:
        """Make ready what waited for its time; return when the next will be, None if none."""
        while self._later and self._later[0][0] <= now:
            self.again(heapq.heappop(self._later)[2])
        return self._later[0][0] if self._later else None

    def next_alone(self) -> Item | None:
        """Return the next item that must be sent alone, and keep it."""
        return self._alone[0] if self._alone else None

    def take_alone(self) -> Item:
        """Take out the item of :meth:`next_alone`."""
        return self._alone.popleft()

    def take(self) -> Item:
        """Take out the next item that is ready."""
        return self._ready.popleft()
