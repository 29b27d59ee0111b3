"""Signals that end a run in good order, from its first moment on."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """Takes SIGTERM and SIGINT from now on. Create it in the running loop of the main thread."""

    def __init__(self) -> None:
        self._received: list[signal.Signals] = []
        self._listener: Callable[[signal.Signals], None] | None = None
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._receive, number)

    def listen(self, listener: Callable[[signal.Signals], None]) -> None:
        """Call ``listener`` for every signal, also for those that came before."""
        self._listener = listener
        for number in self._received:
            listener(number)

    def _receive(self, number: signal.Signals) -> None:
        self._received.append(number)
        if self._listener is not None:
            self._listener(number)
