"""Online services in a browser: deployed, tested with a picture, used, stopped, deleted."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.services.server_drafts import ServerDraft
from inference_ui.backend.services.service_drafts import DeployDraft, UrlDraft
from tests.support.inference_server import InferenceServer
from tests.support.installation import numbered_inputs
from tests.support.site import Site
from tests.support.waiting import wait_for

BOTH = pytest.mark.parametrize(("locale", "theme"), [("zh", "light"), ("en", "dark")])
WORDS = {
    "zh": ("停止", "确认停止", "启动", "删除", "确认删除"),
    "en": ("Stop", "Stop it", "Start", "Delete", "Delete it"),
}
READY_MS = 60_000


@pytest.fixture(scope="module")
def models(running: Site) -> Site:
    """The server with models of our own."""
    inside = running.inside
    inside.dataset(numbered_inputs(200), "served")
    inside.package("served", DELAY_MS="200")
    inside.package("broken", MODE="crash")
    return running


@pytest.fixture(autouse=True)
def cleared(running: Site) -> Iterator[None]:
    """Delete in the end what a test left, since others need the room."""
    yield
    inside = running.inside
    online, tasks, admin = inside.product.online, inside.product.tasks, inside.administrator
    for view in online.all(admin):
        for task in view.tasks:
            tasks.stop(admin, task.id)
            inside.wait_until(task.id, "STOPPED")
        online.delete(admin, view.service.id)
    wait_for(lambda: not online.all(admin), "no service left", 60)


def deploy(site: Site, owner, name: str, package: str) -> OnlineService:
    product = site.inside.product
    [row] = [row for row in product.packages.all(owner) if row.name == package]
    [spec] = [spec.id for spec in product.catalog.specs(owner) if spec.name == "cpu-half"]
    server = ServerDraft(service_type=row.service_type, package_id=row.id, spec_id=spec)
    return product.online.deploy(owner, DeployDraft(name, server))


def status(page: Page, word: str, timeout: float = READY_MS) -> None:
    expect(page.locator(".tk-head .st")).to_have_text(word, timeout=timeout)


def a_page(site: Site) -> bytes:
    """A picture that the sample's model reads."""
    folder = site.inside.folder / "volumes" / "datasets" / "sample"
    for path in sorted(folder.rglob("*.json")):
        request = json.loads(path.read_bytes())
        if len(request.get("strData", "")) > 1000:
            return base64.b64decode(request["strData"])
    raise AssertionError("the sample has no pages")


@BOTH
def test_a_service_is_deployed_tested_with_a_picture_stopped_started_and_deleted(
    visit, models, findings, locale, theme
):
    user = models.user()
    page = visit(user, routes.SERVICES, locale=locale, theme=theme)
    page.locator(f"a[href='{routes.NEW_SERVICE}']").first.click()
    page.locator("#name").fill(f"digits-{locale}")
    page.locator("#package_id").select_option(label="digits-detector 1.0.0")
    page.locator("label", has_text="cpu-half").first.click()
    expect(page.locator(".say > i:not([class])")).to_be_visible()
    assert findings(page) == []
    page.locator(".foot2 button[type=submit]").click()
    status(page, {"zh": "运行中", "en": "Running"}[locale])
    expect(page.get_by_test_id("replicas").locator("tbody tr")).to_have_count(1)
    assert findings(page) == []

    page.get_by_test_id("tab-test").click()
    picture = {"name": "page.png", "mimeType": "image/png", "buffer": a_page(models)}
    page.get_by_test_id("ask-file").set_input_files([picture])
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("answer-status")).to_have_text("HTTP 200", timeout=READY_MS)
    expect(page.get_by_test_id("answer-ms")).to_contain_text("ms")
    wait_for(lambda: page.get_by_test_id("answer-view").locator("svg rect").count() > 0, "boxes")
    assert findings(page) == []
    page.get_by_test_id("tab-plan").click()
    assert findings(page) == []

    stop, stop_it, start, delete, delete_it = WORDS[locale]
    page.get_by_role("button", name=stop, exact=True).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text(f"digits-{locale}")
    assert findings(page) == []
    dialog.get_by_role("button", name=stop_it).click()
    status(page, {"zh": "已停止", "en": "Stopped"}[locale])
    page.get_by_role("button", name=start, exact=True).click()
    status(page, {"zh": "运行中", "en": "Running"}[locale])
    page.get_by_role("button", name=delete, exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name=delete_it).click()
    expect(page.locator(".em h2")).to_be_visible(timeout=READY_MS)


