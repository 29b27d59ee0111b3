"""How detectors write boxes: no part of any protocol, so a property of the model package."""

from __future__ import annotations

from enum import StrEnum


class BoxFormat(StrEnum):
    """The order of a box's four numbers, in pixels or (``_NORM``) as shares of the picture."""

    XYXY = "xyxy"
    YXYX = "yxyx"
    XYWH = "xywh"
    CXCYWH = "cxcywh"
    XXYY = "xxyy"
    XYXY_NORM = "xyxy_norm"
    YXYX_NORM = "yxyx_norm"
    XYWH_NORM = "xywh_norm"
    CXCYWH_NORM = "cxcywh_norm"
    XXYY_NORM = "xxyy_norm"
