"""Finding items by a part of their name, in the journal itself.

The text is looked for in the bytes as they lie on disk, in large pieces: a million names take a
fraction of a second. What is found is read again as a line, so that only names count.
"""

from __future__ import annotations

import json
import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np

from inference_ui.backend.records import SOURCE_ROOT
from inference_ui.backend.results.columns import Numbers
from inference_ui.backend.results.lines import open_lines

_CHUNK = 1 << 20
_START = b'{"source":"' + SOURCE_ROOT.encode()
_MARK = b"\x00"


class _Source(msgspec.Struct):
    source: str


_decode = msgspec.json.Decoder(_Source).decode


class NameSearch:
    """The items whose name has ``text`` in it, in capitals or not. Goes on where it ended.

    Names are those of ``items.Entry``: paths in the ``dataset`` where a source lies in it.
    """

    def __init__(self, path: Path, text: str, dataset: Path) -> None:
        self._path = path
        self._root = f"{dataset}/"
        self._text = text.lower()
        self._needles = _needles(self._text)
        self._found = array("I")
        self._lines = 0
        self._at = 0

    def within(self, lines: int) -> Numbers:
        """Return the numbers (0 for the first) of those among the first ``lines`` items.

        Raises :class:`OSError` when the journal cannot be read.
        """
        if self._lines < lines:
            self._read()
        found = np.array(self._found, np.uint32)
        return found[: int(np.searchsorted(found, lines))]

    def _read(self) -> None:
        with open_lines(self._path) as file:
            while chunk := os.pread(file.fileno(), _CHUNK, self._at):
                end = chunk.rfind(b"\n") + 1
                if end:
                    self._look(chunk[:end])
                    self._at += end
                elif not self._skip(file):
                    return

    def _skip(self, file: BinaryIO) -> bool:
        """Go past a line that is longer than any that is read; False when it has no end yet."""
        file.seek(self._at)
        while piece := file.readline(_CHUNK):
            if piece.endswith(b"\n"):
                self._at = file.tell()
                self._lines += 1
                return True
        return False

    def _look(self, piece: bytes) -> None:
        lowered = piece.lower().replace(_START, _MARK)
        hits: dict[int, bool] = {}
        for needle in self._needles:
            for line, sure in _lines_with(lowered, needle):
                hits[line] = hits.get(line, False) or sure
        if not self._needles:
            hits = dict.fromkeys(range(lowered.count(b"\n")), False)
        if hits:
            lines = piece.split(b"\n") if not all(hits.values()) else []
            self._found.extend(
                self._lines + line
                for line in sorted(hits)
                if hits[line] or self._is_named(lines[line])
            )
        self._lines += lowered.count(b"\n")

    def _is_named(self, line: bytes) -> bool:
        try:
            source = _decode(line).source
        except (ValueError, RecursionError):
            return False
        root = SOURCE_ROOT if source.startswith(SOURCE_ROOT) else self._root
        return self._text in source.removeprefix(root).lower()


def _lines_with(piece: bytes, needle: bytes) -> Iterator[tuple[int, bool]]:
    """Yield the lines that have a text somewhere, and whether it certainly is in the name. Those
    that certainly have it elsewhere only are left out: every line has a ``result``."""
    line = start = 0
    plain = not set(needle) & set(b'"\\')
    at = piece.find(needle)
    while at >= 0:
        line += piece.count(b"\n", start, at)
        start = piece.rfind(b"\n", 0, at) + 1
        ours = plain and piece.startswith(_MARK, start) and piece.find(b"\\", start, at) < 0
        quote = piece.find(b'"', start, at + len(needle)) if ours else -1
        if quote < 0:
            yield line, ours
        start = at
        end = piece.find(b"\n", at)
        at = piece.find(needle, end) if end >= 0 else -1


def _needles(text: str) -> frozenset[bytes]:
    """Return how JSON may write a text, with small letters from A to Z: as it is, or in escapes.

    There is none for a text with other letters that have capitals, which may be written in too many
    ways: each line is read then.
    """
    if any(not letter.isascii() and letter.lower() != letter.upper() for letter in text):
        return frozenset()
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    return frozenset(
        one.encode("utf-8", "replace").lower()
        for one in (plain, plain.replace("/", "\\/"), json.dumps(text)[1:-1])
    )
