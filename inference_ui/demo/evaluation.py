"""Mean average precision: how well a detector finds what is there.

The definition is PASCAL VOC's since 2010 (Everingham et al., "The PASCAL Visual Object Classes
(VOC) Challenge", IJCV 88, 2010, and the development kit's all-point interpolation), the same as
COCO's AP at one IoU but for COCO's 101 sampled recalls. Boxes are continuous, as in COCO: a box's
width is x2 - x1, without VOC's additional pixel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

BoxXyxy: TypeAlias = Sequence[float]
"""x1, y1, x2, y2 with x1 <= x2 and y1 <= y2."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What is on a picture: parallel sequences of classes and boxes (x1, y1, x2, y2) in pixels."""

    classes: Sequence[str]
    boxes: Sequence[BoxXyxy]


@dataclass(frozen=True, slots=True)
class Predicted(Objects):
    """What a detector says is on a picture, with a confidence for each object."""

    confidences: Sequence[float]


def iou(one: BoxXyxy, other: BoxXyxy) -> float:
    """Return the area that two boxes share, divided by the area that they cover together."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _area(box: BoxXyxy) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def average_precision(matches: Sequence[bool], positives: int) -> float:
    """Return the area under the interpolated precision-recall curve of one class.

    ``matches`` tells of each prediction, the most confident first, whether it is right;
    ``positives`` (at least 1) is how many objects there are. The precision at a recall is the best
    that is reached at this recall or a higher one, summed at every step of the recall:
    AP = Σ (r_i - r_(i-1)) · max over r >= r_i of p(r).
    """
    precisions = []
    right = 0
    for rank, match in enumerate(matches, start=1):
        right += match
        precisions.append(right / rank)
    area = best = 0.0
    for match, precision in zip(reversed(matches), reversed(precisions), strict=True):
        best = max(best, precision)
        if match:
            area += best / positives
    return area


def average_precisions(
    truth: Mapping[str, Objects], predicted: Mapping[str, Predicted], least_iou: float = 0.5
) -> dict[str, float]:
    """Return the average precision of every class that occurs in ``truth``.

    Both map a picture's name to its objects; a picture without prediction is one where nothing was
    found. A prediction is right when the object of its class that it overlaps most has an IoU of
    at least ``least_iou`` and no more confident prediction took it; so a duplicate is wrong.
    """
    return {
        label: _class_precision(label, truth, predicted, least_iou)
        for label in sorted({label for objects in truth.values() for label in objects.classes})
    }


def mean_average_precision(
    truth: Mapping[str, Objects], predicted: Mapping[str, Predicted], least_iou: float = 0.5
) -> float:
    """Return the mean of :func:`average_precisions`; ``truth`` must hold at least one object."""
    precisions = average_precisions(truth, predicted, least_iou)
    return sum(precisions.values()) / len(precisions)


def _class_precision(
    label: str,
    truth: Mapping[str, Objects],
    predicted: Mapping[str, Predicted],
    least_iou: float,
) -> float:
    there = {
        name: [box for kind, box in zip(one.classes, one.boxes, strict=True) if kind == label]
        for name, one in truth.items()
    }
    said = [
        (confidence, name, box)
        for name, one in predicted.items()
        for kind, box, confidence in zip(one.classes, one.boxes, one.confidences, strict=True)
        if kind == label
    ]
    said.sort(key=lambda one: -one[0])  # stable: equal confidences stay in the order given
    taken: set[tuple[str, int]] = set()
    matches = []
    for _, name, box in said:
        overlaps = [iou(box, other) for other in there.get(name, ())]
        best = max(range(len(overlaps)), key=overlaps.__getitem__, default=-1)
        match = best >= 0 and overlaps[best] >= least_iou and (name, best) not in taken
        if match:
            taken.add((name, best))
        matches.append(match)
    return average_precision(matches, sum(len(boxes) for boxes in there.values()))
