"""The main job, as a person does it: from the sign-in link to a picture with its boxes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inference_ui import routes
from inference_ui.backend.records import JOURNAL
from inference_ui.i18n.text import say
from tests.support.site import Site

ENDED_MS = 120_000


def open_link(chromium: Browser, address: str, locale: str) -> Page:
    language = {"zh": "zh-CN", "en": "en-US"}[locale]
    context = chromium.new_context(locale=language, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    return page


def boxes_in_file(folder: Path, number: int) -> int:
    line = json.loads((folder / JOURNAL).read_text("utf-8").splitlines()[number - 1])
    return int(json.loads((folder / line["resultLocation"]).read_bytes())["dnum"])


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_from_the_sign_in_link_to_a_picture_with_as_many_boxes_as_its_dnum(
    chromium: Browser, running: Site, locale: str
) -> None:
    page = open_link(chromium, running.link(running.inside.administrator), locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(say(locale, "nav.tasks"))

    page.goto(f"{running.address}{routes.new_sample_task()}")
    name = f"数字 {locale}"
    page.get_by_label(say(locale, "create_field.name")).fill(name)
    page.get_by_role("button", name=say(locale, "create.create"), exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_test_id("step-SUCCEEDED")).to_be_visible(timeout=ENDED_MS)
    expect(page.get_by_test_id("done")).to_contain_text("200")

    page.get_by_role("link", name=say(locale, "task.results"), exact=True).click()
    position = say(locale, "results.position", number=1, total=200)
    expect(page.get_by_test_id("counter")).to_have_text(position)
    tasks = running.inside.product.task_list.page(running.inside.administrator, mine=True).tasks
    [folder] = [Path(task.plan.output_folder) for task in tasks if task.name == name]
    for number in (1, 2):
        expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", str(number))
        found = boxes_in_file(folder, number)
        assert found > 0
        expect(page.get_by_test_id("box")).to_have_count(found)
        labels = page.get_by_test_id("box-label").all_text_contents()
        assert all(re.fullmatch(r"\d \([01]\.\d\d\)", label) for label in labels), labels
        page.keyboard.press("ArrowDown")
    page.context.close()
