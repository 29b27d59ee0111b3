"""How busy this process is: the share of the time that it computed, or would have on a free core.

Linux tells both (``/proc/self/schedstat``: nanoseconds on a core, nanoseconds ready but waiting for
one). Elsewhere only the first is known. The time for all threads of the process is what counts
where one thread does nearly all, as here.
"""

from __future__ import annotations

import time
from pathlib import Path

_SCHEDSTAT = Path("/proc/self/schedstat")


class Load:
    """Measures from one call of :meth:`busy` to the next."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._spent = _spent_s()

    def busy(self) -> tuple[float, float]:
        """Return the share of the time since the last call (0 to 1), and that time in seconds."""
        now, spent = time.monotonic(), _spent_s()
        seconds = max(now - self._at, 1e-6)
        share = (spent - self._spent) / seconds
        self._at, self._spent = now, spent
        return min(max(share, 0.0), 1.0), seconds


def _spent_s() -> float:
    try:
        computed, waited, *_ = _SCHEDSTAT.read_bytes().split()
        return (int(computed) + int(waited)) / 1e9
    except (OSError, ValueError):
        return time.process_time()
