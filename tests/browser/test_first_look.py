"""What those see who come first: only the sample is there, and what leads on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from inference_ui import routes
from inference_ui.backend.errors import NotFound
from tests.support.create_form import control

BOTH = pytest.mark.parametrize("locale", ["zh", "en"])


@BOTH
def test_the_first_look_leads_to_the_first_task(visit, untouched, locale):
    page = visit(untouched.inside.administrator, at=untouched, locale=locale)
    zh = locale == "zh"
    heading = "还没有推理任务" if zh else "No inference task yet"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    sample = "用示例模型跑 200 项" if zh else "Run the sample model on 200 items"
    page.get_by_role("link", name=sample).click()
    expect(page.get_by_label("推理任务名称" if zh else "Task name")).to_have_value("digits")


def test_where_there_is_one_choice_it_is_made(visit, untouched):
    page = visit(untouched.inside.administrator, routes.NEW_TASK, at=untouched)
    for name, label in (
        ("dataset_id", "datasets / digits"),
        ("service_type", "Seldon"),
        ("package_id", "digits-detector 1.0.0"),
    ):
        expect(control(page, name).locator("option:checked")).to_have_text(label)
    expect(control(page, "volume_id")).to_have_value("")  # there are two
    expect(page.locator("footer")).to_contain_text("还要填")


def test_where_there_is_none_the_list_leads_to_the_first(visit, untouched, findings):
    page = visit(untouched.inside.administrator, routes.SERVICES, at=untouched)
    expect(page.locator(".em h2")).to_have_text("还没有在线服务")
    expect(page.locator(".em .acts a")).to_have_attribute("href", routes.NEW_SERVICE)
    assert findings(page) == []
    page.goto(f"{untouched.address}{routes.service('no')}")
    expect(page.locator(".em h2")).to_have_text("没有这个在线服务")
    with pytest.raises(NotFound):
        untouched.inside.product.online.view(untouched.inside.administrator, "no")
