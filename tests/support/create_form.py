"""The create form as a person finds her way in it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def control(page: Page, name: str) -> Locator:
    """The control of a field."""
    return page.locator(f'[name="{name}"]')


def message(page: Page, name: str) -> Locator:
    """What stands below a field."""
    return page.locator(f"#{name}-message")


def choose(page: Page, name: str, label: str) -> None:
    """Choose of a list."""
    box = control(page, name)
    box.select_option(label)
    expect(box.locator("option:checked")).to_have_text(label)


def spec(page: Page) -> Locator:
    """The first spec's radio button."""
    return page.locator('[name="spec_id"]').first


def variable(page: Page, name: str) -> Locator:
    """The input of an environment variable."""
    return page.get_by_test_id(f"variable-{name}")


def step_to(page: Page, choice: Locator, option: str) -> None:
    """Press Down until the option is chosen. Typing its name would be lost where the browser takes
    letters that come slowly for another name."""
    chosen = choice.locator("option:checked")
    for _ in range(40):
        now = chosen.inner_text()
        if now == option:
            return
        page.keyboard.press("ArrowDown")
        expect(chosen).not_to_have_text(now)
    raise AssertionError(f"no {option} in {choice}")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if target.evaluate("box => box === document.activeElement"):
            return
    raise AssertionError(f"no way to {target} by keyboard")


def created(page: Page) -> None:
    """Wait for the page of the task that was created."""
    expect(page).to_have_url(re.compile(r"/tasks/[0-9a-f]{16}$"), timeout=15_000)
