"""Finding ink on paper, and what the model makes of pictures that are not pages."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inference_ui.demo.evaluation import iou
from inference_ui.demo.glyphs import page_half
from inference_ui.demo.model import DigitModel, find_boxes, ink_of, join_pieces
from inference_ui.demo.pages import Page, draw_pages


@pytest.fixture(scope="module")
def drawn() -> Page:
    return next(draw_pages(page_half(), 1))


def test_a_shadow_over_the_paper_is_not_ink() -> None:
    shadow = np.tile(np.linspace(250, 120, 640), (480, 1)).astype(np.uint8)
    picture = Image.fromarray(shadow)
    assert find_boxes(ink_of(picture)) == []
    draw = ImageDraw.Draw(picture)
    draw.rectangle((100, 100, 109, 149), fill=20)
    draw.rectangle((500, 300, 509, 349), fill=20)
    assert find_boxes(ink_of(picture)) == [(100, 100, 110, 150), (500, 300, 510, 350)]


def test_the_pieces_of_a_broken_stroke_are_one_digit_and_neighbours_are_two() -> None:
    upper, lower, neighbour = (100, 100, 130, 140), (104, 143, 128, 170), (145, 100, 175, 170)
    for boxes in ([upper, lower, neighbour], [neighbour, lower, upper]):
        assert sorted(join_pieces(boxes)) == [(100, 100, 130, 170), neighbour]


def test_pieces_join_over_the_piece_between_them() -> None:
    left, middle, right = (0, 0, 20, 60), (23, 0, 43, 60), (46, 0, 66, 60)
    assert join_pieces([left, right, middle]) == [(0, 0, 66, 60)]


def test_specks_and_dashes_are_not_digits() -> None:
    picture = Image.new("L", (640, 480), 245)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((50, 50, 55, 55), fill=20)
    draw.rectangle((200, 200, 300, 212), fill=20)
    assert find_boxes(ink_of(picture)) == []


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "1", "P"])
def test_an_empty_page_has_no_digit(model: DigitModel, mode: str) -> None:
    assert model.detect(Image.new("L", (640, 480), 255).convert(mode)) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (7, 7)])
def test_tiny_and_thin_pictures_are_answered(model: DigitModel, size: tuple[int, int]) -> None:
    assert model.detect(Image.new("L", size, 90)) == []


def test_pure_noise_is_answered(model: DigitModel) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 640), dtype=np.uint8)
    assert len(model.detect(Image.fromarray(noise))) < 100


def test_boxes_of_a_large_picture_are_in_its_own_pixels(model: DigitModel, drawn: Page) -> None:
    picture = Image.open(io.BytesIO(drawn.png)).convert("RGB")
    found = model.detect(picture.resize((picture.width * 3, picture.height * 3)))
    assert len(found) == len(drawn.objects.classes)
    for box in drawn.objects.boxes:
        grown = tuple(edge * 3 for edge in box)
        assert max(iou(grown, one.box) for one in found) > 0.8


def test_the_most_confident_come_first_and_the_doubtful_can_be_left_out(
    model: DigitModel, drawn: Page
) -> None:
    picture = Image.open(io.BytesIO(drawn.png))
    found = model.detect(picture)
    confidences = [one.confidence for one in found]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence <= 1 for confidence in confidences)
    least = confidences[2]
    assert model.detect(picture, least) == found[:3]
