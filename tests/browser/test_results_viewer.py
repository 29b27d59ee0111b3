"""The picture of a result: every control, and where it puts things."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.results import RunTask, detection
from tests.support.viewer import (
    OBJECTS,
    PICTURE,
    WIDTH,
    Look,
    assert_boxes_in_place,
    boxes,
    canvas,
    chip,
    choose,
    expected,
    least,
    opened,
    rectangle,
    scale,
    showing,
)


@pytest.mark.parametrize("percent", ["25%", "100%", "200%", "400%"])
def test_boxes_are_in_place_at_every_scale_of_the_menu(
    run: RunTask, look: Look, percent: str
) -> None:
    page = opened(run, look)
    choose(page, "Zoom", percent)
    expect(page.get_by_test_id("scale")).to_have_text(percent)
    assert scale(page) == pytest.approx(float(percent[:-1]) / 100, abs=0.01)
    assert_boxes_in_place(page)


def test_the_wheel_zooms_at_the_pointer_and_a_pinch_more_finely(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    pane = rectangle(canvas(page))
    x, y = pane["x"] + 300, pane["y"] + 200

    def under_pointer() -> tuple[float, float]:
        picture = rectangle(canvas(page).locator("img"))
        return (x - picture["x"]) / scale(page), (y - picture["y"]) / scale(page)

    page.mouse.move(x, y)
    before, start = under_pointer(), scale(page)
    page.mouse.wheel(0, -120)
    expect(page.get_by_role("button", name="Fit to window")).to_have_attribute(
        "aria-pressed", "false"
    )
    coarse = scale(page) / start
    assert under_pointer() == pytest.approx(before, abs=1)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function("(was) => document.querySelector('.cv img').width > was + 2", arg=start)
    assert 1 < scale(page) / (start * coarse) < coarse
    assert under_pointer() == pytest.approx(before, abs=1)
    assert_boxes_in_place(page)


def test_two_fingers_zoom_and_move(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    pane, start = rectangle(canvas(page)), scale(page)
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *xs: float) -> None:
        y = pane["y"] + 200
        points = [{"x": pane["x"] + x, "y": y, "id": at} for at, x in enumerate(xs)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 200, 300)
    fingers("touchMove", 150, 350)
    fingers("touchEnd")
    expect(page.get_by_test_id("scale")).to_have_text(f"{round(start * 200)}%")
    assert_boxes_in_place(page)


def test_dragging_moves_the_picture_but_never_out_of_sight(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    pane = rectangle(canvas(page))
    page.mouse.move(pane["x"] + 300, pane["y"] + 300)
    page.mouse.down()
    page.mouse.move(pane["x"] + 330, pane["y"] + 320, steps=3)
    assert_boxes_in_place(page)
    page.mouse.move(pane["x"] + 9000, pane["y"] - 9000, steps=3)
    page.mouse.up()
    picture = rectangle(canvas(page).locator("img"))
    assert pane["x"] + pane["width"] - picture["x"] == pytest.approx(64, abs=1)
    assert picture["y"] + picture["height"] - pane["y"] == pytest.approx(64, abs=1)


def test_keys_zoom_and_pan_and_arrows_alone_go_on(run: RunTask, look: Look) -> None:
    run.succeeded("b.json", PICTURE, detection(*OBJECTS))
    page = opened(run, look)
    fitted = scale(page)
    canvas(page).focus()
    page.keyboard.press("+")
    expect(page.get_by_test_id("scale")).to_have_text(f"{round(fitted * 125)}%")
    page.keyboard.press("-")
    expect(page.get_by_test_id("scale")).to_have_text(f"{round(fitted * 100)}%")
    page.keyboard.press("1")
    expect(page.get_by_test_id("scale")).to_have_text("100%")
    before = rectangle(canvas(page).locator("img"))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    after = rectangle(canvas(page).locator("img"))
    assert (after["x"], after["y"]) == (before["x"] - 64, before["y"] + 64)
    assert_boxes_in_place(page)
    page.keyboard.press("0")
    expect(page.get_by_test_id("scale")).to_have_text(f"{round(fitted * 100)}%")
    page.keyboard.press("ArrowDown")
    showing(page, 2)
    page.keyboard.press("ArrowLeft")
    showing(page, 1)


def test_a_double_click_changes_between_fit_and_actual_size(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    fitted = page.get_by_test_id("scale").inner_text()
    canvas(page).dblclick()
    expect(page.get_by_test_id("scale")).to_have_text("100%")
    assert rectangle(canvas(page).locator("img"))["width"] == pytest.approx(WIDTH, abs=0.5)
    canvas(page).dblclick()
    expect(page.get_by_test_id("scale")).to_have_text(fitted)


def test_the_pixel_under_the_pointer_is_told(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    corner = expected(page, (320, 240, 320, 240))
    page.mouse.move(corner["x"] + 1, corner["y"] + 1)
    expect(page.get_by_test_id("cursor")).to_have_text("Pointer 320, 240")
    page.get_by_test_id("item-name").hover()
    expect(page.get_by_test_id("cursor")).to_be_empty()


def test_classes_are_hidden_and_shown_from_item_to_item(run: RunTask, look: Look) -> None:
    run.succeeded("b.json", PICTURE, detection(*OBJECTS))
    page = opened(run, look)
    expect(page.get_by_test_id("class")).to_have_text(["bus1", "car1", "person1", "traffic light1"])
    chip(page, "person").click()
    expect(chip(page, "person")).to_have_attribute("aria-pressed", "false")
    expect(boxes(page)).to_have_count(3)
    expect(page.get_by_test_id("shown-count")).to_have_text("3 shown, 1 hidden")
    row = page.get_by_test_id("object").nth(1)
    expect(row).to_have_class("off")
    row.hover()
    expect(page.locator(".lit, .jl.hl")).to_have_count(0)
    page.get_by_role("button", name="Next item").click()
    showing(page, 2)
    expect(boxes(page)).to_have_count(3)
    expect(page).to_have_url(re.compile(r"item=2$"))
    page.reload()
    showing(page, 2)
    expect(boxes(page)).to_have_count(3)
    page.get_by_test_id("filters").get_by_role("button", name="All", exact=True).click()
    expect(boxes(page)).to_have_count(4)
    page.get_by_role("button", name="None", exact=True).click()
    expect(boxes(page)).to_have_count(0)
    assert "hidden" not in page.url


def test_the_slider_hides_what_is_less_sure(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    slider = least(page)
    slider.fill("0.5")
    expect(boxes(page)).to_have_count(3)
    expect(slider).to_have_attribute("aria-valuetext", "0.50")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("least")).to_have_text("0.51")
    expect(boxes(page)).to_have_count(2)
    expect(page.get_by_test_id("shown-count")).to_have_text("2 shown, 2 hidden")
    page.keyboard.press("End")
    expect(boxes(page)).to_have_count(0)
    page.keyboard.press("Home")
    expect(boxes(page)).to_have_count(4)
    bins = page.locator(".hist i").evaluate_all("(all) => all.map((one) => +one.dataset.count)")
    assert (len(bins), sum(bins), bins[8], bins[19]) == (20, 4, 1, 1)


def test_confidences_above_one_widen_the_slider(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(("car", 97.0, OBJECTS[0][2]), OBJECTS[1]))
    page = look()
    showing(page, 1)
    expect(least(page)).to_have_attribute("max", "97")
    least(page).fill("48.5")
    expect(page.get_by_test_id("box-label")).to_have_text("car (97.00)")
    expect(page.get_by_test_id("item-warnings")).to_contain_text("not between 0 and 1")


def test_many_classes_leave_the_picture_its_room(run: RunTask, look: Look) -> None:
    found = [(f"class {at:02d}", 0.5, OBJECTS[0][2]) for at in range(60)]
    run.succeeded("a.json", PICTURE, detection(OBJECTS[0]))
    run.succeeded("b.json", PICTURE, detection(*found))
    page = look()
    showing(page, 1)
    before = rectangle(canvas(page))
    page.keyboard.press("ArrowDown")
    showing(page, 2)
    assert rectangle(canvas(page)) == before
    row = page.get_by_test_id("class")
    shown = row.count()
    more = page.get_by_test_id("more-classes")
    expect(more).to_have_text(f"+{60 - shown}")
    more.click()
    expect(row).to_have_count(60)
    chip(page, "class 59").click()
    expect(boxes(page)).to_have_count(59)
    page.keyboard.press("Escape")
    expect(row).to_have_count(shown)
    expect(more).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_control_can_be_used_by_all(
    run: RunTask, look: Look, findings: Callable[[Page], list[str]], theme: str, locale: str
) -> None:
    many = [(f"class {at}", at / 60, OBJECTS[0][2]) for at in range(60)]
    run.succeeded("a.json", PICTURE, detection(*many, ("c", 0.9, (900, 900, 2000, 2000))))
    run.succeeded("b.json", PICTURE, b'{"predictions":[{"label":"cat","score":0.9}]}')
    page = look(theme=theme, locale=locale)
    showing(page, 1)
    page.get_by_test_id("class").first.click()
    page.locator("#least").fill("0.4")
    page.get_by_test_id("more-classes").click()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.get_by_test_id("format").click()
    assert findings(page) == []
    page.get_by_role("menuitemradio").nth(5).click()
    expect(page.get_by_test_id("box-format")).to_have_text("xyxy_norm")
    assert findings(page) == []
    page.get_by_test_id("items").press("ArrowDown")
    showing(page, 2)
    expect(page.get_by_test_id("answer")).to_be_visible()
    assert findings(page) == []


def test_where_it_is_narrow_the_toolbar_keeps_within_its_pane(run: RunTask, look: Look) -> None:
    page = opened(run, look, width=1024, height=768)
    toggle = page.get_by_role("button", name="Objects and JSON")
    toggle.click()
    expect(page.get_by_test_id("json")).to_be_visible()
    pane, button = rectangle(canvas(page)), rectangle(toggle)
    assert button["x"] + button["width"] <= pane["x"] + pane["width"]
    assert rectangle(page.get_by_test_id("item-name"))["width"] > 30
    choose(page, "Zoom", "200%")
    assert_boxes_in_place(page)
