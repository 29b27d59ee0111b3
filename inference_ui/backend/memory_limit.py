"""A limit on the memory of a program, so that what a stranger wrote ends no other one."""

from __future__ import annotations

import os
import resource
from pathlib import Path


def limit_memory(more: int) -> None:
    """Let this process take ``more`` bytes of address space above what it has; whatever would take
    it further raises ``MemoryError``.

    What it has already is no measure: numpy reserves some for each core of the machine.
    """
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
