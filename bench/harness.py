"""Run contestants in turn, each time in a fresh folder, and time whole processes.

Nothing is deleted between runs: on ext4, creating files soon after deleting many is 3 to 15 times
slower. Before a run everything written so far is synced, so that no contestant pays for another.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TOOLS = REPOSITORY / ".venv-bench/bin/python"


class BenchError(Exception):
    """A contestant did not do its work: its number would mean nothing."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for; None means the scenario's own default."""

    work: Path
    datasets: Path
    runs: int | None = None
    items: int | None = None
    seed: int = 1
    processes: int | None = None

    def folder(self, *parts: str) -> Path:
        """A folder of this run that does not exist yet, except for its parents."""
        path = self.work.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise BenchError(f"{path} exists already")
        return path


@dataclass(frozen=True)
class Finished:
    """A whole process: wall time with its start, and CPU of it and its children."""

    seconds: float
    cpu_seconds: float
    output: str
    started: float
    """On time.monotonic's clock, which all processes of the machine share."""


def run_process(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path = REPOSITORY,
    watch: Callable[[int], None] | None = None,
) -> Finished:
    """Run a program to its end; what it prints goes to files, so that no pipe slows it.

    `watch` is called with the process's id twice a second. Raises BenchError on an exit code.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    os.sync()
    errors = log.with_suffix(".err")
    with log.open("wb") as out, errors.open("wb") as err:
        started = time.monotonic()
        process = subprocess.Popen([str(c) for c in command], cwd=cwd, stdout=out, stderr=err)
        try:
            code, usage = _wait(process.pid, watch)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        seconds = time.monotonic() - started
        process.returncode = code
    if code != 0:
        tail = errors.read_text(errors="replace")[-2000:] or log.read_text(errors="replace")[-2000:]
        raise BenchError(f"{Path(command[0]).name} exited with {code}: {tail}")
    return Finished(
        seconds, usage.ru_utime + usage.ru_stime, log.read_text(errors="replace"), started
    )


def _wait(pid: int, watch: Callable[[int], None] | None) -> tuple[int, resource.struct_rusage]:
    while watch is not None:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), usage
        watch(pid)
        time.sleep(0.5)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage


@dataclass(frozen=True)
class Turn:
    """How one run went: items a second, and microseconds of CPU an item."""

    rate: float
    cpu_us: float

    @classmethod
    def of(cls, finished: Finished, items: int) -> "Turn":
        """The turn of a whole process."""
        return cls(items / finished.seconds, finished.cpu_seconds / items * 1e6)


@dataclass
class Contestant:
    """Somebody who does the work once a round, in a folder of their own; `run` gets its number."""

    name: str
    run: Callable[[int], Turn]
    turns: list[Turn] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        """Items a second of each round."""
        return [turn.rate for turn in self.turns]

    @property
    def cpu_us(self) -> float:
        """The median of CPU an item, in microseconds."""
        return statistics.median(turn.cpu_us for turn in self.turns)


def alternate(contestants: Sequence[Contestant], runs: int) -> None:
    """Let all run once a round, and begin each round with another one."""
    for number in range(runs):
        first = number % len(contestants)
        for contestant in [*contestants[first:], *contestants[:first]]:
            turn = contestant.run(number)
            contestant.turns.append(turn)
            say(f"  round {number + 1}/{runs}  {contestant.name}: {turn.rate:,.0f}")


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def free_port() -> int:
    """A port of the loopback that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_answers(url: str, seconds: float = 10) -> None:
    """Wait for a 200 of `url`; raises BenchError when none came in time."""
    import httpx

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise BenchError(f"{url} did not answer")


def count_files(folder: Path) -> int:
    """How many files lie under a folder, at any depth."""
    total = 0
    for entry in os.scandir(folder):
        total += count_files(Path(entry.path)) if entry.is_dir() else 1
    return total
