"""The task list in a browser: what it says, how it is filtered, and that it lives."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import EndReason, TaskStatus
from tests.support.installation import numbered_inputs
from tests.support.site import Site
from tests.support.waiting import wait_for

MINE = "/?mine=1"
BOTH = pytest.mark.parametrize("locale", ["zh", "en"])


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("task-row").filter(has=page.get_by_title(name, exact=True))


def finished(running: Site, owner: Actor, name: str, number: int = 9, ago_s: float = 60) -> None:
    running.record(
        owner,
        name,
        ago_s=ago_s,
        status=TaskStatus.SUCCEEDED,
        end_reason=EndReason.COMPLETED,
        found=number,
        succeeded=number,
    )


@pytest.fixture(scope="module")
def slow(running: Site) -> str:
    """A model that takes its time, and a dataset for it; both have this name."""
    running.inside.package("slow", DELAY_MS="1000")
    running.inside.dataset(numbered_inputs(96), "slow")
    return "slow"


@BOTH
def test_each_row_says_how_its_task_stands(visit, running, locale):
    user, admin = running.user(), running.inside.administrator
    running.record(
        user,
        f"partly {locale}",
        status=TaskStatus.SUCCEEDED,
        end_reason=EndReason.COMPLETED,
        found=1_187_220,
        succeeded=1_185_127,
        failed=2_093,
    )
    running.record(
        user,
        f"broken {locale}",
        status=TaskStatus.FAILED,
        end_reason=EndReason.SERVER_FAILED,
        end_detail=Message("COMMAND_NOT_FOUND", {"command": "/models/serve"}).to_json(),
    )
    running.record(
        user,
        f"halted {locale}",
        status=TaskStatus.STOPPED,
        end_reason=EndReason.STOPPED_BY_USER,
        stop_requested_by=admin.id,
        found=400,
        succeeded=100,
    )
    page = visit(user, MINE, locale=locale)
    zh = locale == "zh"

    partly = row(page, f"partly {locale}")
    expect(partly).to_contain_text("成功" if zh else "Succeeded")
    expect(partly).to_contain_text("1,187,220")
    expect(partly).to_contain_text("失败 2,093" if zh else "2,093 failed")
    expect(partly.get_by_role("progressbar")).to_have_count(0)

    broken = row(page, f"broken {locale}")
    expect(broken).to_contain_text(
        "服务端出错：启动命令“/models/serve”不存在" if zh else "Server failed: The command"
    )

    halted = row(page, f"halted {locale}")
    expect(halted.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    expect(halted).to_contain_text("由 admin 停止" if zh else "by admin")


def test_tabs_filter_and_a_reload_keeps_what_was_chosen(visit, running):
    user = running.user()
    for number in range(3):
        finished(running, user, f"{user.name} good {number}")
    running.record(user, f"{user.name} bad", status=TaskStatus.FAILED, end_reason=EndReason.STALLED)
    page = visit(user, MINE)
    expect(page.get_by_test_id("tab-SUCCEEDED")).to_contain_text("3")
    page.get_by_test_id("tab-FAILED").click()
    expect(page.get_by_test_id("task-row")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?status=FAILED&mine=1$"))
    page.reload()
    expect(page.get_by_test_id("task-row")).to_have_count(1)
    expect(page.get_by_test_id("tab-FAILED")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_test_id("task-row")).to_have_count(4)


def test_everybodys_tasks_are_one_click_from_ones_own(visit, running):
    user, other = running.user(), running.user()
    finished(running, user, f"{user.name} own")
    finished(running, other, f"{other.name} other")
    page = visit(user, MINE)
    expect(page.get_by_test_id("task-row")).to_have_count(1)
    page.get_by_role("group", name="谁创建的").get_by_text("全部").click()
    expect(row(page, f"{other.name} other")).to_be_visible()


def test_fifty_tasks_make_a_page(visit, running):
    user = running.user()
    for number in range(60):
        finished(running, user, f"{user.name} {number}", ago_s=60 + number)
    page = visit(user, MINE)
    expect(page.get_by_text("第 1–50 条，共 60 条")).to_be_visible()
    expect(page.get_by_test_id("task-row")).to_have_count(50)
    page.get_by_role("link", name="下一页").click()
    expect(page.get_by_text("第 51–60 条，共 60 条")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("task-row")).to_have_count(10)
    expect(page.get_by_role("button", name="下一页")).to_be_disabled()
    page.goto(f"{running.address}/?mine=1&page=99")
    expect(page.get_by_text("第 51–60 条，共 60 条")).to_be_visible()


def test_where_nothing_matches_the_way_back_is_shown(visit, running):
    user = running.user()
    finished(running, user, f"{user.name} only")
    page = visit(user, "/?status=STOPPED&mine=1")
    expect(page.get_by_role("heading", name="没有符合条件的任务")).to_be_visible()
    page.get_by_role("link", name="清除条件").click()
    expect(row(page, f"{user.name} only")).to_be_visible()


def test_a_long_name_is_cut_and_told_in_full_by_its_title(visit, running):
    user = running.user()
    name = "巡检输电线无人机十一月批次华东" * 4 + "末三字"
    assert len(name) == 63
    finished(running, user, name)
    page = visit(user, MINE)
    link = page.get_by_role("link", name=name)
    expect(link).to_have_attribute("title", name)
    assert link.evaluate("box => box.scrollWidth > box.clientWidth")
    column = page.get_by_role("columnheader", name="名称").bounding_box()
    box = link.bounding_box()
    assert column is not None
    assert box is not None
    assert box["x"] + box["width"] <= column["x"] + column["width"]


def test_a_task_moves_before_ones_eyes(visit, running, slow):
    user = running.user()
    page = visit(user, MINE)
    expect(page.get_by_role("heading", name="没有符合条件的任务")).to_be_visible()
    task = running.start(user, f"{user.name} moves", slow, slow)
    mine = row(page, task.name)
    expect(mine).to_have_attribute("data-status", "RUNNING", timeout=30_000)
    bar = mine.get_by_role("progressbar")
    wait_for(lambda: int(bar.get_attribute("aria-valuenow") or 0) > 0, "the bar moves")
    running.inside.wait_until(task.id, TaskStatus.SUCCEEDED)
    expect(mine).to_have_attribute("data-status", "SUCCEEDED", timeout=1_500)
    expect(mine).to_contain_text("96\u2009/\u200996")


def test_what_one_reads_stays_in_its_place(visit, running, slow):
    user = running.user()
    for number in range(45):
        finished(running, user, f"{user.name} {number}", ago_s=60 + number)
    page = visit(user, MINE)
    read = row(page, f"{user.name} 40")
    read.scroll_into_view_if_needed()
    before = read.bounding_box()
    task = running.start(user, f"{user.name} new", slow, slow)
    expect(row(page, task.name)).to_have_count(1, timeout=30_000)
    assert read.bounding_box() == before


def test_stopping_asks_first_and_begins_at_cancel(visit, running, slow):
    user = running.user()
    task = running.start(user, f"{user.name} halt", slow, slow)
    page = visit(user, MINE)
    mine = row(page, task.name)
    expect(mine).to_have_attribute("data-status", "RUNNING", timeout=30_000)

    def ask() -> Locator:
        mine.get_by_role("button", name=f"操作：{task.name}").click()
        page.get_by_role("menuitem", name="停止").click()
        return page.get_by_role("alertdialog", name=f"停止“{task.name}”？")

    question = ask()
    expect(question).to_contain_text("已有结果")
    expect(question.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    assert running.inside.task(task.id).stop_requested_at is None

    ask().get_by_role("button", name="确认停止").click()
    ended = running.inside.wait_until(task.id, TaskStatus.STOPPED)
    assert ended.stop_requested_by == user.id
    expect(mine).to_have_attribute("data-status", "STOPPED", timeout=1_500)
    mine.get_by_role("button", name=f"操作：{task.name}").click()
    expect(page.get_by_role("menuitem", name="查看")).to_be_visible()
    expect(page.get_by_role("menuitem", name="停止")).to_have_count(0)


def test_whoever_may_not_stop_a_task_is_not_offered_it(visit, running, slow):
    owner = running.user()
    task = running.start(owner, f"{owner.name} waits", slow, slow)
    page = visit(running.user(Role.VIEWER))
    mine = row(page, task.name)
    expect(mine).to_be_visible(timeout=10_000)
    mine.get_by_role("button", name=f"操作：{task.name}").click()
    expect(page.get_by_role("menuitem", name="查看")).to_be_visible()
    expect(page.get_by_role("menuitem", name="停止")).to_have_count(0)
    expect(page.get_by_role("link", name="创建推理任务")).to_have_count(0)


def test_the_menu_leads_to_the_task_by_keyboard_alone(visit, running):
    user = running.user()
    finished(running, user, f"{user.name} opened")
    page = visit(user, MINE)
    page.get_by_role("button", name=f"操作：{user.name} opened").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="查看")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/tasks/[0-9a-f]{16}$"))


@pytest.mark.parametrize("width", [1440, 1200, 1024])
def test_every_column_fits_the_window(visit, running, width):
    user = running.user()
    finished(running, user, f"{user.name} narrow")
    page = visit(user, MINE, width=width)
    expect(row(page, f"{user.name} narrow")).to_be_visible()
    fits = "box => box.scrollWidth <= box.clientWidth"
    assert page.locator(".list").evaluate(fits)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    columns = page.get_by_role("columnheader")
    expect(columns).to_have_count(9 if width > 1180 else 7)


@BOTH
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out(visit, running, findings, locale, theme):
    user = running.user()
    finished(running, user, f"{user.name} good")
    running.record(
        user,
        f"{user.name} bad",
        status=TaskStatus.FAILED,
        end_reason=EndReason.TOO_MANY_FAILED,
        found=10,
        succeeded=6,
        failed=4,
    )
    page = visit(user, MINE, locale=locale, theme=theme)
    expect(page.get_by_test_id("task-row")).to_have_count(2)
    assert findings(page) == []
