"""Reading an input: never anything but a regular file inside the dataset, never more than fits
into memory, never sent when it is not what the server could read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

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
_NAME_MAX = 255
_PATH_MAX = 4096


class Reader:
    """Reads inputs of one dataset, for results that go into one folder."""

    def __init__(
        self, dataset: Path, output: Path, kind: InputKind, protocol: ServiceProtocol
    ) -> None:
        self._root = os.fsencode(os.path.realpath(dataset))
        self._protocol = protocol
        self._wraps = kind is InputKind.IMAGES
        self._longest_name = _name_max(output) - len(RESULT_SUFFIX)
        self._longest_path = _PATH_MAX - 2 - len(os.fsencode(output)) - len(result_location(""))

    def read(self, given: Input) -> Item | Finished:
        """Return the input, ready to be sent, or its record when it cannot be sent."""
        number, relative = given.number, given.path
        text, is_utf8 = text_of(relative)
        if not is_utf8:
            return Finished(number, text, failure=failures.NAME_NOT_UTF8)
        name = relative[relative.rfind(b"/") + 1 :]
        if len(name) > self._longest_name or len(relative) > self._longest_path:
            return Finished(number, text, failure=failures.NAME_TOO_LONG)
        try:
            content, status = self._content(joined(self._root, relative))
        except OSError as error:
            reason = error.strerror or str(error)
            return Finished(number, text, failure=failures.unreadable(reason))
        if isinstance(content, Failure):
            return Finished(number, text, failure=content)
        item = Item(
            number, text, content, status.st_size, status.st_mtime_ns, given.tries, given.crashes
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

    def _content(self, path: bytes) -> tuple[bytes | Failure, os.stat_result]:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            # The walk let only links inside the dataset pass; where they lead may have changed.
            path = os.path.realpath(path)
            if not is_inside(self._root, path):
                return failures.LINK_LEAVES, status
            status = os.stat(path)  # noqa: PTH116 - paths are bytes here
        if stat.S_ISDIR(status.st_mode):
            return _why_not_listed(path), status
        if not stat.S_ISREG(status.st_mode):
            return failures.NOT_A_FILE, status  # to open a device may be to use it
        return _read_all(path)


def _read_all(path: bytes) -> tuple[bytes | Failure, os.stat_result]:
    opened = os.open(path, _FLAGS)
    try:
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            return failures.NOT_A_FILE, status
        content = b""
        while len(content) <= MAX_INPUT:
            # One byte more than there should be tells a file that has grown since.
            part = os.read(opened, max(status.st_size - len(content), 0) + 1)
            content = content + part if content else part
            if not part or len(content) == status.st_size:
                return content, status
        return failures.too_large(MAX_INPUT), status
    finally:
        os.close(opened)


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
