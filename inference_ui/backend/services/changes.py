"""Who wants to know that something changed, and telling them. No data passes here, only ids: a
task's as it is, ``service:<id>`` of an online service, ``dataset:<id>``, ``package:<id>``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

Listener: TypeAlias = Callable[[frozenset[str]], None]

_log = logging.getLogger(__name__)


class Changes:
    """Tells listeners what changed. Thread-safe; a listener must return at once."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._revision = 0

    @property
    def revision(self) -> int:
        """How often something was told of as changed."""
        return self._revision

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the ids of what changed, from whatever thread changed them.
        Returns a function that ends it."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def publish(self, ids: frozenset[str]) -> None:
        """Tell all listeners. One that fails is logged and keeps none of the others waiting."""
        with self._lock:
            self._revision += 1
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(ids)
            except Exception:
                _log.exception("a listener to changes failed")
