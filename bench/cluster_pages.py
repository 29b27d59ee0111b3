"""What a browser feels of a large cluster: 2,000 nodes with 8 cards, 20,000 applications.

The product runs over an inventory; each figure is timed in the page, from the press (or the last
letter, with the pause that the page waits for another one) to what it shows.
"""

import json
import os
import statistics

from playwright.sync_api import Page, sync_playwright

from bench.harness import Options
from bench.report import Row
from inference_ui import routes
from tests.support import browser as installed
from tests.support.site import site

NODES = 2_000
CARDS = 8
APPLICATIONS = 10
ROUNDS = 20
SHOWN_TARGET_MS = 1_000.0
FILTER_TARGET_MS = 200.0

_UNTIL = """async ([act, selector, wanted]) => {
  const begun = performance.now();
  new Function(act)();
  while (!new RegExp(wanted).test(document.querySelector(selector)?.textContent ?? ''))
    await new Promise(done => requestAnimationFrame(done));
  return performance.now() - begun;
}"""

_TYPE = """
  const box = document.querySelector('%s');
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  set.call(box, '%s');
  box.dispatchEvent(new Event('input', { bubbles: true }));
"""


def measure(options: Options) -> list[Row]:
    """Return the rows: the page, the table under a form's specs, and their filters."""
    folder = options.folder("cluster")
    folder.mkdir(parents=True, exist_ok=True)
    inventory = folder / "nodes.json"
    inventory.write_text(json.dumps({"nodes": [_node(number) for number in range(NODES)]}))
    changes = {"INFERENCE_UI_INVENTORY": str(inventory)}
    with site(folder / "data", changes) as served, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        program = str(installed.chromium())
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        page = browser.new_context(locale="en-US").new_page()
        page.goto(served.link(served.inside.administrator))
        rows = [*_cluster(page, served.address), *_form(page, served.address)]
        browser.close()
    return rows


def _cluster(page: Page, address: str) -> list[Row]:
    shown = []
    for _ in range(ROUNDS):
        page.goto(address + routes.VOLUMES)
        page.wait_for_selector("nav a")
        press = f"document.querySelector('nav a[href=\"{routes.CLUSTER}\"]').click()"
        shown.append(_timed(page, press, ".nodes", "node-0049"))
    filters = []
    for _ in range(ROUNDS):
        filters.append(_timed(page, _TYPE % (".find input", "app-1234-3"), ".nodes", "^node-1234"))
        filters.append(_timed(page, _TYPE % (".find input", ""), ".nodes", "node-0049"))
    return [
        _p95("the cluster page, from the press to 50 nodes", shown, SHOWN_TARGET_MS),
        _p95("… its filter by text", filters, FILTER_TARGET_MS),
    ]


def _form(page: Page, address: str) -> list[Row]:
    page.goto(address + routes.NEW_TASK)
    page.get_by_role("button", name="MLU", exact=True).click()
    page.get_by_text("mlu370-x8-4c", exact=True).click()
    page.wait_for_selector("tr.sel-row")
    toggle = "document.querySelector('.opens').click()"
    shown, filters, models = [], [], []
    for _ in range(ROUNDS):
        shown.append(_timed(page, toggle, ".avail", "node-0000"))
        page.evaluate(toggle)
        page.wait_for_selector("#available", state="detached")
    page.evaluate(toggle)
    page.wait_for_selector(".avail-head input")
    for _ in range(ROUNDS):
        filters.append(_timed(page, _button(".avail .seg", 2), ".avail-rows tbody", "short"))
        filters.append(_timed(page, _button(".avail .seg", 1), ".avail-rows tbody", "Idle"))
        filters.append(
            _timed(
                page, _TYPE % (".avail-head input", "node-1818"), ".avail-rows tbody", "^node-1818"
            )
        )
        filters.append(
            _timed(page, _TYPE % (".avail-head input", ""), ".avail-rows tbody", "node-0000")
        )
    for _ in range(ROUNDS):
        models.append(_timed(page, _button(".kinds .seg", 1), ".spec tbody", "^a100"))
        models.append(_timed(page, _button(".kinds .seg", 2), ".spec tbody", "^mlu370"))
    return [
        _p95("the table under a form's specs, from the press to 50 nodes", shown, SHOWN_TARGET_MS),
        _p95("… its filters, by state and text", filters, FILTER_TARGET_MS),
        _p95("another type of accelerator", models, FILTER_TARGET_MS),
    ]


def _button(group: str, number: int) -> str:
    return f"document.querySelectorAll('{group} > button')[{number}].click()"


def _timed(page: Page, act: str, selector: str, wanted: str) -> float:
    return float(page.evaluate(_UNTIL, [act, selector, wanted]))


def _p95(what: str, values: list[float], target: float) -> Row:
    worst = statistics.quantiles(values, n=20)[-1]
    note = f"p95 of {len(values)}; median {statistics.median(values):.0f} ms"
    return Row(what, "ms", [worst], target=target, at_most=True, note=note)


def _node(number: int) -> dict[str, object]:
    """Nodes of two makers in turns; some have all cards in use, some none."""
    mlu = number % 2 == 0
    held = number % (CARDS + 1)
    return {
        "name": f"node-{number:04}",
        "os": "Ubuntu 22.04",
        "kernel": "5.15.0-91",
        "cpu": 128,
        "memory": "512GiB",
        "driver": "v5.10.27" if mlu else "550.90.07",
        "cards": [
            {
                "model": "MLU370-X8" if mlu else "A100-SXM4-80GB",
                "type": "MLU" if mlu else "GPU",
                "count": CARDS,
                "memory": "48GiB",
            }
        ],
        "applications": [
            {
                "name": f"app-{number}-{one}",
                "cpu": 4,
                "memory": "8GiB",
                "cards": [str(one + 1)] if one < held else [],
            }
            for one in range(APPLICATIONS)
        ],
    }
