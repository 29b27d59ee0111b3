"""What tests of the results share: a picture with objects, and where they belong in the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.results import RunTask, a_picture, detection, seldon

WIDTH, HEIGHT = 640, 480
PICTURE = seldon(a_picture(WIDTH, HEIGHT))
OBJECTS = (
    ("car", 0.97, (100.0, 100.0, 300.0, 250.0)),
    ("person", 0.66, (0.0, 0.0, 40.0, 60.0)),
    ("traffic light", 0.4, (600.0, 2.0, 640.0, 90.0)),
    ("bus", 0.5, (560.0, 400.0, 640.0, 480.0)),
)

BoxOf = tuple[float, float, float, float]
Look = Callable[..., Page]


def boxes(page: Page) -> Locator:
    return page.get_by_test_id("box")


def canvas(page: Page) -> Locator:
    return page.get_by_test_id("canvas")


def showing(page: Page, number: int) -> None:
    expect(canvas(page)).to_have_attribute("data-item", str(number))


def rectangle(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return dict(found)


def expected(page: Page, box: BoxOf) -> dict[str, float]:
    """Where a box belongs in the page, by where the picture is in it."""
    picture = rectangle(canvas(page).locator("img"))
    scale_x, scale_y = picture["width"] / WIDTH, picture["height"] / HEIGHT
    return {
        "x": picture["x"] + box[0] * scale_x,
        "y": picture["y"] + box[1] * scale_y,
        "width": (box[2] - box[0]) * scale_x,
        "height": (box[3] - box[1]) * scale_y,
    }


def assert_boxes_in_place(page: Page) -> None:
    for index, (_, _, box) in enumerate(OBJECTS):
        drawn = page.locator(f'[data-testid="box"][data-index="{index}"] .o')
        # The geometry without the line, half of which lies outside.
        at = drawn.evaluate("(rect) => rect.getBoundingClientRect().toJSON()")
        place = expected(page, box)
        assert {side: at[side] for side in place} == pytest.approx(place, abs=1.0)


def scale(page: Page) -> float:
    """How many pixels of the page a pixel of the picture takes."""
    return rectangle(canvas(page).locator("img"))["width"] / WIDTH


def chip(page: Page, name: str) -> Locator:
    return page.get_by_test_id("class").filter(has_text=name)


def least(page: Page) -> Locator:
    return page.get_by_role("slider", name="Confidence ≥")


def opened(run: RunTask, look: Look, **more: Any) -> Page:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look(**more)
    showing(page, 1)
    return page


def choose(page: Page, name: str, entry: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("menuitemradio", name=entry, exact=True).click()
