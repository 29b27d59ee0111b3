"""Compact collections of the dataset's paths: a million paths in 1,000 folders take about 20 MB.

A path is a folder and a name, both bytes, relative to the dataset. Paths are packed as elements
between NUL bytes, which no path holds: ``/folder``, then the names in it. They are kept whole, so
that membership is exact. Not for anything but paths; nothing in here touches a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

Group = tuple[bytes, list[bytes]]

_BLOCK_NAMES = 1000


class PathList:
    """Paths in the order in which they were added. One thread adds, others may read meanwhile:
    they see whole blocks, and never fewer than before."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._open: list[bytes] = []
        self._folder: bytes | None = None
        self.count = 0

    def add(self, folder: bytes, names: Sequence[bytes]) -> None:
        """Add names of one folder."""
        for start in range(0, len(names), _BLOCK_NAMES):
            if folder != self._folder:
                self._open.append(b"/" + folder)
                self._folder = folder
            part = names[start : start + _BLOCK_NAMES]
            self._open.extend(part)
            self.count += len(part)
            if len(self._open) >= _BLOCK_NAMES:
                self.seal()

    def seal(self) -> None:
        """Let readers see everything that was added."""
        if self._open:
            self._blocks.append(b"\0".join(self._open))
            self._open = []
            self._folder = None

    def append(self, block: bytes, count: int) -> None:
        """Add a block of another list, with ``count`` paths, after what is sealed."""
        self._blocks.append(block)
        self.count += count

    def take(self, index: int) -> bytes:
        """Return a block as it is, and keep none of it."""
        block, self._blocks[index] = self._blocks[index], b""
        return block

    @property
    def blocks(self) -> int:
        """How many blocks readers can see."""
        return len(self._blocks)

    def block(self, index: int) -> list[Group]:
        """Return the paths of one block, grouped by folder."""
        groups: list[Group] = []
        for element in self._blocks[index].split(b"\0"):
            if element.startswith(b"/"):
                groups.append((element[1:], []))
            else:
                groups[-1][1].append(element)
        return groups

    def groups(self) -> Iterator[Group]:
        """Yield all paths, in order."""
        for index in range(self.blocks):
            yield from self.block(index)


class PathSet:
    """Paths that are asked for folder by folder. Hash buckets of folders rather than a dictionary
    of them, so that a million folders of one file are no larger than one of a million."""

    def __init__(self) -> None:
        self._buckets: dict[int, bytearray] = {}
        self._folder: bytes | None = None
        self._bucket = bytearray()
        self._asked: bytes | None = None
        self._names: frozenset[bytes] = frozenset()
        self.count = 0

    def add(self, path: bytes) -> None:
        """Add a path; one that is in already is then in twice (see :meth:`names_in`)."""
        folder, _, name = path.rpartition(b"/")
        self.add_names(folder, name, 1)

    def add_names(self, folder: bytes, names: bytes, count: int) -> None:
        """Add ``count`` names in a folder, with NULs between them."""
        if folder != self._folder:
            self._bucket = self._buckets.setdefault(_bucket_of(folder), bytearray())
            self._bucket += b"\0/" + folder
            self._folder = folder
        self._bucket += b"\0" + names
        self.count += count
        if folder == self._asked:
            self._asked = None

    def names_in(self, folder: bytes) -> list[bytes]:
        """Return the names in a folder, with repetitions."""
        bucket = self._buckets.get(_bucket_of(folder))
        if bucket is None:
            return []
        header = b"/" + folder
        names: list[bytes] = []
        inside = False
        for element in bytes(bucket).split(b"\0"):
            if element.startswith(b"/"):
                inside = element == header
            elif inside:
                names.append(element)
        return names

    def __contains__(self, path: bytes) -> bool:
        folder, _, name = path.rpartition(b"/")
        if folder != self._asked:  # who asks for one name of a folder asks for the next one, too
            self._asked, self._names = folder, frozenset(self.names_in(folder))
        return name in self._names


def _bucket_of(folder: bytes) -> int:
    return crc32(folder) & 0xFFFF
