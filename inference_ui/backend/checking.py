"""The check of a dataset, a program of its own: ``python -m inference_ui.backend.checking``.

It walks all files of a folder, reads each JSON file as the batch client will, and looks at the head
of each picture; nothing is decoded. How far it is stands in a small file, replaced at most twice a
second, so that it outlives the web server. ``RUN`` is a folder of its own:

    progress.json   how far it is, and in the end what was found (``records.CheckProgress``)
    lock            held while it runs
    cancel          appears when it is to end
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from inference_ui.backend import imaging
from inference_ui.backend.batch import failures
from inference_ui.backend.batch.checks import json_fault
from inference_ui.backend.records import (
    CHECK_CANCEL,
    CHECK_LOCK,
    CHECK_PROGRESS,
    IMAGE_SUFFIXES,
    CheckProgress,
    CheckState,
    FoundBad,
    write_record,
)

FIRST_BAD = 50
"""Bad files that are told one by one."""
REPLACED_S = 0.5

_FAULTS = {
    failures.EMPTY: "CHECK_EMPTY",
    failures.NOT_UTF8: "CHECK_NOT_UTF8",
    failures.NOT_JSON: "CHECK_NOT_JSON",
    failures.TOO_DEEP: "CHECK_TOO_DEEP",
}
_LARGEST = 1 << 30
"""Bytes of the largest input that the batch client takes."""
_PART = 1 << 18
_HEAD = 1 << 16
"""Bytes of a picture's file that are looked at first: most headers end before."""
_NICE = 10
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

Entry = os.DirEntry[bytes]


class Check:
    """One walk over a dataset. :meth:`run` returns what was found."""

    def __init__(self, dataset: Path, run: Path) -> None:
        self._root = os.fsencode(os.path.realpath(dataset))
        self._run = run
        self._cancel = run / CHECK_CANCEL
        self._images = tuple(suffix.encode() for suffix in sorted(IMAGE_SUFFIXES))
        self._started = time.time()
        self._due = 0.0
        self._files = self._bytes = self._bad = 0
        self._json = self._json_valid = self._pictures = self._pictures_valid = 0
        self._first: list[FoundBad] = []

    def run(self) -> CheckProgress:
        """Check everything, unless it is cancelled meanwhile."""
        for entry in self._entries():
            self._check(entry)
            if not self._files & 63 and not self._go_on():
                return self._progress(CheckState.CANCELLED)
        return self._progress(CheckState.DONE)

    def _go_on(self) -> bool:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + REPLACED_S
            write_record(self._run / CHECK_PROGRESS, self._progress(CheckState.RUNNING))
        return not self._cancel.exists()

    def _entries(self) -> Iterator[Entry]:
        """Yield all that is no folder, folder by folder, by name. Links to folders are not
        followed: what lies in the dataset is found under its own name."""
        pending = [self._root]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self._tell(folder, "CHECK_UNREADABLE", error=error.strerror or str(error))
                continue
            pending.extend(
                entry.path for entry in reversed(found) if entry.is_dir(follow_symlinks=False)
            )
            yield from (entry for entry in found if not entry.is_dir(follow_symlinks=False))

    def _check(self, entry: Entry) -> None:
        name = entry.name.lower()
        is_json = name.endswith(b".json")
        is_picture = not is_json and name.endswith(self._images)
        self._files += 1
        self._json += is_json
        self._pictures += is_picture
        try:
            path = self._real(entry)
            if is_json:
                self._json_valid += self._check_json(entry, path)
            elif is_picture:
                self._pictures_valid += self._check_picture(entry, path)
            else:
                self._bytes += os.stat(path).st_size  # noqa: PTH116 - for every file
        except OSError as error:
            self._tell(entry.path, "CHECK_UNREADABLE", error=error.strerror or str(error))
        except _Wrong as wrong:
            self._tell(entry.path, wrong.code)

    def _real(self, entry: Entry) -> bytes:
        if not entry.is_symlink():
            return entry.path
        path = os.path.realpath(entry.path)
        if path != self._root and not path.startswith(self._root + b"/"):
            raise _Wrong("CHECK_LINK_OUT")
        if not os.path.exists(path):  # noqa: PTH110
            raise _Wrong("CHECK_LINK_DANGLES")
        return path

    def _check_json(self, entry: Entry, path: bytes) -> bool:
        content = self._read(path, _LARGEST)
        fault = json_fault(content)
        if fault is not None:
            self._tell(entry.path, _FAULTS[fault])
        return fault is None

    def _check_picture(self, entry: Entry, path: bytes) -> bool:
        head = self._read(path, _HEAD, whole=False)
        try:
            imaging.inspect(head)
        except imaging.BadPicture:
            try:
                imaging.inspect(self._read(path, _LARGEST, counted=False))
            except imaging.BadPicture:
                code = "CHECK_PICTURE" if head else "CHECK_EMPTY"
                self._tell(entry.path, code)
                return False
        return True

    def _read(self, path: bytes, most: int, *, whole: bool = True, counted: bool = True) -> bytes:
        descriptor = os.open(path, _FLAGS)
        try:
            content = os.read(descriptor, min(_PART, most))
            if len(content) == _PART or not whole:
                size = os.fstat(descriptor).st_size
                if whole and size > most:
                    raise _Wrong("CHECK_TOO_LARGE")
                self._bytes += size if counted else 0
                parts = [content]
                while whole and (part := os.read(descriptor, _PART)):
                    parts.append(part)
                return b"".join(parts)
            self._bytes += len(content) if counted else 0
            return content
        finally:
            os.close(descriptor)

    def _tell(self, path: bytes, code: str, **args: str) -> None:
        self._bad += 1
        if len(self._first) < FIRST_BAD:
            relative = path[len(self._root) + 1 :].decode("utf-8", "backslashreplace")
            self._first.append(FoundBad(relative, code, args))

    def _progress(self, state: CheckState) -> CheckProgress:
        now = time.time()
        return CheckProgress(
            state=state,
            pid=os.getpid(),
            started_at=self._started,
            updated_at=now,
            seconds=round(now - self._started, 3),
            files=self._files,
            bytes=self._bytes,
            json_files=self._json,
            json_valid=self._json_valid,
            images=self._pictures,
            images_valid=self._pictures_valid,
            bad=self._bad,
            first_bad=tuple(self._first),
        )


class _Wrong(Exception):
    """A file is wanting, for the reason that ``code`` says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def main() -> int:
    """Check the dataset that the arguments name; 3 where another check of it runs."""
    parser = argparse.ArgumentParser(prog="python -m inference_ui.backend.checking")
    parser.add_argument("dataset", type=Path)
    parser.add_argument("run", type=Path)
    given = parser.parse_args()
    os.nice(_NICE)  # pages that people look at come first
    if not _locked(given.run / CHECK_LOCK):
        return 3
    check = Check(given.dataset, given.run)
    write_record(given.run / CHECK_PROGRESS, check.run())
    return 0


def _locked(path: Path) -> bool:
    """Take the lock until the process ends; tell whether it was to be had. Whoever only asks
    whether it is held has it for a moment."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + 1.0
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        else:
            return True


if __name__ == "__main__":
    sys.exit(main())
