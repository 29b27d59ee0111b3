"""A browser, and one server for all tests that look at it.

Tests share that server: each works with users, datasets and tasks of its own. What must not be
touched by others (the very first look) is shown by ``untouched``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from secrets import token_hex
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from inference_ui import routes
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import TaskStatus
from inference_ui.demo import digits
from inference_ui.demo import sample as sample_of_product
from tests.support import browser as installed
from tests.support.results import RunTask
from tests.support.server import ROOT
from tests.support.site import Site, site
from tests.support.viewer import Look

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
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder ``sample`` of the volume of datasets, drawn once for all processes of the run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        draw = [sys.executable, "-m", digits.__name__, shared / sample_of_product.PATH]
        subprocess.run(draw, cwd=ROOT, check=True)
    return (shared / sample_of_product.PATH).parent


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[Site]:
    """The server that tests share, with the sample in it."""
    with _with_sample(tmp_path_factory.mktemp("shared"), sample) as shared:
        yield shared


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Iterator[Site]:
    """A server on which nobody has created anything yet, nor may a test."""
    with _with_sample(tmp_path_factory.mktemp("untouched"), sample) as alone:
        yield alone


def _with_sample(folder: Path, sample: Path) -> AbstractContextManager[Site]:
    shutil.copytree(sample, folder / "volumes" / "datasets" / sample.name)
    return site(folder)


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


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    """The folders of a task; its server is larger than any machine, so it never starts."""
    run = RunTask(tmp_path)
    resources = run.plan.spec.resources.model_copy(update={"cpu_millis": 10**9})
    spec = run.plan.spec.model_copy(update={"resources": resources})
    server = run.plan.server.model_copy(update={"spec": spec})
    run.plan = run.plan.model_copy(update={"server": server})
    return run


@pytest.fixture
def look(visit: Callable[..., Page], running: Site, run: RunTask) -> Look:
    """Opens the results of ``run``: ``look(query, status=…, user=…, locale=…, …)``; for a viewer,
    in English, unless told otherwise."""

    def look(
        query: str = "",
        status: TaskStatus = TaskStatus.SUCCEEDED,
        user: Actor | None = None,
        **more: object,
    ) -> Page:
        store, task_id = running.inside.product.store, token_hex(8)
        run.stored(store, running.inside.administrator, id=task_id, name=task_id, status=status)
        path = f"{routes.task_results(task_id)}{query}"
        return visit(user or running.user(Role.VIEWER), path, **({"locale": "en"} | more))

    return look
