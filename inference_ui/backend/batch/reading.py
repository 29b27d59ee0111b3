"""Reading an input: never anything but a regular file inside the dataset, never more than fits
into memory, never sent when it is not what the server could read."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path
from typing import NamedTuple

from inference_ui.backend.batch import failures
from inference_ui.backend.batch.checks import json_fault
from inference_ui.backend.batch.failures import Failure
from inference_ui.backend.batch.items import Finished, Input, Item
from inference_ui.backend.batch.names import joined, text_of
from inference_ui.backend.batch.walk import is_inside
from inference_ui.backend.protocols import ServiceProtocol
from inference_ui.backend.records import RESULT_SUFFIX, InputKind, result_location

MAX_INPUT = 1 << 30
"""Bytes of the largest input that is taken; it is held in memory as a whole."""

# Neither waits for a FIFO's writer, nor opens a link, nor takes a terminal.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PART = 1 << 20
_ADVISED = 1 << 20
"""Bytes of the largest file that is asked for ahead; a larger one is worth waiting for."""
_advise = getattr(os, "posix_fadvise", None)
_OWN_LACK = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOMEM))
_NAME_MAX = 255
_PATH_MAX = 4096


class Opened(NamedTuple):
    """An input that is open, and what is known of its file."""

    given: Input
    text: str
    descriptor: int
    status: os.stat_result


class Reader:
    """Reads inputs of one dataset, for results that go into one folder."""

    def __init__(
        self, dataset: Path, output: Path, kind: InputKind, protocol: ServiceProtocol
    ) -> None:
        self._root = os.fsencode(os.path.realpath(dataset))
        self._protocol = protocol
        self._wraps = kind is InputKind.IMAGES
        self._longest_name = _name_max(output) - len(RESULT_SUFFIX)
        self._kept = _KeptFolder()
        self._longest_path = _PATH_MAX - 2 - len(os.fsencode(output)) - len(result_location(""))

    def open(self, given: Input) -> Opened | Finished:
        """Begin to read an input, or return its record when it cannot be sent. Its content is on
        its way from the disk when this returns."""
        number, relative = given.number, given.path
        text, is_utf8 = text_of(relative)
        folder, _, name = relative.rpartition(b"/")
        if not is_utf8:
            return Finished(number, text, failure=failures.NAME_NOT_UTF8)
        if len(name) > self._longest_name or len(relative) > self._longest_path:
            return Finished(number, text, failure=failures.NAME_TOO_LONG)
        try:
            descriptor, status = self._opened(folder, name)
        except NotTaken as error:
            return Finished(number, text, failure=error.failure)
        except OSError as error:
            return Finished(number, text, failure=_unreadable(error))
        return Opened(given, text, descriptor, status)

    def read(self, given: Input | Opened) -> Item | Finished:
        """Return the input, ready to be sent, or its record when it cannot be sent."""
        opened = given if isinstance(given, Opened) else self.open(given)
        if isinstance(opened, Finished):
            return opened
        number, text, status = opened.given.number, opened.text, opened.status
        try:
            content = _read_all(opened.descriptor, status.st_size)
        except NotTaken as error:
            return Finished(number, text, failure=error.failure)
        except OSError as error:
            return Finished(number, text, failure=_unreadable(error))
        item = Item(
            number,
            text,
            content,
            status.st_size,
            status.st_mtime_ns,
            opened.given.tries,
            opened.given.crashes,
        )
        fault = self._fault(content)
        if fault is not None:
            finished = Finished.of(item)
            finished.failure = failures.bad_input(fault)
            return finished
        if self._wraps:
            suffix = os.path.splitext(text)[1]  # noqa: PTH122 - quick, and on every input
            item.body = self._protocol.wrap_image(content, suffix)
        return item

    def _fault(self, content: bytes) -> str | None:
        if self._wraps:
            return None if content else failures.EMPTY
        return json_fault(content)

    def _opened(self, folder: bytes, name: bytes) -> tuple[int, os.stat_result]:
        at = self._descriptor_of(folder)
        status = os.stat(name, dir_fd=at, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            # The walk let only links inside the dataset pass; where they lead may have changed.
            path = os.path.realpath(joined(self._root, joined(folder, name)))
            if not is_inside(self._root, path):
                raise NotTaken(failures.LINK_LEAVES)
            folder, _, name = path[len(self._root) :].strip(b"/").rpartition(b"/")
            at = self._descriptor_of(folder)
            status = os.stat(name, dir_fd=at, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if stat.S_ISDIR(status.st_mode):
            raise NotTaken(_why_not_listed(joined(self._root, joined(folder, name))))
        if not stat.S_ISREG(status.st_mode):
            raise NotTaken(failures.NOT_A_FILE)  # to open a device may be to use it
        return _open_file(name, at)

    def _descriptor_of(self, folder: bytes) -> int:
        """Return an open folder of the dataset. Raises ``NotTaken`` when it is outside by now: what
        the walk found as a folder may have become a link. Its files are opened by this, so that
        none is opened by a path that changes meanwhile; and it is quicker."""
        kept = self._kept
        if folder != kept.folder:
            kept.close()
            path = joined(self._root, folder) if folder else self._root
            kept.open(folder, path)
            if folder and not is_inside(self._root, _path_of(kept.descriptor, path)):
                kept.close()
                raise NotTaken(failures.LINK_LEAVES)
        return kept.descriptor


class _KeptFolder(threading.local):
    """The folder that a thread read from last, open."""

    folder: bytes | None = None
    descriptor = -1

    def open(self, folder: bytes, path: bytes) -> None:
        """Open a folder, by its path."""
        self.descriptor = os.open(path, _FOLDER_FLAGS)
        self.folder = folder

    def close(self) -> None:
        """Close the folder that is open, if any."""
        if self.folder is not None:
            os.close(self.descriptor)
            self.folder = None


class NotTaken(Exception):
    """Something that is no input, and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


