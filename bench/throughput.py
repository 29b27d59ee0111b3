"""Throughput: files in, files out, against curl, with a server that costs almost nothing."""

from pathlib import Path

from bench import client, datasets
from bench.answers import ANSWER_BYTES
from bench.harness import (
    TOOLS,
    BenchError,
    Contestant,
    Options,
    Turn,
    alternate,
    count_files,
    run_process,
    say,
)
from bench.nginx import nginx
from bench.report import Row, paired, save
from bench.wrk import wrk

ITEMS = 100_000
SCRIPT_ITEMS = 20_000
RUNS = 7
PREDICT = "/api/v1.0/predictions"


def curl(dataset: Path, url: str, output: Path, items: int) -> Turn:
    """Items a second of curl; its configuration and folders are made before the clock starts."""
    entries = []
    made = None
    for folder, name in datasets.names(items):
        if folder != made:
            (output / folder).mkdir(parents=True)
            made = folder
        data, result = f"{dataset}/{folder}/{name}", f"{output}/{folder}/{name}"
        entries.append(f'url = "{url}"\ndata-binary = "@{data}"\noutput = "{result}"\n')
    configuration = output.with_suffix(".curl")
    configuration.write_text("next\n".join(entries))
    command: list[str | Path] = [
        "curl",
        "-q",
        "-s",
        "-Z",
        "--parallel-max",
        "32",
        "-K",
        configuration,
    ]
    finished = run_process(command, log=output.with_suffix(".log"))
    written = count_files(output)
    size = sum(e.stat().st_size for e in output.glob("0000/*"))
    if written != items or size != ANSWER_BYTES * min(items, datasets.PER_FOLDER):
        raise BenchError(f"curl wrote {written} of {items} results")
    return Turn.of(finished, items)


def ours(dataset: Path, url: str, output: Path, items: int, options: Options, *flags: str) -> Turn:
    """Items a second of the product."""
    run = client.infer(
        dataset, [url], output, items=items, options=flags, processes=options.processes
    )
    client.verify(run, items)
    return Turn.of(run.finished, items)


def script(dataset: Path, url: str, output: Path, items: int) -> Turn:
    """Items a second of the plain asyncio script."""
    output.mkdir(parents=True)
    command: list[str | Path] = [TOOLS, "-m", "bench.aiohttp_script", dataset, url, output]
    finished = run_process(command, log=output.with_suffix(".log"))
    if count_files(output) != items:
        raise BenchError(f"the script wrote {count_files(output)} of {items} results")
    return Turn.of(finished, items)


def run(options: Options) -> str:
    """Measure; returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    few = min(items, SCRIPT_ITEMS)
    inputs = datasets.seldon_dataset(options.datasets, items)
    few_inputs = datasets.seldon_dataset(options.datasets, few)
    with nginx(options.folder("throughput", "nginx")) as server:
        url = server.url

        def out(name: str, number: int) -> Path:
            return options.folder("throughput", f"{name}-{number}")

        peer = Contestant(
            "curl -Z, 32 in parallel",
            lambda n: curl(inputs, url + PREDICT, out("curl", n), items),
        )
        synced = Contestant(
            "inference-ui infer",
            lambda n: ours(inputs, url, out("synced", n), items, options),
        )
        unsynced = Contestant(
            "inference-ui infer --no-sync",
            lambda n: ours(inputs, url, out("unsynced", n), items, options, "--no-sync"),
        )
        plain = Contestant(
            f"asyncio + aiohttp script ({few:,} items)",
            lambda n: script(few_inputs, url + PREDICT, out("script", n), few),
        )
        ceiling = Contestant(
            "wrk, 32 connections, no files",
            lambda n: Turn(wrk(url + PREDICT, out("wrk", n), connections=32, seconds=2).rate, 0),
        )
        everyone = [peer, synced, unsynced, plain, ceiling]
        say(f"throughput: {items:,} items, {runs} runs")
        alternate(everyone, runs)

    def row(c: Contestant, target: float | None = None) -> Row:
        ratio = None if c is peer else paired(c.rates, peer.rates)
        note = f"{c.cpu_us:,.0f} µs CPU an item"
        return Row(c.name, "items/s", c.rates, ratio, "curl", target, note=note)

    rows = [row(peer), row(synced, 1.0), row(unsynced, 1.25), row(plain)]
    rows.append(Row(ceiling.name, "requests/s", ceiling.rates, note="the ceiling"))
    context = (
        f"{items:,} files of about 1 KB, one result file of {ANSWER_BYTES} bytes each, nginx with "
        "one worker on the same machine. Whole processes with their start-up."
    )
    return save("throughput", "Throughput", rows, context)
