"""A browser, and one server for all tests that look at it.

Tests share that server: each works with users, datasets and tasks of its own. What must not be
touched by others (the very first look) is shown by ``untouched``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from inference_ui.backend.models.account import Actor
from tests.support import browser as installed
from tests.support.site import Site, site

SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of the session: the Chromium that is installed; as root no sandbox."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server that tests share, with the sample in it."""
    with site(tmp_path_factory.mktemp("shared")) as shared:
        yield shared


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on which nobody has created anything yet, nor may a test."""
    with site(tmp_path_factory.mktemp("untouched")) as alone:
        yield alone


_SETTLED = """() => Promise.allSettled(
  document.getAnimations()
    .filter(one => one.effect?.getComputedTiming().endTime !== Infinity)
    .map(one => one.finished))"""
"""Waits until nothing moves any more, but for what moves for ever."""

Visit = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, running: Site) -> Iterator[Visit]:
    """Open a page in a browser of one's own: ``visit(user, "/", locale="en", theme="dark")``.

    The test fails when a page had an error that its scripts did not catch.
    """
    errors: list[str] = []
    contexts: list[BrowserContext] = []

    def open_page(
        user: Actor,
        path: str = "/",
        *,
        at: Site = running,
        locale: str = "zh",
        theme: Literal["light", "dark"] = "light",
        width: int = 1440,
        height: int = 900,
    ) -> Page:
        language = {"zh": "zh-CN", "en": "en-US"}[locale]
        context = chromium.new_context(
            locale=language,
            color_scheme=theme,
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        # Not in the page: that would load the list of tasks first, whatever the test looks at.
        assert context.request.get(at.link(user), max_redirects=0).status == 303
        page.goto(at.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def findings() -> Callable[[Page], list[str]]:
    """Return what axe-core finds serious or critical on a page, with where it stands."""
    axe = Axe()

    def look(page: Page) -> list[str]:
        page.evaluate(_SETTLED)  # colours of what is still fading in are not its colours
        found = axe.run(page).response["violations"]
        return [
            f"{violation['id']}: {node['html'][:160]}"
            for violation in found
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]

    return look
