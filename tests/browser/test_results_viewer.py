"""The picture of a result and what is said beside it: every control, and where it puts things."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch
from tests.support.results import RunTask, detection
from tests.support.site import Site
from tests.support.viewer import (
    HEIGHT,
    OBJECTS,
    PICTURE,
    WIDTH,
    Look,
    assert_boxes_in_place,
    boxes,
    canvas,
    expected,
    rectangle,
    showing,
)


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
    page.get_by_role("button", name="All", exact=True).click()
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


def test_boxes_are_read_in_another_format_at_once_and_from_item_to_item(
    run: RunTask, look: Look
) -> None:
    as_sizes = [(n, c, (b[0], b[1], b[2] - b[0], b[3] - b[1])) for n, c, b in OBJECTS]
    run.succeeded("a.json", PICTURE, detection(*as_sizes))
    run.succeeded("b.json", PICTURE, detection(*as_sizes))
    page = look()
    showing(page, 1)
    expect(page.get_by_test_id("box-format")).to_have_text("xyxy")
    page.get_by_test_id("format").click()
    expect(page.get_by_role("menuitemradio")).to_have_count(10)
    expect(page.get_by_role("menuitemradio", checked=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("box-format")).to_have_text("xywh")
    expect(page.get_by_test_id("format-note")).to_contain_text("is gone")
    assert_boxes_in_place(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Next item").click()
    showing(page, 2)
    assert_boxes_in_place(page)
    page.get_by_role("button", name="Back to xyxy").click()
    expect(page.get_by_test_id("box-format")).to_have_text("xyxy")


def test_a_hint_shows_boxes_as_they_seem_to_be_meant(run: RunTask, look: Look) -> None:
    shares = [
        (n, c, (b[0] / WIDTH, b[1] / HEIGHT, b[2] / WIDTH, b[3] / HEIGHT)) for n, c, b in OBJECTS
    ]
    run.succeeded("a.json", PICTURE, detection(*shares))
    page = look()
    expect(page.get_by_test_id("item-warnings")).to_contain_text("look like shares")
    page.get_by_role("button", name="Show as xyxy_norm").click()
    expect(page.get_by_test_id("item-warnings")).to_have_count(0)
    assert_boxes_in_place(page)


@pytest.fixture
def package(run: RunTask, running: Site) -> ModelPackage:
    """The package that the task ran, an administrator's."""
    package = running.inside.product.packages.add(
        running.inside.administrator,
        ModelPackage(
            name=f"m-{token_hex(4)}",
            version="1.0.0",
            owner_id="",
            service_type="SELDON",
            launch=PackageLaunch(command=("true",)),
        ),
    )
    server = run.plan.server.model_copy(update={"package": package.snapshot})
    run.plan = run.plan.model_copy(update={"server": server})
    return package


def test_the_format_is_saved_to_the_package(
    run: RunTask, look: Look, running: Site, package: ModelPackage
) -> None:
    page = opened(run, look, user=running.inside.administrator)
    page.get_by_test_id("format").click()
    page.get_by_role("menuitemradio", name="yxyx top").click()
    expect(page.get_by_test_id("box-format")).to_have_text("yxyx")
    page.get_by_role("button", name="Save to the package").click()
    said = page.get_by_test_id("format-note").get_by_role("status")
    expect(said).to_have_text(f"Saved: the model package “{package.name} 1.0.0” now says yxyx")
    kept = running.inside.product.packages.get(running.inside.administrator, package.id)
    assert kept.box_format == "yxyx"
    page.reload()
    expect(page.get_by_test_id("box-format")).to_have_text("yxyx")
    expect(page.get_by_test_id("format-note")).to_have_text("")


def test_who_may_not_save_the_format_is_told_why(
    run: RunTask, look: Look, running: Site, package: ModelPackage
) -> None:
    page = opened(run, look, user=running.user(Role.USER))
    page.get_by_test_id("format").click()
    page.get_by_role("menuitemradio", name="yxyx top").click()
    expect(page.get_by_test_id("format-note")).to_contain_text("somebody else's package")
    expect(page.get_by_role("button", name="Save to the package")).to_have_count(0)


