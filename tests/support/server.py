"""The whole product as its command runs it: a process of its own, on a free port of loopback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from inference_ui.backend.settings import Settings
from inference_ui.web.build import ensure_built
from inference_ui.web.stop import stop
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
START_S = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its ``address``, the one-time ``link`` that it printed, its process."""

    address: str
    link: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    output: Path

    def text(self) -> str:
        """Return all that it has said so far."""
        return self.output.read_text("utf-8")


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of ``inference-ui`` in this environment."""
    return [sys.executable, "-m", "inference_ui.cli", *map(str, arguments)]


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, in English, with ``changes``."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "LANG": "en", **changes}


@contextmanager
def serving(data_dir: Path, changes: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run ``inference-ui serve`` over ``data_dir``; in the end stop it and all that it started."""
    ensure_built()
    data_dir.mkdir(parents=True, exist_ok=True)
    served = start(data_dir, changes or {})
    try:
        yield served
    finally:
        interrupt(served)
        stop(Settings(data_dir=data_dir))


def start(data_dir: Path, changes: Mapping[str, str], port: int | None = None) -> Served:
    """Start a server, on a free port unless one is given, and wait until it answers."""
    output = data_dir / "server.out"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command("serve", "--no-build", "--port", str(port or 0), "--data-dir", data_dir),
            cwd=ROOT,
            env=environment(**changes),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def link() -> str | None:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {output.read_text('utf-8')}")
        found = re.search(r"http\S+/sign-in/link\?token=\S+", output.read_text("utf-8"))
        return found.group() if found else None

    found = wait_for(link, "the server's sign-in link", START_S)
    return Served(found.split("/sign-in/", 1)[0], str(found), data_dir, process, output)


def interrupt(served: Served) -> int:
    """Press Ctrl-C, wait for the end, return the exit code."""
    if served.process.poll() is None:
        served.process.send_signal(signal.SIGINT)
    return served.process.wait(timeout=30)


def run(*arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run another command to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def signed_in(served: Served) -> Iterator[httpx.Client]:
    """A client that has used the server's one-time link."""
    with httpx.Client(base_url=served.address, timeout=30) as client:
        answer = client.get(served.link)
        assert answer.status_code == 303, answer.text
        yield client
