"""Appending to a file so that it never keeps half of what was appended, and syncing.

Nothing is renamed here: a torn end is the reader's to find (``lines.scan``).
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Appender:
    """A file that grows at its end. Opened when first used; every method raises ``OSError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._size = 0
        self._size_before = 0

    def create(self) -> None:
        """Make sure that the file exists and can be appended to."""
        self._open()

    def append(self, content: bytes) -> None:
        """Append everything or, when that fails, nothing."""
        descriptor = self._open()
        self._size_before = self._size
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            self.truncate(self._size)
            raise
        self._size += len(content)

    def undo(self) -> None:
        """Take back the last append."""
        self.truncate(self._size_before)

    def truncate(self, size: int) -> None:
        """Drop what stands behind ``size`` bytes."""
        os.ftruncate(self._open(), size)
        self._size = size

    def sync(self) -> None:
        """Wait until what was appended is safe."""
        os.fsync(self._open())

    def close(self) -> None:
        """Close the file; using it again opens it again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is not None and self._was_replaced(self._descriptor):
            self.close()
        if self._descriptor is None:
            self._descriptor = os.open(self.path, _FLAGS, 0o666)
            self._size = os.fstat(self._descriptor).st_size
        return self._descriptor

    def _was_replaced(self, descriptor: int) -> bool:
        """Tell whether another process put a file in the place of this one, as a client does that
        got the lock of a network file system when it lapsed."""
        try:
            return not os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return True


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are safe: files made, renamed, removed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_system_sync(folder: Path) -> Callable[[], None]:
    """Return a function that waits until everything written to the folder's file system is safe.

    One ``syncfs`` for a batch of results costs a tenth of an fsync for each of them and covers
    their names and new folders too. It also waits for what others write there; an fsync waits for
    most of that as well. Where there is no ``syncfs``, ``os.sync`` does the same for all file
    systems. Raises ``OSError`` when the folder cannot be opened; the function when writing failed.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return os.sync
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def sync() -> None:
        if syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))

    return sync
