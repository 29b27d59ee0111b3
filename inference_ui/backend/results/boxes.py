"""Boxes of all formats as corners in pixels, and what looks wrong about them.

Pure functions. A box that leaves its picture is kept: the viewer shows what was answered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inference_ui.backend.errors import Message
from inference_ui.backend.protocols.box_format import BoxFormat

Corners: TypeAlias = tuple[float, float, float, float]
"""``x1, y1, x2, y2`` in pixels of the picture, from its upper left corner on."""

TOLERANCE = 1.0
"""Pixels by which a box may leave its picture unremarked."""

_MOST_TRIED = 500
"""Boxes that are tried in other formats; the first ones say enough."""
_SLACK = 0.05
"""Share of a side by which a box may leave its picture and still be one of the right format: models
do place boxes beyond the edge."""

_NORMALISED = "_norm"
_ORDERS: dict[str, Callable[[float, float, float, float], Corners]] = {
    "xyxy": lambda x1, y1, x2, y2: (x1, y1, x2, y2),
    "yxyx": lambda y1, x1, y2, x2: (x1, y1, x2, y2),
    "xxyy": lambda x1, x2, y1, y2: (x1, y1, x2, y2),
    "xywh": lambda x, y, w, h: (x, y, x + w, y + h),
    "cxcywh": lambda x, y, w, h: (x - w / 2, y - h / 2, x + w / 2, y + h / 2),
}


@dataclass(frozen=True, slots=True)
class PlacedBoxes:
    """A box for each that was given, None where it cannot be drawn, and what to warn of."""

    boxes: tuple[Corners | None, ...]
    warnings: tuple[Message, ...]


def place(
    boxes: Sequence[Corners], box_format: BoxFormat, size: tuple[int, int] | None
) -> PlacedBoxes:
    """Return boxes of ``box_format`` as corners in pixels of a picture of ``size`` (width, height).

    Without a size, normalised boxes have no place. Corners that are the wrong way round are turned.
    """
    name, normalised = _order_of(box_format)
    if normalised and size is None:
        missing = (Message("PICTURE_SIZE_UNKNOWN"),) if boxes else ()
        return PlacedBoxes((None,) * len(boxes), missing)
    order = _ORDERS[name]
    width, height = size if normalised and size else (1, 1)
    placed: list[Corners | None] = []
    turned = 0
    for box in boxes:
        left, top, right, bottom = order(*box)
        corners = (left * width, top * height, right * width, bottom * height)
        if not all(map(math.isfinite, corners)):
            placed.append(None)
            continue
        upright = _upright(corners)
        turned += upright != corners
        placed.append(upright)
    return PlacedBoxes(tuple(placed), _warnings(placed, boxes, turned, normalised, size))


def better_format(
    boxes: Sequence[Corners], box_format: BoxFormat, size: tuple[int, int]
) -> BoxFormat | None:
    """Return the format in which boxes lie well in a picture of ``size`` (width, height), where
    they do not in ``box_format``; None when no other is clearly better.

    Clearly better: at least a tenth of the boxes stands wrong now, and at most a quarter of those
    would then. Of formats that are equally good, the one that changes the least, then the more
    common one.
    """
    tried = boxes[:_MOST_TRIED]
    wrong = _misfits(tried, box_format, size)
    if not wrong or wrong * 10 < len(tried):
        return None
    order, normalised = _order_of(box_format)
    best = min(
        BoxFormat,
        key=lambda one: (
            _misfits(tried, one, size),
            _order_of(one)[0] != order,
            _order_of(one)[1] != normalised,
        ),
    )
    return best if _misfits(tried, best, size) * 4 <= wrong else None


def _misfits(boxes: Sequence[Corners], box_format: BoxFormat, size: tuple[int, int]) -> int:
    """Return how many boxes of a format are turned or far out of the picture; all of them when the
    scale cannot be meant."""
    order, normalised = _order_of(box_format)
    if not normalised and _look_normalised(boxes):
        return len(boxes)
    width, height = (1, 1) if normalised else size
    x_slack, y_slack = width * _SLACK, height * _SLACK

    def fits(box: Corners) -> bool:
        left, top, right, bottom = _ORDERS[order](*box)
        return -x_slack <= left <= right <= width + x_slack and (
            -y_slack <= top <= bottom <= height + y_slack
        )

    return sum(not fits(box) for box in boxes)


def _order_of(box_format: BoxFormat) -> tuple[str, bool]:
    """Return the order of a format's numbers, and whether they are shares of the picture."""
    return box_format.removesuffix(_NORMALISED), box_format.endswith(_NORMALISED)


def _look_normalised(boxes: Sequence[Corners]) -> bool:
    return 0 < _largest(boxes) <= 1.01


def _largest(boxes: Sequence[Corners]) -> float:
    return max((abs(number) for box in boxes for number in box), default=0.0)


def _upright(box: Corners) -> Corners:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])


def _warnings(
    placed: Sequence[Corners | None],
    given: Sequence[Corners],
    turned: int,
    normalised: bool,
    size: tuple[int, int] | None,
) -> tuple[Message, ...]:
    found: list[Message] = []
    if turned:
        found.append(Message("BOXES_TURNED", {"count": turned}))
    if endless := sum(box is None for box in placed):
        found.append(Message("BOXES_NOT_DRAWN", {"count": endless}))
    outside = sum(_leaves(box, size) for box in placed if box is not None) if size else 0
    if normalised and _largest(given) > 2:
        found.append(Message("BOXES_LOOK_LIKE_PIXELS"))
    elif not normalised and _look_normalised(given):
        found.append(Message("BOXES_LOOK_NORMALISED"))
    elif outside:
        found.append(Message("BOXES_OUTSIDE", {"count": outside}))
    return tuple(found)


def _leaves(box: Corners, size: tuple[int, int]) -> bool:
    return (
        min(box[0], box[1]) < -TOLERANCE
        or box[2] > size[0] + TOLERANCE
        or box[3] > size[1] + TOLERANCE
    )
