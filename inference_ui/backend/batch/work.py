"""What a worker holds: inputs to read, items to send now and items to send later.

Only queues: who reads and sends, and what an answer means, is others'. Belongs to the event loop's
thread.
"""

from __future__ import annotations

import heapq
from collections import deque
from itertools import count

from inference_ui.backend.batch.items import Input, Item


class Work:
    """Inputs that are not finished. ``held`` counts those that were read, with those in flight;
    ``held_bytes`` is the size of their bodies."""

    def __init__(self) -> None:
        self._unread: deque[Input] = deque()
        self._ready: deque[Item] = deque()
        self._later: list[tuple[float, int, Item]] = []
        self._order = count()
        self.held = 0
        self.held_bytes = 0

    @property
    def unread(self) -> int:
        """How many were not read yet."""
        return len(self._unread)

    @property
    def ready(self) -> int:
        """How many could be sent now."""
        return len(self._ready)

    def take_over(self, inputs: list[Input]) -> None:
        """Take over inputs, in their order."""
        self._unread.extend(inputs)

    def next_unread(self) -> Input:
        """Take out the next input to read."""
        return self._unread.popleft()

    def add(self, item: Item) -> None:
        """Take over an item that was just read."""
        self.held += 1
        self.held_bytes += len(item.body)
        self._ready.append(item)

    def again(self, item: Item) -> None:
        """Send an item again, before those that were not sent yet."""
        self._ready.appendleft(item)

    def last(self, item: Item) -> None:
        """Send an item again, after those that are here."""
        self._ready.append(item)

    def later(self, item: Item, at: float) -> None:
        """Send an item again at a time of the loop's clock."""
        heapq.heappush(self._later, (at, next(self._order), item))

    def done(self, item: Item) -> None:
        """Forget an item that is finished or given away."""
        self.held -= 1
        self.held_bytes -= len(item.body)

    def due(self, now: float) -> float | None:
        """Make ready what waited for its time; return when the next will be, None if none."""
        while self._later and self._later[0][0] <= now:
            self.again(heapq.heappop(self._later)[2])
        return self._later[0][0] if self._later else None

    def take(self) -> Item:
        """Take out the next item that is ready."""
        return self._ready.popleft()
