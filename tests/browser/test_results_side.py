"""What stands beside a result's picture: its objects, its JSON, its words, its request."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.support.results import RunTask, detection
from tests.support.viewer import (
    PICTURE,
    Look,
    choose,
    opened,
    rectangle,
    showing,
)


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
