"""Opening a file that somebody else named, so that it never is one outside of its folder.

Names come from requests, journals and links, which anybody may have written. A link is followed
when it leads to a place inside the folder. Nothing is opened for writing here.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import NotFound, Refused

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_KEPT_OPEN = 32


def plain_relative(name: str) -> str:
    """Return ``name`` when it is a relative path that only leads downwards.

    Raises :class:`Refused` (``PATH_OUTSIDE``) for an absolute or empty one, and for ``..``.
    """
    if not name or name.startswith("/") or "\0" in name or ".." in name.split("/"):
        raise Refused("PATH_OUTSIDE", path=name)
    return name


def open_inside(folder: Path, name: str) -> BinaryIO:
    """Open the regular file ``name`` of ``folder`` (a path relative to it, or an absolute one).

    Raises :class:`Refused` (``PATH_OUTSIDE``) when it, or what it links to, lies outside, and
    :class:`NotFound` (``FILE_GONE``, ``FILE_UNREADABLE``) when it cannot be read.
    """
    try:
        root = os.path.realpath(folder)
        target = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - must not fold ".."
        if os.path.commonpath((root, target)) != root:
            raise Refused("PATH_OUTSIDE", path=name)
        if target == root:
            raise IsADirectoryError(target)
        return _open_below(root, Path(target).relative_to(root).parts)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError) as error:
        raise NotFound("FILE_GONE", path=name) from error
    except OSError as error:
        raise NotFound("FILE_UNREADABLE", path=name, error=error.strerror) from error


def _open_below(root: str, parts: tuple[str, ...]) -> BinaryIO:
    """Open a path without following a single link: it was resolved already, and a link that
    appeared since then leads elsewhere."""
    below = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for last, part in enumerate(parts, start=1 - len(parts)):
        # Without O_NONBLOCK, opening a named pipe waits for its writer.
        kind = os.O_NONBLOCK if last == 0 else os.O_DIRECTORY
        try:
            fd = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | kind, dir_fd=below)
        finally:
            os.close(below)
        below = fd
    if not stat.S_ISREG(os.fstat(below).st_mode):
        os.close(below)
        raise IsADirectoryError(parts[-1])
    return os.fdopen(below, "rb")


class OpenFolder:
    """A folder of which many files are opened, as :func:`open_inside` opens one: four times as
    quick where no link is on the way, since the folders that were used last stay open.

    Not thread-safe. To be closed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._below: OrderedDict[str, int] = OrderedDict()

    def open(self, name: str) -> BinaryIO:
        """Open the regular file ``name``, a path relative to the folder. Raises as
        :func:`open_inside`."""
        parent, _, last = name.rpartition("/")
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or len(parts) > _KEPT_OPEN:
            return open_inside(self._folder, name)
        try:
            fd = os.open(last, _FILE, dir_fd=self._descriptor(parent))
        except (OSError, ValueError):
            return open_inside(self._folder, name)  # a link, or it says what is wrong
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            return open_inside(self._folder, name)
        return os.fdopen(fd, "rb", buffering=0)

    def close(self) -> None:
        """Let go of the folders."""
        while self._below:
            os.close(self._below.popitem()[1])

    def _descriptor(self, path: str) -> int:
        """Return a folder below, opened without following a link. Raises ``OSError``."""
        fd = self._below.pop(path, None)
        if fd is None:
            parent, _, last = path.rpartition("/")
            fd = (
                os.open(last, _FOLDER | os.O_NOFOLLOW, dir_fd=self._descriptor(parent))
                if path
                else os.open(self._folder, _FOLDER)
            )
        self._below[path] = fd
        if len(self._below) > _KEPT_OPEN:
            os.close(self._below.popitem(last=False)[1])
        return fd
