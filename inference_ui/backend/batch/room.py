"""Whether what is still to come will fit, judged by what came. Pure but for asking the file system
how much is free."""

from __future__ import annotations

import os
from pathlib import Path

from inference_ui.backend.records import Room

FEWEST_RESULTS = 50
"""Results that say enough of those to come; fewer do when they are all."""
_LINES_BYTES = 400
"""What the lines of one input take in journal and sidecar, roughly."""
_INODES_PER_RESULT = 1.01
"""A file, and now and then a folder."""


def room_for(remaining: int, results: int, result_bytes: int, output: Path) -> Room | None:
    """Return what ``remaining`` results will take, by the mean of those that came, and what is
    free for this user; None when nothing can be said yet, or the file system does not say."""
    if not remaining or results < min(FEWEST_RESULTS, remaining):
        return None
    try:
        disk = os.statvfs(output)
    except OSError:
        return None
    block = disk.f_frsize or 4096
    mean = result_bytes / results
    on_disk = -(-mean // block) * block
    return Room(
        needed_bytes=int(remaining * (on_disk + _LINES_BYTES)),
        free_bytes=disk.f_bavail * block,
        needed_inodes=int(remaining * _INODES_PER_RESULT),
        free_inodes=disk.f_favail if disk.f_files else None,
    )
