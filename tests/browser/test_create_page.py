"""The create form in a browser: filled in by keyboard, checked as one goes, losing nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.protocols import ServiceType
from tests.support.create_form import choose, control, message, spec, step_to, tab_to
from tests.support.installation import numbered_inputs
from tests.support.site import Site

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])
TASK_PAGE = re.compile(r"/tasks/[0-9a-f]{16}$")


@pytest.fixture(scope="module", autouse=True)
def things(running: Site) -> None:
    """Two datasets and packages of two service types beside the sample."""
    running.inside.package("form-model")
    running.inside.dataset(numbered_inputs(3), "form-pages")
    (running.inside.folder / "volumes" / "datasets" / "form-empty").mkdir()
    admin = running.inside.administrator
    running.inside.register("form-empty")
    for name in ("form-chat", "form-words"):
        launch = PackageLaunch(command=("serve",))
        kind = ServiceType.OPENAI
        package = ModelPackage(
            name=name, version="2.0.0", owner_id="", service_type=kind, launch=launch
        )
        running.inside.product.packages.add(admin, package)


def fill(page: Page, name: str) -> None:
    """Fill in everything; the name last, and the focus stays on it."""
    choose(page, "dataset_id", "datasets / form-pages")
    choose(page, "service_type", "Seldon")
    choose(page, "package_id", "form-model 1.0.0")
    page.get_by_text("cpu-half").click()
    expect(spec(page)).to_be_checked()
    choose(page, "volume_id", "results")
    control(page, "name").fill(name)


def tasks_of(running: Site, user: Actor) -> tuple[InferenceTask, ...]:
    return running.inside.product.task_list.page(user, mine=True).tasks


@BOTH
def test_a_task_is_created_and_its_page_opens(visit, running, locale):
    user = running.user()
    page = visit(user, routes.NEW_TASK, locale=locale)
    name = f"夜间行人-{user.name}"
    fill(page, name)
    control(page, "name").press("Enter")
    expect(page).to_have_url(TASK_PAGE)
    [task] = tasks_of(running, user)
    assert task.name == name
    assert page.url.endswith(task.id)
    plan = task.plan
    assert (plan.dataset_name, plan.package.name, plan.spec.name) == (
        "form-pages", "form-model", "cpu-half",
    )  # fmt: skip
    assert (plan.node_count, plan.volume_name) == (1, "results")


def test_the_whole_form_is_filled_in_by_keyboard(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    expect(control(page, "name")).to_be_focused()
    page.keyboard.type(f"{user.name} keys")
    for name, option in (
        ("dataset_id", "datasets / form-pages"),
        ("service_type", "Seldon"),
        ("package_id", "form-model 1.0.0"),
    ):
        tab_to(page, control(page, name))
        step_to(page, control(page, name), option)
    tab_to(page, spec(page))
    page.keyboard.press("Space")
    expect(spec(page)).to_be_checked()
    tab_to(page, control(page, "volume_id"))
    step_to(page, control(page, "volume_id"), "results")
    expect(page.get_by_text("将立即开始").or_(page.get_by_text("将排队"))).to_be_visible()
    tab_to(page, page.get_by_role("button", name="创建", exact=True))
    page.keyboard.press("Enter")
    expect(page).to_have_url(TASK_PAGE)
    assert [task.name for task in tasks_of(running, user)] == [f"{user.name} keys"]


@BOTH
def test_each_wrong_field_says_so_and_the_first_gets_the_focus(visit, running, locale):
    page = visit(running.user(), routes.NEW_TASK, locale=locale)
    choose(page, "dataset_id", "datasets / form-pages")
    page.get_by_role("button", name="创建" if locale == "zh" else "Create", exact=True).click()
    empty, choice = ("请填写名称", "请选择") if locale == "zh" else ("Enter a name", "Choose one")
    expect(message(page, "name")).to_have_text(empty)
    for name in ("package_id", "spec_id", "volume_id"):
        expect(message(page, name)).to_have_text(choice)
    expect(control(page, "name")).to_be_focused()
    expect(control(page, "name")).to_have_attribute("aria-invalid", "true")
    expect(message(page, "dataset_id")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"{routes.NEW_TASK}$"))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "请填写名称"),
        ("a/b", "不能有“/”"),
        ("..", "点开头"),
        ("x" * 64, "现在有 64 个"),
        ("a\u200bb", "U+200B"),
    ],
)
def test_a_name_is_checked_as_it_is_left(visit, running, name, says):
    page = visit(running.user(), routes.NEW_TASK)
    control(page, "name").fill(name)
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text(says)
    expect(control(page, "name")).to_have_value(name)


def test_a_free_name_tells_where_the_results_will_lie(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} free")
    control(page, "name").blur()
    expect(message(page, "name")).to_have_text(f"名称可用，结果写到 results / {user.name} free")
    expect(page.locator("footer")).to_contain_text("3 项")


def test_a_name_that_is_taken_or_has_a_folder_is_refused_where_it_stands(visit, running):
    user = running.user()
    taken, there = f"{user.name} taken", f"{user.name} folder"
    running.record(user, taken, status="SUCCEEDED")
    (running.inside.folder / "volumes" / "results" / there).mkdir()
    page = visit(user, routes.NEW_TASK)
    fill(page, taken)
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text("已经有一个叫")
    control(page, "name").fill(there)
    page.get_by_role("button", name="创建", exact=True).click()
    expect(message(page, "name")).to_contain_text("已经存在，请换一个名称")
    expect(control(page, "dataset_id").locator("option:checked")).to_have_text(
        "datasets / form-pages"
    )
    expect(control(page, "volume_id").locator("option:checked")).to_have_text("results")
    assert [task.name for task in tasks_of(running, user)] == [taken]


def test_what_cannot_be_inferred_or_never_fits_is_told_at_its_field(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    choose(page, "dataset_id", "datasets / form-empty")
    expect(message(page, "dataset_id")).to_contain_text("找到 0 个 JSON 文件")
    page.get_by_text("cpu-half").click()
    control(page, "node_count").fill("1000")
    control(page, "node_count").blur()
    expect(message(page, "node_count")).to_contain_text("集群空着也只放得下")
    control(page, "node_count").fill("1.5")
    control(page, "node_count").blur()
    expect(message(page, "node_count")).to_have_text("节点数要是 1 到 1,000 的整数")
    expect(control(page, "node_count")).to_have_value("1.5")


def test_the_number_of_nodes_can_be_stepped(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    page.get_by_text("cpu-half").click()
    expect(page.get_by_text("共 0.5 核")).to_be_visible()
    page.get_by_role("button", name="多一个节点").click()
    expect(control(page, "node_count")).to_have_value("2")
    expect(page.get_by_text("共 1 核")).to_be_visible()
    page.get_by_role("button", name="少一个节点").click()
    expect(page.get_by_text("共 0.5 核")).to_be_visible()


def test_another_service_type_drops_a_package_that_no_longer_fits(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    choose(page, "service_type", "Seldon")
    choose(page, "package_id", "form-model 1.0.0")
    choose(page, "service_type", "OpenAI 兼容")
    packages = control(page, "package_id")
    expect(packages).to_have_value("")
    expect(packages.locator("option", has_text="form-")).to_have_text(
        ["form-chat 2.0.0", "form-words 2.0.0"]
    )
    custom = control(page, "service_type").locator("option", has_text="自定义")
    expect(custom).to_have_text("自定义（没有模型包）")
    expect(custom).to_be_disabled()


def test_a_second_press_creates_no_second_task(visit, running):
    user = running.user()
    page = visit(user, routes.NEW_TASK)
    fill(page, f"{user.name} once")
    page.get_by_role("button", name="创建", exact=True).dblclick()
    expect(page).to_have_url(TASK_PAGE)
    assert len(tasks_of(running, user)) == 1
    page.goto(running.address + routes.NEW_TASK)
    expect(control(page, "name")).to_have_value("")
    expect(page.get_by_role("alert").filter(has_text="已经有")).to_have_count(0)


def test_nothing_is_lost_by_a_reload(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "not lost")
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text("名称可用")
    page.reload()
    expect(control(page, "name")).to_have_value("not lost")
    expect(control(page, "package_id").locator("option:checked")).to_have_text("form-model 1.0.0")


def test_what_was_filled_in_outlives_the_servers_memory(visit, running):
    page = visit(running.user(), routes.NEW_TASK)
    fill(page, "remembered")
    control(page, "name").blur()
    expect(message(page, "name")).to_contain_text("名称可用")
    page.evaluate("sessionStorage.removeItem('token')")  # the server knows this tab no more
    page.reload()
    expect(control(page, "name")).to_have_value("remembered")
    expect(spec(page)).to_be_checked()
    expect(control(page, "package_id").locator("option:checked")).to_have_text("form-model 1.0.0")


def test_a_viewer_is_told_why_nothing_can_be_created(visit, running):
    page = visit(running.user(Role.VIEWER), routes.NEW_TASK)
    expect(page.get_by_text("你是查看者，可以看任务和结果，不能创建")).to_be_visible()
    expect(page.get_by_role("button", name="创建", exact=True)).to_have_count(0)


@BOTH
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_out(visit, running, findings, locale, theme):
    page = visit(running.user(), routes.NEW_TASK, locale=locale, theme=theme)
    expect(control(page, "name")).to_be_visible()
    assert findings(page) == []
    page.locator('form.create button[type="submit"]').click()
    expect(page.get_by_role("alert").filter(has_text=re.compile("请填写|Enter"))).to_be_visible()
    assert findings(page) == []
