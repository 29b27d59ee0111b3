"""The results of a task in numbers, as somebody sees them: every number leads to what it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend import indexing
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.records import SIDECAR
from tests.support.counted import PICTURE, add, fill
from tests.support.results import RunTask
from tests.support.site import Site

Look = Callable[..., Page]
A_CAR = {"n": 1, "c": ("car",), "low": 0.9, "b": (18, 1), "ms": 30.0}


@pytest.fixture
def look(look: Look) -> Look:
    """Opens the overview of ``run`` for a viewer: ``look(status=…, locale=…, …)``."""
    return partial(look, "?view=overview")


def figure(page: Page, name: str) -> Locator:
    return page.get_by_test_id(f"figure-{name}")


def names(page: Page) -> list[str]:
    """The classes in the order in which they stand."""
    return page.get_by_test_id("class-bar").locator(".cut").all_inner_texts()


def found_at(page: Page, link: Locator) -> int:
    """How many items the list has for the address that a link leads to."""
    address = urlsplit(link.get_attribute("href") or "")
    query = [(name, value) for name, value in parse_qsl(address.query) if name != "item"]
    task = address.path.removesuffix("/results")
    path = f"{routes.API}{task}/items?{urlencode([*query, ('limit', '0')])}"
    return int(page.evaluate("async (path) => (await (await fetch(path)).json()).found", path))


def number_in(text: str, before: str) -> int:
    found = re.search(rf"([\d,]+) {before}", text)
    assert found is not None, text
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("source", ["sidecar", "results"])
def test_the_numbers_are_those_of_the_items(run: RunTask, look: Look, source: str) -> None:
    fill(run)
    if source == "results":
        (run.output / SIDECAR).unlink()
    page = look()
    expect(figure(page, "items")).to_contain_text("8")
    expect(figure(page, "SUCCEEDED")).to_have_text("6succeeded, 75%")
    expect(figure(page, "FAILED")).to_have_text("2failed, 25%")
    expect(figure(page, "EMPTY")).to_have_text("2without objects, 25%")
    expect(figure(page, "objects")).to_have_text("29objects")
    expect(figure(page, "mean")).to_have_text("4.8objects per picture")
    expect(figure(page, "UNREADABLE")).to_have_count(0)
    bars = page.get_by_test_id("class-bar")
    labels = [bar.get_attribute("aria-label") for bar in bars.all()]
    assert labels == [
        "person: 25 objects in 3 pictures, show these",
        "car: 3 objects in 2 pictures, show these",
        "bus: 1 object in 1 picture, show these",
    ]
    confidences = page.get_by_test_id("confidences").get_by_test_id("column")
    lowest = "Confidence 0.15 to 0.20: 1 object in 1 picture"
    expect(confidences.first).to_have_attribute("aria-label", lowest)
    values = [int(one.get_attribute("data-value") or 0) for one in confidences.all()]
    assert sum(values) == 29
    ranges = page.get_by_test_id("ranges").get_by_test_id("column")
    assert [one.get_attribute("aria-label") for one in ranges.all()] == [
        "No objects: 2 pictures",
        "1 object: 1 picture",
        "2 objects: 1 picture",
        "3 objects: 1 picture",
        "21–50 objects: 1 picture",
    ]
    emptiest = page.get_by_test_id("emptiest").get_by_test_id("extreme")
    assert emptiest.all_inner_texts()[0].split("\n")[0] == "2.json"
    expect(emptiest.first).to_contain_text("No objects")
    expect(emptiest.last).to_contain_text("23 objects")


def test_the_slowest_come_first_where_it_is_known_how_long_they_took(
    run: RunTask, look: Look
) -> None:
    fill(run)
    page = look()
    rows = page.get_by_test_id("slowest").get_by_test_id("extreme")
    expect(rows).to_have_count(8)
    expect(rows.first).to_have_text("5.json60 ms")
    expect(rows.last).to_have_text("bad.json1 ms")
    expect(figure(page, "ms")).to_have_text("20 msP50 · P95 60 ms")
    (run.output / SIDECAR).unlink()
    page = look(status=TaskStatus.FAILED)
    expect(page.get_by_test_id("slowest")).to_contain_text("do not say how long they took")
    expect(figure(page, "ms")).to_have_count(0)


def test_each_number_leads_to_exactly_what_it_counts(run: RunTask, look: Look) -> None:
    fill(run)
    run.raw(b"garbage\n")
    page = look()
    expect(figure(page, "UNREADABLE")).to_be_visible()
    for name in ("items", "SUCCEEDED", "FAILED", "UNREADABLE", "EMPTY"):
        shown = int(figure(page, name).locator("b").inner_text())
        assert found_at(page, figure(page, name)) == shown
    bars = [*page.get_by_test_id("class-bar").all(), *page.get_by_test_id("column").all()]
    assert len(bars) > 15
    for bar in bars:
        label = bar.get_attribute("aria-label") or ""
        assert found_at(page, bar) == number_in(label, "pictures?")
    for panel, order in (("slowest", "SLOWEST"), ("emptiest", "FEWEST")):
        every = page.get_by_test_id(panel).get_by_role("link", name="Show all")
        expect(every).to_have_attribute("href", re.compile(rf"/results\?order={order}$"))
        first = page.get_by_test_id(panel).get_by_test_id("extreme").first
        expect(first).to_have_attribute("href", re.compile(rf"\?item=\d+&order={order}$"))


def test_a_bar_is_a_link_that_opens_in_place(run: RunTask, look: Look) -> None:
    fill(run)
    page = look()
    page.evaluate("window.sameDocument = true")
    car = page.get_by_test_id("class-bar").nth(1)
    car.click()
    expect(page).to_have_url(re.compile(r"/results\?class=car"))
    expect(page.get_by_test_id("counter")).to_contain_text("of 2")
    page.go_back()
    expect(car).to_be_visible()
    with page.context.expect_page() as opened:
        car.click(button="middle")
    expect(opened.value).to_have_url(re.compile(r"/results\?class=car"))
    expect(car).to_be_visible()
    bar = page.get_by_test_id("ranges").get_by_test_id("column").first
    bar.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(bar.locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/results\?kind=EMPTY"))
    page.go_back()
    page.get_by_test_id("slowest").get_by_test_id("extreme").first.click()
    expect(page).to_have_url(re.compile(r"[?&]order=SLOWEST"))
    expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", "6")
    assert page.evaluate("window.sameDocument") is True


def test_the_views_are_links_and_the_list_is_found_where_it_was_left(
    run: RunTask, look: Look
) -> None:
    fill(run)
    page = look()
    views = page.get_by_role("navigation", name="Views of the results")
    here = views.locator("[aria-current=page]")
    expect(here).to_have_text("Overview")
    page.reload()
    expect(here).to_have_text("Overview")
    views.get_by_role("link", name="Items").click()
    expect(here).to_have_text("Items")
    expect(page.get_by_test_id("overview")).to_have_count(0)
    page.get_by_test_id("item").nth(3).click()
    expect(page).to_have_url(re.compile(r"\?item=4$"))
    views.get_by_role("link", name="Overview").click()
    expect(page.get_by_test_id("overview")).to_be_visible()
    views.get_by_role("link", name="Items").click()
    expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", "4")
    page.go_back()
    expect(page.get_by_test_id("overview")).to_be_visible()


def test_numbers_grow_while_the_task_runs_and_rows_stay_for_who_points_at_them(
    run: RunTask, look: Look
) -> None:
    page = look(status=TaskStatus.QUEUED)
    expect(page.get_by_role("heading", name="No results yet")).to_be_visible()
    add(run, "a.json", (("car", 0.9), ("car", 0.8), ("person", 0.7)))
    expect(figure(page, "items")).to_have_text("1items so far")
    assert names(page) == ["car", "person"]
    page.get_by_test_id("class-bar").first.hover()
    add(run, "b.json", tuple(("person", 0.9) for _ in range(5)))
    expect(figure(page, "objects")).to_have_text("8objects")
    assert names(page) == ["car", "person"]
    expect(page.get_by_test_id("class-bar").nth(1).locator("b")).to_have_text("6")
    page.get_by_role("heading", name="Results").hover()
    expect(page.get_by_test_id("class-bar").first).to_contain_text("person")


def test_what_is_no_detection_has_figures_and_the_slowest(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, b'{"predictions":[{"label":"tabby cat"}]}', ms=5.0)
    run.succeeded("b.json", PICTURE, b'{"choices":[{"message":{"content":"A cat."}}]}', ms=900.0)
    page = look()
    expect(page.get_by_test_id("no-detections")).to_contain_text("No answer holds detected objects")
    expect(figure(page, "SUCCEEDED")).to_have_text("2succeeded, 100%")
    expect(figure(page, "EMPTY")).to_have_count(0)
    expect(page.get_by_test_id("classes")).to_have_count(0)
    rows = page.get_by_test_id("slowest").get_by_test_id("extreme")
    expect(rows.first).to_contain_text("b.json900 ms")


def test_many_classes_are_shown_when_asked_for_and_found_by_name(run: RunTask, look: Look) -> None:
    evil = "<img src=x onerror=alert(1)>"
    long = "a class with a long name, " * 7 + "cut"
    some = [f"class {at:03d}" for at in range(230)]
    for at, name in enumerate([*some, evil, long, "C&A=100%?"]):
        add(run, f"{at}.json", tuple((name, 0.9) for _ in range(2 if at in (3, 230, 231) else 1)))
    page = look()
    bars = page.get_by_test_id("class-bar")
    expect(bars).to_have_count(15)
    assert names(page)[:3] == ["class 003", evil, long]
    panel = page.get_by_test_id("classes")
    expect(panel).to_contain_text("233 classes")
    height = panel.evaluate("(one) => one.offsetHeight")
    panel.get_by_role("button", name="Show all 200 classes").click()
    expect(bars).to_have_count(200)
    assert panel.evaluate("(one) => one.offsetHeight") == height
    panel.get_by_role("searchbox").fill("IMG")
    expect(bars).to_have_count(1)
    assert found_at(page, bars.first) == 1
    panel.get_by_role("searchbox").fill("C&A=100%?")
    expect(bars).to_have_count(0)
    assert found_at(page, panel.get_by_role("link", name="C&A=100%?")) == 1


def test_a_large_task_says_how_far_it_is_counted(run: RunTask, look: Look) -> None:
    run.many(A_CAR for _ in range(60_000))
    page = look()
    expect(page.get_by_role("progressbar", name="Reading the results")).to_be_visible()
    expect(figure(page, "items")).to_contain_text("60,000")
    expect(figure(page, "objects")).to_have_text("60,000objects", timeout=30_000)
    expect(page.get_by_test_id("counting")).to_have_count(0)
    assert page.get_by_test_id("overview").get_attribute("aria-busy") == "false"


def test_that_counting_was_cut_short_is_said_beside_the_numbers(
    run: RunTask, look: Look, running: Site
) -> None:
    run.many(A_CAR for _ in range(300_000))
    page = look()
    expect(page.get_by_role("progressbar", name="Reading the results")).to_be_visible()
    server = psutil.Process(running.served.process.pid)
    for process in server.children():
        if indexing.__name__ in process.cmdline():
            process.kill()
    expect(page.get_by_role("alert").get_by_text("not all are counted")).to_be_visible()
    expect(figure(page, "items")).to_contain_text("300,000")
    expect(figure(page, "objects")).to_have_count(0)
    expect(figure(page, "FAILED")).to_contain_text("—")


def test_numbers_stay_while_the_server_is_away(run: RunTask, look: Look) -> None:
    add(run, "a.json", (("car", 0.9),))
    page = look(status=TaskStatus.QUEUED)
    expect(figure(page, "objects")).to_have_text("1objects")
    page.context.set_offline(True)
    expect(page.get_by_text("The server cannot be reached; trying again")).to_be_visible()
    expect(figure(page, "objects")).to_have_text("1objects")
    add(run, "b.json", (("car", 0.9),))
    page.context.set_offline(False)
    expect(figure(page, "objects")).to_have_text("2objects")
    expect(page.get_by_text("The server cannot be reached; trying again")).to_be_hidden()


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_overview_can_be_used_by_all(
    run: RunTask,
    look: Look,
    findings: Callable[[Page], list[str]],
    theme: Literal["light", "dark"],
    locale: str,
) -> None:
    fill(run)
    for at in range(20):
        add(run, f"{at}.json", ((f"class {at}", 0.3),))
    page = look(theme=theme, locale=locale, width=1024, height=768)
    expect(page.get_by_test_id("overview").locator(".ex img").first).to_be_visible()
    title = {"zh": "各类别的物体", "en": "Objects per class"}[locale]
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.get_by_test_id("classes").get_by_role("button").click()
    page.get_by_test_id("column").first.focus()
    assert findings(page) == []
    overview = page.get_by_test_id("overview")
    assert overview.evaluate("(one) => one.scrollWidth <= one.clientWidth")


def test_the_page_of_a_task_leads_to_its_numbers_and_its_failures(
    run: RunTask, running: Site, visit: Callable[..., Page]
) -> None:
    fill(run)
    owner = running.inside.administrator
    task = running.record(
        owner,
        token_hex(8),
        plan=run.plan,
        status=TaskStatus.SUCCEEDED,
        found=8,
        succeeded=6,
        failed=2,
    )
    page = visit(running.user(Role.VIEWER), routes.task(task.id), locale="en")
    failed = page.get_by_test_id("failed")
    expect(failed).to_contain_text("2")
    assert found_at(page, failed) == 2
    page.get_by_role("link", name="Results in numbers").click()
    expect(figure(page, "items")).to_contain_text("8")
