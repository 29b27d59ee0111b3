"""Watching a large Kubernetes cluster: 2,000 nodes, 20,000 pods, and updates of them.

The API server is a process of its own, and so is what watches it: both caches are filled from
lists, then updates come, while timers of an event loop beside the watches' threads tell how late
they are. Looks at the nodes come in between, twice a second, as pages would ask for them.
"""

import json
import statistics
import subprocess
import sys
from typing import Any

from bench.harness import (
    REPOSITORY,
    BenchError,
    Options,
    free_port,
    run_process,
    say,
    wait_until_answers,
)
from bench.kubernetes_server import NODES
from bench.report import Row, save

PODS = 20_000
RATE = 200
SECONDS = 20
RUNS = 3
MOST_MB = 400.0
MOST_LATE_MS = 5.0


def run(options: Options) -> str:
    """Measure; return the table."""
    pods = options.items or PODS
    found: dict[str, list[float]] = {}
    for number in range(options.runs or RUNS):
        told = _measure(options, number, pods)
        for name, value in _numbers(told).items():
            found.setdefault(name, []).append(value)
        say(f"  {', '.join(f'{name} {values[-1]:.1f}' for name, values in found.items())}")
    rows = [
        Row("memory of the whole process, peak", "MB", found["peak"], target=MOST_MB, at_most=True),
        Row("… of which: both caches", "MB", found["growth"]),
        Row("until both lists are in", "s", found["filled"]),
        Row("a timer is late while updates come, p95", "ms", found["updating p95"],
            target=MOST_LATE_MS, at_most=True),
        Row("… at most", "ms", found["updating max"]),
        Row("… while the lists come, p95", "ms", found["filling p95"]),
        Row("… at most", "ms", found["filling max"], note="collections of garbage"),
        Row("… while nothing comes, p95", "ms", found["quiet p95"]),
        Row("… at most", "ms", found["quiet max"]),
        Row("CPU an update of a pod", "ms", found["cpu"], note="with all that runs beside it"),
        Row("the first look at the nodes", "ms", found["first look"]),
        Row("a look after half a second of updates", "ms", found["look"]),
        Row("until a watch has stopped", "ms", found["stopped"]),
    ]  # fmt: skip
    context = f"{NODES:,} nodes, {pods:,} pods of 8 kB, {RATE} updates a second for {SECONDS} s."
    return save("kubernetes", "Watching a large Kubernetes cluster", rows, context)


def _measure(options: Options, number: int, pods: int) -> dict[str, Any]:
    folder = options.folder("kubernetes", str(number))
    folder.mkdir()
    port = free_port()
    serve = [sys.executable, "-m", "bench.kubernetes_server", str(port), str(pods), str(RATE)]
    with subprocess.Popen(serve, cwd=REPOSITORY, stdin=subprocess.PIPE) as server:
        try:
            wait_until_answers(f"http://127.0.0.1:{port}/api/v1/nodes?limit=1")
            watch = [sys.executable, "-m", "bench.kubernetes_watcher", port, SECONDS, folder]
            log = folder / "told.json"
            told: dict[str, Any] = json.loads(
                run_process([str(one) for one in watch], log=log).output
            )
        finally:
            server.terminate()
    if (told["nodes"], told["pods"], told["ended"]) != (NODES, pods, True):
        raise BenchError(f"{told['nodes']} nodes, {told['pods']} pods, ended: {told['ended']}")
    if told["puts"] < RATE * SECONDS * 0.8 or not told["changes"]:
        raise BenchError(f"{told['puts']} updates, of which {told['changes']} changed anything")
    return told


def _numbers(told: dict[str, Any]) -> dict[str, float]:
    late = {
        f"{when} {name}": value
        for when in ("quiet", "filling", "updating")
        for name, value in (("p95", _p95(told[when])), ("max", max(told[when])))
    }
    return {
        "peak": told["peak"] / 1e6,
        "growth": (told["filled"] - told["before"]) / 1e6,
        "filled": told["filled_s"],
        **late,
        "cpu": told["cpu"] * 1000 / told["puts"],
        "first look": told["first_look"],
        "look": statistics.median(told["looks"]),
        "stopped": told["stopped_s"] * 1000,
    }


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