def test_a_service_in_use_says_by_which_task_and_does_not_stop(visit, models, findings):
    inside, user = models.inside, models.user()
    made = deploy(models, user, "busy", "served")
    catalog = inside.product.catalog
    [dataset] = [row.id for row, _ in catalog.datasets(user) if row.name == "served"]
    [volume] = [row.id for row in catalog.volumes(user) if row.name == "results"]
    draft = TaskDraft("night shift", dataset_id=dataset, volume_id=volume, service_id=made.id)
    task = inside.product.tasks.create(user, draft)
    inside.wait_until(task.id, "RUNNING")
    page = visit(user, routes.service(made.id))
    expect(page.get_by_test_id("tasks")).to_contain_text("night shift")
    page.goto(f"{models.address}{routes.SERVICES}")
    row = page.get_by_test_id("service-row").filter(has_text="busy")
    expect(row).to_contain_text("1 个任务在用")
    assert findings(page) == []
    row.get_by_role("button").click()
    page.get_by_role("menuitem", name="停止").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name="确认停止").click()
    expect(dialog.get_by_role("alert")).to_contain_text("night shift")
    dialog.get_by_role("button", name="取消").click()
    expect(row).to_have_attribute("data-status", "RUNNING")


def test_a_service_that_fails_says_why_and_what_to_do(visit, models, findings):
    user = models.user()
    made = deploy(models, user, "hopeless", "broken")
    page = visit(user, routes.service(made.id), locale="en")
    status(page, "Failed")
    expect(page.get_by_test_id("told")).to_contain_text("3")
    expect(page.get_by_test_id("evidence")).to_contain_text("no such file or directory")
    assert findings(page) == []
    page.goto(f"{models.address}{routes.SERVICES}")
    row = page.get_by_test_id("service-row").filter(has_text="hopeless")
    expect(row).to_have_attribute("data-status", "FAILED")


def test_an_administrator_registers_a_server_that_runs_and_its_token_is_not_shown_again(
    visit, models, findings
):
    administrator = models.user(Role.ADMINISTRATOR)
    with InferenceServer() as server:
        page = visit(administrator, routes.new_service(registered=True))
        page.locator("#name").fill("outside")
        page.locator("#url").fill("nowhere")
        page.locator("#token").focus()
        expect(page.locator("#url-message")).to_contain_text("nowhere")
        page.locator("#url").fill(server.url)
        page.locator("#service_type").select_option("SELDON")
        page.locator("#token").fill("t0ken")
        page.locator("#headers").fill("X-Team: vision")
        page.locator("#ca").focus()
        expect(page.locator("#url-message")).not_to_contain_text("nowhere")
        page.get_by_role("button", name="试连一次").click()
        expect(page.get_by_test_id("tried")).to_contain_text("连上了")
        assert findings(page) == []
        page.locator(".foot2 button[type=submit]").click()
        status(page, "运行中")
        page.get_by_test_id("tab-plan").click()
        expect(page.locator(".plan")).to_contain_text("X-Team")
        assert "t0ken" not in page.content()
        assert "vision" not in page.content()
        page.locator("#limit").fill("0")
        page.locator("#limit").press("Enter")
        expect(page.locator("#limit-message")).to_contain_text("1")
        page.locator("#limit").fill("7")
        page.locator("#limit").press("Enter")
        expect(page.locator("#limit-message")).to_contain_text("已保存")
        [made] = [
            view.service
            for view in models.inside.product.online.all(administrator)
            if view.service.name == "outside"
        ]
        assert made.max_in_flight == 7
        assert made.elsewhere is not None
        assert made.elsewhere.all_headers == {
            "X-Team": "vision",
            "Authorization": "Bearer t0ken",
        }


def test_a_wrong_form_stays_and_leads_to_what_is_wrong(visit, models):
    page = visit(models.user(), routes.NEW_SERVICE)
    page.locator("#name").fill("half")
    page.locator(".foot2 button[type=submit]").click()
    expect(page.locator("#package_id")).to_be_focused()
    expect(page.locator("#package_id-message")).not_to_be_empty()
    page.locator("#max_in_flight").fill("x")
    page.locator("#name").focus()
    expect(page.locator("#max_in_flight-message")).to_contain_text("1")


def test_a_user_cannot_register_by_url_and_a_viewer_only_looks(visit, models):
    page = visit(models.user(), routes.new_service(registered=True))
    expect(page.locator(".em h2")).to_have_text("登记已有服务要管理员来做")
    administrator = models.inside.administrator
    draft = UrlDraft(name="seen", url="http://127.0.0.1:9", service_type="SELDON")
    made = models.inside.product.online.register(administrator, draft)
    viewer = models.user(Role.VIEWER)
    page = visit(viewer, routes.service(made.id, "test"))
    expect(page.locator(".sv-test")).to_contain_text("你是查看者")
    expect(page.get_by_test_id("ask")).to_have_count(0)
    expect(page.get_by_role("button", name="停止")).to_be_disabled()
    page = visit(viewer, routes.NEW_SERVICE)
    expect(page.locator(".em h2")).to_have_text("你不能部署在线服务")
