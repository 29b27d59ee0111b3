"""The frame around every page: language, colours, width, a lost connection, what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from inference_ui import routes
from inference_ui.i18n.text import say
from tests.support.server import interrupt, serving, start
from tests.support.site import Site

WHITE, DARK = "rgb(255, 255, 255)", "rgb(17, 17, 19)"

WATCH = """
window.seen = [];
const look = () => {
  const body = document.body;
  if (body) {
    const app = document.querySelector(".main") ?? body;
    const words = [...document.querySelectorAll(".nav, .head, th")].map((part) => part.innerText);
    window.seen.push([
      getComputedStyle(app).backgroundColor, getComputedStyle(body).backgroundColor, words.join(),
    ]);
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""Notes at every frame what can be seen: the page's colours, and its own words (not the names of
what other tests made)."""

Contexts = Callable[..., BrowserContext]


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Contexts]:
    """Open a browser of one's own, with the options of Playwright's ``new_context``."""
    contexts: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        contexts.append(chromium.new_context(**options))
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def opened(new_context: Contexts, running: Site) -> Callable[..., Page]:
    """Open a page in a browser of one's own, signed in."""

    def open_page(path: str = routes.TASKS, **browser: Any) -> Page:
        context = new_context(**browser)
        page = context.new_page()
        page.goto(running.link(running.user()))
        page.wait_for_selector("h1")
        if path != routes.TASKS:
            page.goto(running.address + path)
        return page

    return open_page


@pytest.mark.parametrize(
    ("locale", "title", "lang"),
    [
        ("zh-CN", "推理任务", "zh-CN"),
        ("zh-TW", "推理任务", "zh-CN"),
        ("en-GB", "Inference tasks", "en"),
        ("fr-FR", "Inference tasks", "en"),
    ],
)
def test_the_first_language_is_the_browsers(
    opened: Callable[..., Page], locale: str, title: str, lang: str
) -> None:
    page = opened(locale=locale)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(f"{title} · inference-ui")
    expect(page.locator("html")).to_have_attribute("lang", lang)


def test_a_switch_of_the_language_asks_the_server_nothing_and_is_remembered(
    opened: Callable[..., Page],
) -> None:
    page = opened(locale="zh-CN")
    page.wait_for_load_state("networkidle")
    frames: list[str] = []
    page.on("request", lambda request: frames.append(request.url))
    page.get_by_role("button", name=say("zh", "nav.switch_language")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inference tasks")
    expect(page).to_have_title("Inference tasks · inference-ui")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert frames == []
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inference tasks")
    page.get_by_role("button", name=say("en", "nav.switch_language")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("推理任务")


def test_a_switch_of_the_colours_is_remembered(opened: Callable[..., Page]) -> None:
    page = opened(locale="en-US", color_scheme="light")
    assert background(page) == WHITE
    page.get_by_role("button", name="Switch light or dark").click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    assert background(page) == DARK
    page.reload()
    page.wait_for_selector("h1")
    assert background(page) == DARK
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"**{routes.SIGN_IN}")
    expect(page.locator("html")).to_have_class(re.compile("dark"))


def background(page: Page) -> str:
    color: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return color


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("chosen", ["light", "dark", None])
def test_no_frame_shows_the_wrong_colours_or_language(
    opened: Callable[..., Page], running: Site, system: str, chosen: str | None
) -> None:
    """The choice is English; the browser speaks Chinese and may have the other colours."""
    page = opened(locale="zh-CN", color_scheme=system)
    cookies = {"locale": "en"} | ({"theme": chosen} if chosen else {})
    page.context.add_cookies(
        [{"name": name, "value": value, "url": running.address} for name, value in cookies.items()]
    )
    page.add_init_script(WATCH)
    page.goto(running.address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Inference tasks")
    page.wait_for_load_state("networkidle")
    seen: list[tuple[str, str, str]] = page.evaluate("window.seen")
    assert len(seen) > 3
    wanted = DARK if (chosen or system) == "dark" else WHITE
    clear = "rgba(0, 0, 0, 0)"
    assert {color for app, body, _ in seen for color in (app, body)} - {clear} == {wanted}
    assert not [text for _, _, text in seen if re.search(r"(?!中)[\u4e00-\u9fff]", text)]


def test_a_narrow_window_keeps_every_control_of_the_frame(opened: Callable[..., Page]) -> None:
    page = opened(locale="en-US", viewport={"width": 1024, "height": 768})
    navigation = page.get_by_role("navigation", name="Main")
    assert navigation.bounding_box()["width"] == 48  # type: ignore[index]
    entry = navigation.get_by_role("link", name="Inference tasks")
    expect(entry).to_be_visible()
    for name in ("中", "Switch light or dark", "Sign out"):
        expect(navigation.get_by_role("button", name=name)).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_the_frame_asks_nothing_of_any_other_host(
    opened: Callable[..., Page], running: Site
) -> None:
    page = opened()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert asked == {urlsplit(running.address).netloc}


def test_a_session_that_ends_elsewhere_leads_back_here_after_a_sign_in(
    opened: Callable[..., Page], running: Site
) -> None:
    page = opened(locale="en-US")
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    httpx.post(f"{running.address}{routes.SIGN_OUT}", cookies=cookies)
    page.get_by_role("link", name="Inference tasks").click()
    page.wait_for_url(f"**{routes.SIGN_IN}")
    expect(page.get_by_label("User name")).to_be_focused()


def test_what_the_server_could_not_do_is_said_and_can_be_dismissed(
    opened: Callable[..., Page],
) -> None:
    page = opened(locale="zh-CN")
    page.evaluate(
        "window.dispatchEvent(new CustomEvent('product-failure',"
        "{detail: {code: 'PORT_IN_USE', args: {port: 8700}}}))"
    )
    banner = page.get_by_role("alert").filter(has_text="端口 8700 已被占用")
    expect(banner).to_be_visible()
    page.get_by_role("button", name="关闭").click()
    expect(banner).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_sign_in_page_has_no_serious_accessibility_finding(
    new_context: Contexts, running: Site, findings: Callable[[Page], list[str]],
    locale: str, theme: str,
) -> None:  # fmt: skip
    page = new_context(locale=locale, color_scheme=theme).new_page()
    page.goto(running.address + routes.SIGN_IN)
    assert findings(page) == []
    page.get_by_role("textbox").first.fill(f"nobody-{locale}-{theme}")
    page.locator("#password").fill("wrong")
    page.locator("button[type=submit]").click()
    expect(page.locator("#problem_password")).to_be_visible()
    expect(page.locator("#password")).to_be_focused()
    assert findings(page) == []


def test_the_sign_in_page_works_without_scripts(new_context: Contexts, running: Site) -> None:
    page = new_context(java_script_enabled=False, locale="zh-CN").new_page()
    page.goto(running.address)
    page.wait_for_url(f"**{routes.SIGN_IN}")
    page.get_by_role("link", name="EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("User name").fill("nobody-without-scripts")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")


def test_a_lost_connection_is_said_keeps_the_content_and_heals(
    new_context: Contexts, tmp_path: Path
) -> None:
    """The server is killed under an open page and comes back at the same address."""
    folder = tmp_path / "data"
    with serving(folder, {"INFERENCE_UI_SAMPLE": "false"}) as served:
        page = new_context(locale="en-US").new_page()
        page.goto(served.link)
        expect(page.get_by_text("Connected, live")).to_be_visible()
        served.process.kill()
        served.process.wait()
        banner = page.get_by_text("The connection to the server was lost")
        expect(banner).to_be_visible(timeout=15_000)
        expect(page.get_by_role("heading", level=1)).to_have_text("Inference tasks")
        port = urlsplit(served.address).port
        again = start(folder, {"INFERENCE_UI_SAMPLE": "false"}, port=port)
        try:
            expect(page.get_by_text("Connected, live")).to_be_visible(timeout=15_000)
            expect(banner).to_be_hidden()
        finally:
            interrupt(again)


def test_an_address_without_a_page_says_so_and_leads_on(
    opened: Callable[..., Page], running: Site
) -> None:
    page = opened(locale="zh-CN")
    answer = page.goto(f"{running.address}/no/such/page")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    page.get_by_role("link", name="回到推理任务").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("推理任务")
    page.wait_for_url(f"{running.address}/")
