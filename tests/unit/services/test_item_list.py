"""The list of a task's items while it grows, is filtered, and is replaced."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path

import pytest

from inference_ui.backend.errors import Conflict, NotFound, StoreError
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.records import JOURNAL, SIDECAR, result_location
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.results.query import ItemFilter, ItemKind, ItemOrder
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.item_index import IN_PROCESS, UNKNOWN_IN_PROCESS, ItemIndexes
from inference_ui.backend.services.item_list import LAG, ItemList
from inference_ui.backend.services.tasks import Tasks
from tests.support.item_worlds import Item, ItemFolder
from tests.support.results import RunTask
from tests.support.waiting import wait_for

EMPTY = ItemFilter(kind=ItemKind.EMPTY)
CARS = ItemFilter(classes=("car",))
LOWEST = ItemFilter(order=ItemOrder.LOWEST)


class Shown:
    """The list of one task, as a user asks for it."""

    def __init__(self, store, administrator, folder: Path, **values) -> None:
        run = RunTask(folder)
        self.files = ItemFolder(run.output)
        self.store = store
        self.task = run.stored(store, administrator, **values)
        self.actor = administrator
        self.kept = folder / "columns"
        self.list = self.opened()

    def opened(self) -> ItemList:
        self.indexes = ItemIndexes(self.kept)
        return ItemList(Tasks(self.store, None, Changes()), Entries(), self.indexes)

    def page(self, wanted=ItemFilter(), **more):  # noqa: B008 - it never changes
        return self.list.page(self.actor, self.task.id, wanted, **more)

    def whole(self, wanted=CARS):
        """Return a page once all items were read."""
        return wait_for(
            lambda: (page := self.page(wanted)).indexed.lines == page.total and page,
            "all items are read",
            timeout_s=60,
        )

    def numbers(self, wanted, **more):
        return [row.number for row in self.page(wanted, **more).rows]

    def position(self, number, wanted):
        return self.list.position(self.actor, self.task.id, number, wanted)


@pytest.fixture
def shown(sqlite_store, administrator, tmp_path):
    shown = Shown(sqlite_store, administrator, tmp_path)
    yield shown
    shown.indexes.close()


def cars(*confidences: float) -> tuple[tuple[str, float], ...]:
    return tuple(("car", confidence) for confidence in confidences)


def many(count: int) -> list[Item]:
    """Items of which each tenth has a car."""
    return [
        Item(f"{number}.json", objects=cars(0.5) if number % 10 == 0 else ())
        for number in range(count)
    ]


def lines_only(folder: ItemFolder, items: list[Item]) -> None:
    """Write what a client would, without the results, of which there would be too many."""
    (folder.output / ".inference").mkdir(exist_ok=True)
    (folder.output / JOURNAL).write_bytes(b"".join(item.journal_line() for item in items))
    (folder.output / SIDECAR).write_bytes(b"".join(item.sidecar_line() for item in items))


def test_items_are_found_by_what_they_hold(shown):
    shown.files.add(
        [
            Item("night/a.json", objects=cars(0.9, 0.2)),
            Item("night/b.json", status="FAILED"),
            Item("day/c.json", objects=()),
            Item("day/d.json", objects=(("bus", 0.7),)),
            Item("day/e.json", objects=cars(0.4), ms=90),
            Item("day/f.json", objects=None),
        ]
    )
    page = shown.page(CARS)
    assert (page.found, page.total, page.upto, page.indexed.lines) == (2, 6, 6, 6)
    assert [row.name for row in page.rows] == ["night/a.json", "day/e.json"]
    counts = page.indexed.counts
    assert (counts.succeeded, counts.failed, counts.empty) == (5, 1, 1)
    assert shown.numbers(ItemFilter(kind=ItemKind.FAILED)) == [2]
    assert shown.numbers(EMPTY) == [3]
    assert shown.numbers(ItemFilter(text="NIGHT")) == [1, 2]
    assert shown.numbers(ItemFilter(text="day", classes=("car",))) == [5]
    assert shown.numbers(ItemFilter(least=2)) == [1]
    assert shown.numbers(ItemFilter(most=0)) == [3]
    assert shown.numbers(ItemFilter(above=0.85)) == [1]
    assert shown.numbers(LOWEST) == [1, 5, 4, 2, 3, 6]
    assert shown.numbers(ItemFilter(order=ItemOrder.SLOWEST))[0] == 5
    assert shown.numbers(LOWEST, offset=1, limit=2) == [5, 4]
    assert shown.numbers(LOWEST, offset=100) == []
    assert shown.page(ItemFilter(text="nowhere")).found == 0


def test_an_item_knows_its_place_in_what_was_found(shown):
    shown.files.add([Item(f"{at}.json", objects=cars(1 - at / 10)) for at in range(5)])
    assert shown.position(5, LOWEST) == 0
    assert shown.position(1, LOWEST) == 4
    assert shown.position(3, CARS) == 2
    assert shown.position(3, EMPTY) is None
    assert [shown.position(number, ItemFilter()) for number in (0, 1, 5, 6)] == [None, 0, 4, None]


def test_a_growing_list_stays_as_it_was_for_who_asks_so(shown):
    shown.files.add([Item("a.json", objects=cars(0.9)), Item("b.json", objects=cars(0.5))])
    before = shown.page(LOWEST)
    shown.files.add([Item("c.json", objects=cars(0.1))])
    assert shown.numbers(LOWEST, upto=before.upto) == [2, 1]
    wait_for(lambda: shown.numbers(LOWEST) == [3, 2, 1], "the list has grown")
    assert shown.page(CARS).found == 3


def test_the_numbers_of_a_filter_are_all_of_them(shown):
    shown.files.add(many(1200))
    numbers = shown.list.numbers(shown.actor, shown.task.id, CARS)
    assert numbers is not None
    assert numbers.tolist() == list(range(1, 1201, 10))
    assert shown.list.numbers(shown.actor, shown.task.id, ItemFilter()) is None
    with pytest.raises(NotFound):
        shown.list.numbers(shown.actor, "nobody", ItemFilter())


def test_no_part_is_taken_for_all_that_a_filter_leaves(shown):
    lines_only(shown.files, many(LAG + IN_PROCESS))
    with pytest.raises(Conflict, match="ITEMS_BEING_READ"):
        shown.list.numbers(shown.actor, shown.task.id, CARS)
    shown.whole()
    found = shown.list.numbers(shown.actor, shown.task.id, CARS)
    assert found is not None
    assert len(found) == (LAG + IN_PROCESS) // 10


def test_a_journal_that_was_replaced_is_read_anew(shown):
    shown.files.add([Item("a.json", objects=cars(0.9)), Item("b.json", status="FAILED")])
    before = shown.page(CARS)
    for name in (JOURNAL, SIDECAR):
        path = shown.files.output / name
        path.with_suffix(".new").write_bytes(b"")
        path.with_suffix(".new").replace(path)
    shown.files.add([Item("b.json", objects=cars(0.3)), Item("a.json", objects=())])
    after = shown.whole()
    assert after.generation != before.generation
    assert [row.name for row in after.rows] == ["b.json"]


def test_a_large_task_is_read_by_a_process_and_once(shown):
    count = IN_PROCESS + 5_000
    lines_only(shown.files, many(count))
    plain = shown.page(offset=count - 1)
    assert plain.rows[0].number == count
    page = shown.whole()
    assert page.found == count // 10
    saved = shown.kept / f"{shown.task.id}.npz"
    written = saved.stat().st_mtime_ns
    shown.indexes.close()
    shown.list = shown.opened()
    assert shown.whole().found == count // 10
    assert saved.stat().st_mtime_ns == written


def test_columns_that_somebody_broke_are_made_anew(shown):
    lines_only(shown.files, many(IN_PROCESS + 1_000))
    found = shown.whole().found
    shown.indexes.close()
    saved = shown.kept / f"{shown.task.id}.npz"
    saved.write_bytes(saved.read_bytes()[:1000])
    (shown.kept / "left-behind.tmp").write_bytes(b"x")
    shown.list = shown.opened()
    assert shown.whole().found == found
    assert list(shown.kept.iterdir()) == [saved]


def test_a_process_that_is_killed_is_told_and_the_plain_list_goes_on(shown, monkeypatch):
    monkeypatch.setattr("inference_ui.backend.services.item_index._PROGRAM", "no.such.program")
    lines_only(shown.files, many(IN_PROCESS + 1_000))
    page = wait_for(lambda: (page := shown.page(CARS)).indexed.failed and page, "it failed")
    assert (page.found, page.total) == (0, IN_PROCESS + 1_000)
    assert shown.page(offset=5).rows[0].number == 6


def test_closing_ends_a_process_that_reads(shown):
    lines_only(shown.files, many(IN_PROCESS * 4))
    shown.page(CARS)
    shown.indexes.close()
    assert shown.page().total == IN_PROCESS * 4


def test_without_a_sidecar_rows_tell_what_the_results_say(shown, sqlite_store):
    shown.files.add([Item("a.json", objects=cars(0.25, 0.5), sidecar="foreign")], beside=False)
    row = shown.whole().rows[0]
    assert (row.objects, row.lowest, row.ms) == (2, 0.25, None)
    assert shown.page().rows[0].objects == 2


def test_an_overview_names_the_items_that_stand_out(shown):
    shown.files.add(
        [
            Item("a.json", objects=cars(0.9, 0.2), ms=5),
            Item("b.json", objects=(("bus", 0.96),), ms=50),
            Item("c.json", objects=(), ms=math.ulp(1.0)),
            Item("d.json", status="FAILED", ms=500),
        ]
    )
    shown.whole()
    page = shown.list.overview(shown.actor, shown.task.id)
    assert [(one.name, one.items, one.objects) for one in page.overview.classes] == [
        ("car", 1, 2),
        ("bus", 1, 1),
    ]
    assert [row.name for row in page.slowest] == ["d.json", "b.json", "a.json", "c.json"]
    assert [row.name for row in page.emptiest] == ["c.json", "b.json", "a.json"]
    assert (page.overview.detections, page.overview.objects) == (3, 3)
    assert page.overview.confidences[19] == 1
    assert not page.ended


def test_a_pipe_or_a_link_in_place_of_the_journal_is_not_read(shown, tmp_path):
    journal = shown.files.output / JOURNAL
    os.mkfifo(journal)
    for _ in range(2):
        with pytest.raises(StoreError):
            shown.page()
    journal.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(Item("secret.json").journal_line())
    journal.symlink_to(elsewhere)
    with pytest.raises(StoreError):
        shown.page()


def test_who_has_little_to_read_does_not_wait_for_who_has_much(
    shown, sqlite_store, administrator, tmp_path
):
    slow = [Item(f"{number}.json", objects=cars(0.5)) for number in range(UNKNOWN_IN_PROCESS + 300)]
    others = []
    for number in range(2):
        other = Shown(
            sqlite_store, administrator, tmp_path / str(number), id=f"t{number}", name=f"t{number}"
        )
        other.files.add(slow, beside=False)
        other.list = ItemList(Tasks(sqlite_store, None, Changes()), Entries(), shown.indexes)
        others.append(other)
        other.page(CARS)
    shown.files.add(many(50))
    assert shown.page(CARS).indexed.lines == 50
    for other in others:
        assert other.whole().found == len(slow)


def test_closing_gives_up_what_a_thread_reads(shown):
    shown.files.add(many(UNKNOWN_IN_PROCESS), beside=False)
    large = json.dumps({"dobjects": [[0, 0, 1, 1]] * 100_000}).encode()
    for item in shown.files.items:
        (shown.files.output / result_location(item.name)).write_bytes(large)
    begun = time.monotonic()
    shown.page(CARS)
    shown.indexes.close()
    assert time.monotonic() - begun < 20  # of a minute, were all of them read


def test_a_generation_is_the_same_for_whoever_reads_the_file(shown):
    shown.files.add([Item("a.json", objects=cars(0.9))])
    before = shown.page().generation
    shown.files.add([Item("b.json")])
    shown.indexes.close()
    shown.list = shown.opened()
    assert shown.page().generation == before


def test_an_item_of_very_many_classes_says_that_some_are_not_told(shown):
    objects = tuple((f"class {number}", 0.5) for number in range(60))
    shown.files.add([Item("a.json", objects=objects)])
    assert shown.whole(ItemFilter(classes=("class 3",))).found == 1
    assert shown.list.overview(shown.actor, shown.task.id).overview.classes_cut


def test_a_plain_list_is_cut_where_one_asks_so(shown):
    shown.files.add(many(30))
    page = shown.page(upto=12, offset=10)
    assert (page.found, page.total, [row.number for row in page.rows]) == (12, 30, [11, 12])


def test_an_ended_task_says_so(sqlite_store, administrator, tmp_path):
    shown = Shown(sqlite_store, administrator, tmp_path, status=TaskStatus.SUCCEEDED)
    assert shown.page(CARS).ended
    shown.indexes.close()
