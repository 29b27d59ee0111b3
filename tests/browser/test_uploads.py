"""Uploads by the page: a zip, a reload in the middle, and words where the user looks."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from tests.support.site import Site
from tests.support.zips import a_zip, zip_with

FILES = "**/api/uploads/*/files"
VOLUME = "datasets"


def opened(visit, user: Actor, **more: str) -> Page:
    page = visit(user, routes.DATASETS, **more)
    page.get_by_test_id("upload-toggle").click()
    expect(page.get_by_test_id("upload-drop")).to_be_visible()
    return page


def fill(page: Page, name: str) -> None:
    page.get_by_test_id("upload-name").fill(name)
    page.get_by_test_id("upload-volume").select_option(VOLUME)
    page.get_by_test_id("upload-send").click()


def lying(running: Site, name: str) -> dict[str, bytes]:
    folder = running.inside.folder / "volumes" / VOLUME / name
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def made(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def line(page: Page, state: str):
    return page.locator(f'[data-testid="upload-line"][data-state="{state}"]')


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_zip_of_200_files_becomes_a_dataset(visit, running, tmp_path, findings, locale):
    user = running.user()
    files = {f"page-{number:03}.json": os.urandom(200).hex().encode() for number in range(200)}
    (tmp_path / f"夜间-{locale}.zip").write_bytes(a_zip(files))
    page = opened(visit, user, locale=locale)
    page.get_by_test_id("upload-zip").set_input_files(tmp_path / f"夜间-{locale}.zip")
    expect(page.get_by_test_id("upload-name")).to_have_value(f"夜间-{locale}")
    assert findings(page) == []
    fill(page, f"zip-{user.name}")
    expect(line(page, "done")).to_be_visible()
    assert lying(running, f"zip-{user.name}") == files
    assert findings(page) == []
    expect(page.get_by_role("table").get_by_text(f"zip-{user.name}").first).to_be_visible()
    page.get_by_test_id("upload-open").click()
    expect(page).to_have_url(re.compile(r"/datasets/[0-9a-f]{16}$"))


def test_a_folder_goes_on_by_itself_after_a_reload_in_the_middle(visit, running, tmp_path):
    user, name = running.user(), "reloaded"
    files = {f"in/{number:03}.json": f"[{number}]".encode() for number in range(500)}
    page = opened(visit, user)
    sent: list[str] = []

    def only_the_first(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.continue_()

    page.route(FILES, only_the_first)  # the second batch hangs, as on a slow line
    page.get_by_test_id("upload-folder").set_input_files(made(tmp_path / "night", files))
    expect(page.get_by_test_id("upload-name")).to_have_value("night")
    fill(page, name)
    expect(page.get_by_test_id("upload-amount")).to_contain_text("200 / 500")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(line(page, "done")).to_be_visible(timeout=30_000)
    assert lying(running, name) == files


def test_files_that_the_browser_could_not_keep_are_asked_for_again(visit, running, tmp_path):
    user, name = running.user(), "asked-again"
    files = {f"{number:03}.json": f"[{number}]".encode() for number in range(300)}
    folder = made(tmp_path / "night", files)
    page = opened(visit, user)
    page.add_init_script("indexedDB.open = () => { throw new Error('no room') }")
    page.reload()
    sent: list[str] = []

    def only_the_first(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            route.continue_()
        else:
            route.abort()

    page.route(FILES, only_the_first)
    page.get_by_test_id("upload-folder").set_input_files(folder)
    fill(page, name)
    expect(line(page, "waiting")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    paused = line(page, "paused")
    expect(paused).to_contain_text("请重新选择同样的文件")
    other = made(tmp_path / "other", {"x.json": b"1", "y.json": b"2"})
    page.get_by_test_id("upload-again-folder").set_input_files(other)
    expect(paused.get_by_role("alert")).to_contain_text("这不是同样的文件")
    page.get_by_test_id("upload-again-folder").set_input_files(folder)
    expect(line(page, "done")).to_be_visible()
    assert lying(running, name) == files


def test_a_cut_connection_is_told_and_mended_by_itself(visit, running, tmp_path):
    user, name = running.user(), "mended"
    files = {"a.json": b"1", "b.json": b"2"}
    page = opened(visit, user, locale="en")
    page.route(FILES, lambda route: route.abort("connectionreset"))
    made(tmp_path, files)
    page.get_by_test_id("upload-files").set_input_files([tmp_path / path for path in files])
    fill(page, name)
    expect(line(page, "waiting")).to_contain_text("The connection was cut")
    page.unroute_all(behavior="ignoreErrors")
    expect(line(page, "done")).to_be_visible()
    assert lying(running, name) == files


def test_of_two_tabs_only_one_sends(visit, running, tmp_path):
    user, name = running.user(), "two-tabs"
    files = {f"{number:03}.json": b"1" for number in range(300)}
    page = opened(visit, user)
    sent: list[Route] = []

    def hold_the_second(route: Route) -> None:
        sent.append(route)
        if len(sent) == 1:
            route.continue_()

    page.route(FILES, hold_the_second)
    page.get_by_test_id("upload-folder").set_input_files(made(tmp_path / "night", files))
    fill(page, name)
    expect(page.get_by_test_id("upload-amount")).to_contain_text("200 / 300")
    second = page.context.new_page()
    second.goto(running.address + routes.DATASETS)
    expect(line(second, "elsewhere")).to_be_visible()
    sent[-1].continue_()
    expect(line(page, "done")).to_be_visible()
    assert lying(running, name) == files


def test_a_name_that_was_taken_meanwhile_is_asked_for_in_its_place(visit, running, tmp_path):
    user, name = running.user(), "taken-meanwhile"
    page = opened(visit, user)
    folder = running.inside.folder / "volumes" / VOLUME / name

    def take_the_name(route: Route) -> None:
        folder.mkdir(exist_ok=True)
        route.continue_()

    page.route(FILES, take_the_name)
    made(tmp_path, {"a.json": b"1"})
    page.get_by_test_id("upload-files").set_input_files(tmp_path / "a.json")
    fill(page, name)
    renaming = line(page, "renaming")
    expect(renaming.get_by_role("alert")).to_contain_text("请换一个名称")
    page.get_by_test_id("upload-new-name").fill("another-name")
    page.get_by_test_id("upload-new-name").press("Enter")
    expect(line(page, "done")).to_be_visible()
    assert lying(running, "another-name") == {"a.json": b"1"}


def test_a_zip_that_is_refused_says_why_and_can_be_dismissed(visit, running, tmp_path):
    user = running.user()
    (tmp_path / "bad.zip").write_bytes(zip_with("../../out.json"))
    page = opened(visit, user)
    page.get_by_test_id("upload-zip").set_input_files(tmp_path / "bad.zip")
    fill(page, "bad-zip")
    failed = line(page, "failed")
    expect(failed.get_by_role("alert")).to_contain_text("指向数据集文件夹之外")
    assert lying(running, "bad-zip") == {}
    failed.get_by_role("button").click()
    expect(failed).to_have_count(0)


def test_cancelling_asks_and_removes_what_has_arrived(visit, running, tmp_path):
    user = running.user()
    page = opened(visit, user)
    page.route(FILES, lambda route: route.abort())
    made(tmp_path, {"a.json": b"1"})
    page.get_by_test_id("upload-files").set_input_files(tmp_path / "a.json")
    fill(page, "never")
    page.get_by_test_id("upload-cancel").click()
    expect(page.get_by_role("button", name="不取消")).to_be_focused()
    page.get_by_test_id("upload-cancel-yes").click()
    expect(page.get_by_test_id("upload-line")).to_have_count(0)
    assert running.inside.product.uploads.uploads(user) == []


def test_wrong_names_are_told_at_the_field_and_viewers_have_no_button(visit, running, tmp_path):
    page = opened(visit, running.user())
    made(tmp_path, {"a.json": b"1"})
    page.get_by_test_id("upload-files").set_input_files(tmp_path / "a.json")
    page.get_by_test_id("upload-name").fill("a/b")
    page.get_by_test_id("upload-name").press("Tab")
    expect(page.get_by_role("alert")).to_contain_text("名称里不能有“/”")
    viewer = visit(running.user(Role.VIEWER), routes.DATASETS)
    expect(viewer.get_by_role("heading", level=1)).to_be_visible()
    expect(viewer.get_by_test_id("upload-toggle")).to_have_count(0)
