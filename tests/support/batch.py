"""Running the batch client as a process on a small dataset, and reading what it left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from inference_ui.backend.records import (
    JOURNAL,
    PROGRESS,
    SIDECAR,
    SUMMARY,
    BatchJob,
    Progress,
    Summary,
    read_record,
)

_started: list[subprocess.Popen[str]] = []

REQUEST = b'{"strData": "%d",\n  "twice":  1.50}\n'


def make_dataset(folder: Path, count: int, per_folder: int = 50) -> Path:
    """Write ``count`` requests into nested folders, each with bytes of its own."""
    for index in range(count):
        inner = folder / f"part{index // per_folder:03d}" / "requests"
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"{index:05d}.json").write_bytes(REQUEST % index)
    return folder


@dataclass
class Ended:
    """How a client ended."""

    code: int
    out: str
    err: str


class BatchRun:
    """One output folder and the clients that write into it, one after the other."""

    def __init__(self, folder: Path, dataset: Path, url: str = "", **job: Any) -> None:
        self.folder = folder
        self.dataset = dataset
        self.output = folder / "output"
        self._discovery: tuple[str, ...] = ()
        self.job = BatchJob(
            dataset=str(dataset),
            output=str(self.output),
            endpoints=(url,) if url else (),
            **({"service_type": "SELDON"} | job),
        )
        self._process: subprocess.Popen[str] | None = None

    def change(self, **job: Any) -> None:
        """Change the job for the clients that are started from now on."""
        self.job = msgspec.structs.replace(self.job, **job)

    def find_servers_in(self, folder: Path) -> None:
        """Give no endpoints but a folder to look for them."""
        folder.mkdir(exist_ok=True)
        self._discovery = ("--endpoints", str(folder))
        self.change(endpoints=())

    def find_servers_of(self, service: str) -> None:
        """Give no endpoints but a Service of Kubernetes to look for them."""
        self._discovery = ("--endpoint-slices", service)
        self.change(endpoints=())

    def start(self, under: Sequence[str] = (), **options: Any) -> subprocess.Popen[str]:
        """Start a client, ``under`` another program if one is named."""
        job = self.folder / "job.json"
        job.write_bytes(msgspec.json.encode(self.job))
        client = ["-m", "inference_ui.backend.batch", "--job", str(job), *self._discovery]
        command = [*under, sys.executable, *client]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )
        _started.append(self._process)
        return self._process

    def wait(self, timeout_s: float = 60.0) -> Ended:
        """Wait for the client that was started."""
        assert self._process is not None
        try:
            out, err = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            out, err = self._process.communicate()
            raise AssertionError(f"the client did not end:\n{out}\n{err}") from None
        return Ended(self._process.returncode, out, err)

    def run(self, **options: Any) -> Ended:
        """Start a client and wait for it."""
        self.start(**options)
        return self.wait()

    @property
    def is_over(self) -> bool:
        """Whether the client that was started last has ended."""
        assert self._process is not None
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        """The client that was started last."""
        assert self._process is not None
        return self._process.pid

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send the client a signal."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    @property
    def lines(self) -> list[dict[str, str]]:
        """The journal's lines; each must be whole."""
        return [json.loads(line) for line in (self.output / JOURNAL).read_bytes().splitlines()]

    @property
    def whole_lines(self) -> list[bytes]:
        """The journal's lines that end with a newline, as they are; none while it is not there."""
        journal = self.output / JOURNAL
        return journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []

    @property
    def by_name(self) -> dict[str, dict[str, str]]:
        """The journal's lines by the names of their inputs; each input must have one."""
        root = self.job.source_root
        lines = self.lines
        named = {line["source"].removeprefix(root): line for line in lines}
        assert len(named) == len(lines), "an input has more than one line"
        return named

    @property
    def sidecar(self) -> list[dict[str, Any]]:
        """The sidecar's lines."""
        return [json.loads(line) for line in (self.output / SIDECAR).read_bytes().splitlines()]

    @property
    def summary(self) -> Summary:
        """The summary, which must be there."""
        summary = read_record(self.output / SUMMARY, Summary)
        assert summary is not None
        return summary

    @property
    def progress(self) -> Progress | None:
        """How far it says it is."""
        return read_record(self.output / PROGRESS, Progress)

    @property
    def line_count(self) -> int:
        """How many lines the journal has by now."""
        return len(self.whole_lines)

    def result(self, name: str) -> bytes:
        """The result of an input."""
        return (self.output / "result" / f"{name}_result.json").read_bytes()

    def check_complete(self, names: set[str]) -> None:
        """Assert one line for each input, beside its sidecar line, and a whole result for each
        that succeeded, which holds what was sent."""
        named = self.by_name
        assert named.keys() == names
        assert [line["source"] for line in self.sidecar] == [line["source"] for line in self.lines]
        for name, line in named.items():
            if line["status"] == "SUCCEEDED":
                assert line["resultLocation"] == f"result/{name}_result.json"
                answer = json.loads(self.result(name))
                assert answer["echo"].encode() == (self.dataset / name).read_bytes()


def kill_clients() -> None:
    """Kill the clients that a test left running, which is when it failed."""
    while _started:
        process = _started.pop()
        if process.poll() is None:
            process.kill()
            process.communicate()


def names_in(dataset: Path) -> set[str]:
    """The names of all requests below a folder."""
    return {path.relative_to(dataset).as_posix() for path in dataset.rglob("*.json")}
