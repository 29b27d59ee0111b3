"""What the create form asks about items, and a try on a few of them before all are done."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from inference_ui import routes
from inference_ui.backend.errors import Conflict
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.protocols import ServiceType
from tests.support.create_form import choose, control, created, message
from tests.support.installation import numbered_inputs
from tests.support.site import Site

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module", autouse=True)
def things(running: Site) -> None:
    """JSON and pictures, a model that answers, one that refuses, and one that never gets ready."""
    inside = running.inside
    inside.dataset(numbered_inputs(12), "try-pages")
    inside.dataset({f"{number}.png": a_picture() for number in range(3)}, "try-pictures")
    inside.package("try-good")
    inside.package("try-refuse", MODE="refuse")
    inside.package("try-never", MODE="never")
    chat = ModelPackage(
        name="try-chat", version="1.0.0", owner_id="", service_type=ServiceType.OPENAI,
        launch=PackageLaunch(command=("serve",), prompt="What is there?"),
    )  # fmt: skip
    inside.product.packages.add(inside.administrator, chat)


def fill(page: Page, name: str, package: str = "try-good", dataset: str = "try-pages") -> None:
    """Fill in everything that is required."""
    choose(page, "dataset_id", f"datasets / {dataset}")
    choose(page, "service_type", "Seldon")
    choose(page, "package_id", f"{package} 1.0.0")
    page.get_by_text("cpu-half").click()
    choose(page, "volume_id", "results")
    control(page, "name").fill(name)
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text(name)


def tasks_of(running: Site, user) -> dict[str, InferenceTask]:
    page = running.inside.product.task_list.page(user, mine=True)
    return {task.name: running.inside.task(task.id) for task in page.tasks}


def create_button(page: Page):
    return page.locator('form.create button[type="submit"]')


def test_five_items_are_tried_and_the_form_stays_as_it_is(visit, running, findings):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} tried")
    page.get_by_role("button", name="先试 5 项").dblclick()
    panel = page.get_by_test_id("canary")
    expect(panel.locator("tbody tr")).to_have_count(5, timeout=60_000)
    expect(panel).to_contain_text("全部 12 项用 1 个节点", timeout=60_000)
    expect(page.locator("footer")).to_contain_text("约")
    assert findings(page) == []
    results = panel.get_by_role("link", name="看结果")
    assert "/results" in (results.get_attribute("href") or "")
    assert tasks_of(running, user) == {}
    control(page, "name").fill(f"{user.name} for real")
    create_button(page).click()
    created(page)
    assert list(tasks_of(running, user)) == [f"{user.name} for real"]
    page.goto(running.address + routes.NEW_TASK)
    expect(control(page, "name")).to_have_value("")
    expect(page.get_by_test_id("canary")).to_have_count(0)


def test_what_the_server_says_to_the_items_is_told(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "refused", "try-refuse")
    page.get_by_role("button", name="先试 5 项").click()
    panel = page.get_by_test_id("canary")
    expect(panel).to_contain_text("unexpected protocol", timeout=60_000)
    expect(panel).to_contain_text("没有一项成功", timeout=60_000)
    expect(panel.get_by_role("link", name="看日志")).to_be_visible()
    panel.get_by_role("button", name="收起并删除试跑结果").click()
    expect(panel).to_have_count(0)


def test_a_try_can_be_stopped(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "not ready", "try-never")
    page.get_by_role("button", name="先试 5 项").click()
    panel = page.get_by_test_id("canary")
    expect(panel).to_contain_text("启动中", timeout=30_000)
    panel.get_by_role("button", name="停止").click()
    expect(panel).to_contain_text("已停止", timeout=60_000)


def test_nothing_is_tried_before_all_is_filled_in(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    page.get_by_role("button", name="先试 5 项").click()
    expect(message(page, "name")).to_have_text("请填写名称")
    expect(control(page, "name")).to_be_focused()
    expect(page.get_by_test_id("canary")).to_have_count(0)


def test_pictures_are_a_kind_of_input(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    choose(page, "dataset_id", "datasets / try-pictures")
    expect(message(page, "dataset_id")).to_contain_text("找到 0 个 JSON 文件")
    page.get_by_role("button", name="图片", exact=True).click()
    expect(page.get_by_text("3 项")).to_be_visible()
    expect(message(page, "dataset_id")).not_to_contain_text("找到 0 个")
    choose(page, "service_type", "OpenAI 兼容")
    choose(page, "package_id", "try-chat 1.0.0")
    control(page, "prompt").fill("Count the digits")
    page.get_by_text("cpu-half").click()
    choose(page, "volume_id", "results")
    control(page, "name").fill(f"{user.name} pictures")
    create_button(page).click()
    created(page)
    [task] = tasks_of(running, user).values()
    assert (task.plan.input_kind, task.plan.prompt) == ("IMAGES", "Count the digits")
    with suppress(Conflict):  # it may have ended by itself
        running.inside.product.tasks.stop(user, task.id)


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("max_failed", "many", "个数（如 100）或比例（如 5%）"),
        ("item_timeout_s", "0", "大于 0 秒"),
        ("item_timeout_s", "soon", "大于 0 秒"),
        ("retries", "-1", "0 到 100"),
    ],
)
def test_how_items_are_treated_is_checked_where_it_stands(visit, running, name, typed, says):
    page = visit(running.user(), routes.NEW_TASK)
    control(page, name).fill(typed)
    control(page, name).blur()
    expect(message(page, name)).to_contain_text(says)
    expect(control(page, name)).to_have_value(typed)


def test_only_what_changed_since_an_earlier_task_and_a_copy_of_it(visit, running):
    user = running.user()
    earlier = running.start(user, f"{user.name} night", "try-good", "try-pages")
    running.inside.wait_until(earlier.id, "SUCCEEDED")
    page = visit(user, routes.new_task(copy=earlier.id))
    expect(control(page, "name")).to_have_value(f"{user.name} night-2")
    expect(control(page, "package_id").locator("option:checked")).to_have_text("try-good 1.0.0")
    since = control(page, "since_task_id")
    since.select_option(earlier.id)
    control(page, "max_failed").fill("5%")
    control(page, "retries").fill("1")
    create_button(page).click()
    created(page)
    task = tasks_of(running, user)[f"{user.name} night-2"]
    assert task.plan.since is not None
    assert (task.plan.since.task_id, task.plan.max_failed, task.plan.retries) == (
        earlier.id, "5%", 1,
    )  # fmt: skip


def test_a_link_chooses_a_package_or_a_dataset(visit, running):
    catalog, admin = running.inside.product.catalog, running.inside.administrator
    dataset = next(row.id for row, _ in catalog.datasets(admin) if row.name == "try-pages")
    packages = running.inside.product.packages.all(admin)
    package = next(row.id for row in packages if row.name == "try-chat")
    page = visit(running.user(), routes.new_task(dataset=dataset))
    expect(control(page, "dataset_id")).to_have_value(dataset)
    page.goto(running.address + routes.new_task(package=package))
    expect(control(page, "package_id")).to_have_value(package)
    expect(control(page, "service_type")).to_have_value("OPENAI")


@BOTH
def test_a_draft_is_kept_with_its_time_and_can_be_cleared(visit, running, locale):
    page = visit(running.user(), routes.NEW_TASK, locale=locale)
    control(page, "name").fill("to be cleared")
    control(page, "name").blur()
    saved = "草稿已保存" if locale == "zh" else "Draft saved"
    expect(page.locator(".saved")).to_contain_text(saved)
    page.get_by_role("button", name="清空" if locale == "zh" else "Clear").click()
    expect(control(page, "name")).to_have_value("")
    assert "to be cleared" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_the_form_fits_a_narrow_window(visit, running):
    page = visit(running.user(), routes.NEW_TASK, width=1024)
    expect(control(page, "name")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
