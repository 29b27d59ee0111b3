"""The source: a zip of the inputs of items, and of the files that are their pictures.

Each file is in it once, under its path in the dataset. What could not be read is named in
``MISSING.txt``.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from inference_ui.backend.errors import Refused
from inference_ui.backend.results.exports.job import LeftOut
from inference_ui.backend.results.exports.member_names import MemberNames, safe_member
from inference_ui.backend.results.exports.reading import Items
from inference_ui.backend.results.exports.seen import Seen
from inference_ui.backend.results.exports.sizes import is_image
from inference_ui.backend.results.exports.zips import ZipStream
from inference_ui.backend.results.items import Entry
from inference_ui.backend.results.pictures import (
    PictureOrigin,
    embedded_head,
    find_picture,
)

MISSING = "MISSING.txt"

_AT_ONCE = 8 << 20
"""Bytes of a file that is read as a whole; a larger one is streamed."""
_HEAD = 48
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def source(items: Items) -> Iterator[bytes]:
    """Yield the zip."""
    archive = ZipStream(items.job.scratch, datetime.fromisoformat(items.job.at))
    with tempfile.TemporaryFile(dir=items.job.scratch) as missing:
        sources = _Sources(items, archive, missing)
        try:
            for entry in items:
                yield from sources.add(entry)
            yield from sources.tell_missing()
            yield from archive.end()
        finally:
            archive.close()


class _Sources:
    """Puts files of the dataset into the zip."""

    def __init__(self, items: Items, archive: ZipStream, missing: BinaryIO) -> None:
        self._items = items
        self._archive = archive
        self._missing = missing
        self._done = Seen()
        self._names = MemberNames()

    def add(self, entry: Entry) -> Iterator[bytes]:
        """Yield the input of an item, and the file that is its picture."""
        if entry.relative is None:
            self._miss(entry.name, entry.problem.code if entry.problem else "SOURCE_OUTSIDE")
        elif self._done.add(entry.relative):
            content = yield from self._file(entry.relative)
            if content is None:
                return
            picture = self._picture_of(entry.relative, content)
            if picture is not None and self._done.add(picture):
                yield from self._file(picture)

    def tell_missing(self) -> Iterator[bytes]:
        """Yield the list of what is missing, where something is."""
        if self._missing.tell():
            self._missing.seek(0)
            yield from self._archive.add_file(self._names.take(MISSING), self._missing)

    def _file(self, name: str) -> Generator[bytes, None, bytes | None]:
        """Yield a file; return its content, none of a large one; None where it is missing."""
        try:
            with self._items.dataset.open(name) as file:
                member = self._names.take(safe_member(name))
                if os.fstat(file.fileno()).st_size > _AT_ONCE:
                    if not (yield from self._archive.add_file(member, file)):
                        self._miss(name, "FILE_CUT")
                    return b""
                content = file.read(_AT_ONCE)
        except Refused as error:
            self._miss(name, error.code)
            return None
        except OSError:
            self._miss(name, "FILE_UNREADABLE")
            return None
        yield from self._archive.add(member, content, deflate=not is_image(name))
        return content

    def _picture_of(self, name: str, content: bytes) -> str | None:
        """Return the path of the file that is the picture of a request; None where there is none,
        or it is in the request itself."""
        if is_image(name) or embedded_head(content, _HEAD):
            return None
        try:
            found = find_picture(Path(self._items.job.dataset), name)
        except Refused as error:
            if error.code != "NO_PICTURE":
                args = error.message.args
                self._miss(str(args.get("path", args.get("url", name))), error.code)
            return None
        return None if found.origin is PictureOrigin.EMBEDDED else found.name

    def _miss(self, name: str, code: str) -> None:
        self._items.leave_out(LeftOut.FILE)
        line = f"{_CONTROL.sub('?', name)}\t{code}\n"
        self._missing.write(line.encode("utf-8", "replace"))
