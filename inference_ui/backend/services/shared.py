"""What many tabs ask at the same moment is worked out once for all of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from inference_ui.backend.services.changes import Changes

T = TypeVar("T")


class Shared(Generic[T]):
    """Answers by what was asked: kept until anything is told of as changed, for ``life_s`` seconds
    at most, and the last ``most`` ones. Thread-safe; whoever asks meanwhile waits for the one
    answer."""

    def __init__(self, changes: Changes, *, life_s: float = 1.0, most: int = 64) -> None:
        self._changes = changes
        self._life_s = life_s
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[int, float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return the answer, worked out unless it is known."""
        with self._lock:
            revision, now = self._changes.revision, time.monotonic()
            known = self._answers.get(key)
            if known is not None and known[0] == revision and now - known[1] < self._life_s:
                return known[2]
            answer = work_out()
            self._answers[key] = (revision, now, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
            return answer
