"""What happened to objects, kept for watches: a bounded list of changes for each kind."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from tests.support.control_plane.errors import too_old
from tests.support.control_plane.objects import Json

ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True)
class Change:
    """One write: the object after it (as it was, where it is deleted) and before it."""

    revision: int
    type: ChangeType
    object: Json
    before: Json | None


@dataclass
class History:
    """The changes of one kind, oldest first; ``oldest`` is the first revision to watch from."""

    oldest: int
    bound: int
    _changes: list[Change] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Append a change, and forget half of the others where there are more than the bound."""
        self._changes.append(change)
        if len(self._changes) > self.bound:
            dropped = len(self._changes) // 2
            self.oldest = self._changes[dropped - 1].revision
            del self._changes[:dropped]

    def since(self, revision: int) -> list[Change]:
        """Return the changes after ``revision``; ApiError 410 where they are forgotten."""
        if revision < self.oldest:
            raise too_old(revision, self.oldest)
        return self._changes[bisect_right(self._changes, revision, key=_revision) :]

    def forget(self, revision: int) -> None:
        """Forget all up to ``revision``."""
        self._changes.clear()
        self.oldest = revision


def _revision(change: Change) -> int:
    return change.revision
