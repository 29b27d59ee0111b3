"""When to try again, as pure functions. Only what can succeed later is: connections that broke,
timeouts, and the statuses below. Any other error is the result of its input."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED_STATUSES = frozenset((408, 425, 429, 502, 503, 504))
AWAY_STATUSES = frozenset((502, 503, 504))
"""What a gateway answers for a server that is away; its readiness tells whether it is."""

_FIRST_S = 0.5
_LONGEST_S = 30.0
_LONGEST_ASKED_S = 300.0


def delay_s(tries: int, asked_s: float | None = None) -> float:
    """Return how long to wait after ``tries`` failed tries: at least what the server asked for
    (up to five minutes); else 0.5 s doubled each time, at most 30 s, less up to half by chance so
    that the many that failed together do not come back together."""
    doubled: float = min(_FIRST_S * 2.0 ** (tries - 1), _LONGEST_S)
    chance = random.uniform(0.5, 1.0)  # noqa: S311 - no secret
    return max(doubled * chance, min(asked_s or 0.0, _LONGEST_ASKED_S))


def asked_delay_s(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110: seconds or a date),
    None when it asks for nothing that can be understood."""
    if retry_after is None:
        return None
    try:
        return max(float(int(retry_after)), 0.0)
    except (ValueError, OverflowError):
        pass
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)
