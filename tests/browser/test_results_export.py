"""Exporting results as somebody does it: what is offered, what is saved, and what goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.records import JOURNAL
from tests.support.results import RunTask, a_picture, detection, seldon
from tests.support.site import Site

PICTURE = seldon(a_picture(64, 48))
CAR = ("car", 0.97, (10.0, 10.0, 30.0, 25.0))

Look = Callable[..., Page]


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


@pytest.fixture
def task(running: Site, run: RunTask) -> InferenceTask:
    name = token_hex(8)
    store = running.inside.product.store
    status = TaskStatus.SUCCEEDED
    return run.stored(store, running.inside.administrator, id=name, name=name, status=status)


@pytest.fixture
def look(visit: Callable[..., Page], running: Site, task: InferenceTask) -> Look:
    """Opens the results for a viewer: ``look(user=…, locale=…)``."""

    def look(user: Actor | None = None, **more: object) -> Page:
        viewer = user or running.user(Role.VIEWER)
        return visit(viewer, routes.task_results(task.id), **({"locale": "en"} | more))

    return look


def endless(run: RunTask) -> None:
    """Results whose export does not end while a test looks at it."""
    run.succeeded("a.json", PICTURE, detection(*[CAR] * 100))
    journal = run.output / JOURNAL
    journal.write_bytes(journal.read_bytes() * 50_000)


def ask(page: Page) -> Locator:
    page.get_by_role("button", name="Export", exact=True).click()
    return page.get_by_role("dialog", name="Export")


def begin(page: Page, name: str = "CSV") -> None:
    """Ask for an export, and wait until the browser saves something."""
    with page.expect_download():
        ask(page).get_by_role("button", name=name).click()


def told(page: Page) -> Locator:
    return page.get_by_test_id("export-run")


def test_what_is_saved_is_told_with_what_it_lacks(
    run: RunTask, look: Look, task: InferenceTask
) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR))
    run.failed("b.json", b"{}", "503 model queue is full")
    page = look()
    dialog = ask(page)
    expect(dialog).to_contain_text("All 2 items")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="COCO JSON").click()
    expect(dialog).to_have_count(0)
    assert download.value.suggested_filename == f"{task.name}-coco.json"
    assert len(json.loads(download.value.path().read_bytes())["annotations"]) == 1
    expect(told(page)).to_contain_text(re.compile(r"COCO JSON · 2 items exported · [\d.]+ B"))
    told(page).get_by_role("button", name="Some was left out").click()
    expect(page.get_by_test_id("export-details")).to_contain_text("1 item that failed")
    page.keyboard.press("Escape")
    told(page).get_by_role("button", name="Close").click()
    expect(told(page)).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "ending"), [("YOLO", "-yolo.zip"), ("CSV", ".csv"), ("Source files", "-source.zip")]
)
def test_each_format_is_saved(
    run: RunTask, look: Look, task: InferenceTask, name: str, ending: str
) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR))
    page = look()
    with page.expect_download() as download:
        ask(page).get_by_role("button", name=name).click()
    assert download.value.suggested_filename == f"{task.name}{ending}"
    assert download.value.failure() is None
    expect(told(page)).to_have_attribute("data-state", "DONE")


def test_it_is_done_by_keyboard_alone(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR))
    page = look()
    button = page.get_by_role("button", name="Export", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="COCO JSON")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    expect(button).to_be_focused()


def test_clicking_elsewhere_puts_it_away(run: RunTask, look: Look) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR))
    page = look()
    expect(ask(page)).to_be_visible()
    page.get_by_test_id("canvas").click(position={"x": 5, "y": 5})
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_one_looks_on_while_it_runs_and_may_cancel_it(run: RunTask, look: Look) -> None:
    endless(run)
    page = look()
    with page.expect_download() as download:
        ask(page).get_by_role("button", name="CSV").click()
    expect(told(page)).to_contain_text(re.compile(r"CSV · [\d,]+ / 50,000 items · [\d.]+ [KMG]iB"))
    page.get_by_role("listbox").press("ArrowDown")
    expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", "2")
    expect(told(page)).to_have_attribute("data-state", "RUNNING")
    expect(ask(page)).to_contain_text("The last export is still running")
    expect(page.get_by_role("button", name="YOLO")).to_be_disabled()
    page.keyboard.press("Escape")
    told(page).get_by_role("button", name="Cancel the export").click()
    expect(told(page)).to_contain_text("CSV · Cancelled")
    assert download.value.failure() is not None


def test_it_is_still_known_after_a_reload(run: RunTask, look: Look) -> None:
    endless(run)
    page = look()
    begin(page)
    expect(told(page)).to_contain_text("/ 50,000 items")
    page.reload()
    expect(told(page)).to_contain_text("/ 50,000 items")
    told(page).get_by_role("button", name="Cancel the export").click()
    expect(told(page)).to_have_attribute("data-state", "CANCELLED")


def test_why_none_began_and_why_one_broke_off_is_told(
    run: RunTask, look: Look, running: Site
) -> None:
    endless(run)
    user = running.user(Role.VIEWER)
    page, other = look(user), look(user)
    begin(page)
    expect(told(page)).to_contain_text("/ 50,000 items")
    ask(other).get_by_role("button", name="CSV").click()
    expect(told(other)).to_contain_text("Another export of yours is running")
    (run.output / JOURNAL).write_bytes(b"")
    expect(told(page)).to_contain_text("The results were replaced meanwhile")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_it_can_be_used_by_all(
    run: RunTask, look: Look, findings: Callable[[Page], list[str]], theme: str, locale: str
) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR))
    run.failed("b.json", b"{}", "503 model queue is full")
    page = look(theme=theme, locale=locale)
    with page.expect_download():
        page.locator(".xp > .btn").click()
        page.get_by_role("button", name="COCO JSON").click()
    expect(told(page)).to_have_attribute("data-state", "DONE")
    told(page).locator(".lnk").click()
    expect(page.get_by_test_id("export-details")).to_be_visible()
    assert findings(page) == []


def test_progress_can_be_read_by_all(
    run: RunTask, look: Look, findings: Callable[[Page], list[str]]
) -> None:
    endless(run)
    page = look(width=1024, height=768)
    begin(page)
    expect(told(page)).to_contain_text("/ 50,000 items")
    expect(page.get_by_role("progressbar")).to_be_visible()
    ask(page)
    assert findings(page) == []
    page.keyboard.press("Escape")
    told(page).get_by_role("button", name="Cancel the export").click()
    expect(told(page)).to_have_attribute("data-state", "CANCELLED")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_what_the_filter_leaves_is_exported_alone(
    visit: Look, running: Site, run: RunTask, task: InferenceTask, locale: str
) -> None:
    run.succeeded("a.json", PICTURE, detection(CAR), n=1, c=("car",), low=0.97, b=(19, 1))
    run.failed("b.json", b"{}", "503 model queue is full")
    run.succeeded("c.json", PICTURE, detection(), n=0)
    path = f"{routes.task_results(task.id)}?class=car"
    page = visit(running.user(Role.VIEWER), path, locale=locale)
    expect(page.get_by_test_id("item")).to_have_count(1)
    name = "Export" if locale == "en" else "导出"
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_role("dialog", name=name)
    expect(dialog.get_by_role("radio").first).to_be_checked()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="CSV").click()
    expect(told(page)).to_have_attribute("data-state", "DONE")
    rows = saved.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert "a.json" in rows[1]
