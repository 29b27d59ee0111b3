"""Who wants to know that something changed, and telling them. No data passes here, only ids: a
task's as it is, ``service:<id>`` of an online service, ``dataset:<id>``, ``package:<id>``.

:data:`LIST` is told besides a task's id when the task came, went or changed its status: whatever
may change which tasks a search finds, and not just how far one of them is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

Listener: TypeAlias = Callable[[frozenset[str]], None]

LIST = "list:tasks"

_log = logging.getLogger(__name__)


def moved(*task_ids: str) -> frozenset[str]:
    """Return what is to be told of tasks that came, went or changed their status."""
    return frozenset({*task_ids, LIST})


def is_progress(ids: frozenset[str]) -> bool:
    """Tell whether no more is told than how far tasks are, or what they wait for."""
    return all(":" not in one for one in ids)


class Changes:
    """Tells listeners what changed. Thread-safe; a listener must return at once."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._revision = 0
        self._list_revision = 0

    @property
    def revision(self) -> int:
        """How often something was told of as changed."""
        return self._revision

    @property
    def list_revision(self) -> int:
        """How often tasks were told of as come, gone or in another status."""
        return self._list_revision

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
            self._list_revision += LIST in ids
            listeners = tuple(self._listeners)
        for listener in listeners:
            try:
                listener(ids)
            except Exception:
                _log.exception("a listener to changes failed")
