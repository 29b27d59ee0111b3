"""A container: a real process of this machine, inside ``sandbox.py``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.support.server import ROOT

SANDBOX = Path(__file__).with_name("sandbox.py")
KEPT = tuple(sorted({str(ROOT), sys.prefix, sys.base_prefix}))
"""What the tests' own interpreter needs, whatever a volume is mounted over."""


@dataclass(frozen=True)
class Mount:
    """A folder or file of this machine, and where the container sees it."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Launch:
    """What is run, and in what surroundings."""

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str
    mounts: tuple[Mount, ...] = ()
    read_only: bool = False


class Container:
    """A running container, all of whose processes end with it, and with this process.

    The thread that makes it has to live until it has ended: the kernel kills it otherwise.
    """

    def __init__(self, launch: Launch, folder: Path, log: Path) -> None:
        root = folder / "root"
        root.mkdir(parents=True, exist_ok=True)
        spec = folder / "container.json"
        text = json.dumps({**asdict(launch), "root": str(root), "keep": KEPT})
        spec.write_text(text)
        spec.chmod(0o600)
        # A signal that comes before the sandbox looks for it has to wait.
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGUSR1))
        try:
            with log.open("ab") as output:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(SANDBOX), str(spec)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        self._ended = os.pidfd_open(self._process.pid)

    def fileno(self) -> int:
        """Return a descriptor that is readable once the container has ended."""
        return self._ended

    def poll(self) -> int | None:
        """Return the exit code, 128 + n after signal n; None while it runs."""
        code = self._process.poll()
        return 128 - code if code is not None and code < 0 else code

    def terminate(self) -> None:
        """Ask it to end."""
        self._tell(signal.SIGTERM)

    def kill(self) -> None:
        """End it, and all that it started."""
        self._tell(signal.SIGUSR1)

    def freeze(self) -> None:
        """Let it stand still, as what cannot be reached any more does for those who wait for it."""
        self._tell_inside(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._tell_inside(signal.SIGCONT)

    def close(self) -> None:
        """Kill it if it still runs, and wait until nothing of it is left."""
        self.kill()
        self._process.wait()
        os.close(self._ended)

    def _tell(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def _tell_inside(self, number: signal.Signals) -> None:
        with suppress(psutil.NoSuchProcess):
            for one in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(number)
