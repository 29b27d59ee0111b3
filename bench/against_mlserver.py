"""Open Inference V2: against `mlserver infer`, which reads one file and writes one file."""

from pathlib import Path

from bench import client, datasets
from bench.answers import MODEL
from bench.harness import (
    REPOSITORY,
    BenchError,
    Contestant,
    Options,
    Turn,
    alternate,
    run_process,
    say,
)
from bench.nginx import nginx
from bench.report import Row, paired, save

ITEMS = 20_000
RUNS = 7
PROGRAM = REPOSITORY / ".venv-mlserver/bin/mlserver"
WORKERS = 32
TARGET = 8.0


def requests_file(inputs: Path, items: int) -> Path:
    """The dataset as MLServer wants it: one request a line."""
    file = inputs.with_suffix(".ndjson")
    if not file.exists():
        bodies = [(inputs / a / b).read_bytes() for a, b in datasets.names(items)]
        file.write_bytes(b"\n".join(bodies) + b"\n")
    return file


def mlserver(requests: Path, url: str, folder: Path, items: int) -> Turn:
    """Items a second of MLServer's own batch client."""
    folder.mkdir(parents=True)
    output = folder / "answers.ndjson"
    command: list[str | Path] = [PROGRAM, "infer", "-u", url.removeprefix("http://"), "-m", MODEL]
    command += ["-i", requests, "-o", output, "-w", str(WORKERS)]
    finished = run_process(command, log=folder / "mlserver.log")
    lines = output.read_bytes().splitlines()
    failed = sum(b'"error"' in line for line in lines)
    if len(lines) != items or failed:
        raise BenchError(f"mlserver infer: {len(lines)} of {items} answers, {failed} failed")
    return Turn.of(finished, items)


def run(options: Options) -> str:
    """Measure; returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    inputs = datasets.v2_dataset(options.datasets, items)
    requests = requests_file(inputs, items)
    with nginx(options.folder("mlserver", "nginx")) as server:

        def ours(number: int) -> Turn:
            done = client.infer(
                inputs,
                [server.url],
                options.folder("mlserver", f"ours-{number}"),
                items=items,
                model=MODEL,
                processes=options.processes,
            )
            client.verify(done, items)
            return Turn.of(done.finished, items)

        def theirs(number: int) -> Turn:
            return mlserver(requests, server.url, options.folder("mlserver", str(number)), items)

        peer = Contestant(f"mlserver infer -w {WORKERS}", theirs)
        product = Contestant("inference-ui infer", ours)
        say(f"mlserver: {items:,} items, {runs} runs")
        alternate([peer, product], runs)
    rows = [
        Row(peer.name, "items/s", peer.rates, note=f"{peer.cpu_us:,.0f} µs CPU an item"),
        Row(
            product.name,
            "items/s",
            product.rates,
            ratio=paired(product.rates, peer.rates),
            ratio_of="mlserver infer",
            target=TARGET,
            note=f"{product.cpu_us:,.0f} µs CPU an item",
        ),
    ]
    context = (
        f"{items:,} requests of Open Inference V2 to nginx, whole processes. The product reads and "
        "writes a file an item, with syncs; the other reads and writes one file."
    )
    return save("mlserver", "Open Inference V2", rows, context)
