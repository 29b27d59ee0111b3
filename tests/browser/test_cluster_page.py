"""The cluster page, and what forms tell of the cluster: as people look for room and for reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from inference_ui import routes
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.services.spec_drafts import SpecDraft
from tests.support.create_form import tab_to
from tests.support.installation import numbered_inputs
from tests.support.site import NO_SAMPLE, Site, site
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over the made-up cluster, with specs of two and eight MLU cards and a slow model."""
    with site(
        tmp_path_factory.mktemp("demo"), {**NO_SAMPLE, "INFERENCE_UI_INVENTORY": "demo"}
    ) as served:
        inside = served.inside
        for cards in (2, 8):
            spec = SpecDraft(
                f"own-x8-{cards}", cpu="4", memory="8GiB", accelerator="MLU",
                card_model="MLU370-X8", cards=str(cards),
            )  # fmt: skip
            inside.product.specs.add(inside.administrator, spec)
        inside.dataset(numbered_inputs(3000), "pages")
        inside.package("model", DELAY_MS="500")
        yield served


@pytest.fixture(autouse=True)
def nothing_is_left(demo: Site) -> Iterator[None]:
    """End the tasks of a test, so that the next one finds the cluster as it is."""
    yield
    running = demo.inside.product.task_list.page(demo.inside.administrator).tasks
    stop(demo, *(task for task in running if task.ended_at is None))


def queue(served: Site, owner: Actor, name: str, cards: int, nodes: int = 1) -> InferenceTask:
    """Create a task of so many cards on each of so many nodes."""
    product = served.inside.product
    specs = {spec.name: spec.id for spec in product.catalog.specs(owner)}
    draft = replace(served.inside.draft(name), spec_id=specs[f"own-x8-{cards}"], node_count=nodes)
    return product.tasks.create(owner, draft)


def stop(served: Site, *tasks: InferenceTask) -> None:
    """Stop tasks, and wait until they hold nothing."""
    for task in tasks:
        served.inside.product.tasks.stop(served.inside.administrator, task.id)
    for task in tasks:
        wait_for(lambda task=task: served.inside.task(task.id).ended_at, f"{task.name} ended")


def node(page: Page, name: str) -> Locator:
    return page.locator(".nd").filter(has=page.get_by_role("heading", name=re.compile(f"^{name}")))


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [("zh", "light", 1440), ("en", "dark", 1440), ("zh", "dark", 1024), ("en", "light", 1024)],
)
def test_all_nodes_are_there_with_who_uses_what(visit, demo, findings, locale, theme, width):
    page = visit(demo.user(), routes.CLUSTER, at=demo, locale=locale, theme=theme, width=width)
    expect(page.locator(".nd")).to_have_count(10)
    first = node(page, "mlu-node-01")
    expect(first).to_contain_text("v5.10.27")
    expect(first.locator(".slots > li")).to_have_count(8)
    expect(first.locator(".slots > li").nth(0)).to_contain_text("plate-ocr")
    broken = {"zh": "1 张不健康", "en": "1 unhealthy"}[locale]
    expect(node(page, "mlu-node-02")).to_contain_text(broken)
    cordoned = {"zh": "停止调度", "en": "Cordoned"}[locale]
    expect(node(page, "mlu-node-05")).to_contain_text(cordoned)
    slice_of = node(page, "gpu-node-01").get_by_role("button", name="7(2):notebook-wangjun")
    expect(slice_of).to_contain_text("2")
    expect(node(page, "cpu-node-01")).to_contain_text("log-collector")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nodes_are_found_by_kind_name_application_and_driver(visit, demo):
    page = visit(demo.user(), routes.CLUSTER, at=demo)
    expect(page.locator(".nd")).to_have_count(10)
    page.get_by_role("button", name="GPU", exact=True).click()
    expect(page.locator(".nd")).to_have_count(1)
    page.get_by_role("button", name="CPU", exact=True).click()
    expect(page.locator(".nd h2")).to_have_text(["cpu-node-01", "cpu-node-02"])
    page.get_by_role("button", name="全部", exact=True).click()
    search = page.get_by_role("searchbox")
    search.fill("plate-ocr")
    expect(page.locator(".nd h2")).to_have_text(["mlu-node-01"])
    search.fill("550.90")
    expect(page.locator(".nd h2")).to_have_text(["gpu-node-01"])
    search.fill("no such thing")
    expect(page.get_by_text("没有符合条件的节点")).to_be_visible()
    search.fill("")
    expect(page.locator(".nd")).to_have_count(10)


