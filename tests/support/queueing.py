"""An inference server in simulated time: it works on a number of requests at once, the others wait
in the order of their arrival."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from inference_ui.backend.batch.limiter import Limiter


@dataclass
class Seen:
    """What a run of the simulation showed: its length, latencies, and the limit over time."""

    seconds: float
    latencies: list[float]
    limits: list[tuple[float, int]] = field(repr=False)

    @property
    def median_s(self) -> float:
        """The median latency."""
        return median(self.latencies)

    def limit_at(self, second: float) -> int:
        """The limit that was in force at a time."""
        return [limit for at, limit in self.limits if at <= second][-1]


def simulate(
    limiter: Limiter,
    count: int,
    *,
    places: Callable[[float], int],
    service_s: Callable[[random.Random, float], float],
    refuses_above: int | None = None,
    seed: int = 1,
) -> Seen:
    """Send ``count`` requests, always as many at once as the limiter lets. ``places(time)`` is how
    many the server works on at once, ``service_s(random, time)`` how long it takes for one. One
    that comes when ``refuses_above`` are there already is refused, and sent again."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    now, sent, in_flight, working, tie = 0.0, 0, 0, 0, 0
    queue: deque[float] = deque()
    events: list[tuple[float, int, float, bool]] = []
    seen = Seen(0.0, [], [])
    while sent < count or in_flight:
        while in_flight < limiter.limit and sent < count:
            sent += 1
            in_flight += 1
            if refuses_above is not None and in_flight > refuses_above:
                tie += 1
                heapq.heappush(events, (now + 0.001, tie, now, False))
            else:
                queue.append(now)
        while queue and working < places(now):
            working += 1
            tie += 1
            heapq.heappush(events, (now + service_s(chance, now), tie, queue.popleft(), True))
        now, _, sent_at, is_answer = heapq.heappop(events)
        if is_answer:
            working -= 1
            limiter.answered(sent_at, now)
            seen.latencies.append(now - sent_at)
        else:
            sent -= 1
            limiter.refused(sent_at, now)
        in_flight -= 1
        seen.limits.append((now, limiter.limit))
    seen.seconds = now
    return seen
