"""Compute specs in a browser: registered, changed, copied, suggested, removed, and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Role
from inference_ui.backend.models.servers import SpecSnapshot
from inference_ui.backend.services.spec_drafts import SpecDraft
from tests.support.samples import a_plan
from tests.support.site import NO_SAMPLE, Site, site

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])
WORDS = {
    "zh": {
        "add": "新建规格",
        "slices": "卡的切片",
        "create": "新建",
        "no unit": "请写上单位",
        "no cpu": "请填写 CPU 核数",
        "edit": "修改",
        "save": "保存",
        "remove": "移除",
        "in use": "任务在用",
    },
    "en": {
        "add": "New spec",
        "slices": "Slices",
        "create": "Create",
        "no unit": "Add a unit, as 8GiB",
        "no cpu": "Enter a number of CPUs",
        "edit": "Change",
        "save": "Save",
        "remove": "Remove",
        "in use": "is still used by",
    },
}


@pytest.fixture(scope="module")
def with_cards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose cluster has three nodes with four divisible cards each, and one without."""
    folder = tmp_path_factory.mktemp("specs")
    kind = {"model": "MLU370-X8", "type": "MLU", "count": 4, "memory": "48GiB", "divisible": 4}
    nodes = [
        {"name": f"node-{number}", "cpu": 32, "memory": "64GiB", "cards": [kind]}
        for number in range(1, 4)
    ]
    inventory = folder / "nodes.json"
    plain = {"name": "plain", "cpu": 8, "memory": "16GiB"}
    inventory.write_text(json.dumps({"nodes": [*nodes, plain]}))
    with site(folder / "data", {**NO_SAMPLE, "INFERENCE_UI_INVENTORY": str(inventory)}) as served:
        yield served


@pytest.fixture
def page_of(visit, with_cards):
    """Open the page as an administrator."""

    def open_page(locale: str = "zh", **look: str) -> Page:
        user = with_cards.user(Role.ADMINISTRATOR)
        return visit(user, routes.SPECS, at=with_cards, locale=locale, **look)

    return open_page


def typed(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").locator(f'[name="{name}"]')


def message(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}-message")


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("table").first.get_by_role("row").filter(has_text=name)


def add(with_cards: Site, name: str, **draft: str):
    given = SpecDraft(name, **({"cpu": "1", "memory": "2GiB"} | draft))
    return with_cards.inside.product.specs.add(with_cards.inside.administrator, given)


def waiting_task(with_cards: Site, spec, name: str):
    """A task with this spec that waits for ever: more is asked for than any node has."""
    resources = spec.resources.model_copy(update={"cpu_millis": 10**9})
    plan = a_plan(spec=SpecSnapshot(id=spec.id, name=spec.name, resources=resources))
    return with_cards.record(with_cards.inside.administrator, name, plan=plan, status="QUEUED")


@BOTH
def test_a_slice_of_a_card_is_registered_and_what_is_wrong_is_told_beside_it(
    page_of, findings, locale
):
    words, name = WORDS[locale], f"quarter-{locale}"
    page = page_of(locale)
    page.get_by_role("button", name=words["add"]).click()
    expect(typed(page, "name")).to_be_focused()
    expect(typed(page, "card_model")).to_have_count(0)
    page.get_by_role("button", name="MLU", exact=True).click()
    expect(typed(page, "slice_memory")).to_have_count(0)
    page.get_by_role("button", name=words["slices"]).click()
    typed(page, "name").fill(name)
    typed(page, "memory").fill("8")
    typed(page, "card_model").fill("MLU370-X8")
    typed(page, "slice_memory").fill("12GiB")
    expect(message(page, "memory")).to_contain_text(words["no unit"])
    expect(message(page, "cpu")).not_to_contain_text(words["no cpu"])
    assert findings(page) == []
    typed(page, "slice_share").fill("25")
    page.keyboard.press("Enter")
    expect(message(page, "cpu")).to_contain_text(words["no cpu"])
    assert findings(page) == []
    expect(typed(page, "slice_memory")).to_have_value("12GiB")
    typed(page, "memory").fill("8GiB")
    typed(page, "cpu").fill("2")
    page.get_by_role("button", name=words["create"], exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row(page, name)).to_contain_text("1/4 × MLU370-X8 · 12 GiB")
    expect(row(page, name)).to_contain_text("3 个节点中 3 个" if locale == "zh" else "3 / 3 nodes")
    assert findings(page) == []


@BOTH
def test_a_spec_is_changed_and_keeps_what_was_not_touched(page_of, with_cards, locale):
    words, name = WORDS[locale], f"changed-{locale}"
    add(with_cards, name, tolerations="dedicated=vision:NoSchedule", runtime_class="nvidia")
    page = page_of(locale)
    page.get_by_role("button", name=f"{words['edit']} {name}").click()
    expect(typed(page, "cpu")).to_have_value("1")
    expect(typed(page, "tolerations")).to_have_value("dedicated=vision:NoSchedule")
    typed(page, "tolerations").fill("dedicated:Never")
    typed(page, "cpu").fill("500m")
    expect(message(page, "tolerations")).to_contain_text("Never")
    typed(page, "tolerations").fill("dedicated")
    page.get_by_role("dialog").get_by_role("button", name=words["save"]).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(row(page, name)).to_contain_text("0.5")
    specs = with_cards.inside.product.specs
    [spec] = [
        one.spec for one in specs.all(with_cards.inside.administrator) if one.spec.name == name
    ]
    assert (spec.cpu_millis, spec.runtime_class) == (500, "nvidia")
    assert spec.resources.tolerations[0].key == "dedicated"


def test_a_copy_begins_with_a_free_name_and_what_was_typed_survives_a_change_of_type(
    page_of, with_cards
):
    add(with_cards, "original", accelerator="MLU", card_model="MLU370-X8", cards="2")
    page = page_of()
    page.get_by_role("button", name="复制 original").click()
    expect(typed(page, "name")).to_have_value("original-2")
    page.get_by_role("button", name="CPU", exact=True).click()
    expect(typed(page, "cards")).to_have_count(0)
    page.get_by_role("button", name="MLU", exact=True).click()
    expect(typed(page, "cards")).to_have_value("2")
    typed(page, "name").fill("original")
    typed(page, "cpu").focus()
    expect(message(page, "name")).to_contain_text("已经有一个叫“original”的")
    typed(page, "name").fill("original-3")
    page.keyboard.press("Enter")
    expect(row(page, "original-3")).to_contain_text("2 × MLU370-X8")


@BOTH
def test_a_spec_in_use_is_not_removed_and_the_dialog_names_the_task(
    page_of, with_cards, findings, locale
):
    words, name = WORDS[locale], f"used-{locale}"
    waiting_task(with_cards, add(with_cards, name), f"night-{locale}")
    page = page_of(locale)
    page.get_by_role("button", name=f"{words['remove']} {name}").click()
    dialog = page.get_by_role("alertdialog")
    dialog.get_by_role("button", name=words["remove"]).click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"night-{locale}")
    expect(dialog.get_by_role("alert")).to_contain_text(words["in use"])
    assert findings(page) == []
    page.keyboard.press("Escape")
    expect(row(page, name)).to_be_visible()


