"""Slows down guessing of passwords: some tries, then a wait."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

TRIES = 5
WAIT_S = 60.0
_REMEMBERED = 10_000
"""How many keys are kept at most: the oldest are forgotten, so memory stays bounded."""


@dataclass(slots=True)
class _Record:
    failures: int = 0
    blocked_until: float = 0.0


class Throttle:
    """Counts failures by key; after :data:`TRIES` of them a key must wait :data:`WAIT_S` s."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> float:
        """Return for how many seconds the key must still wait; 0 when it may try."""
        with self._lock:
            record = self._records.get(key)
            return max(0.0, record.blocked_until - self._clock()) if record else 0.0

    def failed(self, key: str) -> int:
        """Count a failure; return how many tries are left before the wait (0: it has begun)."""
        with self._lock:
            record = self._records.pop(key, _Record())
            record.failures += 1
            if record.failures >= TRIES:
                record.failures = 0
                record.blocked_until = self._clock() + WAIT_S
                left = 0
            else:
                left = TRIES - record.failures
            self._records[key] = record
            while len(self._records) > _REMEMBERED:
                self._records.popitem(last=False)
            return left

    def succeeded(self, key: str) -> None:
        """Forget the key's failures."""
        with self._lock:
            self._records.pop(key, None)
