"""The results of a task as somebody sees them: boxes, labels, keys, and what is odd."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from inference_ui import routes
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.records import JOURNAL
from tests.support.pictures import encoded, huge_png
from tests.support.results import RunTask, a_picture, detection, seldon
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


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_object_has_its_box_and_label(run: RunTask, look: Look, locale: str) -> None:
    run.succeeded("night/a.json", PICTURE, detection(*OBJECTS), n=4, low=0.4, ms=34.0)
    page = look(locale=locale)
    expect(boxes(page)).to_have_count(len(OBJECTS))
    labels = page.get_by_test_id("box-label").all_text_contents()
    assert labels == ["traffic light (0.40)", "bus (0.50)", "person (0.66)", "car (0.97)"]
    assert json.loads(page.get_by_test_id("json").inner_text()) == json.loads(detection(*OBJECTS))
    expect(page.get_by_test_id("object")).to_have_count(len(OBJECTS))
    words = "4 个物体 · 最低 0.40" if locale == "zh" else "4 objects · lowest 0.40"
    expect(page.get_by_test_id("item")).to_contain_text(words)
    expect(page.get_by_test_id("item-name")).to_have_text("night / a.json")
    expect(page.get_by_text("34 ms")).to_be_visible()


def test_boxes_are_in_place_at_every_scale(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look()
    showing(page, 1)
    assert_boxes_in_place(page)
    page.get_by_role("button", name="Actual size").click()
    expect(page.get_by_test_id("scale")).to_have_text("100%")
    assert rectangle(canvas(page).locator("img"))["width"] == pytest.approx(WIDTH, abs=0.5)
    assert_boxes_in_place(page)
    canvas(page).hover(position={"x": 200, "y": 150})
    page.mouse.wheel(0, -500)
    expect(page.get_by_test_id("scale")).not_to_have_text("100%")
    assert_boxes_in_place(page)
    page.mouse.down()
    page.mouse.move(700, 600, steps=3)
    page.mouse.up()
    assert_boxes_in_place(page)
    page.get_by_role("button", name="Fit to window").click()
    assert_boxes_in_place(page)


def test_labels_stand_at_the_upper_left_corner_and_are_never_cut(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look()
    showing(page, 1)
    pane = rectangle(canvas(page).locator("img"))
    for index, _ in enumerate(OBJECTS):
        label = rectangle(page.locator(f'[data-testid="box-label"][data-index="{index}"] rect'))
        assert label["x"] >= pane["x"] - 1
        assert label["y"] >= pane["y"] - 1
        assert label["x"] + label["width"] <= pane["x"] + pane["width"] + 1
        assert label["y"] + label["height"] <= pane["y"] + pane["height"] + 1
    label = rectangle(page.locator('[data-testid="box-label"][data-index="0"] rect'))
    box = expected(page, OBJECTS[0][2])
    assert label["x"] == pytest.approx(box["x"], abs=2)
    assert label["y"] + label["height"] == pytest.approx(box["y"], abs=2)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_turned_picture_stands_upright_under_its_boxes(
    run: RunTask, look: Look, kind: str
) -> None:
    """What lies at the top left is stored at the bottom left, as cameras that are held upright do;
    the box is around what the reader sees at the top left."""
    stored = Image.new("RGB", (HEIGHT, WIDTH), "white")
    stored.paste("red", (0, WIDTH - 200, 100, WIDTH))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    run.succeeded(
        f"a.{kind.lower()}",
        encoded(stored, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {})),
        detection(("red", 0.9, (0.0, 0.0, 200.0, 100.0))),
    )
    page = look()
    showing(page, 1)
    expect(page.get_by_test_id("picture-size")).to_contain_text("640 × 480")
    picture = canvas(page).locator("img")
    assert picture.evaluate("(img) => [img.naturalWidth, img.naturalHeight]") == [WIDTH, HEIGHT]
    place = rectangle(page.locator('[data-testid="box"] .o'))
    assert place["width"] / place["height"] == pytest.approx(2, abs=0.1)
    painted = Image.open(io.BytesIO(page.screenshot())).convert("RGB")

    def colour(x: float, y: float) -> tuple[int, ...]:
        at = (place["x"] + x * place["width"], place["y"] + y * place["height"])
        return tuple(painted.getpixel((round(at[0]), round(at[1]))))

    assert colour(0.8, 0.8)[1] < 160, "red, under the box"
    assert min(colour(1.2, 0.5)) > 240, "white, right of it"
    assert min(colour(0.5, 1.2)) > 240, "white, below it"


def test_a_large_picture_is_reduced_and_its_boxes_stay(run: RunTask, look: Look) -> None:
    large = a_picture(8000, 6000, "JPEG", quality=40)
    run.succeeded("large.jpg", large, detection(("car", 0.9, (0.0, 0.0, 4000.0, 3000.0))))
    page = look()
    showing(page, 1)
    expect(page.get_by_test_id("picture-size")).to_contain_text("8,000 × 6,000")
    # 48 megapixels are decoded by a process that gives way to all others.
    expect(page.get_by_test_id("picture-reduced")).to_have_text(
        "shown reduced to 4,729 × 3,547", timeout=30_000
    )
    box, picture = rectangle(page.locator('[data-testid="box"] .o')), canvas(page).locator("img")
    assert box["width"] == pytest.approx(rectangle(picture)["width"] / 2, abs=2)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the original").click()
    assert download.value.path().read_bytes() == large
    assert download.value.suggested_filename == "large.jpg"


def test_where_no_copy_can_be_made_the_reason_stands_and_the_picture_can_be_saved(
    run: RunTask, look: Look
) -> None:
    bomb = huge_png(60_000)
    run.succeeded("bomb.png", bomb, detection(*OBJECTS))
    page = look()
    expect(page.get_by_test_id("no-picture")).to_contain_text("60,000 × 60,000")
    expect(page.get_by_test_id("picture-reduced")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the original").click()
    assert download.value.path().read_bytes() == bomb


def test_one_pointer_lights_box_row_and_json(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look()
    showing(page, 1)
    row = page.get_by_test_id("object").nth(1)
    row.hover()
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "1")
    assert [line.strip() for line in page.locator(".jl.hl").all_inner_texts()] == [
        '"person",',
        "[0.0, 0.0, 40.0, 60.0],",
        "0.66,",
    ]
    page.locator('[data-testid="box"][data-index="0"]').hover()
    expect(page.get_by_test_id("object").nth(0)).to_have_class("on")
    assert page.get_by_test_id("box-label").all_text_contents()[-1] == "car (0.97)"
    page.locator(".jl", has_text='"bus"').hover()
    expect(page.locator('[data-testid="box"].lit')).to_have_attribute("data-index", "3")


def test_keys_move_through_the_list_and_the_address_follows(run: RunTask, look: Look) -> None:
    for number in range(60):
        run.succeeded(f"{number:03d}.json", PICTURE, detection(*OBJECTS[: number % 4]))
    page = look()
    showing(page, 1)
    expect(page.get_by_role("listbox")).to_be_focused()
    for _ in range(20):
        page.keyboard.press("ArrowDown")
    showing(page, 21)
    expect(page.get_by_role("option", selected=True)).to_contain_text("020.json")
    expect(boxes(page)).to_have_count(20 % 4)
    page.keyboard.press("End")
    showing(page, 60)
    expect(page.get_by_role("option", selected=True)).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    showing(page, 59)
    expect(page).to_have_url(re.compile(r"\?item=59$"))
    page.reload()
    showing(page, 59)
    page.keyboard.press("Home")
    showing(page, 1)
    page.keyboard.press("PageDown")
    expect(page.get_by_role("option", selected=True)).not_to_contain_text("000.json")
    page.get_by_role("button", name="Previous item").click()
    page.get_by_role("option").nth(2).click()
    expect(page.get_by_role("option", selected=True)).to_be_in_viewport()


def test_a_million_items_are_reached_by_keys_wheel_and_address(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    first = (run.output / JOURNAL).read_bytes()
    with (run.output / JOURNAL).open("wb") as journal:
        for thousand in range(1000):
            journal.write(
                b"".join(
                    first.replace(b"dataset/a.json", b"dataset/%07d.json" % (thousand * 1000 + at))
                    for at in range(1000)
                )
            )
    page = look("?item=900000")
    selected = page.get_by_role("option", selected=True)
    expect(selected).to_contain_text("0899999.json")
    expect(selected).to_be_in_viewport()
    expect(page.get_by_test_id("counter")).to_have_text("Item 900,000 of 1,000,000")
    assert page.get_by_test_id("item").count() < 60
    page.keyboard.press("End")
    expect(selected).to_contain_text("0999999.json")
    expect(selected).to_be_in_viewport()
    last = rectangle(page.get_by_test_id("items"))
    assert rectangle(selected)["y"] + 48 == pytest.approx(last["y"] + last["height"], abs=1)
    page.get_by_test_id("items").hover()
    top = page.get_by_test_id("item").first
    before = int(top.get_attribute("data-number") or 0)
    page.mouse.wheel(0, -480)
    expect(top).to_have_attribute("data-number", str(before - 10))
    page.keyboard.press("Home")
    expect(selected).to_contain_text("0000000.json")
    expect(selected).to_be_in_viewport()


def test_the_list_grows_while_the_task_runs(run: RunTask, look: Look) -> None:
    page = look(status=TaskStatus.QUEUED)
    expect(page.get_by_role("heading", name="No results yet")).to_be_visible()
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    showing(page, 1)
    expect(page.get_by_test_id("results-count")).to_have_text("1 item so far")
    run.failed("b.json", b"{}", "503 model queue is full")
    expect(page.get_by_test_id("item")).to_have_count(2)
    expect(page.get_by_test_id("item").nth(1)).to_contain_text("503 model queue is full")


def test_a_failed_item_shows_its_error_and_its_request(run: RunTask, look: Look) -> None:
    run.failed("a.json", b'{"strData":"' + b"x" * 3000 + b'"}', "503 model queue is full")
    page = look()
    expect(page.get_by_test_id("item-error")).to_have_text("503 model queue is full")
    request = page.get_by_test_id("request").inner_text()
    assert request.startswith('{\n  "strData": "xxx')
    assert "2,702 more characters" in request
    expect(page.get_by_test_id("no-picture")).to_contain_text("no picture")
    expect(page.get_by_test_id("json")).to_have_count(0)


def test_what_is_odd_is_shown_as_what_it_is(run: RunTask, look: Look) -> None:
    evil = ("<img src=x onerror=alert(1)>", 0.9, (10.0, 10.0, 200.0, 200.0))
    run.succeeded("<b>.json", PICTURE, detection(evil, dnum=7))
    run.succeeded("broken.json", seldon(a_picture(kind="JPEG")[:300]), detection(*OBJECTS))
    run.succeeded("outside.json", PICTURE, detection(("car", 0.9, (600.0, 400.0, 800.0, 600.0))))
    run.raw(b"garbage\n")
    page = look()
    showing(page, 1)
    expect(page.get_by_test_id("box-label")).to_have_text("<img src=x onerror=alert(1)> (0.90)")
    expect(page.get_by_test_id("item-warnings")).to_contain_text("dnum")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("no-picture")).to_contain_text("damaged")
    expect(boxes(page)).to_have_count(0)
    expect(page.get_by_test_id("object")).to_have_count(len(OBJECTS))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("item-warnings")).to_contain_text("1 box")
    expect(boxes(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("item-error")).to_be_visible()
    expect(page.get_by_role("option", selected=True)).to_contain_text("(no name)")


def test_an_answer_that_is_no_detection_is_shown_in_words(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, b'{"predictions":[{"label":"tabby cat","score":0.91}]}')
    run.succeeded("b.json", PICTURE, b'{"choices":[{"message":{"content":"A cat."}}]}')
    page = look()
    expect(page.get_by_test_id("answer")).to_have_text("tabby cat0.91")
    expect(page.get_by_test_id("object")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("answer")).to_have_text("A cat.")


def test_the_json_is_copied_and_saved_with_one_click(run: RunTask, look: Look) -> None:
    stored = b'{"dobjects":[[1.10,2,3,4]],"dclasses":["a"],"dconfidences":[0.5],"dnum":1}'
    run.succeeded("a.json", PICTURE, stored)
    page = look()
    showing(page, 1)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy JSON").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == stored.decode()
    assert "[1.10, 2, 3, 4]" in page.get_by_test_id("json").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the result's file").click()
    assert download.value.path().read_bytes() == stored
    assert download.value.suggested_filename == "a.json_result.json"


def test_where_it_is_narrow_the_answer_is_opened_when_asked_for(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look(width=1024, height=768)
    showing(page, 1)
    expect(page.get_by_test_id("json")).to_be_hidden()
    page.get_by_role("button", name="Objects and JSON").click()
    expect(page.get_by_test_id("json")).to_be_visible()
    expect(boxes(page)).to_have_count(len(OBJECTS))
    assert_boxes_in_place(page)


def test_a_task_that_is_not_there_leads_back(visit: Callable[..., Page], running: Site) -> None:
    page = visit(running.user(), routes.task_results("nothing"), locale="en")
    expect(page.get_by_role("heading", name="There is no such task")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="To the inference tasks").click()
    expect(page).to_have_url(f"{running.address}/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_can_be_used_by_all(
    run: RunTask, look: Look, findings: Callable[[Page], list[str]], theme: str
) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS, dnum=9), n=4, low=0.4)
    run.failed("b.json", b"{}", "503 model queue is full")
    page = look(theme=theme)
    showing(page, 1)
    expect(page.get_by_test_id("item")).to_have_count(2)
    assert findings(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("item-error")).to_be_visible()
    assert findings(page) == []


def test_nothing_is_fetched_from_elsewhere(run: RunTask, look: Look, running: Site) -> None:
    run.succeeded("a.json", PICTURE, detection(*OBJECTS))
    page = look()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    showing(page, 1)
    assert asked
    assert not [url for url in asked if running.address.split("//")[1] not in url]