def test_an_application_lights_up_wherever_it_is_by_keyboard_too(visit, demo):
    page = visit(demo.user(), routes.CLUSTER, at=demo)
    card = node(page, "mlu-node-01").get_by_role("button", name=re.compile("plate-ocr")).first
    card.focus()
    page.keyboard.press("Enter")
    lit = page.locator(".slots [aria-pressed=true]")
    expect(lit).to_have_count(2)
    expect(page.locator(".fil .chip")).to_contain_text("plate-ocr")
    page.get_by_role("button", name="取消高亮").click()
    expect(lit).to_have_count(0)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_queue_says_what_each_waits_for_and_what_ends_it(visit, demo, findings, locale):
    user = demo.user()
    holder = queue(demo, user, f"{user.name}-holder", 2)
    demo.inside.wait_until(holder.id, "RUNNING")
    all_of_it = queue(demo, user, f"{user.name}-all", 8)  # node-04 has eight
    demo.inside.wait_until(all_of_it.id, "RUNNING")
    waits = queue(demo, user, f"{user.name}-waits", 8)
    page = visit(demo.user(), routes.CLUSTER, at=demo, locale=locale)
    entry = page.locator(".queue ol > li").filter(has=page.get_by_role("link", name=waits.name))
    expect(entry).to_contain_text("8 × MLU370-X8")
    why = {"zh": "一个节点上需要 8 张 MLU370-X8，现在最多空 6 张", "en": "on one node; the largest"}
    expect(entry).to_contain_text(why[locale])
    shut = {"zh": "mlu-node-05 已停止调度", "en": "mlu-node-05 is cordoned"}[locale]
    expect(entry).to_contain_text(shut)
    expect(entry.get_by_text(all_of_it.name)).to_be_visible()
    expect(page.locator(".sums")).to_contain_text({"zh": "在等 8 张", "en": "for 8 cards"}[locale])
    assert findings(page) == []
    stop(demo, all_of_it)
    expect(entry).to_have_count(0)  # seen without a reload: it runs now
    demo.inside.wait_until(waits.id, "RUNNING")
    place = node(page, "mlu-node-04").get_by_role("button", name=re.compile(waits.name))
    expect(place).to_have_count(8)
    stop(demo, holder, waits)
    expect(place).to_have_count(0)


def open_resources(page: Page, spec: str) -> Locator:
    page.get_by_role("button", name="MLU", exact=True).click()
    page.get_by_text(spec, exact=True).click()
    page.get_by_role("button", name=re.compile("集群可用资源|Available in the cluster")).click()
    return page.locator(".avail-rows tbody tr")


@pytest.mark.parametrize(("locale", "theme"), [("zh", "light"), ("en", "dark")])
def test_a_form_shows_where_the_spec_may_go_idle_or_tight_and_stays_true(
    visit, demo, findings, locale, theme
):
    user = demo.user()
    page = visit(user, routes.NEW_TASK, at=demo, locale=locale, theme=theme)
    rows = open_resources(page, "own-x8-8")
    expect(rows).to_have_count(4)  # not node-02, whose eighth card is broken, nor the cordoned one
    idle, tight = {"zh": ("空闲", "紧张"), "en": ("Idle", "Tight")}[locale]
    expect(rows.nth(0)).to_contain_text("mlu-node-04")
    expect(rows.nth(0)).to_contain_text(idle)
    expect(rows.nth(1)).to_contain_text(tight)
    short = {"zh": "差 3 张 MLU370-X8", "en": "3 MLU370-X8 short"}[locale]
    expect(rows.nth(1)).to_contain_text(short)
    expect(rows.nth(1)).to_contain_text("1:plate-ocr")
    assert findings(page) == []
    task = queue(demo, user, f"{user.name}-takes", 8)
    expect(rows.nth(0)).to_contain_text(tight)  # by itself
    expect(page.get_by_text(f"1:{task.name}").first).to_be_visible()
    stop(demo, task)
    expect(rows.nth(0)).to_contain_text(idle)


def test_card_models_tell_what_is_queued_and_narrow_the_specs(visit, demo):
    user = demo.user()
    first, second = (queue(demo, user, f"{user.name}-{n}", 8) for n in (1, 2))
    demo.inside.wait_until(first.id, "RUNNING")
    page = visit(user, routes.NEW_TASK, at=demo)
    page.get_by_role("button", name="MLU", exact=True).click()
    model = page.locator(".model", has_text="MLU370-X8")
    expect(page.locator(".model")).to_have_count(2)
    expect(model).to_contain_text("排队 8 张")
    specs = page.locator('[name="spec_id"]')
    before = specs.count()
    box = model.get_by_role("checkbox")
    tab_to(page, box)
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    expect(page.get_by_text("own-x8-2", exact=True)).to_be_visible()
    expect(page.get_by_text("mlu590-m9-1c", exact=True)).to_have_count(0)
    assert specs.count() < before
    page.get_by_role("button", name="CPU", exact=True).click()
    expect(page.locator(".model")).to_have_count(0)
    stop(demo, first, second)


def test_nodes_that_cannot_hold_the_spec_are_off_with_the_reason(visit, demo):
    page = visit(demo.user(), routes.NEW_TASK, at=demo)
    open_resources(page, "own-x8-8")
    page.get_by_test_id("nodes").locator(".face").click()
    for name, why in (
        ("mlu-node-05", "已停止调度"),
        ("mlu-node-02", "这里只有 7 张"),
        ("cpu-node-01", "这里没有"),
    ):
        option = page.locator(".opt", has_text=name)
        expect(option.get_by_role("checkbox")).to_be_disabled()
        expect(option).to_contain_text(why)
    expect(page.get_by_role("checkbox", name="mlu-node-01")).to_be_enabled()
