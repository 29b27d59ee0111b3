"""Replicas: four servers with hidden capacities, one of them three times as slow."""

from contextlib import ExitStack

from bench import client, datasets
from bench.harness import Options, say
from bench.hidden import hidden, share
from bench.report import Row, save

ITEMS = 5_000
RUNS = 7
CAPACITY = 8
DELAYS_MS = (50.0, 50.0, 50.0, 150.0)
TARGET = 92.0


def run(options: Options) -> str:
    """Measure; returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    inputs = datasets.seldon_dataset(options.datasets, items)
    shares, whole, counts = [], [], []
    for number in range(runs):
        with ExitStack() as stack:
            servers = [stack.enter_context(hidden(CAPACITY, delay)) for delay in DELAYS_MS]
            urls = [server.url for server in servers]
            output = options.folder("replicas", str(number))
            done = client.infer(inputs, urls, output, items=items, processes=options.processes)
            told = [server.told() for server in servers]
        client.verify(done, items)
        ideal = sum(server.ideal for server in servers)
        shares.append(100 * share(told, ideal))
        whole.append(100 * items / done.finished.seconds / ideal)
        counts.append([len(each.answers) for each in told])
        say(f"  run {number + 1}/{runs}: {shares[-1]:.1f} % of {ideal:.0f}/s, {counts[-1]}")
    note = f"answers by server in the last run: {', '.join(map(str, counts[-1]))}"
    rows = [
        Row(
            "share of the sum of the ideals, at the servers",
            "%",
            shares,
            target=TARGET,
            note=note,
            details={"answers": counts},
        ),
        Row("share of the sum of the ideals, whole process", "%", whole, note="with its start-up"),
    ]
    context = (
        f"{items:,} items; four servers that process {CAPACITY} requests at a time each, three of "
        "them in 50 ms and one in 150 ms."
    )
    return save("replicas", "Replicas", rows, context)
