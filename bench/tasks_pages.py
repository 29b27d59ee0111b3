"""The list of 100,000 tasks in a browser, and with 50 tabs."""

import asyncio
import contextlib
import os
import statistics
import threading
import time
from collections.abc import Iterator

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bench.report import Row
from inference_ui.backend.models.task import TaskEvent, TaskStatus
from inference_ui.backend.store import tasks as queries
from inference_ui.state.live import Live
from inference_ui.state.tasks import TasksState
from tests.support import browser as installed
from tests.support.inside import Tab, tab
from tests.support.installation import numbered_inputs
from tests.support.site import Site

ROUNDS = 15
TABS = 50
LOAD_TARGET_MS = 1_500.0
SEARCH_TARGET_MS = 300.0
LAG_TARGET_MS = 1_000.0
MOVED = 12

_TYPE = """async ([text, wanted]) => {
  const box = document.querySelector('[data-testid=search]');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const begun = performance.now();
  set.call(box, text);
  box.dispatchEvent(new Event('input', { bubbles: true }));
  const shown = () => [...document.querySelectorAll('[data-testid=task-row] .nm')];
  while (!shown().length || !shown().every(one => one.textContent.includes(wanted))) {
    if (performance.now() - begun > 20000) throw new Error(`${wanted} is not shown`);
    await new Promise(done => requestAnimationFrame(done));
  }
  return performance.now() - begun;
}"""

_WATCH = """() => {
  window.seen = {};
  const look = () => {
    for (const row of document.querySelectorAll('[data-testid=task-row]')) {
      const key = `${row.querySelector('.nm').textContent} ${row.dataset.status}`;
      window.seen[key] ??= (performance.timeOrigin + performance.now()) / 1000;
    }
  };
  new MutationObserver(look).observe(document.body,
    { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def in_a_browser(served: Site) -> list[Row]:
    """Return the rows of what a browser feels, alone and among many tabs."""
    inside = served.inside
    inside.dataset(numbered_inputs(60), "small")
    inside.package("quick", DELAY_MS="20")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        rows = [_first_load(browser, served), _typing(browser, served)]
        rows.append(_lag(browser, served, "a change to the screen, one browser"))
        with many_tabs(served):
            rows.append(
                _lag(browser, served, f"… with {TABS} tabs that follow the list", LAG_TARGET_MS)
            )
        browser.close()
    return rows


def _first_load(browser: Browser, served: Site) -> Row:
    """Of a browser that has never been here: from the address to rows that can be used."""
    took = []
    for _ in range(ROUNDS):
        opened = browser.new_context(locale="en-US")
        page = opened.new_page()
        page.goto(served.link(served.inside.administrator), wait_until="commit")
        page.wait_for_selector("[data-testid=task-row]")
        opened.clear_cookies(name="none")
        fresh = browser.new_context(locale="en-US", storage_state=opened.storage_state())
        page = fresh.new_page()
        begun = time.perf_counter()
        page.goto(served.address, wait_until="commit")
        page.wait_for_selector("[data-testid=task-row] .btn")
        took.append((time.perf_counter() - begun) * 1000)
        fresh.close()
        opened.close()
    middle = statistics.median(took)
    note = f"median of {ROUNDS} browsers without a cache; most {max(took):.0f} ms"
    return Row(
        "first load to a usable list", "ms", [middle], target=LOAD_TARGET_MS, at_most=True,
        note=note,
    )  # fmt: skip


def _typing(browser: Browser, served: Site) -> Row:
    page = _open(browser, served)
    took = []
    for _ in range(ROUNDS):
        for text in ("票据", "night-0", "00042", "路口抓拍-00"):
            took.append(float(page.evaluate(_TYPE, [text, text])))
    page.close()
    return _p95("search typed to rows shown", took, SEARCH_TARGET_MS)


def _lag(browser: Browser, served: Site, what: str, target: float | None = None) -> Row:
    page = _open(browser, served)
    page.evaluate(_WATCH)
    inside = served.inside
    lags = []
    for number in range(MOVED):
        name = f"lag {what[:4].strip()} {number}"
        task = inside.product.tasks.create(
            inside.administrator, inside.draft(name, "quick", "small")
        )
        inside.wait_until(task.id, TaskStatus.SUCCEEDED)
        page.wait_for_selector(f'[data-status=SUCCEEDED] .nm[title="{name}"]')
        seen = page.evaluate("window.seen")
        lags += [
            (seen[key] - event.at.timestamp()) * 1000
            for event in _events(served, task.id)
            if (key := f"{name} {event.code}") in seen
        ]
    page.close()
    return _p95(what, lags, target)


def _events(served: Site, task_id: str) -> list[TaskEvent]:
    with served.inside.product.store.read() as session:
        return queries.events(session, task_id)


def _open(browser: Browser, served: Site) -> Page:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(served.link(served.inside.administrator))
    page.wait_for_selector("[data-testid=task-row]")
    return page


@contextlib.contextmanager
def many_tabs(served: Site, count: int = TABS) -> Iterator[None]:
    """Keep so many tabs open that follow the list, in a thread of their own."""
    signed_in = httpx.get(served.link(served.user()), follow_redirects=False)
    cookie = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    ready, over = threading.Event(), threading.Event()

    async def follow() -> None:
        async with contextlib.AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(tab(served, cookie)) for _ in range(count)]
            followers = [asyncio.create_task(_follow(one)) for one in tabs]
            ready.set()
            await asyncio.to_thread(over.wait)
            for follower in followers:
                follower.cancel()
            await asyncio.gather(*followers, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(follow()))
    thread.start()
    if not ready.wait(60):
        raise SystemExit("the tabs could not be opened")
    try:
        yield
    finally:
        over.set()
        thread.join()


async def _follow(one: Tab) -> None:
    """Load the list, and again at each new revision, as the page does."""
    list_state = TasksState.get_full_name()
    await one.send(f"{list_state}.load")
    known = 0
    while True:
        await one.news.wait()
        one.news.clear()
        revisions = one.values(Live.get_full_name().rpartition(".")[2], "revision")
        one.updates.clear()
        if revisions and revisions[-1] > known:
            known = revisions[-1]
            await one.send(f"{list_state}.reload")


def _p95(what: str, values: list[float], target: float | None = None) -> Row:
    worst = statistics.quantiles(values, n=20)[-1]
    note = f"p95 of {len(values)}; median {statistics.median(values):.0f} ms"
    return Row(what, "ms", [worst], target=target, at_most=True, note=note)