def _path_of(descriptor: int, path: bytes) -> bytes:
    """Return the real path of an open folder, by the system where it tells."""
    try:
        return os.readlink(b"/proc/self/fd/%d" % descriptor)  # noqa: PTH115 - paths are bytes
    except OSError:
        return os.path.realpath(path)


def _open_file(name: bytes, folder: int) -> tuple[int, os.stat_result]:
    opened = os.open(name, _FLAGS, dir_fd=folder)
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            raise NotTaken(failures.NOT_A_FILE)
        if status.st_size > MAX_INPUT:
            raise NotTaken(failures.too_large(MAX_INPUT))
        if _advise is not None and status.st_size <= _ADVISED:
            _advise(opened, 0, 0, os.POSIX_FADV_WILLNEED)
    except BaseException:
        os.close(opened)
        raise
    return opened, status


def _read_all(opened: int, size: int) -> bytes:
    """Read an open file to its end, and close it."""
    try:
        # One byte more than there should be tells a file that has grown since.
        content = os.read(opened, size + 1)
        return content if len(content) == size else _rest_of(opened, content)
    finally:
        os.close(opened)


def _rest_of(opened: int, begun: bytes) -> bytes:
    """Read a file on whose size was not what it should be."""
    parts, total = [begun], len(begun)
    while part := os.read(opened, _PART):
        parts.append(part)
        total += len(part)
        if total > MAX_INPUT:
            raise NotTaken(failures.too_large(MAX_INPUT))
    return b"".join(parts)


def _unreadable(error: OSError) -> Failure:
    """Return the failure of an input. Raises the error again when it is this process that lacks
    something, which says nothing of the input."""
    if error.errno in _OWN_LACK:
        raise error
    return failures.unreadable(error.strerror or str(error))


def _why_not_listed(folder: bytes) -> Failure:
    """Return why the walk could not list a folder, which is when a folder is read as an input."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        return failures.unlistable(error.strerror or str(error))
    return failures.FOLDER_VANISHED


def _name_max(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError):
        return _NAME_MAX  # what nearly all file systems have