def test_a_spec_that_nobody_uses_is_removed(page_of, with_cards):
    add(with_cards, "unused")
    page = page_of()
    page.get_by_role("button", name="移除 unused").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    dialog.get_by_role("button", name="移除").click()
    expect(row(page, "unused")).to_have_count(0)


def test_what_fits_the_nodes_is_suggested_and_added_by_one_click(page_of, with_cards, findings):
    specs, admin = with_cards.inside.product.specs, with_cards.inside.administrator
    for one in specs.all(admin):
        if one.spec.name in ("mlu370-x8-4c", "cpu-1c", "cpu-2c"):
            specs.remove(admin, one.spec.id)
    page = page_of(theme="dark")
    suggested = page.get_by_role("table", name="按现有节点建议的规格")
    expect(suggested.get_by_role("row").filter(has_text="mlu370-x8-4c")).to_contain_text(
        "3 个节点中 3 个"
    )
    assert findings(page) == []
    page.get_by_role("button", name="添加 mlu370-x8-4c").click()
    expect(row(page, "mlu370-x8-4c")).to_contain_text("4 × MLU370-X8")
    expect(suggested.get_by_role("row").filter(has_text="mlu370-x8-4c")).to_have_count(0)
    page.get_by_role("button", name="全部添加").click()
    expect(row(page, "cpu-2c")).to_be_visible()
    expect(suggested).to_have_count(0)


def test_who_uses_a_spec_is_told_as_it_happens(page_of, with_cards):
    spec = add(with_cards, "watched")
    page = page_of()
    expect(row(page, "watched")).to_contain_text("没有在用")
    waiting_task(with_cards, spec, "night-watched")
    expect(row(page, "watched")).to_contain_text("1 个任务", timeout=20_000)


def test_by_keyboard_alone_a_spec_is_registered_and_the_focus_comes_back(page_of):
    page = page_of()
    begin = page.get_by_role("button", name="新建规格")
    begin.focus()
    page.keyboard.press("Enter")
    expect(typed(page, "name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(begin).to_be_focused()
    page.keyboard.press("Enter")
    expect(typed(page, "name")).to_be_focused()
    page.keyboard.type("by-keyboard")
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="MLU", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    for text in ("", "", "4", "16GiB", "MLU370-X8"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(row(page, "by-keyboard")).to_contain_text("1 × MLU370-X8")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.USER])
def test_who_is_no_administrator_sees_the_specs_and_why_nothing_more(
    visit, with_cards, findings, role
):
    page = visit(with_cards.user(role), routes.SPECS, at=with_cards, width=1024)
    expect(row(page, "cpu-half")).to_be_visible()
    expect(page.get_by_text("新建、修改和移除由管理员操作")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    assert findings(page) == []