def test_json_is_folded_and_unfolded_by_pointer_and_keys(run: RunTask, look: Look) -> None:
    many = [("car", 0.9, (at, at, at + 10, at + 10)) for at in range(30)]
    run.succeeded("a.json", PICTURE, detection(*many))
    page = look()
    shown = page.get_by_test_id("json")
    expect(shown.get_by_text("… 25 more")).to_have_count(3)
    fold = shown.get_by_role("button", name="dclasses")
    expect(fold).to_have_attribute("aria-expanded", "true")
    fold.click()
    expect(shown.locator(".jl").nth(1)).to_have_text('"dclasses": [ 30 items ],')
    expect(fold).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(shown.get_by_role("button", name="dobjects")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(shown.get_by_text("[29, 29, 39, 39]")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    expect(fold).to_have_attribute("aria-expanded", "true")


def test_a_lit_object_is_brought_into_sight_beside_the_pointer(run: RunTask, look: Look) -> None:
    many = [("car", 0.9, (at * 20, at * 10, at * 20 + 15, at * 10 + 8)) for at in range(30)]
    run.succeeded("a.json", PICTURE, detection(*many))
    page = look()
    showing(page, 1)
    page.locator('[data-testid="box"][data-index="27"]').hover()
    lit = page.locator('[data-testid="object"].on')
    expect(lit).to_be_in_viewport()
    expect(lit.locator("td").first).to_have_text("28")
    expect(page.locator(".jl.hl")).to_have_count(3)
    expect(page.locator(".jl.hl").first).to_be_in_viewport()
    top = page.locator(".ob").evaluate("(one) => one.scrollTop")
    assert top > 0
    page.get_by_test_id("object").nth(20).hover()
    assert page.locator(".ob").evaluate("(one) => one.scrollTop") == pytest.approx(top, abs=250)


def test_the_keys_light_objects_row_by_row(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    page.get_by_test_id("object").first.focus()
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "0")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("object").nth(1)).to_be_focused()
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "1")
    page.keyboard.press("End")
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "3")
    page.keyboard.press("Tab")
    expect(page.locator('[data-testid="box"].lit')).to_have_count(0)


def test_objects_are_put_in_order_by_confidence(run: RunTask, look: Look) -> None:
    page = opened(run, look)
    choose(page, "Order of the objects", "By confidence")
    numbers = page.get_by_test_id("object").locator("td:first-child")
    expect(numbers).to_have_text(["1", "2", "4", "3"])
    page.get_by_test_id("object").nth(2).hover()
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "3")


def test_two_thousand_objects_and_a_megabyte_of_json_draw_what_is_in_sight(
    run: RunTask, look: Look
) -> None:
    many = [("car", 0.9, (at % 600, at % 400, at % 600 + 9, at % 400 + 9)) for at in range(2000)]
    run.succeeded("a.json", PICTURE, detection(*many))
    run.succeeded("b.json", PICTURE, json.dumps({"mask": ["x" * 990] * 1000}).encode())
    page = look()
    expect(page.get_by_test_id("object-count")).to_have_text("2,000")
    assert page.get_by_test_id("object").count() < 100
    shown = page.get_by_test_id("json")
    shown.get_by_text("… 1,995 more").first.click()
    assert shown.locator(".jl").count() < 150
    shown.evaluate("(one) => { one.scrollTop = 18 * 1900 }")
    expect(shown.locator(".jl").first).not_to_have_text("{")
    page.locator(".ob").evaluate("(one) => { one.scrollTop = one.scrollHeight }")
    expect(page.get_by_test_id("object").last.locator("td").first).to_have_text("2000")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Next item").click()
    showing(page, 2)
    expect(shown.get_by_text("… 995 more")).to_be_visible()
    expect(shown.get_by_text("692 more characters")).to_have_count(5)


def test_a_failed_item_shows_all_of_its_error_and_its_request(run: RunTask, look: Look) -> None:
    error = "503 model queue is full\n" + "and so on " * 200 + "the end"
    request = b'{"jsonData":{"names":["a","b"],"threshold":0.40}}'
    run.failed("a.json", request, error)
    page = look()
    shown = page.get_by_test_id("item-error")
    expect(shown).to_have_text(error)
    assert rectangle(shown)["height"] < 120
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the error").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == error
    expect(page.get_by_test_id("request").locator(".jl").nth(3)).to_have_text('"threshold": 0.40')
    page.get_by_role("button", name="Copy the request").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(2)
    assert page.evaluate("navigator.clipboard.readText()") == request.decode()


def test_answers_that_are_no_detections_are_shown_well(run: RunTask, look: Look) -> None:
    scores = [{"label": f"cat {at}", "score": at / 100} for at in range(30)]
    chat = {"choices": [{"message": {"role": "assistant", "content": "一只猫。\n  - 两只狗"}}]}
    vector = {"data": [{"embedding": [0.25] * 4096}]}
    for name, answer in (("a", {"predictions": scores}), ("b", chat), ("c", vector)):
        run.succeeded(f"{name}.json", PICTURE, json.dumps(answer).encode())
    page = look()
    answer = page.get_by_test_id("answer")
    expect(answer.locator("li").first).to_have_text("cat 290.29")
    expect(answer.locator("li")).to_have_count(11)
    expect(answer.locator("li").last).to_have_text("20 more")
    expect(page.get_by_test_id("filters")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(answer).to_have_text(re.compile("一只猫。\n  - 两只狗"), use_inner_text=True)
    page.keyboard.press("ArrowDown")
    expect(answer).to_contain_text("4,096 numbers")
    expect(page.get_by_test_id("json").get_by_text("… 4,091 more")).to_be_visible()


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
