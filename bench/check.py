"""The check of a dataset: files a second of one process, and what other pages feel of it.

The page: a browser opens and closes a folder of another dataset in the whole product, again and
again, while a check runs; timed from the click to what it shows.
"""

import os
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.datasets import seldon_dataset
from bench.harness import Options, run_process, say
from bench.report import Row, save
from inference_ui import routes
from inference_ui.backend.records import CheckProgress, read_record
from tests.support import browser as installed
from tests.support.installation import numbered_inputs
from tests.support.site import Site, site

ITEMS = 200_000
RUNS = 7
RATE_TARGET = 20_000.0
EVENT_TARGET_MS = 200.0
CLICKS = 60

_CLICK = """async ([label, wanted]) => {
  const button = [...document.querySelectorAll('.files button')]
    .find(one => one.textContent.startsWith(label));
  const begun = performance.now();
  button.click();
  while (!document.querySelector('.entries').textContent.includes(wanted))
    await new Promise(done => requestAnimationFrame(done));
  return performance.now() - begun;
}"""


def run(options: Options) -> str:
    """Measure both, and return the table."""
    items = options.items or ITEMS
    dataset = seldon_dataset(options.datasets, items)
    rates = []
    for number in range(options.runs or RUNS):
        folder = options.folder("check", f"run-{number}")
        folder.mkdir()
        command = [sys.executable, "-m", "inference_ui.backend.checking", dataset, folder]
        finished = run_process(command, log=folder / "log")
        found = read_record(folder / "progress.json", CheckProgress)
        if found is None or found.json_valid != items:
            raise SystemExit(f"the check found {found}")
        rates.append(items / finished.seconds)
        say(f"  {rates[-1]:,.0f} files/s")
    idle, busy = _clicks(options, dataset)
    rows = [
        Row("check of JSON files, one process", "files/s", rates, target=RATE_TARGET),
        _p95("an event elsewhere, nothing checked", idle),
        _p95("an event elsewhere, while a check runs", busy, target=EVENT_TARGET_MS),
    ]
    context = f"{items:,} JSON files of 1 KB, read from the page cache; the check is niced."
    return save("check", "Checking a dataset", rows, context)


def _p95(what: str, values: list[float], target: float | None = None) -> Row:
    worst = statistics.quantiles(values, n=20)[-1]
    note = f"p95 of {len(values)} clicks; median {statistics.median(values):.0f} ms"
    return Row(what, "ms", [worst], target=target, at_most=True, note=note)


def _clicks(options: Options, dataset: Path) -> tuple[list[float], list[float]]:
    with site(options.folder("check", "product")) as served, sync_playwright() as playwright:
        inside = served.inside
        inside.dataset(numbered_inputs(30), "small")
        large = _link(served, dataset)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_context(locale="en-US").new_page()
        page.goto(served.link(inside.administrator))
        page.goto(served.address + routes.dataset(_id(served, "small")))
        page.wait_for_selector(".entries button")
        idle = _measured(page)
        checks, actor = inside.product.checks, inside.administrator
        busy: list[float] = []
        while len(busy) < CLICKS:
            checks.start(actor, large)
            while checks.progress(large, running_only=True) and len(busy) < CLICKS:
                busy += _measured(page, 2)
        browser.close()
    return idle, busy


def _measured(page: Page, count: int = CLICKS) -> list[float]:
    found = []
    for number in range(count):
        label, wanted = ("part-0", "page-0000") if number % 2 == 0 else ("small", "part-1")
        found.append(float(page.evaluate(_CLICK, [label, wanted])))
    return found


def _link(served: Site, dataset: Path) -> str:
    """Register the large dataset where it lies; return its id."""
    from inference_ui.backend.services.volumes import VolumeDraft

    inside = served.inside
    volumes = inside.product.volumes
    volumes.add(inside.administrator, VolumeDraft("bench", str(dataset.parent)))
    return inside.register("large", dataset.name, "bench")


def _id(served: Site, name: str) -> str:
    rows = served.inside.product.catalog.datasets(served.inside.administrator)
    return next(row.id for row, _ in rows if row.name == name)
