"""How many requests a server may have in flight at once, found from its answers alone. Pure.

A server that works on C requests at a time answers each within its plain latency B while at most C
are in flight; more only wait inside. By Little's law a limit x that is always used and answered
within L on average moves x / L requests a second, so x · B / L of them are being worked on and the
rest waits. The limit is set to that number and a fifth more (plus one), which keeps every place of
the server taken and lets the limit grow when there are more places.

It moves in epochs: requests sent since the last move are answered until their mean latency is
known well enough, then it moves again.

- At the start the limit is multiplied each epoch, until latency rises.
- B begins as the shortest latency of the first epoch, or as the mean of one after which the mean
  did not rise. It may be too low, where some items are quicker than others, or become so, where
  the server slows down. That shows when the limit falls and latency does not: then nothing had
  waited, so B is that latency, and the limit may grow again.
- B may be too high, where others waited while it was measured. So from time to time the limit is
  lowered, as long as latency falls with it.
- 429 and 503 lower the limit, and it does not come near the one that was refused for a while.
- A client that has no time left sees its own delay as latency: ``floor`` says how many requests
  must be in flight whatever the latency.
"""

from __future__ import annotations

import math

START = 4
"""Few enough for a server that takes seconds for each and does them one after the other."""
_FIRST_GROWTH, _GROWTH, _LAST_GROWTH, _LAST_FROM = 8, 4, 2, 64
"""By how much the limit is multiplied at the start, and from which limit on by the last."""
_HEADROOM = 1.2
_REGROWTH = 1.5
"""By how much it grows later, while nothing waits at all."""
_LATE, _RISE = 1.25, 1.5
"""Latency of so many times B, or so much more than before, means that requests wait."""
_AGREES, _AGREED = 1.05, 1
"""Latency that is B within a twentieth; after so many probes that found it so, the next goes on
until latency falls no more."""
_PROBE_FALL, _FALL = 0.75, 0.6
"""The most that the limit falls at once, so that what it does to latency can be told."""
_FALLEN = 0.85
"""After so much of a fall, at once or by and by, latency must have fallen too."""
_REFUSED_FALL, _REFUSED_NEAR, _REFUSED_EPOCHS = 0.7, 0.9, 20
"""A refusal lowers the limit to the first share; for so many epochs it stays below the second."""
_FIRST_PROBE, _LATEST_PROBE = 6, 24
"""Epochs until B is probed; doubled from one to the other while probes agree with it."""
_FEWEST, _MOST, _WAVES = 16, 256, 3
"""Answers of an epoch, and how often each place of the limit is answered in one."""
_EXACT = 0.05
"""The relative standard error of the mean that is good enough."""
_UNDERUSED = 0.2
"""Moments with nothing to send, by answers, that make an epoch useless."""


