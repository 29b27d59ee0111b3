"""Servers with a hidden capacity as a scenario's tool: start them, and read what happened."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench.harness import REPOSITORY, free_port, wait_until_answers

WINDOW_S = 0.5


@dataclass(frozen=True)
class Told:
    """What a server tells of its requests. Times are those of time.monotonic."""

    arrivals: list[float]
    answers: list[float]
    most_waiting: int


@dataclass(frozen=True)
class Hidden:
    """A running server."""

    url: str
    capacity: int
    delay_ms: float

    @property
    def ideal(self) -> float:
        """The most requests a second that it can answer."""
        return self.capacity / self.delay_ms * 1000

    def told(self) -> Told:
        """What happened until now."""
        stats = httpx.get(f"{self.url}/stats", trust_env=False, timeout=60).json()
        return Told(stats["arrivals"], stats["answers"], stats["most_waiting"])


@contextmanager
def hidden(capacity: int, delay_ms: float) -> Iterator[Hidden]:
    """Run a server on a free port of the loopback."""
    port = free_port()
    command = [sys.executable, "-m", "bench.capacity_server", "--port", str(port)]
    command += ["--capacity", str(capacity), "--delay-ms", str(delay_ms)]
    process = subprocess.Popen(command, cwd=REPOSITORY)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_answers(f"{url}/health/ping")
        yield Hidden(url, capacity, delay_ms)
    finally:
        process.terminate()
        process.wait()


def share(told: Sequence[Told], ideal: float) -> float:
    """The share of the ideal rate between the first request and the last answer of all servers."""
    first = min(min(t.arrivals) for t in told if t.arrivals)
    last = max(max(t.answers) for t in told if t.answers)
    return sum(len(t.answers) for t in told) / (last - first) / ideal


def seconds_to_reach(told: Sequence[Told], rate: float) -> float | None:
    """Seconds from the first request until the rate over the last WINDOW_S reached `rate`.

    None when it never did, as in a run that is shorter than the window.
    """
    first = min(min(t.arrivals) for t in told if t.arrivals)
    answers = sorted(time for t in told for time in t.answers)
    needed = max(1, round(rate * WINDOW_S))
    for begin, end in zip(answers, answers[needed - 1 :], strict=False):
        if end - begin <= WINDOW_S:
            return end - first
    return None
