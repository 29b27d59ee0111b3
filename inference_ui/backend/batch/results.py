"""Writing the answers, byte for byte, one file each.

A file without a line in the journal is simply written again, so it needs neither a temporary name
nor a sync of its own; it must be whole before its line is appended, and that is the writer's care.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from inference_ui.backend.records import result_location

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC

_OF_THE_NAME = frozenset(
    (
        errno.ENAMETOOLONG,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EEXIST,
        errno.EILSEQ,
        errno.EINVAL,
        errno.ELOOP,
    )
)
"""Errors that belong to one name: too long, taken by a folder (the name of a result can be the
folder of another's), or bytes that this file system does not take."""


class BadResultName(Exception):
    """The file system does not take this result's name; others it may."""


class Results:
    """The result files of one output folder."""

    def __init__(self, output: Path) -> None:
        self._output = os.fspath(output)

    def write(self, relative: str, answer: bytes) -> None:
        """Write the answer of an input. Raises :class:`BadResultName`, or ``OSError`` when the
        output cannot be written to at all; then nothing of the file is left."""
        path = f"{self._output}/{result_location(relative)}"
        try:
            descriptor = _create(path)
        except OSError as error:
            if error.errno in _OF_THE_NAME:
                raise BadResultName(error.strerror or str(error)) from error
            raise
        try:
            rest = memoryview(answer)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            os.unlink(path)  # noqa: PTH108 - quick, and on every result
            raise
        finally:
            os.close(descriptor)


def _create(path: str) -> int:
    try:
        return os.open(path, _FLAGS, 0o666)
    except FileNotFoundError:
        os.makedirs(path[: path.rindex("/")], exist_ok=True)  # noqa: PTH103 - as above
        return os.open(path, _FLAGS, 0o666)
