"""Opening a file that somebody else named, so that it never is one outside of its folder.

Names come from requests, journals and links, which anybody may have written. A link is followed
when it leads to a place inside the folder. Nothing is opened for writing here.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import NotFound, Refused


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
