"""How many cores there are for this program, and how busy this process is: the share of the time
that it computed, or would have on a free core.

Linux tells both (``/proc/self/schedstat``: nanoseconds on a core, nanoseconds ready but waiting for
one). Elsewhere only the first is known. The time for all threads of the process is what counts
where one thread does nearly all, as here.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_SCHEDSTAT = Path("/proc/self/schedstat")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores() -> int:
    """Return how many cores this process may use, at least one: of those of the machine the ones
    that it is bound to, and no more than its container's quota gives (cgroup v2)."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        count = min(count, int(quota) // int(period))
    except (OSError, ValueError):
        pass  # no container, or no quota ("max")
    return max(count, 1)


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
