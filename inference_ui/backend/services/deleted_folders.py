"""Output folders of deleted tasks: out of the way at once, then removed piece by piece.

A folder is first renamed to ``.deleted/<task id>`` on its own volume, in one step: from then on its
name is free, and what is left of it is found again after any crash. Nothing here follows a link, or
goes into another file system that is mounted below; what is removed is unlinked below an open
folder, so nobody can slip another path in between. No folder is ever listed as a whole.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from inference_ui.backend.errors import Message

FOLDER = ".deleted"
"""The folder of a volume that holds what is to be removed from it."""

_DEEP = 40
"""Folders below this depth are moved up before they are emptied: each level holds two open files.
"""

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FINAL = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def take_away(folder: Path, task_id: str) -> Message | None:
    """Rename a task's output folder out of the way; say why it was left where it is, or None.

    Doing it twice is doing it once. :func:`settle` makes sure that it outlasts a loss of power.
    """
    try:
        with _opened(folder.parent) as volume:
            try:
                kind = os.stat(folder.name, dir_fd=volume, follow_symlinks=False).st_mode
            except FileNotFoundError:
                moved = Path(folder.parent, FOLDER, task_id)
                return None if os.path.lexists(moved) else _missing(folder)
            if not stat.S_ISDIR(kind):
                return Message("OUTPUT_NOT_A_FOLDER", {"folder": str(folder)})
            with suppress(FileExistsError):
                os.mkdir(FOLDER, dir_fd=volume)
            with _opened(FOLDER, volume) as deleted:
                os.rename(folder.name, task_id, src_dir_fd=volume, dst_dir_fd=deleted)
    except FileNotFoundError:
        return _missing(folder)
    except OSError as error:
        return Message("OUTPUT_NOT_MOVED", {"folder": str(folder), "error": error.strerror})
    return None


def settle(volume: Path) -> None:
    """Write to the disk what was taken away on a volume. Raises :class:`OSError`."""
    with _opened(volume) as root:
        with _opened(FOLDER, root) as deleted:
            os.fsync(deleted)
        os.fsync(root)


def tidy(volume: Path) -> None:
    """Remove the folder that held what was to be removed, if nothing is left in it."""
    with suppress(OSError):
        Path(volume, FOLDER).rmdir()


class Clearing:
    """Removes one folder that was taken away, a piece at each call. ``files`` and ``bytes`` are
    what was removed; ``left`` entries cannot be removed, for ``error``."""

    def __init__(self, volume: Path, task_id: str) -> None:
        self.files = self.bytes = self.left = 0
        self.error: OSError | None = None
        self._place = Path(volume, FOLDER, task_id)
        self._removed = 0
        self._device = 0
        self._top = -1
        self._work = self._all()

    @property
    def final(self) -> bool:
        """Whether it is of no use to try again what failed."""
        return self.error is None or self.error.errno in _FINAL

    @property
    def problem(self) -> Message | None:
        """Say what is left, and why; None when nothing is."""
        if self.error is None:
            return None
        return Message(
            "OUTPUT_NOT_REMOVED",
            {"left": self.left, "folder": str(self._place), "error": self.error.strerror},
        )

    def go_on(self, until: float) -> bool:
        """Work until that time (of ``time.monotonic``); tell whether it is over."""
        return all(time.monotonic() < until for _ in self._work)

    def _all(self) -> Iterator[None]:
        try:
            with _opened(self._place.parent) as deleted:
                yield from self._entry(deleted, self._place.name)
        except OSError as error:
            self._note(error)

    def _entry(self, deleted: int, name: str) -> Iterator[None]:
        try:
            with _opened(name, deleted) as top:
                self._top, self._device = top, os.fstat(top).st_dev
                yield from self._passes(top)
        except FileNotFoundError:
            return  # it was gone before a crash
        if self.error is None:
            os.rmdir(name, dir_fd=deleted)

    def _passes(self, top: int) -> Iterator[None]:
        """Empty the folder. An entry may be missed while others beside it go, and deep folders come
        up, so look again until nothing is left, or nothing more can be removed."""
        while True:
            self.left, self.error, before = 0, None, self._removed
            yield from self._empty(top, 0)
            if self._removed == before:
                return

    def _empty(self, folder: int, depth: int) -> Iterator[None]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._folder(folder, entry.name, depth)
                else:
                    self._file(folder, entry)
                yield

    def _folder(self, above: int, name: str, depth: int) -> Iterator[None]:
        left = self.left
        try:
            if depth >= _DEEP:
                os.rename(name, f".{token_hex(8)}", src_dir_fd=above, dst_dir_fd=self._top)
                self._removed += 1
                return
            with _opened(name, above) as folder:
                if os.fstat(folder).st_dev != self._device:
                    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
                yield from self._empty(folder, depth + 1)
            os.rmdir(name, dir_fd=above)
            self._removed += 1
        except OSError as error:
            if self.left == left:  # else it is not empty because of what was noted already
                self._note(error)

    def _file(self, folder: int, entry: os.DirEntry[str]) -> None:
        try:
            size = entry.stat(follow_symlinks=False).st_size
            os.unlink(entry.name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            self._note(error)
            return
        self._removed += 1
        self.files += 1
        self.bytes += size

    def _note(self, error: OSError) -> None:
        self.left += 1
        self.error = self.error or error


@contextmanager
def _opened(path: str | Path, below: int | None = None) -> Iterator[int]:
    """Open a folder; below another one, links are not followed."""
    flags = _OPEN if below is None else _OPEN | os.O_NOFOLLOW
    folder = os.open(path, flags, dir_fd=below)
    try:
        yield folder
    finally:
        os.close(folder)


def _missing(folder: Path) -> Message:
    return Message("OUTPUT_MISSING", {"folder": str(folder)})
