"""Remembering which texts there were, in 16 to 32 bytes each, however long they are."""

from __future__ import annotations

from array import array
from hashlib import blake2b


class Seen:
    """A set of texts that can only be added to. It keeps 64 bits of a check sum of each: of a
    million texts, two are taken for one with a probability of one to thirty million."""

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 << 10))
        self._count = 0

    def add(self, text: str) -> bool:
        """Add a text; return whether it is new."""
        if 2 * self._count >= len(self._table):
            self._grow()
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if self._put(int.from_bytes(digest, "little") or 1):
            self._count += 1
            return True
        return False

    def _put(self, key: int) -> bool:
        table = self._table
        mask = len(table) - 1
        at = key & mask
        while table[at] and table[at] != key:
            at = (at + 1) & mask
        if table[at]:
            return False
        table[at] = key
        return True

    def _grow(self) -> None:
        before = self._table
        self._table = array("Q", bytes(16 * len(before)))
        for key in before:
            if key:
                self._put(key)
