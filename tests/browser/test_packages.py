"""Model packages in a browser: registered, copied, tried; by whom, and without losing a secret."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from inference_ui import routes
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import ModelPackage
from tests.support.results import a_picture
from tests.support.site import Site
from tests.support.waiting import wait_for

SECRET = "hush-9f2c-never-shown"
PACKAGE_PAGE = re.compile(r"/packages/[0-9a-f]{16}$")
IMAGE = "registry.example.com/team/night:1"


def control(page: Page, name: str) -> Locator:
    return page.locator(f'.pkf [name="{name}"]')


def message(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}-message")


def fill(page: Page, name: str, text: str) -> None:
    """Type into a field and leave it."""
    control(page, name).fill(text)
    control(page, name).press("Tab")


def rows(page: Page, table: str = "variables") -> Locator:
    return page.get_by_test_id(table).locator("tbody tr")


def cell(row: Locator, column: str) -> Locator:
    return row.locator(f'input[name$=".{column}"]')


def add_variable(page: Page, name: str, value: str, *, secret: bool = False) -> None:
    count = rows(page).count()
    page.get_by_test_id("add-variables").click()
    expect(rows(page)).to_have_count(count + 1)
    row = rows(page).nth(count)
    if secret:
        row.get_by_role("checkbox").click()
        expect(row.get_by_role("checkbox")).to_be_checked()
        expect(cell(row, "default")).to_have_attribute("type", "password")
    cell(row, "name").fill(name)
    cell(row, "default").fill(value)
    cell(row, "default").press("Tab")


def register(page: Page) -> None:
    page.locator(".pkf button[type=submit]").click()
    expect(page).to_have_url(PACKAGE_PAGE)


def package_called(running: Site, name: str) -> ModelPackage:
    inside = running.inside
    found = [row for row in inside.product.packages.all(inside.administrator) if row.name == name]
    assert found, name
    return found[0]


def open_package(visit: Callable[..., Page], running: Site, name: str, user: object) -> Page:
    page = visit(user, routes.package(package_called(running, name).id))
    expect(page.locator(".pk-head h1")).to_have_text(name)
    return page


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_user_registers_a_package_with_a_secret_that_is_never_seen_again(
    visit: Callable[..., Page], running: Site, locale: str
) -> None:
    user, name = running.user(), f"night-{locale}"
    page = visit(user, routes.PACKAGES, locale=locale)
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(str(frame)))

    page.on("websocket", listen)
    page.goto(running.address + routes.NEW_PACKAGE)
    fill(page, "name", name)
    page.locator("#service_type").select_option("KSERVE_V1")
    fill(page, "model_name", "yolo")
    fill(page, "image", IMAGE)
    add_variable(page, "CONF", "0.4")
    add_variable(page, "LICENSE", SECRET, secret=True)
    register(page)
    expect(page.get_by_test_id("variables")).to_contain_text("LICENSE")
    expect(page.get_by_test_id("variables")).to_contain_text("0.4")
    package = package_called(running, name)
    assert package.launch.environment == {"CONF": "0.4", "LICENSE": SECRET}
    assert package.owner_id == user.id

    page.goto(f"{running.address}{routes.new_package(copy=package.id)}")
    expect(control(page, "version")).to_have_value("1.0.1")
    expect(rows(page)).to_have_count(2)
    shown = page.content()
    page.goto(f"{running.address}{routes.package(package.id)}")
    expect(page.get_by_test_id("variables")).to_contain_text("LICENSE")
    page.goto(f"{running.address}{routes.PACKAGES}")
    expect(page.get_by_text(name)).to_be_visible()
    shown += page.content()
    assert SECRET not in shown
    assert frames
    assert not [frame for frame in frames if SECRET in frame]
    stored = page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    assert SECRET not in stored


def test_a_new_version_keeps_the_secret_that_nobody_touched(
    visit: Callable[..., Page], running: Site
) -> None:
    user = running.user()
    page = visit(user, routes.NEW_PACKAGE)
    fill(page, "name", "versions")
    page.locator("#service_type").select_option("SELDON")
    fill(page, "image", IMAGE)
    add_variable(page, "LICENSE", SECRET, secret=True)
    register(page)
    page.get_by_role("link", name="新版本").click()
    expect(control(page, "version")).to_have_value("1.0.1")
    fill(page, "image", f"{IMAGE}1")
    register(page)
    expect(page.get_by_test_id("versions").get_by_role("listitem")).to_have_count(2)
    newest = package_called(running, "versions")
    assert newest.version == "1.0.1"
    assert newest.launch.environment == {"LICENSE": SECRET}


def test_what_is_wrong_is_said_as_a_field_is_left_and_nothing_is_lost(
    visit: Callable[..., Page], running: Site
) -> None:
    page = visit(running.inside.administrator, routes.NEW_PACKAGE, locale="en")
    fill(page, "version", "two")
    expect(message(page, "version")).to_contain_text("three parts")
    expect(message(page, "command")).to_contain_text("May hold")
    fill(page, "command", "serve --title 'night")
    expect(message(page, "command")).to_contain_text("quotation mark")
    fill(page, "command", "serve --title 'night shift' {model}")
    expect(page.get_by_test_id("words").locator("code")).to_have_text(
        ["serve", "--title", "night shift", "{model}"]
    )
    add_variable(page, "9LIVES", "cat")
    expect(rows(page).first.get_by_role("alert")).to_contain_text("9LIVES")
    page.locator(".pkf button[type=submit]").click()
    expect(message(page, "name")).to_contain_text("Enter a name")
    expect(control(page, "name")).to_be_focused()
    page.reload()
    expect(control(page, "command")).to_have_value("serve --title 'night shift' {model}")
    expect(control(page, "version")).to_have_value("two")
    expect(cell(rows(page).first, "name")).to_have_value("9LIVES")
    expect(cell(rows(page).first, "default")).to_have_value("cat")


def test_only_the_fields_that_apply_to_a_type_are_there(
    visit: Callable[..., Page], running: Site
) -> None:
    page = visit(running.user(), routes.NEW_PACKAGE)
    expect(control(page, "name")).to_be_visible()
    expect(control(page, "command")).to_have_count(0)
    for kind, there, not_there in (
        ("SELDON", (), ("model_name", "prompt", "image_template")),
        ("OPENAI", ("model_name", "prompt"), ("image_template",)),
        ("CUSTOM", ("image_template",), ("model_name", "prompt")),
    ):
        page.locator("#service_type").select_option(kind)
        for name in there:
            expect(control(page, name)).to_be_visible()
        for name in not_there:
            expect(control(page, name)).to_have_count(0)
    expect(page.get_by_test_id("add-parameters")).to_be_visible()
    expect(message(page, "predict_path")).to_be_visible()


def test_a_working_package_is_tried_with_a_picture_and_shows_boxes(
    visit: Callable[..., Page], running: Site, tmp_path: Path
) -> None:
    page = open_package(visit, running, "digits-detector", running.user())
    sample = running.inside.folder / "volumes" / "datasets" / "sample" / "digits"
    picture = _picture_of(next(iter(sorted(sample.rglob("*.json")))))
    page.get_by_test_id("ask-file").set_input_files(
        {"name": "page.png", "mimeType": "image/png", "buffer": picture}
    )
    page.get_by_test_id("ask-send").click()
    expect(page.locator("[data-phase=DONE]")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("answer-status")).to_have_text("HTTP 200")
    boxes = page.get_by_test_id("box")
    expect(boxes.first).to_be_visible()
    expect(page.get_by_test_id("object")).to_have_count(boxes.count())
    expect(page.get_by_test_id("box-label").first).to_contain_text(re.compile(r"\d \(\d\.\d\d\)"))
    expect(page.get_by_test_id("log-text")).to_contain_text("model trained")
    page.reload()
    expect(page.get_by_test_id("box").first).to_be_visible()


def test_a_package_that_exits_shows_why_with_its_last_lines(
    visit: Callable[..., Page], running: Site
) -> None:
    running.inside.package("exits", MODE="crash")
    page = open_package(visit, running, "exits", running.user())
    page.get_by_test_id("ask-json").click()
    page.get_by_test_id("ask-send").click()
    expect(page.locator("[data-phase=FAILED]")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("trial-reason")).to_contain_text("退出码 3")
    expect(page.get_by_test_id("log-text")).to_contain_text("no such file or directory")


def test_a_variable_is_set_for_one_trial_alone(visit: Callable[..., Page], running: Site) -> None:
    running.inside.package("sets", MODE="crash")
    page = open_package(visit, running, "sets", running.user())
    page.get_by_test_id("ask-json").click()
    page.get_by_test_id("ask-text").fill('{"strData": "hello"}')
    page.locator(".settings summary").click()
    page.get_by_test_id("set-MODE").fill("good")
    page.get_by_test_id("ask-send").click()
    expect(page.locator("[data-phase=DONE]")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("log-text")).to_contain_text("mode good")
    assert package_called(running, "sets").launch.environment == {"MODE": "crash"}


def test_json_that_is_none_is_told_at_the_form_and_stays(
    visit: Callable[..., Page], running: Site
) -> None:
    running.inside.package("talks")
    page = open_package(visit, running, "talks", running.user())
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("ask-error")).to_contain_text("请先放一张图片")
    page.get_by_test_id("ask-json").click()
    page.get_by_test_id("ask-text").fill('{"strData": ')
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("ask-error")).to_contain_text("不是有效的 JSON")
    page.reload()
    expect(page.get_by_test_id("ask-text")).to_have_value('{"strData": ')
    page.get_by_test_id("ask-text").fill('{"strData": "hello"}')
    page.get_by_test_id("ask-send").click()
    expect(page.locator("[data-phase=DONE]")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("answer-json")).to_contain_text('"echo": "hello"')


def test_a_trial_is_stopped_from_its_page(visit: Callable[..., Page], running: Site) -> None:
    running.inside.package("never-ready", MODE="never")
    page = open_package(visit, running, "never-ready", running.user())
    page.get_by_test_id("ask-json").click()
    page.get_by_test_id("ask-send").click()
    expect(page.locator("[data-phase=STARTING]")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("ask-send")).to_be_disabled()
    page.get_by_role("button", name="停止").click()
    expect(page.locator("[data-phase=FAILED]")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("trial-reason")).to_contain_text("试运行被停止")
    expect(page.get_by_test_id("ask-send")).to_be_enabled()


def test_a_picture_is_dropped_or_pasted_too(visit: Callable[..., Page], running: Site) -> None:
    page = open_package(visit, running, "digits-detector", running.user())
    content = list(a_picture(20, 10))
    for event in ("drop", "paste"):
        page.evaluate(
            """([event, content]) => {
              const data = new DataTransfer();
              const bytes = new Uint8Array(content);
              data.items.add(new File([bytes], `${event}.png`, { type: "image/png" }));
              const target = document.querySelector(".ask form");
              const init = { bubbles: true, cancelable: true };
              target.dispatchEvent(event === "drop"
                ? new DragEvent("drop", { ...init, dataTransfer: data })
                : new ClipboardEvent("paste", { ...init, clipboardData: data }));
            }""",
            [event, content],
        )
        expect(page.locator(".drop .facts")).to_contain_text(f"{event}.png")
        expect(page.locator(".drop .pre")).to_be_visible()


def test_a_viewer_looks_and_changes_nothing(visit: Callable[..., Page], running: Site) -> None:
    viewer = running.user(Role.VIEWER)
    page = open_package(visit, running, "digits-detector", viewer)
    expect(page.get_by_test_id("ask")).to_have_count(0)
    expect(page.get_by_role("link", name="新版本")).to_have_count(0)
    expect(page.locator("#box_format")).to_have_count(0)
    page.goto(running.address + routes.NEW_PACKAGE)
    expect(page.get_by_text("你不能登记模型包")).to_be_visible()
    expect(page.locator(".pkf")).to_have_count(0)


def test_the_owner_changes_what_may_be_changed_and_removes_the_package(
    visit: Callable[..., Page], running: Site
) -> None:
    running.inside.package("to-remove")
    page = open_package(visit, running, "to-remove", running.inside.administrator)
    page.locator("#box_format").select_option("cxcywh_norm")
    expect(page.locator("#box_format")).to_have_value("cxcywh_norm")
    page.locator("#description").fill("finds nothing any more")
    page.locator("#description").press("Tab")
    expect(page.locator("#description")).to_have_value("finds nothing any more")
    wait_for(
        lambda: package_called(running, "to-remove").description == "finds nothing any more",
        "the description changed",
    )
    page.reload()
    expect(page.locator("#box_format")).to_have_value("cxcywh_norm")
    expect(page.locator("#description")).to_have_value("finds nothing any more")
    page.get_by_role("button", name="删除").click()
    page.get_by_role("alertdialog").get_by_role("button", name="删除").click()
    expect(page).to_have_url(re.compile(r"/packages$"))
    expect(page.get_by_text("to-remove")).to_have_count(0)


def test_the_list_finds_by_words_and_groups_versions(
    visit: Callable[..., Page], running: Site
) -> None:
    running.inside.package("find-me-seldon")
    page = visit(running.user(), routes.PACKAGES, locale="en")
    expect(page.get_by_test_id("package-row").first).to_be_visible()
    page.get_by_test_id("search").fill("FIND seldon")
    expect(page.get_by_test_id("package-row")).to_have_count(1)
    expect(page.get_by_test_id("package-row")).to_contain_text("find-me-seldon")
    page.get_by_test_id("search").fill("nothing is called like this")
    expect(page.get_by_text("No package matches")).to_be_visible()


def test_the_pages_are_readable_for_everybody(
    visit: Callable[..., Page], running: Site, findings: Callable[[Page], list[str]]
) -> None:
    admin = running.inside.administrator
    package = package_called(running, "digits-detector")
    for theme in ("light", "dark"):
        for path in (routes.PACKAGES, routes.NEW_PACKAGE, routes.package(package.id)):
            page = visit(admin, path, theme=theme)
            expect(page.locator(".list, .pkf, .pkp").first).to_be_visible()
            assert findings(page) == [], (theme, path)


def _picture_of(request: Path) -> bytes:
    return base64.b64decode(json.loads(request.read_text())["strData"])


def test_exceptions_from_a_containers_bounds_are_granted_by_administrators_and_told_to_all(
    visit: Callable[..., Page], running: Site
) -> None:
    page = visit(running.inside.administrator, routes.NEW_PACKAGE)
    fill(page, "name", "rooted")
    page.locator("#service_type").select_option("SELDON")
    fill(page, "image", IMAGE)
    control(page, "as_root").check()
    register(page)
    expect(page.get_by_test_id("exceptions")).to_contain_text("以 root 身份运行")
    container = package_called(running, "rooted").launch.container
    assert container is not None
    assert (container.as_root, container.writable) == (True, False)

    user = running.user()
    page = open_package(visit, running, "rooted", user)
    expect(page.get_by_test_id("exceptions")).to_contain_text("以 root 身份运行")
    page.get_by_role("link", name="新版本").click()
    expect(control(page, "as_root")).to_be_checked()
    expect(control(page, "writable")).to_have_count(0)
    page.locator(".pkf button[type=submit]").click()
    expect(message(page, "as_root")).to_contain_text("只有管理员")
    control(page, "as_root").click()  # and it is gone: he could not tick it again
    expect(control(page, "as_root")).to_have_count(0)
    register(page)
    expect(page.get_by_test_id("exceptions")).to_have_count(0)
