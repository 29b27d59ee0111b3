"""What a detection holds in short: what the sidecar keeps of an item, for filters and overviews.

Pure functions. The batch client sums up each answer as it comes; where its sidecar is missing, the
index of the results does so from the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inference_ui.backend.protocols.detections import NO_CONFIDENCES
from inference_ui.backend.records import Detections

BINS = 20
"""Confidences are counted by twentieths: the first bin is below 0.05, the last from 0.95 on."""
MAX_CLASSES = 50
"""Distinct classes of an item that are told."""
MAX_CLASS = 200
"""Characters of a class that are."""


@dataclass(slots=True, frozen=True)
class Found:
    """Number of objects, distinct classes in the order of their first object with ``counts`` of
    objects, the lowest confidence, and ``bins``: pairs of a bin and its number of objects, flat.

    ``counts`` is empty where each class has one object; ``lowest`` is None, and ``bins`` empty,
    where the answer gives no confidences.
    """

    objects: int
    classes: tuple[str, ...]
    lowest: float | None
    counts: tuple[int, ...] = ()
    bins: tuple[int, ...] = ()


def found_in(detections: Detections) -> Found:
    """Sum up a detection of any form."""
    given = NO_CONFIDENCES not in detections.warnings
    return found_of(detections.classes, detections.confidences, given=given)


def found_of(classes: Sequence[str], confidences: Sequence[float], *, given: bool = True) -> Found:
    """Sum up parallel classes and confidences; not ``given`` means that these stand for none."""
    counts: dict[str, int] = {}
    for name in classes:
        name = name[:MAX_CLASS]  # noqa: PLW2901 - what is told of it is all that counts here
        counts[name] = counts.get(name, 0) + 1
    told = tuple(counts)[:MAX_CLASSES]
    return Found(
        objects=len(confidences),
        classes=told,
        lowest=min(confidences, default=None) if given else None,
        counts=() if len(counts) == len(classes) else tuple(counts[name] for name in told),
        bins=_bins(confidences) if given else (),
    )


def bin_of(confidence: float) -> int:
    """Return the bin of a confidence; those outside 0 to 1 belong to the first or last."""
    if confidence >= 1:
        return BINS - 1
    # Written so that it is False for what is not a number.
    return int(confidence * BINS) if confidence > 0 else 0


def _bins(confidences: Iterable[float]) -> tuple[int, ...]:
    counts: dict[int, int] = {}
    for confidence in confidences:
        place = bin_of(confidence)
        counts[place] = counts.get(place, 0) + 1
    return tuple(number for pair in counts.items() for number in pair)
