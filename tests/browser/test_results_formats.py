"""How boxes are read: another format, what seems to be meant, and saving it to the package."""

from __future__ import annotations

from secrets import token_hex

import pytest
from playwright.sync_api import expect

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch
from tests.support.results import RunTask, detection
from tests.support.site import Site
from tests.support.viewer import (
    HEIGHT,
    OBJECTS,
    PICTURE,
    WIDTH,
    Look,
    assert_boxes_in_place,
    opened,
    showing,
)


def test_boxes_are_read_in_another_format_at_once_and_from_item_to_item(
    run: RunTask, look: Look
) -> None:
    as_sizes = [(n, c, (b[0], b[1], b[2] - b[0], b[3] - b[1])) for n, c, b in OBJECTS]
    run.succeeded("a.json", PICTURE, detection(*as_sizes))
    run.succeeded("b.json", PICTURE, detection(*as_sizes))
    page = look()
    showing(page, 1)
    expect(page.get_by_test_id("box-format")).to_have_text("xyxy")
    page.get_by_test_id("format").click()
    expect(page.get_by_role("menuitemradio")).to_have_count(10)
    expect(page.get_by_role("menuitemradio", checked=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("box-format")).to_have_text("xywh")
    expect(page.get_by_test_id("format-note")).to_contain_text("is gone")
    assert_boxes_in_place(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Next item").click()
    showing(page, 2)
    assert_boxes_in_place(page)
    page.get_by_role("button", name="Back to xyxy").click()
    expect(page.get_by_test_id("box-format")).to_have_text("xyxy")


def test_a_hint_shows_boxes_as_they_seem_to_be_meant(run: RunTask, look: Look) -> None:
    shares = [
        (n, c, (b[0] / WIDTH, b[1] / HEIGHT, b[2] / WIDTH, b[3] / HEIGHT)) for n, c, b in OBJECTS
    ]
    run.succeeded("a.json", PICTURE, detection(*shares))
    page = look()
    expect(page.get_by_test_id("item-warnings")).to_contain_text("look like shares")
    page.get_by_role("button", name="Show as xyxy_norm").click()
    expect(page.get_by_test_id("item-warnings")).to_have_count(0)
    assert_boxes_in_place(page)


@pytest.fixture
def package(run: RunTask, running: Site) -> ModelPackage:
    """The package that the task ran, an administrator's."""
    package = running.inside.product.packages.add(
        running.inside.administrator,
        ModelPackage(
            name=f"m-{token_hex(4)}",
            version="1.0.0",
            owner_id="",
            service_type="SELDON",
            launch=PackageLaunch(command=("true",)),
        ),
    )
    server = run.plan.server.model_copy(update={"package": package.snapshot})
    run.plan = run.plan.model_copy(update={"server": server})
    return package


def test_the_format_is_saved_to_the_package(
    run: RunTask, look: Look, running: Site, package: ModelPackage
) -> None:
    page = opened(run, look, user=running.inside.administrator)
    page.get_by_test_id("format").click()
    page.get_by_role("menuitemradio", name="yxyx top").click()
    expect(page.get_by_test_id("box-format")).to_have_text("yxyx")
    page.get_by_role("button", name="Save to the package").click()
    said = page.get_by_test_id("format-note").get_by_role("status")
    expect(said).to_have_text(f"Saved: the model package “{package.name} 1.0.0” now says yxyx")
    kept = running.inside.product.packages.get(running.inside.administrator, package.id)
    assert kept.box_format == "yxyx"
    page.reload()
    expect(page.get_by_test_id("box-format")).to_have_text("yxyx")
    expect(page.get_by_test_id("format-note")).to_have_text("")


def test_who_may_not_save_the_format_is_told_why(
    run: RunTask, look: Look, running: Site, package: ModelPackage
) -> None:
    page = opened(run, look, user=running.user(Role.USER))
    page.get_by_test_id("format").click()
    page.get_by_role("menuitemradio", name="yxyx top").click()
    expect(page.get_by_test_id("format-note")).to_contain_text("somebody else's package")
    expect(page.get_by_role("button", name="Save to the package")).to_have_count(0)
