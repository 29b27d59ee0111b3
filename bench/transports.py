"""Transports: what each HTTP client would cost the data path, without files."""

import json
from pathlib import Path

from bench.harness import TOOLS, Contestant, Options, Turn, alternate, run_process, say
from bench.nginx import nginx
from bench.report import Row, save
from bench.throughput import PREDICT
from bench.wrk import wrk

ITEMS = 20_000
RUNS = 7
CLIENTS = {
    "httptools": ("httptools `asyncio.Protocol`, uvloop", 1),
    "pycurl": ("pycurl, multi", 1),
    "pyreqwest": ("pyreqwest, uvloop", 1),
    "aiohttp": ("aiohttp, uvloop", 1),
    "urllib3": ("urllib3, 32 threads", 10),
    "httpx": ("httpx, uvloop", 20),
}
"""By package: what is measured, and by how much its requests are fewer."""
FILE = Path(__file__).resolve().parent / "transports.md"


def run(options: Options) -> str:
    """Measure; writes transports.md besides and returns the table."""
    items, runs = options.items or ITEMS, options.runs or RUNS
    about: dict[str, dict[str, str]] = {}
    with nginx(options.folder("transports", "nginx")) as server:

        def measure(name: str, number: int) -> Turn:
            count = max(64, items // CLIENTS[name][1])
            command: list[str | Path] = [TOOLS, "-m", "bench.transport_clients", name]
            command += [server.url + PREDICT, str(count)]
            log = options.folder("transports", f"{name}-{number}.log")
            answer = json.loads(run_process(command, log=log).output)
            about[name] = {"version": answer["version"], "license": answer["license"]}
            return Turn(count / answer["seconds"], answer["cpu_us"])

        everyone = [
            Contestant(text, lambda number, name=name: measure(name, number))  # type: ignore[misc]
            for name, (text, _) in CLIENTS.items()
        ]
        url = server.url + PREDICT

        def most(number: int) -> Turn:
            folder = options.folder("transports", f"wrk-{number}")
            return Turn(wrk(url, folder, connections=32, seconds=2).rate, 0)

        ceiling = Contestant("wrk", most)
        say(f"transports: {items:,} requests, {runs} runs")
        alternate([*everyone, ceiling], runs)

    rows = []
    for contestant, name in zip(everyone, CLIENTS, strict=True):
        details = {**about[name], "cpu_us": contestant.cpu_us}
        note = f"{contestant.cpu_us:,.0f} µs CPU a request; {', '.join(about[name].values())}"
        rows.append(
            Row(contestant.name, "requests/s", contestant.rates, note=note, details=details)
        )
    rows.append(Row("wrk", "requests/s", ceiling.rates, note="the ceiling"))
    context = (
        "POST 1 KB, 943 bytes answered by nginx, 32 in flight over kept connections, no files; "
        f"{items:,} requests, {items // 10:,} for urllib3 and {items // 20:,} for httpx. CPU is "
        "the client's, user and system."
    )
    text = save("transports", "HTTP clients for the data path", rows, context)
    FILE.write_text(page(rows, context))
    return text


def page(rows: list[Row], context: str) -> str:
    """The table by itself."""
    lines = [
        "# HTTP clients for the data path",
        "",
        "Written by `make bench ARGS=transports`.",
        "",
        context,
        "",
        "| client | requests/s | CPU µs a request | version | licence |",
        "|---|--:|--:|---|---|",
    ]
    for row in rows:
        cpu = f"{row.details['cpu_us']:,.0f}" if row.details else ""
        about = f"{row.details.get('version', '')} | {row.details.get('license', '')}"
        lines.append(f"| {row.what} | {row.median:,.0f} | {cpu} | {about} |")
    return "\n".join(lines) + "\n"
