"""Capacity: how near the client comes to what a server can do whose limit it has to find out."""

import random

from bench import client, datasets
from bench.harness import Options, say
from bench.hidden import hidden, seconds_to_reach, share
from bench.report import Row, save
from bench.wrk import wrk

ITEMS = 5_000
RUNS = 7
CAPACITIES = (5, 60)
REACHED = 0.95
TARGETS = {50.0: 95.0, 5.0: 92.0}
"""Milliseconds a request, and the share of the ideal in per cent to reach."""


class Measured:
    """The values of one processing time, a run each."""

    def __init__(self, delay_ms: float) -> None:
        self.delay_ms = delay_ms
        self.capacities: list[int] = []
        self.wrk_rates: list[float] = []
        self.shares: list[float] = []
        self.shares_of_wrk: list[float] = []
        self.whole: list[float] = []
        self.seconds: list[float] = []
        self.latencies: list[float] = []
        self.most_waiting: list[int] = []

    def rows(self) -> list[Row]:
        """The table's lines."""
        head = f"{self.delay_ms:g} ms"
        drawn = f"C {', '.join(map(str, self.capacities))}"
        rows = [
            Row(
                f"{head}: share of C/D, at the server",
                "%",
                self.shares,
                target=TARGETS[self.delay_ms],
                note=drawn,
                details={"capacities": self.capacities, "most_waiting": self.most_waiting},
            ),
            Row(f"{head}: share of C/D, whole process", "%", self.whole, note="with its start-up"),
            Row(
                f"{head}: share of what wrk gets there",
                "%",
                self.shares_of_wrk,
                note=f"wrk: {', '.join(f'{rate:,.0f}/s' for rate in self.wrk_rates)}",
            ),
            Row(f"{head}: the client's p50 over D", "×", self.latencies, target=1.5, at_most=True),
        ]
        if self.seconds:
            note = f"runs too short for it: {len(self.capacities) - len(self.seconds)}"
            rows.append(
                Row(
                    f"{head}: until 95 % of C/D over 0.5 s",
                    "s",
                    self.seconds,
                    target=2.0,
                    at_most=True,
                    note="" if len(self.seconds) == len(self.capacities) else note,
                )
            )
        return rows


def measure(into: Measured, capacity: int, number: int, options: Options, items: int) -> None:
    """One run, after wrk has shown what the same server gives with C and with 64 connections."""
    delay = into.delay_ms
    inputs = datasets.seldon_dataset(options.datasets, items)
    name = f"{delay:g}ms-{number}"
    ceilings: list[float] = []
    for connections in (capacity, 64):
        with hidden(capacity, delay) as server:
            url = f"{server.url}/api/v1.0/predictions"
            folder = options.folder("capacity", f"wrk-{name}-{connections}-{len(ceilings)}")
            ceilings.append(wrk(url, folder, connections=connections, seconds=2).rate)
    with hidden(capacity, delay) as server:
        output = options.folder("capacity", name)
        run = client.infer(inputs, [server.url], output, items=items, processes=options.processes)
        told = server.told()
    client.verify(run, items)
    ideal = server.ideal
    reached = seconds_to_reach([told], REACHED * ideal)
    if reached is None and items / ideal > 2:
        reached = told.answers[-1] - told.arrivals[0]
    into.capacities.append(capacity)
    into.wrk_rates.append(max(ceilings))
    into.shares.append(100 * share([told], ideal))
    into.shares_of_wrk.append(100 * share([told], min(ideal, max(ceilings))))
    into.whole.append(100 * items / run.finished.seconds / ideal)
    into.latencies.append(run.summary["p50_ms"] / delay)
    into.most_waiting.append(told.most_waiting)
    if reached is not None:
        into.seconds.append(reached)
    say(
        f"  {delay:g} ms, C {capacity}: {into.shares[-1]:.1f} % of {ideal:,.0f}/s"
        f" (wrk {max(ceilings):,.0f}/s), at most {told.most_waiting} in flight"
    )


def run(options: Options) -> str:
    """Measure; returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    drawn = random.Random(options.seed)  # noqa: S311 - a draw that can be repeated
    measured = [Measured(delay) for delay in TARGETS]
    say(f"capacity: {items:,} items, {runs} runs, seed {options.seed}")
    for number in range(runs):
        capacity = drawn.randint(*CAPACITIES)
        for each in measured:
            measure(each, capacity, number, options, items)
    context = (
        f"{items:,} items; the server processes at most C requests at a time, each for D ms, and "
        f"queues the rest. C is drawn for each run, with seed {options.seed}."
    )
    rows = [row for each in measured for row in each.rows()]
    return save("capacity", "Hidden capacity", rows, context)