class Limiter:
    """The limit of one server, between ``lowest`` and ``highest``. Times are in seconds of one
    monotonic clock."""

    def __init__(self, lowest: int, highest: int) -> None:
        self._lowest = lowest
        self._highest = highest
        self.floor = 1
        self.limit = min(max(START, lowest), highest)
        self._growing = True
        self._plain_s = float("inf")  # not known yet
        self._mean_before: float | None = None
        self._fallen_from: tuple[int, float] | None = None
        self._probing = False
        self._agreed = 0
        self._to_probe = self._probe_every = _FIRST_PROBE
        self._refused_limit = 0
        self._refused_epochs = 0
        self._since = float("-inf")
        self._count = self._underused = self._wanted = 0
        self._sum = self._squares = 0.0
        self._shortest = float("inf")
        self._begin(self._since)

    def set_bounds(self, lowest: int, highest: int) -> None:
        """Keep the limit within other bounds from now on."""
        self._lowest, self._highest = lowest, highest
        self.limit = min(max(self.limit, lowest), highest)

    def underused(self) -> None:
        """Take account of a moment when there was nothing to send though the limit allowed it."""
        self._underused += 1

    def answered(self, sent_at: float, now: float) -> None:
        """Take account of an answer to a request that was sent at ``sent_at``."""
        if sent_at < self._since:
            return  # it was answered under another limit
        latency = now - sent_at
        self._count += 1
        self._sum += latency
        self._squares += latency * latency
        if latency < self._shortest:
            self._shortest = latency
        if self._count >= self._wanted and self._is_exact():
            self._end(now)

    def refused(self, sent_at: float, now: float) -> None:
        """Take account of a server that said it has too much to do."""
        if sent_at < self._since:
            return
        self._growing = False
        self._fallen_from = None
        self._refused_limit = self.limit
        self._refused_epochs = _REFUSED_EPOCHS
        self._move(int(self.limit * _REFUSED_FALL), now)

    def _begin(self, now: float) -> None:
        self._since = now
        self._count = 0
        self._sum = self._squares = 0.0
        self._underused = 0
        self._shortest = float("inf")
        # While it grows it matters only whether answers are late, and that is soon seen. Later the
        # mean matters, and a server that takes requests in waves shows it over several of them.
        self._wanted = self.limit if self._growing else max(_WAVES * self.limit, _FEWEST)

    def _is_exact(self) -> bool:
        """Tell whether the mean is known within a twentieth, or as well as it is worth."""
        count = self._count
        if self._growing or count >= max(_MOST, _WAVES * self.limit):
            return True
        if count & 7:  # not worth a look at each answer
            return False
        mean = self._sum / count
        variance = max(self._squares / count - mean * mean, 0.0)
        return math.sqrt(variance / count) <= _EXACT * mean

    def _end(self, now: float) -> None:
        mean = self._sum / self._count
        if self._plain_s == float("inf"):
            self._plain_s = self._shortest
        if self._underused > _UNDERUSED * self._count:
            self._fallen_from = None  # there was not enough to do to learn from
            self._begin(now)
            return
        self._move(self._next(mean), now)

    def _next(self, mean: float) -> int:
        """Return the limit to go on with."""
        if self._growing:
            return self._grown(mean)
        if self._fallen_from is not None and self.limit <= _FALLEN * self._fallen_from[0]:
            return self._after_fall(mean, *self._fallen_from)
        self._plain_s = min(self._plain_s, mean)
        self._to_probe -= 1
        if self._to_probe <= 0 and self._fitting(mean) <= self.limit:
            self._probing = True
            return self._lower(mean, _PROBE_FALL)
        return self._settling(mean)

    def _settling(self, mean: float) -> int:
        """Return the limit that fits, though not far below the present one: whether latency falls
        with it must be seen first."""
        wanted = self._fitting(mean)
        return max(wanted, self._lower(mean, _FALL)) if wanted < self.limit else wanted

    def _grown(self, mean: float) -> int:
        before, self._mean_before = self._mean_before, mean
        if before is not None and mean < _RISE * before:
            self._plain_s = max(self._plain_s, min(before, mean))
        if before is None:  # the first may differ, or wait for each other
            return self.limit * (_FIRST_GROWTH if mean < _LATE * self._plain_s else _LAST_GROWTH)
        if mean < _LATE * self._plain_s:
            return self.limit * (_GROWTH if self.limit < _LAST_FROM else _LAST_GROWTH)
        self._growing = False
        return self.limit  # to see how late they are once the first crowd is through

    def _after_fall(self, mean: float, limit: int, latency: float) -> int:
        """Decide by what a lower limit did to latency, which was ``latency`` under ``limit``."""
        self._fallen_from = None
        expected = latency * self.limit / limit  # if what is gone had only waited
        if mean > (expected + latency) / 2:
            if self._probing:
                self._agreed = 0
                self._probe_over(mean)
                return max(self._fitting(mean), self.limit)
            self._plain_s = mean
            self._to_probe = self._probe_every = _FIRST_PROBE
            return self._fitting(mean)
        if self._probing:
            # That latency is B again ends a probe early, but not always: B itself may be wrong.
            if mean > _AGREES * self._plain_s or self._agreed >= _AGREED:
                return self._lower(mean, _PROBE_FALL)
            self._agreed += 1
            self._probe_over(mean)
        self._plain_s = min(self._plain_s, mean)
        return self._settling(mean)

    def _probe_over(self, mean: float) -> None:
        self._probing = False
        agrees = self._plain_s / _AGREES < mean < self._plain_s * _AGREES
        self._probe_every = min(2 * self._probe_every, _LATEST_PROBE) if agrees else _FIRST_PROBE
        self._to_probe = self._probe_every
        self._plain_s = mean

    def _fitting(self, mean: float) -> int:
        if mean < _AGREES * self._plain_s:
            return int(_REGROWTH * self.limit + 1)
        return int(_HEADROOM * self.limit * self._plain_s / mean + 1)

    def _lower(self, mean: float, share: float) -> int:
        if self._fallen_from is None:
            self._fallen_from = (self.limit, mean)
        return int(self.limit * share)

    def _move(self, wanted: int, now: float) -> None:
        if self._refused_epochs:
            self._refused_epochs -= 1
            wanted = min(wanted, max(int(self._refused_limit * _REFUSED_NEAR), 1))
        wanted = max(wanted, self.floor, self._lowest, 1)
        before, self.limit = self.limit, min(wanted, self._highest)
        if self.limit > before:
            self._fallen_from = None
            self._probing = False
        self._begin(now)
