"""The results of a million items in a browser: opening them, and going from one to the next."""

import os
import statistics
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.report import Row
from inference_ui import routes
from tests.support import browser as installed
from tests.support.site import Site

OPENINGS = 7
OPEN_TARGET_MS = 2_000.0
NEXT_TARGET_MS = 150.0
MEMORY_TARGET_MB = 60.0

# Painted: the picture of that item is decoded and its boxes are drawn, and a frame has passed.
_NEXT = """async (wanted) => {
  const begun = performance.now();
  const list = document.querySelector('.rv .items');
  list.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const canvas = () => document.querySelector('[data-testid=canvas]');
  const there = () => canvas()?.dataset.item === String(wanted)
    && canvas().querySelector('img')?.complete && canvas().querySelector('[data-testid=box]');
  while (!there()) {
    if (performance.now() - begun > 10000) throw new Error(`item ${wanted} is not shown`);
    await frame();
  }
  await frame();
  return performance.now() - begun;
}"""


def in_a_browser(served: Site, task_id: str, pictures: int) -> list[Row]:
    """Return the rows of what a browser feels; the first ``pictures`` items have one."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        rows = [*_opened(browser, served, task_id), _next(browser, served, task_id, pictures)]
        browser.close()
    return rows


def _opened(browser: Browser, served: Site, task_id: str) -> list[Row]:
    """Of browsers that have never been here: from the address to the first picture with boxes."""
    signed_in = browser.new_context(locale="en-US")
    page = signed_in.new_page()
    page.goto(served.link(served.inside.administrator))
    page.wait_for_selector("main")
    server = psutil.Process(served.served.process.pid)
    before = _resident_mb(server)
    took = []
    for _ in range(OPENINGS):
        fresh = browser.new_context(locale="en-US", storage_state=signed_in.storage_state())
        page = fresh.new_page()
        begun = time.perf_counter()
        page.goto(f"{served.address}{routes.task_results(task_id)}", wait_until="commit")
        page.wait_for_selector("[data-testid=box]")
        page.wait_for_selector("[data-testid=item] img")
        took.append((time.perf_counter() - begun) * 1000)
        fresh.close()
    page = _open(browser, served, task_id)
    page.goto(f"{served.address}{routes.task_results(task_id)}?kind=FAILED")
    page.wait_for_selector("[data-testid=item] .wrong", timeout=120_000)
    grown = _resident_mb(server) - before
    page.close()
    return [
        Row(
            "opening the page until the first picture has its boxes", "ms", took[:1],
            target=OPEN_TARGET_MS, at_most=True,
            note=f"the first time; then {statistics.median(took[1:]):,.0f} ms",
        ),
        Row(
            "memory of the web server, grown by opening and filtering it", "MB", [grown],
            target=MEMORY_TARGET_MB, at_most=True, note="resident, its child processes apart",
        ),
    ]  # fmt: skip


def _next(browser: Browser, served: Site, task_id: str, pictures: int) -> Row:
    """Go down the list as somebody does who looks: one key after the other is painted."""
    page = _open(browser, served, task_id)
    page.wait_for_selector("[data-testid=box]")
    took = []
    for number in range(2, pictures):
        took.append(float(page.evaluate(_NEXT, number)))
        time.sleep(0.3)  # as long as a quick eye takes
    page.close()
    worst = statistics.quantiles(took, n=20)[-1]
    note = f"p95 of {len(took)} keys, 0.3 s apart; median {statistics.median(took):.0f} ms"
    return Row(
        "next item by key to picture and boxes painted", "ms", [worst], target=NEXT_TARGET_MS,
        at_most=True, note=note,
    )  # fmt: skip


def _open(browser: Browser, served: Site, task_id: str) -> Page:
    page = browser.new_context(locale="en-US").new_page()
    page.goto(served.link(served.inside.administrator))
    page.goto(f"{served.address}{routes.task_results(task_id)}")
    page.wait_for_selector("[data-testid=item]")
    return page


def _resident_mb(process: psutil.Process) -> float:
    return sum(
        int(line.split()[1]) * 1024 / 1e6
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    )
