"""Deleting tasks in a browser: one from its menu or page, many by picking them, and what is said
of it afterwards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import EndReason, TaskStatus
from tests.support.installation import numbered_inputs, processes_of
from tests.support.site import Site
from tests.support.waiting import wait_for

MINE = "/?mine=1"


def row(page: Page, name: str) -> Locator:
    return page.get_by_test_id("task-row").filter(has=page.get_by_title(name, exact=True))


def ended(running: Site, owner: Actor, *names: str) -> None:
    for number, name in enumerate(names):
        running.record(
            owner,
            name,
            ago_s=60 + number,
            status=TaskStatus.SUCCEEDED,
            end_reason=EndReason.COMPLETED,
            found=2,
            succeeded=2,
        )


def left(running: Site, owner: Actor) -> int:
    return running.inside.product.task_list.page(owner, mine=True).total


@pytest.fixture(scope="module")
def lasting(running: Site) -> str:
    """A model that takes its time, and a dataset for it; both have this name."""
    running.inside.package("lasting", DELAY_MS="1000")
    running.inside.dataset(numbered_inputs(96), "lasting")
    return "lasting"


@pytest.mark.parametrize(
    ("locale", "theme", "width"), [("zh", "dark", 1024), ("en", "light", 1440)]
)
def test_many_are_picked_and_deleted_with_one_confirmation(
    visit, running, findings, lasting, locale, theme, width
):
    zh = locale == "zh"
    user = running.user()
    names = [f"{user.name} {number}" for number in range(4)]
    ended(running, user, *names)
    task = running.start(user, f"{user.name} runs", lasting, lasting)
    page = visit(user, MINE, locale=locale, theme=theme, width=width)
    expect(row(page, task.name)).to_have_attribute("data-status", "RUNNING", timeout=30_000)

    page.get_by_test_id("edit").press("Enter")
    page.get_by_role("checkbox", name="选中本页" if zh else "Select this page").check()
    page.get_by_role("checkbox", name=re.compile(f"{names[2]}$")).uncheck()
    bar = page.get_by_role("region", name="编辑" if zh else "Edit")
    expect(bar).to_contain_text("已选 4 个" if zh else "4 selected")
    assert findings(page) == []
    page.get_by_test_id("delete-picked").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("1 个正在运行" if zh else "1 is running")
    expect(question.get_by_role("button", name="取消" if zh else "Cancel")).to_be_focused()
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(bar).to_be_visible()
    page.get_by_test_id("delete-picked").click()
    question.get_by_role("button", name=re.compile("确认删除 4 个" if zh else "Delete 4")).click()

    receipt = page.get_by_test_id("receipt")
    expect(receipt).to_have_attribute("data-ended", "true", timeout=30_000)
    expect(receipt).to_contain_text("已删除 4 个任务" if zh else "4 tasks")
    expect(receipt).to_contain_text("2 个进程" if zh else "2 processes")
    expect(page.get_by_test_id("task-row")).to_have_count(1)
    expect(bar).to_have_count(0)
    assert findings(page) == []
    assert Path(task.plan.output_folder).is_dir(), "results are kept unless said otherwise"
    assert not [one for one in processes_of(running.inside.folder) if task.id in str(one.cmdline())]
    page.reload()
    expect(receipt).to_be_visible()
    receipt.get_by_role("button").last.click()
    expect(receipt).to_have_count(0)


def test_all_that_match_are_deleted_and_others_are_not(visit, running):
    user = running.user()
    kept, gone = f"{user.name} keep", [f"{user.name} go {number:02d}" for number in range(55)]
    ended(running, user, kept, *gone)
    page = visit(user, f"/?mine=1&name={user.name} go")
    page.get_by_test_id("edit").click()
    page.get_by_role("checkbox", name="选中本页").check()
    page.get_by_role("button", name="选中符合条件的 55 个").click()
    page.get_by_role("checkbox", name=f"选中 {gone[0]}").uncheck()
    page.get_by_test_id("delete-picked").click()
    expect(page.get_by_role("button", name="确认删除 54 个")).to_be_visible()
    ended(running, user, f"{user.name} go late")
    page.get_by_role("button", name="确认删除 54 个").dblclick()
    expect(page.get_by_test_id("receipt")).to_contain_text("已删除 54 个任务", timeout=30_000)
    expect(page.get_by_test_id("receipt")).to_have_count(1)
    assert left(running, user) == 3, "what began to match after the question stays"
    page.get_by_test_id("edit").click()
    page.get_by_role("checkbox", name=f"选中 {gone[0]}").check()
    row(page, f"{user.name} go late").get_by_role("button").last.click()
    page.get_by_role("menuitem", name="删除").click()
    page.reload()
    expect(row(page, gone[0])).to_be_visible()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    page.get_by_test_id("edit").click()
    page.get_by_role("checkbox", name=f"选中 {gone[0]}").check()
    row(page, f"{user.name} go late").get_by_role("button").last.click()
    page.get_by_role("menuitem", name="删除").click()
    page.get_by_role("button", name="确认删除").click()
    expect(page.get_by_test_id("receipt")).to_have_count(2)
    expect(page.get_by_role("checkbox", name=f"选中 {gone[0]}")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_whoever_leaves_while_picking_finds_the_list_alive_again(visit, running, lasting):
    user = running.user()
    ended(running, user, f"{user.name} first")
    page = visit(user, MINE)
    page.get_by_test_id("edit").click()
    page.get_by_role("checkbox", name=f"选中 {user.name} first").check()
    row(page, f"{user.name} first").get_by_role("link").click()
    expect(page.get_by_role("heading", name=f"{user.name} first")).to_be_visible()
    page.go_back()
    expect(row(page, f"{user.name} first")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    task = running.start(user, f"{user.name} later", lasting, lasting)
    expect(row(page, task.name)).to_be_visible(timeout=15_000)


def test_a_task_goes_with_its_folder_from_its_page_and_a_second_browser_sees_it(
    visit, running, lasting
):
    user = running.user()
    task = running.start(user, f"{user.name} watched", lasting, lasting)
    running.inside.wait_for_lines(task.id, 1)
    page, other = visit(user, f"/tasks/{task.id}"), visit(user, f"/tasks/{task.id}")
    expect(other.get_by_role("heading", name=task.name)).to_be_visible()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("menuitem", name="删除").click()
    page.get_by_role("checkbox").click()
    expect(page.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("button", name=re.compile("确认删除")).click()
    expect(page.get_by_test_id("receipt")).to_have_attribute("data-ended", "true", timeout=30_000)
    expect(other.get_by_role("heading", name="没有这个任务")).to_be_visible(timeout=5_000)
    wait_for(lambda: not Path(task.plan.output_folder).exists(), "the folder is gone")
    assert left(running, user) == 0


def test_what_is_not_ones_own_offers_no_deletion(visit, running):
    owner, viewer = running.user(), running.user(Role.VIEWER)
    ended(running, owner, f"{owner.name} theirs")
    for user in (running.user(), viewer):
        page = visit(user, f"/?name={owner.name}")
        row(page, f"{owner.name} theirs").get_by_role("button").last.click()
        expect(page.get_by_role("menuitem", name="查看")).to_be_visible()
        expect(page.get_by_role("menuitem", name="删除")).to_have_count(0)
        page.keyboard.press("Escape")
    expect(page.get_by_test_id("edit")).to_have_count(0)
