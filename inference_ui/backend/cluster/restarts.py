"""What follows when a replica exits: one rule for every cluster that restarts by itself.

Standard library only, since the shim of the local cluster uses it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 10.0


class Next(NamedTuple):
    """DONE and FAILED are for good. AGAIN: start it again after ``delay_s`` seconds.

    ``recent`` are the times (Unix seconds) of the restarts within the window, this one included.
    """

    outcome: Literal["DONE", "FAILED", "AGAIN"]
    recent: tuple[float, ...]
    delay_s: float = 0.0


def after_exit(
    exit_code: int | None,
    recent: Sequence[float],
    now: float,
    *,
    limit: int,
    window_s: float,
    done: Collection[int],
    fatal: Collection[int],
) -> Next:
    """Decide by the exit code (None: it was lost, or could not be started) and past restarts.

    The delay doubles with each restart in the window: 0.5, 1, 2, … 10 s.
    """
    within = tuple(at for at in recent if at > now - window_s)
    if exit_code in done:
        return Next("DONE", within)
    if exit_code in fatal or len(within) >= limit:
        return Next("FAILED", within)
    delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** len(within))
    return Next("AGAIN", (*within, now), delay)
