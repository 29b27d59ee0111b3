"""What was made once and is kept on disk within a limit of size, the least recently used going
first.

Each entry is a file of its own, with a check sum: written under another name and renamed, so that
after a crash it is there as a whole or not at all, and what is damaged is not given out. A disk
that is full or cannot be written to only means that nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Final

LIMIT: Final = 512 << 20
"""Bytes on disk."""

_MAGIC = b"kept1\n"
_HEAD = len(_MAGIC) + 12
_BLOCK = 4096
_UNFINISHED = ".new-"
_LEFT_OVER_S = 600.0
_TOUCHED_S = 60.0
_ROOM = 0.9
"""Of the limit is left after tidying, so that it is not done for each entry."""


class Kept:
    """Byte strings by key, below ``folder``. Thread-safe, also between processes."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._held: int | None = None
        self._put_since = 0
        self._tidying: threading.Thread | None = None

    def get(self, key: str) -> bytes | None:
        """Return what was put under the key, None where there is nothing, or it is damaged."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                content = file.read()
                used = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        data = _data_of(content)
        with contextlib.suppress(OSError):
            if data is None:
                path.unlink()
            elif time.time() - used > _TOUCHED_S:
                os.utime(path)
        return data

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data`` if that can be."""
        if len(data) > self._limit // 8:
            return
        path = self._path(key)
        unfinished = path.parent / f"{_UNFINISHED}{token_hex(8)}"
        head = _MAGIC + zlib.crc32(data).to_bytes(4) + len(data).to_bytes(8)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with unfinished.open("xb") as file:
                file.write(head)
                file.write(data)
            unfinished.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            return
        self._count(len(data))

    def tidy(self) -> None:
        """Remove what a crash left half written and, beyond the limit, what was not used for
        longest. Blocks; it is done in a thread of its own when there may be too much."""
        times, sizes = array("d"), array("q")
        with self._lock:
            self._put_since = 0
        for entry, state in self._entries():
            if entry.name.startswith(_UNFINISHED):
                if time.time() - state.st_mtime > _LEFT_OVER_S:
                    _remove(entry)
                continue
            times.append(state.st_mtime)
            sizes.append(_room_of(state))
        held = sum(sizes)
        if held > self._limit:
            held -= self._remove_until(_cut(times, sizes, held - int(self._limit * _ROOM)))
        with self._lock:
            self._held = held + self._put_since  # some of which may be counted twice

    def close(self) -> None:
        """Wait until nothing is tidied any more."""
        with self._lock:
            tidying = self._tidying
        if tidying is not None:
            tidying.join(timeout=10)

    def _path(self, key: str) -> Path:
        name = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()
        return self._folder / name[:2] / name

    def _count(self, size: int) -> None:
        """Add what was put, and tidy when it may be too much, or nobody knows how much there is."""
        with self._lock:
            room = _BLOCK * -(-(size + _HEAD) // _BLOCK)
            self._put_since += room
            if self._held is not None:
                self._held += room
            known_room = self._held is not None and self._held <= self._limit
            if known_room or (self._tidying is not None and self._tidying.is_alive()):
                return
            self._tidying = threading.Thread(target=self.tidy, name="kept", daemon=True)
            self._tidying.start()

    def _entries(self) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
        for shard in _listed(self._folder):
            for entry in _listed(shard.path):
                with contextlib.suppress(OSError):
                    yield entry, entry.stat(follow_symlinks=False)

    def _remove_until(self, last: float) -> int:
        """Remove what was not used since then; return how many bytes that freed."""
        freed = 0
        for entry, state in self._entries():
            if state.st_mtime <= last and not entry.name.startswith(_UNFINISHED):
                freed += _room_of(state) if _remove(entry) else 0
        return freed


def _room_of(state: os.stat_result) -> int:
    return state.st_blocks * 512


def _cut(times: array[float], sizes: array[int], surplus: int) -> float:
    """Return the time up to which entries have to go so that ``surplus`` bytes do."""
    for at in sorted(range(len(times)), key=times.__getitem__):
        surplus -= sizes[at]
        if surplus <= 0:
            return times[at]
    return time.time()


def _data_of(content: bytes) -> bytes | None:
    """Return what an entry's file keeps, None where it is damaged."""
    if not content.startswith(_MAGIC) or len(content) < _HEAD:
        return None
    data = content[_HEAD:]
    check, size = content[len(_MAGIC) : len(_MAGIC) + 4], content[len(_MAGIC) + 4 : _HEAD]
    if len(data) != int.from_bytes(size) or zlib.crc32(data) != int.from_bytes(check):
        return None
    return data


def _listed(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _remove(entry: os.DirEntry[str]) -> bool:
    try:
        Path(entry.path).unlink()
    except OSError:
        return False
    return True
