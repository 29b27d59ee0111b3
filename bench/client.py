"""The product's batch client as a contestant: its command line and what it leaves behind."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.harness import REPOSITORY, BenchError, Finished, count_files, run_process

PROGRAM = REPOSITORY / ".venv/bin/inference-ui"
NAME = "task"


@dataclass(frozen=True)
class Inferred:
    """A run of the batch client."""

    finished: Finished
    output: Path
    summary: dict[str, Any]

    @property
    def task(self) -> Path:
        """The folder of the run's results."""
        return self.output / NAME


def infer(
    dataset: Path,
    urls: Sequence[str],
    output: Path,
    *,
    items: int,
    model: str | None = None,
    options: Sequence[str] = (),
    processes: int | None = None,
    watch: Callable[[int], None] | None = None,
    log: str = "client",
) -> Inferred:
    """Run the client over a dataset; raises BenchError unless every item succeeded."""
    command: list[str | Path] = [PROGRAM, "infer", dataset]
    for url in urls:
        command += ["--url", url]
    command += ["--type", "open-inference-v2" if model else "seldon"]
    command += ["--model", model] if model else []
    command += ["--output", output, "--name", NAME, *options]
    command += ["--processes", str(processes)] if processes else []
    output.mkdir(parents=True, exist_ok=True)
    finished = run_process(command, log=output / f"{log}.log", watch=watch)
    summary = json.loads((output / NAME / ".inference/summary.json").read_bytes())
    if summary["succeeded"] != items:
        raise BenchError(f"{summary['succeeded']} of {items} items succeeded: {summary}")
    return Inferred(finished, output, summary)


def verify(run: Inferred, items: int) -> None:
    """Raise BenchError unless a result file and a line of the journal exist for every item."""
    files = count_files(run.task / "result")
    with (run.task / "result.ndjson").open("rb") as journal:
        lines = sum(block.count(b"\n") for block in iter(lambda: journal.read(1 << 20), b""))
    if files != items or lines != items:
        raise BenchError(f"{items} items, but {files} result files and {lines} lines")
