"""The table: one row a measured thing, kept as JSON and written for people as Markdown.

A scenario that ran replaces its own rows; those of other scenarios stay as they were.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


@dataclass
class Row:
    """One line of the table. `target` is a bound of `ratio`, or of the median where no ratio is."""

    what: str
    unit: str
    values: list[float]
    ratio: float | None = None
    ratio_of: str = ""
    target: float | None = None
    at_most: bool = False
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The middle one of the measured values."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None without one."""
        if self.target is None:
            return None
        value = self.median if self.ratio is None else self.ratio
        return value <= self.target if self.at_most else value >= self.target


def paired(values: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios within each round: what disturbs a round disturbs both."""
    return statistics.median(a / b for a, b in zip(values, others, strict=True))


def processor() -> str:
    """The name of the machine's processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((x.split(": ")[1] for x in lines if x.startswith("model name")), platform.machine())


def save(
    scenario: str, title: str, rows: Sequence[Row], context: str, folder: Path = FOLDER
) -> str:
    """Put a scenario's rows into results.json and results.md; returns its part of the table."""
    file = folder / "results.json"
    results: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {}
    kernel = ".".join(platform.release().split(".")[:2])
    results[scenario] = {
        "title": title,
        "context": context,
        "measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{processor()}, {os.cpu_count()} cores, Linux {kernel}",
        "rows": [{**asdict(row), "median": row.median, "met": row.met} for row in rows],
    }
    file.write_text(json.dumps(results, indent=1) + "\n")
    parts = [section(results[name]) for name in sorted(results)]
    head = "# Results\n\nWritten by `make bench`; README.md here says how to read it.\n\n"
    (folder / "results.md").write_text(head + "\n".join(parts))
    return section(results[scenario])


def section(result: dict[str, Any]) -> str:
    """A scenario's rows as Markdown."""
    lines = [
        f"## {result['title']}",
        "",
        result["context"],
        "",
        f"{result['measured_at']}, {result['machine']}.",
        "",
        "| what | median | lowest–highest | runs | ratio | target | met | note |",
        "|---|--:|--:|--:|--:|--:|:-:|---|",
        *(_line(row) for row in result["rows"]),
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    low, high = min(row["values"]), max(row["values"])
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}× {row['ratio_of']}".strip()
    target = ""
    if row["target"] is not None:
        sign = "≤" if row["at_most"] else "≥"
        unit = f" {row['unit']}" if row["ratio"] is None else "×"
        target = f"{sign} {row['target']:g}{unit}"
    met = {True: "yes", False: "no", None: ""}[row["met"]]
    cells = [
        row["what"],
        f"{_number(row['median'])} {row['unit']}",
        f"{_number(low)}–{_number(high)}",
        str(len(row["values"])),
        ratio,
        target,
        met,
        row["note"],
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}"
