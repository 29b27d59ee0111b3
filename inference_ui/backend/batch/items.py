"""What passes between the parts of the client: an input on its way, and one that is finished."""

from __future__ import annotations

from dataclasses import dataclass

from inference_ui.backend.batch.failures import Failure


@dataclass(slots=True)
class Item:
    """An input that was read and waits for its answer.

    ``relative`` is its path in the dataset as the journal writes it. ``tries`` counts requests
    that were answered or timed out, ``crashes`` how often its server stopped answering meanwhile.
    """

    relative: str
    body: bytes
    size: int
    mtime_ns: int
    tries: int = 0
    crashes: int = 0


@dataclass(slots=True, frozen=True)
class Found:
    """What a detection holds, for the sidecar: objects, distinct classes, lowest confidence."""

    objects: int
    classes: tuple[str, ...]
    lowest: float | None


@dataclass(slots=True)
class Finished:
    """An input that has its answer, or the failure that stands for it; exactly one of the two."""

    relative: str
    answer: bytes = b""
    failure: Failure | None = None
    size: int = 0
    mtime_ns: int = 0
    ms: float = 0.0
    tries: int = 0
    found: Found | None = None

    @classmethod
    def of(cls, item: Item, ms: float = 0.0) -> Finished:
        """Begin the record of an item; the caller adds the answer or the failure."""
        return cls(
            relative=item.relative,
            size=item.size,
            mtime_ns=item.mtime_ns,
            ms=ms,
            tries=item.tries,
        )
