"""Counting while it runs: what the progress file says. The summary counts again, from disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from inference_ui.backend.batch.causes import Errors
from inference_ui.backend.batch.messages import Done, latencies_of
from inference_ui.backend.records import BoundBy, Progress, Room, Sample, WalkState

MAX_SAMPLES = 240
_WINDOW_S = 10.0
_LATENCIES = 1000


class History:
    """Samples for a chart: at most :data:`MAX_SAMPLES`, over the whole run. When there are more,
    every other one goes and from then on half as many are taken."""

    def __init__(self, samples: Sequence[Sample] = (), interval_s: float = 0.5) -> None:
        self.samples = list(samples)
        self._interval_s = interval_s

    def add(self, sample: Sample, *, is_last: bool = False) -> None:
        """Take a sample, unless the one before is too young; the last one is always taken."""
        is_young = self.samples and sample.at - self.samples[-1].at < self._interval_s
        if is_young and not is_last:
            return
        self.samples.append(sample)
        if len(self.samples) > MAX_SAMPLES:
            self.samples = self.samples[::2]
            self._interval_s *= 2


class Tally:
    """Counts lines as they get safe. ``succeeded`` and ``failed`` begin with those of earlier
    runs; times are seconds of ``clock``, which is monotonic."""

    def __init__(
        self,
        errors: Errors,
        succeeded: int,
        failed: int,
        *,
        source_root: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.errors = errors
        self.succeeded = succeeded
        self.failed = failed
        self._source_root = source_root
        self._clock = clock
        self._before = succeeded + failed
        self._marks: deque[tuple[float, int]] = deque([(clock(), 0)])
        self._latencies: deque[float] = deque(maxlen=_LATENCIES)
        self.results = 0
        self.result_bytes = 0

    @property
    def recorded(self) -> int:
        """How many inputs got their line in this run."""
        return self.succeeded + self.failed - self._before

    def record(self, batch: Sequence[Done]) -> None:
        """Count a batch that was written."""
        for done in batch:
            self._latencies.extend(latencies_of(done.latencies_ms))
            self.succeeded += done.succeeded
            self.failed += len(done.failures)
            for failure in done.failures:
                self.errors.add(failure.cause, self._source_root + failure.relative, failure.text)
            self.results += done.succeeded
            self.result_bytes += done.result_bytes

    def rate(self) -> float:
        """Return the inputs recorded per second, over the last ten seconds."""
        now = self._clock()
        self._marks.append((now, self.recorded))
        while len(self._marks) > 2 and self._marks[1][0] <= now - _WINDOW_S:
            self._marks.popleft()
        since, recorded = self._marks[0]
        return (self.recorded - recorded) / (now - since) if now > since else 0.0

    def latency(self, share: float) -> float | None:
        """Return the latency in ms that this share of the last requests stayed within."""
        return percentile(sorted(self._latencies), share)

    def progress(
        self,
        *,
        attempt: int,
        state: WalkState,
        found: int,
        walked: bool,
        in_flight: int,
        history: History,
        processes: int = 0,
        waiting_for: str = "",
        room: Room | None = None,
        bounds: Mapping[BoundBy, float] | None = None,
    ) -> Progress:
        """Return how far it is now, and add it to the history. ``bounds``: what holds it back, by
        share, the most first."""
        now = time.time()
        rate = self.rate()
        left = max(found - self.succeeded - self.failed, 0)
        history.add(
            Sample(round(now, 3), self.succeeded, self.failed), is_last=state is WalkState.ENDED
        )
        return Progress(
            updated_at=now,
            attempt=attempt,
            state=state,
            found=found,
            walked=walked,
            succeeded=self.succeeded,
            failed=self.failed,
            rate=round(rate, 3),
            in_flight=in_flight,
            processes=processes,
            waiting_for=waiting_for,
            room=room,
            bound_by=next(iter(bounds), None) if bounds else None,
            bound_shares=dict(bounds or {}),
            left_s=round(left / rate, 1) if walked and rate > 0 else None,
            p50_ms=self.latency(0.5),
            p95_ms=self.latency(0.95),
            errors=self.errors.groups(),
            history=tuple(history.samples),
        )


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the smallest of the ordered values that ``share`` of them do not exceed."""
    if not ordered:
        return None
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)
