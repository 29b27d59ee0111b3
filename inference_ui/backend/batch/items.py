"""What passes between the parts of a worker: an input on its way, and one that is finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from inference_ui.backend.batch.failures import Failure
from inference_ui.backend.protocols.found import Found


class Input(NamedTuple):
    """An input that is still to be read: its number and its path in the dataset."""

    number: int
    path: bytes
    tries: int = 0
    crashes: int = 0


@dataclass(slots=True, eq=False)
class Item:
    """An input that was read and waits for its answer.

    ``relative`` is its path in the dataset as the journal writes it. ``tries`` counts requests
    that were answered or timed out, ``crashes`` how often its server stopped answering meanwhile.
    """

    number: int
    relative: str
    body: bytes
    size: int
    mtime_ns: int
    tries: int = 0
    crashes: int = 0


@dataclass(slots=True, eq=False)
class Finished:
    """An input that has its answer, or the failure that stands for it; exactly one of the two."""

    number: int
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
            number=item.number,
            relative=item.relative,
            size=item.size,
            mtime_ns=item.mtime_ns,
            ms=ms,
            tries=item.tries,
        )
