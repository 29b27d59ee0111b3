"""Storage volumes and datasets in a browser: registered, checked, looked into, removed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Role
from tests.support.installation import numbered_inputs
from tests.support.site import Site

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])


def message(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}-message")


def administrator(running: Site):
    return running.user(Role.ADMINISTRATOR)


def dataset_id(running: Site, name: str) -> str:
    rows = running.inside.product.catalog.datasets(running.inside.administrator)
    return next(row.id for row, _ in rows if row.name == name)


def fill(page: Page, name: str, text: str) -> None:
    page.get_by_role("dialog").locator(f'[name="{name}"]').fill(text)


@BOTH
def test_a_volume_is_registered_after_it_was_written_to(visit, running, tmp_path, findings, locale):
    folder = tmp_path / "nas"
    folder.mkdir()
    page = visit(administrator(running), routes.VOLUMES, locale=locale)
    register = "登记存储卷" if locale == "zh" else "Register a volume"
    page.get_by_role("button", name=register).click()
    fill(page, "name", f"nas-{locale}")
    fill(page, "folder", str(tmp_path / "missing"))
    page.get_by_role("dialog").locator('[name="name"]').focus()
    missing = "不存在" if locale == "zh" else "does not exist"
    expect(message(page, "folder")).to_contain_text(missing)
    fill(page, "folder", str(folder))
    page.get_by_role("dialog").locator('[name="name"]').focus()
    written = "试写成功" if locale == "zh" else "A file could be written"
    expect(page.get_by_role("dialog").get_by_text(written)).to_be_visible()
    expect(message(page, "folder")).not_to_contain_text(missing)
    assert findings(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    row = page.get_by_role("row").filter(has_text=f"nas-{locale}")
    expect(row).to_contain_text(str(folder))
    assert findings(page) == []
    assert list(folder.iterdir()) == []


def test_only_administrators_are_offered_to_register_volumes(visit, running):
    page = visit(running.user(), routes.VOLUMES)
    expect(page.get_by_role("row").filter(has_text="results")).to_be_visible()
    expect(page.get_by_text("登记和移除由管理员操作")).to_be_visible()
    expect(page.get_by_role("button", name="登记存储卷")).to_be_hidden()


def test_a_volume_with_datasets_is_not_removed_and_the_dialog_says_why(visit, running):
    page = visit(administrator(running), routes.VOLUMES)
    page.get_by_role("button", name="移除 datasets").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    dialog.get_by_role("button", name="移除").click()
    expect(dialog).to_contain_text("还有数据集")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text="datasets")).to_be_visible()


@BOTH
def test_a_folder_is_registered_as_a_dataset_and_wrong_ones_are_told(visit, running, locale):
    name = f"registered-{locale}"
    (running.inside.folder / "volumes" / "datasets" / name).mkdir()
    page = visit(administrator(running), routes.DATASETS, locale=locale)
    page.get_by_role("button", name="登记文件夹" if locale == "zh" else "Register a folder").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="登记" if locale == "zh" else "Register").click()
    expect(message(page, "name")).to_contain_text(
        "请填写名称" if locale == "zh" else "Enter a name"
    )
    fill(page, "name", name)
    dialog.locator('[name="volume_id"]').select_option("datasets")
    fill(page, "path", "../runs")
    dialog.locator('[name="name"]').focus()
    outside = "不在存储卷里面" if locale == "zh" else "is not inside the volume"
    expect(message(page, "path")).to_contain_text(outside)
    fill(page, "path", name)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def with_faults(running: Site, name: str) -> str:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), (20, 120, 200)).save(picture, "PNG")
    running.inside.dataset(
        {
            **numbered_inputs(30),
            "empty.json": b"",
            "fig.png": picture.getvalue(),
            "long-名字.txt": b"hello",
        },
        name,
    )
    return dataset_id(running, name)


@BOTH
def test_a_dataset_is_checked_and_its_counts_and_faults_are_shown(visit, running, findings, locale):
    id = with_faults(running, f"checked-{locale}")
    page = visit(running.user(), routes.dataset(id), locale=locale)
    check = page.get_by_test_id("check")
    words = ("检查所有文件", "1 个文件有问题", "空文件") if locale == "zh" else (
        "Check all files", "1 file is bad", "empty file",
    )  # fmt: skip
    check.get_by_role("button", name=words[0]).click()
    expect(check).to_contain_text(words[1])
    expect(page.get_by_test_id("check-json")).to_have_text("31")
    expect(page.get_by_test_id("check-images")).to_have_text("1")
    expect(page.get_by_test_id("check-others")).to_have_text("1")
    expect(check.get_by_role("listitem")).to_contain_text(["empty.json"])
    expect(check.get_by_role("listitem")).to_contain_text([words[2]])
    assert findings(page) == []
    page.goto(running.address + routes.DATASETS)
    row = page.get_by_role("row").filter(has_text=f"checked-{locale}")
    expect(row).to_contain_text(words[1])


def test_a_dataset_is_looked_into_by_keyboard_folder_by_folder_with_previews(visit, running):
    id = with_faults(running, "browsed")
    page = visit(running.user(), routes.dataset(id))
    folder = page.get_by_role("button", name="part-0")
    folder.focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("button", name=re.compile("page-0000.json"))
    expect(first).to_be_visible()
    first.focus()
    page.keyboard.press("Enter")
    preview = page.get_by_test_id("preview")
    expect(preview).to_contain_text('{"strData": "0"}')
    page.get_by_label("所在文件夹").get_by_role("button", name="browsed").click()
    page.get_by_role("button", name=re.compile("fig.png")).click()
    picture = preview.get_by_role("img")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.preview img')?.naturalWidth === 60")


def test_a_user_sees_no_way_to_remove_what_is_not_theirs_and_an_owner_leaves_the_files(
    visit, running
):
    id = with_faults(running, "removed")
    page = visit(running.user(), routes.dataset(id))
    expect(page.get_by_role("link", name="用它创建任务")).to_have_attribute(
        "href", routes.new_task(dataset=id)
    )
    expect(page.get_by_role("button", name="移除数据集")).to_be_hidden()
    page = visit(administrator(running), routes.dataset(id))
    page.get_by_role("button", name="移除数据集").click()
    page.get_by_role("alertdialog").get_by_role("button", name="移除").click()
    expect(page).to_have_url(running.address + routes.DATASETS)
    expect(page.get_by_role("link", name="removed", exact=True)).to_be_hidden()
    assert Path(running.inside.folder / "volumes" / "datasets" / "removed" / "fig.png").exists()


def test_a_dataset_that_is_not_there_says_so(visit, running):
    page = visit(running.user(), routes.dataset("0" * 16))
    expect(page.get_by_text("没有这个数据集")).to_be_visible()
