"""One web server for each data folder: a lock that dies with its holder, and says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import psutil

from inference_ui.backend.errors import CannotStart, Conflict

NAME = "server.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The server that holds a data folder. ``started`` tells its process from a later one that got
    the same ``pid``; ``since`` is an ISO time."""

    pid: int
    started: float
    address: str
    since: str

    def process(self) -> psutil.Process | None:
        """Return the holder's process while it lives."""
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.started) < 0.01 else None
        except psutil.NoSuchProcess:
            return None


class DataLock:
    """Holds a data folder until it is released or the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock of ``folder``, which is made when it is not there.

        Raises :class:`Conflict` naming the holder (ALREADY_RUNNING), or :class:`CannotStart` when
        the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: TextIO = (folder / NAME).open("a+", encoding="utf-8")
        except OSError as error:
            raise CannotStart(
                "DATA_FOLDER_UNUSABLE", folder=str(folder), error=error.strerror
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise _taken(folder) from error

    def write(self, address: str) -> None:
        """Say who holds the folder, for those who come later."""
        holder = Holder(
            pid=os.getpid(),
            started=psutil.Process().create_time(),
            address=address,
            since=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._file.seek(0)
        self._file.truncate()
        json.dump(asdict(holder), self._file)
        self._file.flush()

    def release(self) -> None:
        """Give the folder back."""
        self._file.seek(0)
        self._file.truncate()
        self._file.close()


def holder(folder: Path) -> Holder | None:
    """Return who holds ``folder`` now, or None."""
    try:
        with (folder / NAME).open(encoding="utf-8") as file:
            found = Holder(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.process() else None


def _taken(folder: Path) -> Conflict:
    found = holder(folder)
    if found is None:  # it holds the lock and has not said more yet
        return Conflict("DATA_FOLDER_BUSY", folder=str(folder))
    return Conflict(
        "ALREADY_RUNNING",
        folder=str(folder), pid=found.pid, address=found.address, since=found.since,
    )  # fmt: skip
