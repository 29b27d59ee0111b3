"""Boxes of all formats as corners in pixels, and what looks wrong about them.

Pure functions. A box that leaves its picture is kept: the viewer shows what was answered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from inference_ui.backend.errors import Message

if TYPE_CHECKING:  # a program that reads boxes alone need not know the tables
    from inference_ui.backend.models.catalog import BoxFormat

Corners: TypeAlias = tuple[float, float, float, float]
"""``x1, y1, x2, y2`` in pixels of the picture, from its upper left corner on."""

TOLERANCE = 1.0
"""Pixels by which a box may leave its picture unremarked."""

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
    normalised = box_format.endswith(_NORMALISED)
    if normalised and size is None:
        missing = (Message("PICTURE_SIZE_UNKNOWN"),) if boxes else ()
        return PlacedBoxes((None,) * len(boxes), missing)
    order = _ORDERS[box_format.removesuffix(_NORMALISED)]
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
    largest = max((abs(number) for box in given for number in box), default=0.0)
    outside = sum(_leaves(box, size) for box in placed if box is not None) if size else 0
    if normalised and largest > 2:
        found.append(Message("BOXES_LOOK_LIKE_PIXELS"))
    elif not normalised and 0 < largest <= 1.01:
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
