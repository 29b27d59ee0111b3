"""A change in the cluster, until the database knows it and until a browser shows it."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from bench.harness import BenchError
from bench.kubernetes_tasks_world import World, server_of
from inference_ui import routes
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from tests.support import browser as installed
from tests.support.server import Served

PATIENCE_S = 20.0

_TEXT = "`${document.querySelector('.tk-head')?.textContent} \
${document.querySelector('[data-testid=verdict]')?.textContent}`"

_WATCH = f"""() => {{
  const text = () => {_TEXT};
  window.seen = {{}};
  const look = () => {{
    window.seen[text()] ??= (performance.timeOrigin + performance.now()) / 1000;
  }};
  look();
  new MutationObserver(look).observe(document.body,
    {{ subtree: true, childList: true, attributes: true, characterData: true }});
}}"""


@dataclass(frozen=True)
class Change:
    """Something that happens in the cluster: what is to be in the row, and on the screen, then."""

    what: str
    happen: Callable[[str], None]
    is_told: Callable[[InferenceTask], bool]
    is_shown: Callable[[str], bool]


@dataclass(frozen=True)
class Lag:
    """Milliseconds from a change until it was written, and until it was shown."""

    written: float
    shown: float


def changes(one: World) -> tuple[Change, Change, Change, Change]:
    """Return what may happen to tasks: the first needs one that is held up, the others come one
    after the other to one that runs."""
    hands = one.controllers
    return (
        Change("a pod gets a node", hands.let, _is_running, lambda text: "Running" in text),
        Change("a pod is not ready", hands.unready, _waits, lambda text: "does not answer" in text),
        Change(
            "a pod is ready again",
            hands.ready,
            _waits_for_nothing,
            lambda text: "paused" not in text,
        ),
        Change(
            "a pod is out of memory", hands.run_out_of_memory, _waits, lambda text: "memory" in text
        ),
    )


def lags(one: World, served: Served, held: list[str], running: list[str]) -> dict[str, list[Lag]]:
    """Let things happen to tasks whose page is open in a browser."""
    placed, unready, ready, killed = changes(one)
    plan: list[tuple[str, tuple[Change, ...]]] = [(task, (placed,)) for task in held]
    plan += [(task, (unready, ready, killed, ready)) for task in running]
    found: dict[str, list[Lag]] = {}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        link = served.link
        for task_id, ones in plan:
            for change in ones:
                lag = _measure(browser, one, served, link, task_id, change)
                found.setdefault(change.what, []).append(lag)
                link = ""
        browser.close()
    return found


def _measure(
    browser: Browser, one: World, served: Served, link: str, task_id: str, change: Change
) -> Lag:
    if link:
        context = browser.new_context(locale="en-US")
        context.new_page().goto(link)
    page = browser.contexts[0].pages[0]
    page.goto(f"{served.address}{routes.task(task_id)}")
    page.wait_for_selector("[data-testid=verdict]", state="attached")
    page.evaluate(_WATCH)
    before = page.evaluate(f"() => {_TEXT}")
    begun = time.time()
    change.happen(server_of(task_id))
    while not change.is_told(one.task(task_id)):
        if time.time() - begun > PATIENCE_S:
            raise BenchError(f"{change.what}: not told of; {one.task(task_id)}")
        time.sleep(0.005)
    written = time.time() - begun
    while not (shown := _shown(page, before, change)):
        if time.time() - begun > PATIENCE_S:
            raise BenchError(f"{change.what}: not shown; {page.evaluate('window.seen')}")
        page.wait_for_timeout(20)
    return Lag(written * 1000, (min(shown) - begun) * 1000)


def _shown(page: Page, before: str, change: Change) -> list[float]:
    """Return when the screen said what it shall say."""
    seen: dict[str, float] = page.evaluate("window.seen")
    return [at for text, at in seen.items() if text != before and change.is_shown(text)]


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def _is_running(task: InferenceTask) -> bool:
    return task.status == TaskStatus.RUNNING


def _waits(task: InferenceTask) -> bool:
    return task.waiting_for is not None


def _waits_for_nothing(task: InferenceTask) -> bool:
    return task.waiting_for is None
