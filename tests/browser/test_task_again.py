"""Doing a task again from its page: failed items, all or kind by kind; what is left; anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import InferenceTask
from tests.support.installation import numbered_inputs
from tests.support.site import Site
from tests.support.waiting import wait_for

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])


@pytest.fixture(scope="module")
def models(running: Site) -> None:
    """Models to choose: one that answers at once, and one that takes its time."""
    running.inside.package("again")
    running.inside.package("again-slow", DELAY_MS="300")


def ended_with_failures(running: Site, user: Actor, name: str) -> InferenceTask:
    """A task of 30 items, two of which are no JSON."""
    broken = {f"bad/{number}.json": b"not json" for number in range(2)}
    running.inside.dataset(numbered_inputs(28) | broken, name)
    task = running.start(user, name, "again", name)
    return running.inside.wait_until(task.id, "SUCCEEDED")


@BOTH
def test_failed_items_are_retried_from_the_page_and_their_count_goes(
    visit, running, models, locale
):
    user = running.user()
    task = ended_with_failures(running, user, f"retry-{locale}")
    page = visit(user, routes.task(task.id), locale=locale)
    retry = page.get_by_role(
        "button", name="重试失败项" if locale == "zh" else "Retry failed items"
    )
    expect(retry).to_be_visible()
    for number in range(2):
        mended = Path(task.plan.dataset_folder) / "bad" / f"{number}.json"
        mended.write_text('{"strData": "1"}')
    retry.click()
    expect(retry).to_be_hidden()
    ended = running.inside.wait_until(task.id, "SUCCEEDED")
    assert (ended.attempt, ended.succeeded, ended.failed) == (2, 30, 0)
    said = "30 项全部有结果" if locale == "zh" else "All 30 items have a result"
    expect(page.get_by_test_id("verdict")).to_contain_text(said)


@BOTH
def test_failures_are_told_apart_looked_into_and_tried_again_kind_by_kind(
    visit, running, models, findings, locale
):
    zh = locale == "zh"
    user = running.user()
    name = f"kinds-{locale}"
    bad = {f"bad/{number}.json": b"not json" for number in range(2)}
    running.inside.dataset(numbered_inputs(20) | bad | {"empty/0.json": b""}, name)
    task = running.start(user, name, "again", name)
    task = running.inside.wait_until(task.id, "SUCCEEDED")
    page = visit(user, routes.task(task.id), locale=locale)
    causes = page.get_by_test_id("causes").get_by_role("listitem")
    expect(causes).to_have_count(2)
    expect(causes.first).to_contain_text("input is not JSON")
    page.get_by_role("link", name="查看全部 2 类" if zh else "See all 2 causes").click()
    expect(page).to_have_url(re.compile(r"\?part=failures$"))
    tab = page.get_by_role("link", name="失败项" if zh else "Failed items")
    expect(tab).to_have_text("失败项3" if zh else "Failed items3")

    groups = page.get_by_test_id("failures").locator("> li")
    expect(groups.first).to_contain_text("66.7%")
    opener = groups.first.get_by_role("button").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    detail = page.get_by_test_id("failure-detail")
    expect(detail).to_contain_text("not json")
    expect(detail.get_by_role("link")).to_have_text(["bad/0.json", "bad/1.json"])
    assert findings(page) == []
    viewer = visit(running.user(Role.VIEWER), routes.task(task.id, "failures"), locale=locale)
    expect(viewer.get_by_test_id("failures")).to_be_visible()
    these = "重试这些" if zh else "Retry these"
    expect(viewer.get_by_role("button", name=these)).to_have_count(0)

    folder = Path(task.plan.dataset_folder)
    folder.rename(folder.with_name(f"{name}-gone"))
    one = groups.first.get_by_role("button", name=these)
    expect(one).to_have_attribute(
        "title", re.compile("只再试这 2 项" if zh else "Tries only these 2 items")
    )
    one.click()
    refused = page.get_by_role("alert").filter(has_text="没有重试" if zh else "Not retried")
    expect(refused).to_contain_text(str(folder))
    folder.with_name(f"{name}-gone").rename(folder)
    for number in range(2):
        (folder / "bad" / f"{number}.json").write_text('{"strData": "1"}')
    one.click()
    wait_for(lambda: running.inside.task(task.id).attempt == 2, "another attempt")
    ended = running.inside.wait_until(task.id, "SUCCEEDED")
    assert (ended.succeeded, ended.failed) == (22, 1)
    expect(groups).to_have_count(1)
    expect(groups).to_contain_text("输入是空的" if zh else "Input empty")
    expect(tab).to_have_text("失败项1" if zh else "Failed items1")
    expect(refused).to_have_count(0)


def test_a_stopped_task_goes_on_from_its_page(visit, running, models):
    user = running.user()
    running.inside.dataset(numbered_inputs(200), "again-slow")
    task = running.start(user, "goes-on", "again-slow", "again-slow")
    running.inside.wait_for_lines(task.id, 1)
    page = visit(user, routes.task(task.id))
    page.get_by_role("button", name="停止").click()
    page.get_by_role("alertdialog").get_by_role("button", name="停止").click()
    running.inside.wait_until(task.id, "STOPPED")
    page.get_by_role("button", name="继续", exact=True).click()
    expect(page.locator("h1 + .st, .tk-head .st")).not_to_contain_text("已停止")
    assert running.inside.task(task.id).attempt == 2
    running.inside.product.tasks.stop(user, task.id)
    running.inside.wait_until(task.id, "STOPPED")


def test_a_task_is_run_again_from_its_menu_and_a_stranger_may_do_so_too(visit, running, models):
    task = ended_with_failures(running, running.user(), "once-more")
    other = running.user()
    page = visit(other, routes.task(task.id))
    expect(page.get_by_role("button", name="重试失败项")).to_be_hidden()
    page.get_by_role("button", name="更多操作").click()
    expect(page.get_by_role("menuitem", name="复制到新建表单")).to_have_attribute(
        "href", routes.new_task(copy=task.id)
    )
    page.get_by_role("menuitem", name="再次运行").click()
    expect(page.locator("h1")).to_have_text("once-more-2")
    [made] = running.inside.product.task_list.page(other, mine=True).tasks
    assert made.plan.server == task.plan.server
    running.inside.wait_until(made.id, "SUCCEEDED")
