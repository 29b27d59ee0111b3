"""The list of results as somebody works with it: searched, filtered, sorted, by keys, and while the
task still runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.protocols.found import found_of
from inference_ui.backend.records import JOURNAL
from tests.support.results import RunTask, a_picture, detection, seldon
from tests.support.waiting import wait_for

EVIL = "<img src=x onerror=alert(1)>"
LONG = "a class whose name is much too long to be read in a list of classes"

Look = Callable[..., Page]


def facts(number: int) -> dict[str, Any]:
    """What is known of an item: of each ten one failed and one is empty, the others have one to
    four objects, the first a car, the second a person."""
    ms = float(number * 7 % 1000)
    if number % 10 == 3:
        return {"ms": ms, "cause": "HTTP_503"}
    if number % 10 == 5:
        return {"ms": ms, "n": 0}
    names = ["car", "person", EVIL, LONG][: 1 + number % 4]
    found = found_of(
        names, [0.99 - place * 0.2 - number % 10 / 100 for place, _ in enumerate(names)]
    )
    return {
        "ms": ms,
        "n": found.objects,
        "c": found.classes,
        "low": found.lowest,
        "k": found.counts,
        "b": found.bins,
    }


def some(first: int, count: int) -> Iterator[dict[str, Any]]:
    return (facts(number) for number in range(first, first + count))


@pytest.fixture
def three_thousand(run: RunTask) -> RunTask:
    run.many(some(0, 3000))
    return run


def selected(page: Page) -> Locator:
    return page.get_by_role("option", selected=True)


def counter(page: Page) -> Locator:
    return page.get_by_test_id("counter")


def find(page: Page) -> Locator:
    return page.get_by_test_id("find")


def items(page: Page) -> Locator:
    return page.get_by_test_id("items")


def said(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def rest(page: Page, number: int) -> None:
    """Wait until the address names an item."""
    expect(page).to_have_url(re.compile(rf"[?&]item={number}(&|$)"))


def chosen(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=name)


def test_failed_and_empty_items_are_one_click_away(three_thousand: RunTask, look: Look) -> None:
    page = look()
    expect(page.get_by_test_id("kind-FAILED")).to_have_text("Failed 300")
    expect(page.get_by_test_id("kind-EMPTY")).to_have_text("Empty 300")
    expect(page.get_by_test_id("kind-UNREADABLE")).to_have_count(0)
    page.get_by_test_id("kind-FAILED").click()
    expect(counter(page)).to_have_text("Item 1 of 300 found")
    expect(selected(page)).to_contain_text("item_0000003.jpg")
    expect(selected(page)).to_contain_text("HTTP_503")
    page.keyboard.press("ArrowDown")
    expect(selected(page)).to_contain_text("item_0000013.jpg")
    rest(page, 14)
    assert said(page) == {"item": ["14"], "kind": ["FAILED"]}
    page.get_by_test_id("kind-EMPTY").click()
    expect(selected(page)).to_contain_text("item_0000005.jpg")
    expect(selected(page)).to_contain_text("No objects")
    page.get_by_test_id("clear").click()
    expect(counter(page)).to_have_text("Item 6 of 3,000")
    expect(selected(page)).to_be_in_viewport()


def test_what_cannot_be_read_is_offered_only_where_it_is(run: RunTask, look: Look) -> None:
    run.many(some(0, 5))
    run.raw(b"garbage\n")
    page = look()
    segment = page.get_by_test_id("kind-UNREADABLE")
    expect(segment).to_have_text("1")
    segment.click()
    expect(counter(page)).to_have_text("Item 1 of 1 found")
    expect(selected(page)).to_contain_text("(no name)")


def test_names_are_found_as_one_types(three_thousand: RunTask, look: Look) -> None:
    page = look(locale="zh")
    expect(selected(page)).to_contain_text("item_0000000.jpg")
    page.keyboard.press("/")
    expect(find(page)).to_be_focused()
    page.keyboard.type("ITEM_00012")
    expect(counter(page)).to_have_text("第 1 项，共 100 项符合")
    expect(selected(page)).to_contain_text("item_0001200.jpg")
    page.keyboard.press("ArrowDown")
    expect(items(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(selected(page)).to_contain_text("item_0001201.jpg")
    rest(page, 1202)
    page.reload()
    expect(find(page)).to_have_value("ITEM_00012")
    expect(counter(page)).to_have_text("第 2 项，共 100 项符合")
    find(page).press("Escape")
    expect(find(page)).to_have_value("")
    expect(items(page)).to_be_focused()
    expect(counter(page)).to_have_text("第 1,202 项，共 3,000")
    expect(selected(page)).to_be_in_viewport()


def test_what_is_being_composed_is_not_looked_for(three_thousand: RunTask, look: Look) -> None:
    page = look()
    expect(selected(page)).to_be_visible()
    find(page).focus()
    keys = page.context.new_cdp_session(page)
    composing = {"text": "zzz", "selectionStart": 3, "selectionEnd": 3}
    keys.send("Input.imeSetComposition", composing)
    expect(find(page)).to_have_value("zzz")
    keys.send("Input.imeSetComposition", {**composing, "text": "item_000001"})
    expect(counter(page)).to_have_text("Item 1 of 3,000")
    keys.send("Input.insertText", {"text": "item_000001"})
    expect(counter(page)).to_have_text("Item 1 of 10 found")


def test_a_number_is_a_part_of_a_name_and_enter_leads_to_that_item(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    expect(selected(page)).to_be_visible()
    find(page).fill("1250")
    expect(page.get_by_test_id("jump")).to_contain_text("Go to item 1,250")
    expect(page.get_by_test_id("names")).to_have_text("Names with “1250”, listed: 1")
    expect(selected(page)).to_contain_text("item_0001250.jpg")
    find(page).press("Enter")
    expect(counter(page)).to_have_text("Item 1,250 of 3,000")
    expect(selected(page)).to_contain_text("item_0001249.jpg")
    expect(selected(page)).to_be_in_viewport()
    expect(find(page)).to_have_value("")
    expect(items(page)).to_be_focused()
    rest(page, 1250)


def test_a_number_with_its_sign_is_nothing_but_a_number(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    expect(selected(page)).to_be_visible()
    find(page).fill("#2,999")
    expect(page.get_by_test_id("names")).to_have_count(0)
    page.get_by_test_id("jump").click()
    expect(counter(page)).to_have_text("Item 2,999 of 3,000")
    find(page).fill("#3001")
    expect(page.get_by_text("There are only 3,000 items")).to_be_visible()
    find(page).press("Enter")
    expect(counter(page)).to_have_text("Item 2,999 of 3,000")
    find(page).fill("0012")
    expect(counter(page)).to_have_text("Item 1 of 111 found")
    expect(page.get_by_test_id("jump")).to_have_count(0)


def test_an_item_that_the_filter_leaves_out_is_reached_all_the_same(
    three_thousand: RunTask, look: Look
) -> None:
    page = look("?kind=FAILED")
    expect(counter(page)).to_have_text("Item 1 of 300 found")
    find(page).fill("#24")
    find(page).press("Enter")
    expect(counter(page)).to_have_text("Item 3 of 300 found")
    find(page).fill("#25")
    expect(page.get_by_text("Clears the filter where it leaves this item out")).to_be_visible()
    find(page).press("Enter")
    expect(counter(page)).to_have_text("Item 25 of 3,000")
    expect(page.get_by_test_id("kind-ALL")).to_have_attribute("aria-pressed", "true")
    page.go_back()
    expect(counter(page)).to_have_text("Item 3 of 300 found")


def test_classes_and_numbers_are_chosen_in_the_layer_and_shown_as_chips(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    button = page.get_by_test_id("filter")
    button.click()
    expect(page.get_by_test_id("find-class")).to_be_focused()
    expect(page.locator(".choose .opt")).to_have_count(4)
    expect(page.locator(".choose .opt").first).to_contain_text("car2,400")
    expect(page.locator(".choose .opt").nth(2)).to_contain_text(EVIL)
    page.get_by_test_id("find-class").fill("PERS")
    expect(page.locator(".choose .opt")).to_have_count(1)
    chosen(page, "person").check()
    expect(page.get_by_test_id("found")).to_have_text("1,650 items found")
    page.get_by_test_id("limit-least").fill("3")
    page.get_by_test_id("limit-above").fill("0.95")
    expect(page.get_by_test_id("found")).to_have_text("600 items found")
    page.get_by_test_id("order").select_option("MOST")
    expect(page.get_by_test_id("chip")).to_have_text(
        ["person", "At least 3 objects", "A confidence ≥ 0.95", "Most objects first"]
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    expect(counter(page)).to_have_text("Item 151 of 600 found")
    page.keyboard.press("Home")
    expect(selected(page)).to_contain_text("4 objects")
    page.get_by_role("button", name="Remove the condition: A confidence ≥ 0.95").press("Enter")
    expect(page.get_by_test_id("chip")).to_have_count(3)
    expect(page.get_by_role("button", name="Remove the condition: Most objects")).to_be_focused()
    page.reload()
    expect(page.get_by_test_id("chip")).to_have_count(3)
    page.get_by_test_id("clear").click()
    expect(page.get_by_test_id("chip")).to_have_count(0)
    expect(items(page)).to_be_focused()


def test_what_cannot_be_meant_as_a_limit_is_marked_and_no_condition(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    page.get_by_test_id("filter").click()
    least, most = page.get_by_test_id("limit-least"), page.get_by_test_id("limit-most")
    least.fill("-1")
    expect(least).to_have_attribute("aria-invalid", "true")
    most.fill("2")
    expect(least).to_have_value("")
    expect(page.get_by_test_id("chip")).to_have_text(["At most 2 objects"])
    least.fill("4")
    least.press("Enter")
    expect(page.get_by_test_id("chip")).to_have_text(["2–4 objects"])
    most.focus()
    expect(least).to_have_value("2")
    below = page.get_by_test_id("limit-below")
    below.fill("0.52")
    below.press("Enter")
    expect(page.get_by_test_id("chip").last).to_have_text("A confidence < 0.50")


def test_back_leads_through_what_was_chosen_with_the_items_that_were_selected(
    three_thousand: RunTask, look: Look
) -> None:
    page = look("?item=40")
    expect(counter(page)).to_have_text("Item 40 of 3,000")
    page.get_by_test_id("kind-FAILED").click()
    expect(counter(page)).to_have_text("Item 1 of 300 found")
    page.keyboard.press("PageDown")
    expect(counter(page)).not_to_have_text("Item 1 of 300 found")
    left = counter(page).inner_text()
    rest(page, (int(left.split()[1]) - 1) * 10 + 4)
    find(page).fill("item_0000")
    expect(page.get_by_test_id("found")).to_have_text("100 items found")
    page.get_by_test_id("kind-EMPTY").click()
    expect(page.get_by_test_id("kind-EMPTY")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("found")).to_have_text("100 items found")
    page.go_back()
    expect(page.get_by_test_id("kind-FAILED")).to_have_attribute("aria-pressed", "true")
    expect(find(page)).to_have_value("item_0000")
    page.go_back()
    expect(counter(page)).to_have_text("Item 40 of 3,000")
    expect(find(page)).to_have_value("")
    page.go_forward()
    expect(page.get_by_test_id("found")).to_have_text("100 items found")


def test_the_selected_item_stays_where_the_list_has_it(three_thousand: RunTask, look: Look) -> None:
    page = look("?item=2014")
    expect(counter(page)).to_have_text("Item 2,014 of 3,000")
    page.get_by_test_id("kind-FAILED").click()
    expect(counter(page)).to_have_text("Item 202 of 300 found")
    expect(selected(page)).to_contain_text("item_0002013.jpg")
    expect(selected(page)).to_be_in_viewport()
    find(page).fill("item_0000")
    expect(counter(page)).to_have_text("Item 1 of 100 found")
    expect(selected(page)).to_contain_text("item_0000003.jpg")


@pytest.mark.parametrize(
    "garbage", ["?item=x&kind=nothing&least=many", "?order=%00&above=2&class=", "?item=99999999"]
)
def test_an_address_that_means_nothing_shows_the_list(
    three_thousand: RunTask, look: Look, garbage: str
) -> None:
    page = look(garbage)
    expect(counter(page)).to_contain_text("of 3,000")
    expect(selected(page)).to_be_in_viewport()
    expect(page.get_by_test_id("chip")).to_have_count(0)


def test_where_nothing_is_found_each_condition_is_a_way_out(
    three_thousand: RunTask, look: Look, findings: Callable[[Page], list[str]]
) -> None:
    page = look("?item=7&q=item_0000&kind=EMPTY&class=bus")
    nothing = page.get_by_test_id("nothing-found")
    expect(nothing).to_contain_text("No item matches")
    expect(nothing.get_by_role("button")).to_have_text(
        ["Name has “item_0000”", "Empty", "Class bus"]
    )
    assert findings(page) == []
    nothing.get_by_role("button", name="Class bus").click()
    expect(counter(page)).to_have_text("Item 1 of 100 found")
    find(page).fill("nothing is called so")
    expect(nothing.get_by_role("button")).to_have_count(2)
    expect(selected(page)).to_have_count(0)
    find(page).press("Escape")
    expect(counter(page)).to_contain_text("of 300 found")


def test_the_slowest_come_first_and_say_how_slow(three_thousand: RunTask, look: Look) -> None:
    page = look("?order=SLOWEST")
    expect(counter(page)).to_have_text("Item 1 of 3,000")
    expect(selected(page)).to_contain_text("999 ms")
    page.keyboard.press("End")
    expect(counter(page)).to_have_text("Item 3,000 of 3,000")
    expect(selected(page)).to_contain_text("0 ms")
    expect(selected(page)).to_be_in_viewport()


def test_a_sorted_list_stands_still_until_it_is_updated(run: RunTask, look: Look) -> None:
    run.many(some(0, 40))
    page = look("?order=MOST", status=TaskStatus.QUEUED)
    expect(counter(page)).to_have_text("Item 1 of 40")
    page.keyboard.press("End")
    rows = page.get_by_test_id("item").all_inner_texts()
    run.many(some(40, 60), first=40)
    update = page.get_by_test_id("update")
    expect(update).to_have_text("60 new items, update")
    assert page.get_by_test_id("item").all_inner_texts() == rows
    number = selected(page).get_attribute("data-number") or ""
    update.click()
    expect(counter(page)).to_have_text(re.compile(r"of 100$"))
    expect(selected(page)).to_have_attribute("data-number", number)
    expect(selected(page)).to_be_in_viewport()
    expect(update).to_have_count(0)


def test_a_filtered_list_grows_at_its_end(run: RunTask, look: Look) -> None:
    run.many(some(0, 10))
    page = look("?kind=FAILED&class=bus", status=TaskStatus.QUEUED)
    expect(page.get_by_text("No item matches yet; the task is still running")).to_be_visible()
    page.get_by_role("button", name="Class bus").last.click()
    expect(counter(page)).to_have_text("Item 1 of 1 found")
    run.many(some(10, 500), first=10)
    expect(counter(page)).to_have_text("Item 1 of 51 found")
    expect(page.get_by_test_id("kind-EMPTY")).to_have_text("Empty 51")
    page.keyboard.press("End")
    expect(selected(page)).to_contain_text("item_0000503.jpg")
    run.many(some(510, 10), first=510)
    expect(counter(page)).to_have_text("Item 51 of 52 found")
    page.keyboard.press("ArrowDown")
    expect(selected(page)).to_contain_text("item_0000513.jpg")


def test_a_journal_that_was_replaced_is_shown_as_it_is_now(run: RunTask, look: Look) -> None:
    run.many(some(0, 50))
    page = look("?kind=FAILED&item=24", status=TaskStatus.QUEUED)
    expect(counter(page)).to_have_text("Item 3 of 5 found")
    journal = run.output / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    written = journal.with_name("again")
    written.write_bytes(b"".join(lines[10:]))
    written.replace(journal)
    expect(page.get_by_text("Items were done again")).to_be_visible()
    expect(counter(page)).to_contain_text("of 4 found")
    page.keyboard.press("Home")
    expect(selected(page)).to_contain_text("item_0000013.jpg")
    expect(page.get_by_text("Items were done again")).to_have_count(0)


def test_a_lost_connection_keeps_the_list_and_comes_back(
    three_thousand: RunTask, look: Look
) -> None:
    page = look("?item=5", status=TaskStatus.QUEUED)
    expect(counter(page)).to_have_text("Item 5 of 3,000")
    page.context.set_offline(True)
    expect(page.get_by_test_id("away")).to_have_text("The server cannot be reached; trying again")
    page.keyboard.press("ArrowDown")
    expect(selected(page)).to_contain_text("item_0000005.jpg")
    page.get_by_test_id("kind-FAILED").click()
    expect(page.get_by_test_id("list-wait")).to_be_visible()
    page.context.set_offline(False)
    expect(counter(page)).to_have_text("Item 1 of 300 found")
    expect(page.get_by_test_id("away")).to_have_count(0)


def test_after_a_lost_connection_the_picture_comes_back_by_itself(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", "1")
    page.context.set_offline(True)
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("no-picture")).to_contain_text("cannot be reached")
    page.context.set_offline(False)
    expect(page.get_by_test_id("canvas")).to_have_attribute("data-item", "9", timeout=20_000)
    expect(page.get_by_test_id("item-name")).not_to_have_text("")


def test_a_server_that_is_away_is_asked_again_in_its_own_time(
    three_thousand: RunTask, look: Look
) -> None:
    page = look(status=TaskStatus.RUNNING)
    expect(items(page).first).to_be_visible()
    tried: list[str] = []

    def refuse(route: Route) -> None:
        tried.append(route.request.url)
        route.abort()

    page.route("**/items?*", refuse)
    page.get_by_test_id("items").evaluate("(list) => { list.scrollTop = list.scrollHeight }")
    expect(page.get_by_test_id("away")).to_be_visible()
    looks = [url for url in tried if "limit=0" in url]
    wait_for(
        lambda: page.evaluate("1") and len([url for url in tried if "limit=0" in url]) > len(looks),
        "it was asked how many there are again",
    )
    assert len(tried) < 12
    page.unroute("**/items?*")
    expect(page.get_by_test_id("away")).to_have_count(0)
    expect(page.locator("[data-testid=item][aria-busy=true]")).to_have_count(0)


def test_two_hundred_thousand_items_are_read_while_one_waits_and_then_filtered(
    run: RunTask, look: Look
) -> None:
    block = list(some(0, 1000))
    for thousand in range(200):
        run.many(block, first=thousand * 1000)
    page = look("?kind=FAILED&item=199994")
    expect(page.get_by_test_id("reading")).to_contain_text("Reading the results")
    expect(page.get_by_test_id("nothing-found")).to_have_count(0)
    expect(counter(page)).to_have_text("")
    expect(counter(page)).to_have_text("Item 20,000 of 20,000 found", timeout=60_000)
    expect(selected(page)).to_contain_text("item_0199993.jpg")
    page.get_by_test_id("kind-ALL").click()
    expect(counter(page)).to_have_text("Item 199,994 of 200,000")
    items(page).evaluate("(box) => { box.scrollTop = box.scrollHeight }")
    last = page.get_by_role("option").last
    expect(last).to_contain_text("item_0199999.jpg")
    expect(last).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Home")
    expect(selected(page)).to_contain_text("item_0000000.jpg")
    expect(selected(page)).to_be_in_viewport()
    page.keyboard.press("PageDown")
    page.keyboard.press("PageUp")
    expect(counter(page)).to_have_text("Item 1 of 200,000")


def test_rows_stand_still_while_a_very_long_list_grows(run: RunTask, look: Look) -> None:
    block = list(some(0, 1000))
    for thousand in range(180):
        run.many(block, first=thousand * 1000)
    page = look("?item=90000", status=TaskStatus.QUEUED)
    expect(counter(page)).to_have_text("Item 90,000 of 180,000")
    before = selected(page).bounding_box()
    for thousand in range(180, 200):
        run.many(block, first=thousand * 1000)
    expect(counter(page)).to_have_text("Item 90,000 of 200,000")
    assert selected(page).bounding_box() == pytest.approx(before, abs=1)


def test_the_keys_are_the_lists_from_the_picture_too_but_not_where_one_writes(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    expect(counter(page)).to_have_text("Item 1 of 3,000")
    page.get_by_test_id("canvas").focus()
    page.keyboard.press("ArrowDown")
    expect(counter(page)).to_have_text("Item 2 of 3,000")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("End")
    expect(counter(page)).to_have_text("Item 3,000 of 3,000")
    find(page).fill("item")
    expect(counter(page)).to_contain_text("found")
    find(page).press("Home")
    page.get_by_test_id("filter").click()
    page.get_by_test_id("order").press("Home")
    page.get_by_test_id("limit-least").press("Home")
    expect(counter(page)).to_have_text("Item 3,000 of 3,000 found")


def asked(page: Page, pattern: str) -> list[Request]:
    """Return the requests to addresses that match, as they are made."""
    made: list[Request] = []
    page.on("request", lambda one: made.append(one) if re.search(pattern, one.url) else None)
    return made


def test_who_flies_through_the_list_asks_for_few_thumbnails(
    three_thousand: RunTask, look: Look
) -> None:
    page = look()
    expect(page.locator(".it .no").first).to_be_visible()
    thumbnails = asked(page, r"/thumbnail\b")
    page.evaluate(
        """async () => {
          const box = document.querySelector(".items");
          for (let at = 0; at < 60; at += 1) {
            box.scrollTop += 900;
            await new Promise(requestAnimationFrame);
          }
        }"""
    )
    top = page.get_by_role("option").nth(8)
    expect(top.locator(".no")).to_be_visible()
    assert 0 < len(thumbnails) < 60


def test_every_item_that_is_passed_is_asked_for_once_and_none_is_left_over(
    run: RunTask, look: Look
) -> None:
    picture = seldon(a_picture(320, 240))
    for number in range(40):
        box = ("car", 0.9, (1.0, 1.0, 50.0, 50.0))
        run.succeeded(f"{number:03d}.json", picture, detection(box), n=1, low=0.9)
    page = look()
    canvas = page.get_by_test_id("canvas")
    expect(canvas).to_have_attribute("data-item", "1")
    made = asked(page, r"/items/\d+$")
    for number in range(2, 21):
        page.keyboard.press("ArrowDown")
        expect(canvas).to_have_attribute("data-item", str(number))
    for _ in range(15):
        page.keyboard.press("ArrowDown")
    expect(canvas).to_have_attribute("data-item", "35")
    expect(page.get_by_test_id("box-label")).to_have_text("car (0.90)")
    page.wait_for_load_state("networkidle")
    answered = [one.url for one in made if one.failure is None]
    assert len(answered) == len(set(answered))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_can_be_used_by_all(
    three_thousand: RunTask, look: Look, findings: Callable[[Page], list[str]], theme: str
) -> None:
    page = look("?class=car&least=2&order=LOWEST", theme=theme)
    expect(counter(page)).to_have_text(re.compile(r"Item 1 of [\d,]+ found"))
    assert findings(page) == []
    page.get_by_test_id("filter").click()
    expect(chosen(page, "car")).to_be_checked()
    assert findings(page) == []
    page.keyboard.press("Escape")
    find(page).fill("12")
    expect(page.get_by_test_id("jump")).to_be_visible()
    assert findings(page) == []


def test_a_long_class_is_cut_and_a_hostile_one_is_text(three_thousand: RunTask, look: Look) -> None:
    page = look(width=1024, height=768)
    page.get_by_test_id("filter").click()
    chosen(page, EVIL).check()
    chosen(page, LONG).check()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("chip")).to_have_text([EVIL, LONG])
    pane = items(page).bounding_box()
    chip = page.get_by_test_id("chip").last.bounding_box()
    assert pane is not None
    assert chip is not None
    assert chip["x"] + chip["width"] <= pane["x"] + pane["width"]
