"""A program on a terminal, as a person has it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import termios
import threading
from collections.abc import Sequence

_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class OnTerminal:
    """Runs a command on a terminal of ``columns``; ``text`` is what it wrote so far."""

    def __init__(self, command: Sequence[str], columns: int = 100) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        # A session of its own with this terminal, so that Ctrl-C reaches all of its processes.
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command], stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self._written: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        """Everything that was written, without control sequences; carriage returns stay."""
        return _CONTROL.sub("", b"".join(self._written).decode())

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def wait(self, timeout_s: float = 60.0) -> int:
        """Wait for the end; return the exit code."""
        code = self._process.wait(timeout_s)
        self._reader.join(10)
        return code

    def close(self) -> None:
        """Kill what still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join(10)
        os.close(self._master)

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self._master, 65536)
            except OSError:  # Linux's way to say that nobody has the other end any more
                return
            if not part:
                return
            self._written.append(part)
