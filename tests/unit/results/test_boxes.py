"""Boxes of every format end at the same place of the picture."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.boxes import better_format, place

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


fractions = st.floats(0, 0.9).flatmap(
    lambda start: st.tuples(st.just(start), st.floats(start + 0.05, 1))
)
true_boxes = st.lists(st.tuples(fractions, fractions), min_size=1, max_size=20)


def written(boxes, box_format, size):
    """Boxes given as ((left, right), (top, bottom)) in shares, as a server writes them."""
    width, height = (1, 1) if box_format.endswith("_norm") else size
    made = []
    for (left, right), (top, bottom) in boxes:
        x1, x2, y1, y2 = left * width, right * width, top * height, bottom * height
        made.append(
            {
                "xyxy": (x1, y1, x2, y2),
                "yxyx": (y1, x1, y2, x2),
                "xxyy": (x1, x2, y1, y2),
                "xywh": (x1, y1, x2 - x1, y2 - y1),
                "cxcywh": ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1),
            }[box_format.removesuffix("_norm")]
        )
    return made


@given(true_boxes, st.sampled_from(BoxFormat))
def test_nothing_better_is_offered_for_boxes_that_lie_in_the_picture(boxes, box_format):
    assert better_format(written(boxes, box_format, (640, 480)), box_format, (640, 480)) is None


@given(true_boxes, st.sampled_from(BoxFormat))
def test_of_the_wrong_scale_the_right_one_is_offered_in_the_same_order(boxes, box_format):
    order = box_format.removesuffix("_norm")
    other = BoxFormat(order if box_format.endswith("_norm") else f"{order}_norm")
    assert better_format(written(boxes, box_format, (640, 480)), other, (640, 480)) == box_format


@given(true_boxes, st.sampled_from(BoxFormat), st.sampled_from(BoxFormat))
def test_what_is_offered_shows_more_boxes_in_the_picture(boxes, box_format, wrong):
    given_boxes = written(boxes, box_format, (640, 480))
    offered = better_format(given_boxes, wrong, (640, 480))
    assert offered != wrong
    if offered is not None:
        placed = place(given_boxes, offered, (640, 480))
        assert not {"BOXES_TURNED", "BOXES_LOOK_NORMALISED"} & set(codes(placed))


def test_a_box_that_reaches_a_little_over_the_edge_calls_for_no_other_format():
    assert better_format([(100, 100, 300, 490)], BoxFormat.XYXY, (640, 480)) is None


def test_corner_and_size_taken_for_two_corners_are_found_out():
    boxes = [(556, 582, 192, 146), (1028, 604, 134, 280), (360, 446, 202, 206)]
    assert better_format(boxes, BoxFormat.XYXY, (1280, 960)) == BoxFormat.XYWH


def test_nonsense_is_not_explained_by_a_format():
    assert better_format([(-5e9, 0, 1e308, 1), (9e9, 1, 2, -3)], BoxFormat.XYXY, SIZE) is None
    assert better_format([], BoxFormat.XYXY, SIZE) is None
