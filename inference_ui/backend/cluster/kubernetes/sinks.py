"""Where a watch hands its objects on to, one by one."""

from __future__ import annotations

import time
from typing import Protocol

from inference_ui.backend.cluster.kubernetes.objects import Json

_WORK_S = 0.001
_BREATH_S = 0.0001


class Sink(Protocol):
    """What takes the objects of one kind, from one thread. Each method tells whether what is kept
    has changed by it.

    A list is ``begin``, ``add`` for each object, ``finish``: what was not added by then is no more.
    One that is not finished is followed by another ``begin``.
    """

    def begin(self) -> None:
        """A list begins."""

    def add(self, thing: Json) -> bool:
        """An object that is in the list."""

    def finish(self) -> bool:
        """The list was whole."""

    def put(self, thing: Json) -> bool:
        """An object that is new or has changed."""

    def drop(self, thing: Json) -> bool:
        """An object as it was last, before it was deleted."""


class Tee:
    """Several sinks as one: what comes goes to each."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def begin(self) -> None:
        """See :class:`Sink`."""
        for one in self._sinks:
            one.begin()

    def add(self, thing: Json) -> bool:
        """See :class:`Sink`."""
        return sum([one.add(thing) for one in self._sinks]) > 0

    def finish(self) -> bool:
        """See :class:`Sink`."""
        return sum([one.finish() for one in self._sinks]) > 0

    def put(self, thing: Json) -> bool:
        """See :class:`Sink`."""
        return sum([one.put(thing) for one in self._sinks]) > 0

    def drop(self, thing: Json) -> bool:
        """See :class:`Sink`."""
        return sum([one.drop(thing) for one in self._sinks]) > 0


class Breath:
    """Lets the other threads run every millisecond. A thread that computes lets go of the
    interpreter only every five when it is asked to, and a screen feels that."""

    def __init__(self) -> None:
        self._since = 0.0

    def take(self) -> None:
        """Sleep for a moment if there was none for some time."""
        now = time.perf_counter()
        if now - self._since > _WORK_S:
            time.sleep(_BREATH_S)
            self._since = time.perf_counter()
