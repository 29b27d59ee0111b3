"""A million items: does memory stay, does the rate stay, and how soon does a resumed run send?"""

import mmap
import time
from pathlib import Path

from bench import client, datasets
from bench.harness import BenchError, Options, say
from bench.hidden import hidden
from bench.memory import proportional_bytes
from bench.nginx import Nginx, nginx
from bench.report import Row, save

ITEMS = 1_000_000
RUNS = 1
RESUMES = 3
LEFT = 1_000
MEMORY_TARGET_MB = 150.0
STEADY_TARGET = 0.9
RESUME_TARGET_S = 3.0


class Watch:
    """Samples of memory and of requests served, twice a second."""

    def __init__(self, server: Nginx) -> None:
        self.server = server
        self.before = server.served()
        self.samples: list[tuple[float, int, int]] = []

    def __call__(self, pid: int) -> None:
        """Take a sample."""
        served = self.server.served() - self.before - len(self.samples)
        self.samples.append((time.monotonic(), served, proportional_bytes(pid)))
        if len(self.samples) % 60 == 0:
            say(f"  {served:,} items, {self.samples[-1][2] / 1e6:.0f} MB")

    @property
    def peak_mb(self) -> float:
        """The most memory seen, in units of 10⁶ bytes."""
        return max(sample[2] for sample in self.samples) / 1e6

    def moment(self, count: float) -> float:
        """When so many requests had been served, between two samples on a straight line."""
        earlier = self.samples[0]
        for sample in self.samples:
            if sample[1] >= count:
                span = max(1, sample[1] - earlier[1])
                return earlier[0] + (sample[0] - earlier[0]) * (count - earlier[1]) / span
            earlier = sample
        return earlier[0]

    def rates(self, items: int) -> tuple[float, float]:
        """Items a second of both halves, without the first and the last hundredth."""
        first, middle, last = (self.moment(items * part) for part in (0.01, 0.5, 0.99))
        return 0.49 * items / (middle - first), 0.49 * items / (last - middle)


def cut(file: Path, lines: int) -> None:
    """Take the last lines off a file."""
    with file.open("r+b") as stream:
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            end = len(content)
            for _ in range(lines):
                end = content.rfind(b"\n", 0, end - 1) + 1
        stream.truncate(end)


def resume(inputs: Path, run: client.Inferred, number: int, options: Options, items: int) -> float:
    """Seconds from the start of a process that finds all but LEFT items done to its first POST."""
    left = min(LEFT, items // 2)
    cut(run.task / "result.ndjson", left)
    cut(run.task / ".inference/items.ndjson", left)
    with hidden(1000, 0.01) as server:
        again = client.infer(
            inputs,
            [server.url],
            run.output,
            items=items,
            processes=options.processes,
            log=f"resume-{number}",
        )
        told = server.told()
    if len(told.arrivals) != left:
        raise BenchError(f"{left} items were left, but {len(told.arrivals)} were sent")
    client.verify(again, items)
    seconds = told.arrivals[0] - again.finished.started
    say(f"  resume {number + 1}/{RESUMES}: first request after {seconds:.2f} s")
    return seconds


def run(options: Options) -> str:
    """Measure; returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    inputs = datasets.seldon_dataset(options.datasets, items)
    peaks, steadiness, rates, resumes = [], [], [], []
    halves = ""
    for number in range(runs):
        with nginx(options.folder("million", f"nginx-{number}")) as server:
            watch = Watch(server)
            output = options.folder("million", str(number))
            done = client.infer(
                inputs,
                [server.url],
                output,
                items=items,
                processes=options.processes,
                watch=watch,
            )
        client.verify(done, items)
        first, second = watch.rates(items)
        halves = f"{first:,.0f}/s, then {second:,.0f}/s"
        peaks.append(watch.peak_mb)
        steadiness.append(second / first)
        rates.append(items / done.finished.seconds)
        resumes += [
            resume(inputs, done, number * RESUMES + i, options, items) for i in range(RESUMES)
        ]
    rows = [
        Row("inference-ui infer", "items/s", rates, note="whole process, with syncs"),
        Row(
            "peak memory of all its processes",
            "MB",
            peaks,
            target=MEMORY_TARGET_MB,
            at_most=True,
            note="Pss",
        ),
        Row(
            "rate of the second half by that of the first",
            "×",
            steadiness,
            target=STEADY_TARGET,
            note=halves,
        ),
        Row(
            f"resumed with {LEFT:,} left: until the first request",
            "s",
            resumes,
            target=RESUME_TARGET_S,
            at_most=True,
        ),
    ]
    return save("million", "A million items", rows, f"{items:,} files of about 1 KB to nginx.")
