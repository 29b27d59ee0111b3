"""Killing a client (-9) and looking after what it leaves behind."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable

import psutil

from tests.support.batch import BatchRun
from tests.support.waiting import wait_for

DEATH_S = 5.0
"""Within this time the processes of a killed client must be gone."""

REFUSED = "error: another batch client is writing into "


def processes_of(run: BatchRun) -> list[psutil.Process]:
    """Return every process that works on the job: those that name it, and their children."""
    job = str(run.folder / "job.json")
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if job in process.cmdline():
                family = [process, *process.children(recursive=True)]
                found.update((member.pid, member) for member in family)
        except psutil.Error:
            continue
    return list(found.values())


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs: not ended, not waiting to be reaped, not another of its number."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill_and_go_on(run: BatchRun, before_next: Callable[[], None] | None = None) -> None:
    """Kill the client's main process, start another at once, and see that it is let in as soon as
    what the first left behind has died by itself, which must be soon."""
    members = processes_of(run)
    assert members, "the client ended before it was killed"
    run.kill(signal.SIGKILL)
    run.wait()
    if before_next is not None:
        before_next()
    deadline = time.monotonic() + DEATH_S
    while not starts(run):
        assert time.monotonic() < deadline, "the next client is refused for too long"
    left = max(deadline - time.monotonic(), 0.1)
    wait_for(lambda: not any(map(is_alive, members)), "the killed client's processes gone", left)


def starts(run: BatchRun) -> bool:
    """Start a client; tell whether it works (or is done already) rather than refused."""
    at = time.time()
    process = run.start()

    def is_decided() -> bool:
        progress = run.progress
        return process.poll() is not None or (progress is not None and progress.updated_at > at)

    wait_for(is_decided, "the next client working or refused")
    if process.poll() in (None, 0):
        return True
    ended = run.wait()
    assert ended.err.startswith(REFUSED), ended
    return False


class Truth:
    """What the inputs of a changing dataset ever held, to check results by."""

    def __init__(self, run: BatchRun) -> None:
        self._run = run
        self._held: dict[str, set[bytes]] = defaultdict(set)
        self._checked: list[bytes] = []
        self._sources: set[str] = set()

    def put(self, name: str, content: bytes) -> None:
        """Write an input."""
        path = self._run.dataset / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._held[name].add(content)
        beside = path.with_name(f"{path.name}.new")
        beside.write_bytes(content)
        beside.replace(path)

    def check_lines(self) -> None:
        """Assert that the lines checked before stand where they stood, that no input has two, and
        that the result of each new one is whole and answers what its input holds or held."""
        lines = self._run.whole_lines
        assert lines[: len(self._checked)] == self._checked, "a line that was there is gone"
        for content in lines[len(self._checked) :]:
            line = json.loads(content)
            assert line["source"] not in self._sources, f"an input has two lines: {content!r}"
            self._sources.add(line["source"])
            if line["status"] == "SUCCEEDED":
                name = line["source"].removeprefix(self._run.job.source_root)
                echo = json.loads(self._run.result(name))["echo"].encode()
                assert echo in self._held[name], name
        self._checked = lines


def moment(chance: random.Random, longest_s: float) -> None:
    """Let some time pass, which is what makes a kill come at any moment."""
    threading.Event().wait(chance.random() * longest_s)
