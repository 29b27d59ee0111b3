"""Finding tasks in a browser: conditions as chips, in the address; sorting; which columns."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import EndReason, TaskStatus
from tests.support.samples import a_plan
from tests.support.site import Site
from tests.support.waiting import wait_for

GOOD = {"status": TaskStatus.SUCCEEDED, "end_reason": EndReason.COMPLETED}
BAD = {"status": TaskStatus.FAILED, "end_reason": EndReason.STALLED}
WORDS = {
    "zh": {"search": "搜索任务", "owner": "创建人", "status": "状态", "failed": "失败"},
    "en": {"search": "Search tasks", "owner": "Creator", "status": "Status", "failed": "Failed"},
}


def plan(package: str):
    base = a_plan()
    of = base.package.model_copy(update={"name": package})
    return base.model_copy(update={"server": base.server.model_copy(update={"package": of})})


def names(page: Page) -> list[str]:
    return page.locator("[data-testid=task-row] .nm").all_text_contents()


def shown(page: Page, *expected: str) -> None:
    wait_for(lambda: names(page) == list(expected), f"{expected} are shown")


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def three(running: Site) -> tuple[Actor, Actor, str]:
    """Three tasks of two users, whose names begin alike."""
    one, other = running.user(), running.user()
    mark = f"{one.name}巡检"
    running.record(one, f"{mark} day", ago_s=300, found=9, succeeded=9, **GOOD)
    running.record(one, f"{mark} night", ago_s=200, plan=plan("ocr"), found=9, failed=4, **BAD)
    running.record(
        other, f"{mark} night 2", ago_s=100, plan=plan("ocr"), found=9, succeeded=3, **BAD
    )
    return one, other, mark


@pytest.mark.parametrize(
    ("locale", "theme", "width"), [("zh", "light", 1440), ("en", "dark", 1024)]
)
def test_conditions_are_chips_that_a_reload_and_a_link_keep(
    visit, running, findings, locale, theme, width
):
    one, other, mark = three(running)
    words = WORDS[locale]
    page = visit(one, locale=locale, theme=theme, width=width)
    expect(page.get_by_test_id("task-row").first).to_be_visible()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name=words["search"])
    expect(box).to_be_focused()
    expect(page.get_by_role("option")).to_have_count(5)

    page.keyboard.type(f"{mark} NIGHT", delay=70)  # slower than the box waits: each key is sent
    expect(box).to_have_value(f"{mark} NIGHT")
    shown(page, f"{mark} night 2", f"{mark} night")
    assert query(page) == {"q": [f"{mark} NIGHT"]}
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("chip-name")).to_contain_text(f"{mark} NIGHT")
    assert query(page) == {"name": [f"{mark} NIGHT"]}

    page.get_by_role("option", name=words["owner"]).or_(box).first.click()
    box.press("ArrowDown")
    page.get_by_role("option", name=words["owner"]).click()
    page.keyboard.type(other.name)
    page.get_by_role("option", name=other.name, exact=True).click()
    shown(page, f"{mark} night 2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    assert query(page)["owner"] == [other.name]
    assert findings(page) == []

    page.reload()
    shown(page, f"{mark} night 2")
    expect(page.get_by_test_id("chip-owner")).to_contain_text(other.name)
    page.get_by_test_id("tab-FAILED").click()
    expect(page.get_by_test_id("chip-status")).to_contain_text(words["failed"])
    expect(page.get_by_test_id("tab-FAILED")).to_contain_text("1")
    box.click()
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("chip-owner")).to_have_count(0)
    shown(page, f"{mark} night 2", f"{mark} night")
    page.go_back()
    shown(page, f"{mark} night 2")


def test_where_nothing_matches_each_condition_leads_out(visit, running):
    one, _other, mark = three(running)
    page = visit(one, f"/?name={mark}&package=ocr%201.0.0&status=STOPPED")
    expect(page.get_by_role("heading", name="没有符合条件的任务")).to_be_visible()
    expect(page.locator(".outs")).to_have_text(re.compile("^去掉状态 已停止 有 2 个$"))
    page.get_by_role("link", name="去掉状态 已停止").click()
    shown(page, f"{mark} night 2", f"{mark} night")
    page.get_by_role("button", name=f"去掉条件：名称 {mark}").click()
    expect(page.get_by_test_id("chip-name")).to_have_count(0)
    assert query(page) == {"package": ["ocr 1.0.0"]}


def test_columns_sort_and_the_choice_of_them_is_remembered(visit, running):
    one, _other, mark = three(running)
    page = visit(one, f"/?name={mark}")
    shown(page, f"{mark} night 2", f"{mark} night", f"{mark} day")
    page.get_by_role("link", name="进度", exact=True).click()
    shown(page, f"{mark} day", f"{mark} night", f"{mark} night 2")
    head = page.get_by_role("columnheader", name="进度")
    expect(head).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="进度", exact=True).press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    shown(page, f"{mark} night 2", f"{mark} night", f"{mark} day")

    expect(page.get_by_role("columnheader", name="时长")).to_have_count(0)
    page.get_by_role("button", name="显示哪些列").click()
    page.get_by_role("checkbox", name="时长").check()
    page.get_by_role("checkbox", name="创建人").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("columnheader", name="时长")).to_be_visible()
    expect(page.get_by_role("columnheader", name="创建人")).to_have_count(0)
    shown(page, f"{mark} night 2", f"{mark} night", f"{mark} day")
