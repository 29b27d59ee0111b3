"""Handing out the inputs that have no line yet, in the walk's order.

The walk runs ahead, so that the number of inputs is known early; the feed follows it.
"""

from __future__ import annotations

from collections import deque

from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.batch.listing import Listing
from inference_ui.backend.batch.names import joined, text_of

_MANY = 256


class Feed:
    """The undone inputs of a listing. Not to be used by two threads at once."""

    def __init__(self, listing: Listing, done: Ledger) -> None:
        self._listing = listing
        self._done = done
        self._block = 0
        self._seen = 0
        self._undone: deque[bytes] = deque()
        self._folder: bytes | None = None
        self._names_done: set[bytes] = set()

    @property
    def exhausted(self) -> bool:
        """Whether everything was handed out."""
        listing = self._listing
        return not self._undone and listing.ended and self._block == listing.paths.blocks

    @property
    def left(self) -> int:
        """How many inputs may be left to hand out, of those that the walk has found so far."""
        return len(self._undone) + self._listing.paths.count - self._seen

    def prepare(self) -> bool:
        """Look for something to hand out; tell whether there is. Raises as :meth:`take` does."""
        self._listing.check()
        while not self._undone and self._next_block():
            continue
        return bool(self._undone)

    def take(self, count: int) -> list[bytes]:
        """Return the paths of the next inputs, at most ``count``. None when all was handed out
        that the walk has found so far. Raises what ended the walk before its time.

        Many end with those of a block, so that processes seldom write into one folder at the same
        time, which file systems do one after the other.
        """
        self._listing.check()
        undone = self._undone
        while len(undone) < min(count, _MANY) and self._next_block():
            continue
        return [undone.popleft() for _ in range(min(count, len(undone)))]

    def _next_block(self) -> bool:
        """Take over what is undone of the next block; False when there is none (yet)."""
        if self._block >= self._listing.paths.blocks:
            return False
        for folder, names in self._listing.paths.block(self._block):
            if folder != self._folder:  # a large folder stands in many blocks
                self._folder = folder
                self._names_done = self._done.names_in(folder)
            self._seen += len(names)
            done = self._names_done
            for name in names:
                if name not in done and not self._is_done_by_text(path := joined(folder, name)):
                    self._undone.append(path)
        self._block += 1
        return True

    def _is_done_by_text(self, path: bytes) -> bool:
        """Tell whether a path whose journal text differs from it has a line."""
        text, is_path = text_of(path)
        return not is_path and self._done.has_path(text.encode())
