"""wrk, the ceiling: what a server gives to a client in C that reads and writes no files."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.datasets import seldon_body
from bench.harness import BenchError

SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [=[{body}]=]
"""


@dataclass(frozen=True)
class Ceiling:
    """What wrk saw."""

    rate: float
    average_ms: float


def wrk(url: str, folder: Path, *, connections: int, seconds: int = 5) -> Ceiling:
    """POST the same body over so many connections for so long; raises BenchError on any error."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "post.lua"
    script.write_text(SCRIPT.format(body=seldon_body(0).decode()))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    latency = re.search(r"Latency\s+([\d.]+)(us|ms|s)", text)
    if not rate or not latency or "Non-2xx" in text or "Socket errors" in text:
        raise BenchError(f"wrk failed: {text}")
    scale = {"us": 0.001, "ms": 1, "s": 1000}[latency[2]]
    return Ceiling(float(rate[1]), float(latency[1]) * scale)
