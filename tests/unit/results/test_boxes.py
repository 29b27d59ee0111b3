"""Boxes of every format end at the same place of the picture."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.models.catalog import BoxFormat
from inference_ui.backend.results.boxes import place

SIZE = (200, 100)
CORNERS = (20.0, 10.0, 60.0, 50.0)
PIXELS = {
    BoxFormat.XYXY: (20, 10, 60, 50),
    BoxFormat.YXYX: (10, 20, 50, 60),
    BoxFormat.XYWH: (20, 10, 40, 40),
    BoxFormat.CXCYWH: (40, 30, 40, 40),
    BoxFormat.XXYY: (20, 60, 10, 50),
    BoxFormat.XYXY_NORM: (0.1, 0.1, 0.3, 0.5),
    BoxFormat.YXYX_NORM: (0.1, 0.1, 0.5, 0.3),
    BoxFormat.XYWH_NORM: (0.1, 0.1, 0.2, 0.4),
    BoxFormat.CXCYWH_NORM: (0.2, 0.3, 0.2, 0.4),
    BoxFormat.XXYY_NORM: (0.1, 0.3, 0.1, 0.5),
}


def codes(placed):
    return [warning.code for warning in placed.warnings]


@pytest.mark.parametrize("box_format", BoxFormat)
def test_the_same_box_in_every_format(box_format):
    placed = place([PIXELS[box_format]], box_format, SIZE)
    assert placed.boxes[0] == pytest.approx(CORNERS)
    assert codes(placed) == []


@pytest.mark.parametrize("box_format", [f for f in BoxFormat if not f.endswith("_norm")])
def test_pixels_need_no_picture(box_format):
    assert place([PIXELS[box_format]], box_format, None).boxes == (CORNERS,)


@pytest.mark.parametrize("box_format", [f for f in BoxFormat if f.endswith("_norm")])
def test_shares_of_an_unknown_picture_have_no_place(box_format):
    placed = place([PIXELS[box_format]], box_format, None)
    assert placed.boxes == (None,)
    assert codes(placed) == ["PICTURE_SIZE_UNKNOWN"]


def test_a_box_the_wrong_way_round_is_turned_and_told():
    placed = place([(60, 50, 20, 10)], BoxFormat.XYXY, SIZE)
    assert placed.boxes == (CORNERS,)
    assert codes(placed) == ["BOXES_TURNED"]


def test_boxes_that_leave_the_picture_are_kept_and_counted():
    boxes = [(-5, 0, 10, 10), (0, 0, 200.5, 100.5), (150, 50, 250, 90)]
    placed = place(boxes, BoxFormat.XYXY, SIZE)
    assert placed.boxes == tuple(boxes)
    assert [(w.code, w.args["count"]) for w in placed.warnings] == [("BOXES_OUTSIDE", 2)]


def test_a_format_that_cannot_be_right_is_named():
    assert codes(place([(0.1, 0.2, 0.5, 0.9)], BoxFormat.XYXY, SIZE)) == ["BOXES_LOOK_NORMALISED"]
    assert codes(place([(20, 10, 60, 50)], BoxFormat.XYXY_NORM, SIZE)) == ["BOXES_LOOK_LIKE_PIXELS"]


def test_no_box_is_nothing_to_warn_of():
    for box_format in BoxFormat:
        assert place([], box_format, None) == place([], box_format, SIZE)
        assert codes(place([], box_format, None)) == []


@given(
    boxes=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 4), max_size=5),
    box_format=st.sampled_from(BoxFormat),
)
def test_any_numbers_give_upright_boxes_or_none(boxes, box_format):
    placed = place(boxes, box_format, SIZE)
    assert len(placed.boxes) == len(boxes)
    for box in placed.boxes:
        if box is not None:
            assert all(map(math.isfinite, box))
            assert box[0] <= box[2]
            assert box[1] <= box[3]
