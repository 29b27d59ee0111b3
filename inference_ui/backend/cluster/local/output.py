"""A replica's log as the shim writes it: raw output, bounded, with the shim's own lines between.

Lines of the shim begin with ``[shim <UTC time>]`` and hold codes, not sentences. Output is kept
byte for byte; whoever reads it has to cope with anything.
"""

from __future__ import annotations

import os
import time

from inference_ui.backend.cluster.local.files import LOG, OLD_LOG

LIMIT = 8 << 20
"""Bytes per file; there are two, so a log never takes more than twice this."""

_CHUNK = 1 << 16


class Output:
    """Reads the pipe that all output of the child and its descendants goes into."""

    def __init__(self, folder: str, limit: int = LIMIT) -> None:
        self._path, self._old = f"{folder}/{LOG}", f"{folder}/{OLD_LOG}"
        self._limit = limit
        self._fresh_line = True
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self._log, self._size = self._open()

    def pump(self) -> bool:
        """Move what is in the pipe to the log; tell whether there was anything."""
        try:
            data = os.read(self.reading, _CHUNK)
        except BlockingIOError:
            return False
        self._write(data)
        return bool(data)

    def note(self, text: str) -> None:
        """Write a line of the shim's own."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        start = "" if self._fresh_line else "\n"
        self._write(f"{start}[shim {now}] {text}\n".encode())

    def drain(self) -> None:
        """Take what is left in the pipe once all who could write are dead."""
        while self.pump():
            pass

    def close(self) -> None:
        """Let go of the pipe and the log."""
        for handle in (self.reading, self.writing, self._log):
            os.close(handle)

    def _write(self, data: bytes) -> None:
        if not data:
            return
        self._fresh_line = data.endswith(b"\n")
        try:
            if self._size + len(data) > self._limit:
                self._rotate()
            os.write(self._log, data)
        except OSError:
            # A full disk must not stop a server that works: its output is lost until there is
            # room again, and the pipe goes on being emptied.
            return
        self._size += len(data)

    def _rotate(self) -> None:
        if os.path.exists(self._path):
            os.replace(self._path, self._old)
        full, (self._log, self._size) = self._log, self._open()
        os.close(full)

    def _open(self) -> tuple[int, int]:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return handle, os.fstat(handle).st_size
