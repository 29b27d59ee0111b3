"""What a row of the task list says, and what of the list an address shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import SearchField, TaskSearch
from inference_ui.backend.services.task_list import TaskPage
from inference_ui.rows.task_filter import PAGE_SIZE, TaskFilter
from inference_ui.rows.tasks import TaskRow, changed_rows, list_rows, task_row
from tests.support.samples import NOW, a_task

OWNER = Actor("owner", "Lin Lan", Role.USER)
STRANGER = Actor("stranger", "Chen Mu", Role.USER)
ADMINISTRATOR = Actor("admin", "admin", Role.ADMINISTRATOR)
VIEWER = Actor("owner", "Lin Lan", Role.VIEWER)
FAILED = TaskSearch(statuses=(TaskStatus.FAILED,))
PEOPLE = {"owner": "Lin Lan", "stranger": "Chen Mu"}


def row(actor: Actor = OWNER, **values: Any) -> TaskRow:
    return task_row(a_task(**values), PEOPLE, actor)


@pytest.mark.parametrize(
    ("values", "show"),
    [
        ({"status": TaskStatus.QUEUED}, "WAITING"),
        ({"status": TaskStatus.STARTING}, "WAITING"),
        ({"status": TaskStatus.RUNNING}, "RUNNING"),
        ({"status": TaskStatus.RUNNING, "stop_requested_at": NOW}, "FINISHING"),
        ({"status": TaskStatus.FINISHING, "end_reason": EndReason.COMPLETED}, "FINISHING"),
        ({"status": TaskStatus.SUCCEEDED, "succeeded": 3, "found": 3}, "DONE"),
        ({"status": TaskStatus.STOPPED}, "PARTLY"),
        ({"status": TaskStatus.FAILED, "end_reason": EndReason.SERVER_FAILED}, "FAILED"),
        (
            {
                "status": TaskStatus.FAILED,
                "end_reason": EndReason.SERVER_FAILED,
                "succeeded": 3,
                "found": 9,
            },
            "PARTLY",
        ),
        (
            {
                "status": TaskStatus.FAILED,
                "end_reason": EndReason.NO_ITEM_SUCCEEDED,
                "failed": 9,
                "found": 9,
            },
            "FAILED",
        ),
    ],
)
def test_the_progress_column_shows_what_matters_now(values: dict[str, Any], show: str) -> None:
    assert row(**values).show == show


def test_a_running_task_shows_shares_of_what_was_found() -> None:
    shown = row(status=TaskStatus.RUNNING, found=8, succeeded=3, failed=1, rate=2.5, left_s=1.6)
    assert (shown.done, shown.failed, shown.found, shown.left) == (4, 1, 8, 4)
    assert (shown.succeeded_width, shown.failed_width, shown.percent) == ("37.50%", "12.50%", 50)
    assert (shown.rate, shown.left_s, shown.took_s) == (2.5, 1.6, None)


def test_nothing_is_divided_before_the_inputs_are_counted() -> None:
    shown = row(status=TaskStatus.RUNNING, found=None, succeeded=3)
    assert (shown.found, shown.left, shown.percent) == (None, None, 0)
    assert (shown.succeeded_width, shown.failed_width) == ("0%", "0%")


def test_a_waiting_task_says_what_for_and_an_ended_one_why() -> None:
    waiting = Message("QUEUED_NO_CARDS", {"among": "all", "model": "A100", "needed": 2, "free": 1})
    queued = row(status=TaskStatus.QUEUED, waiting_for=waiting.to_json())
    assert (queued.note.code, queued.note.args) == (waiting.code, waiting.args)
    ended = row(
        status=TaskStatus.FAILED,
        waiting_for=waiting.to_json(),
        end_reason=EndReason.SERVER_FAILED,
        end_detail=Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 3}).to_json(),
        ended_at=NOW + timedelta(seconds=90),
    )
    assert (ended.end, ended.note.code, ended.took_s) == ("SERVER_FAILED", "PROCESS_EXITED", 90)


def test_a_stopped_task_names_who_stopped_it() -> None:
    stopped = row(status=TaskStatus.STOPPED, stop_requested_at=NOW, stop_requested_by="stranger")
    assert (stopped.who, stopped.owner) == ("Chen Mu", "Lin Lan")
    assert (stopped.status, stopped.word) == ("STOPPED", "STOPPED")
    stopping = row(status=TaskStatus.RUNNING, stop_requested_at=NOW)
    assert (stopping.status, stopping.word) == ("FINISHING", "STOPPING")


@pytest.mark.parametrize(
    ("actor", "values", "may_stop"),
    [
        (OWNER, {"status": TaskStatus.RUNNING}, True),
        (ADMINISTRATOR, {"status": TaskStatus.QUEUED}, True),
        (STRANGER, {"status": TaskStatus.RUNNING}, False),
        (VIEWER, {"status": TaskStatus.RUNNING}, False),
        (OWNER, {"status": TaskStatus.RUNNING, "stop_requested_at": NOW}, False),
        (OWNER, {"status": TaskStatus.FINISHING}, False),
        (OWNER, {"status": TaskStatus.SUCCEEDED}, False),
    ],
)
def test_only_what_can_still_be_stopped_offers_it(
    actor: Actor, values: dict[str, Any], may_stop: bool
) -> None:
    assert row(actor, **values).may_stop is may_stop


def test_results_are_offered_once_there_are_some() -> None:
    assert not row(status=TaskStatus.RUNNING).has_results
    assert row(status=TaskStatus.RUNNING, failed=1).has_results


def page(count: int, shown: list[InferenceTask], offset: int = 0) -> TaskPage:
    return TaskPage(tuple(shown), PEOPLE, {TaskStatus.FAILED: count, TaskStatus.QUEUED: 2}, offset)


def test_a_page_knows_its_place_in_the_list() -> None:
    tasks = [a_task(id=f"{number}", name=f"{number}") for number in range(PAGE_SIZE)]
    shown = list_rows(page(120, tasks, PAGE_SIZE), TaskFilter(FAILED, mine=True, page=2), OWNER)
    assert (shown.pager.first, shown.pager.last, shown.pager.count) == (51, 100, 120)
    assert shown.pager.previous == "/?status=FAILED&mine=1"
    assert shown.pager.following == "/?status=FAILED&mine=1&page=3"
    assert (shown.total, shown.narrowed, shown.mine) == (122, True, True)
    assert (shown.all_href, shown.mine_href) == ("/?status=FAILED", "/?status=FAILED&mine=1")


def test_an_empty_page_leads_nowhere() -> None:
    pager = list_rows(TaskPage((), {}, {}, 0), TaskFilter(), OWNER).pager
    assert (pager.first, pager.last, pager.count, pager.previous, pager.following) == (
        0, 0, 0, "", "",
    )  # fmt: skip


def test_heads_sort_by_their_column_and_turn_round_where_it_is_sorted_already() -> None:
    shown = list_rows(page(3, []), TaskFilter(FAILED, page=3), OWNER)
    heads = {head.key: (head.sorted, head.href) for head in shown.heads}
    assert heads["created"] == ("descending", "/?status=FAILED&sort=created")
    assert heads["name"] == ("none", "/?status=FAILED&sort=name")
    assert heads["progress"] == ("none", "/?status=FAILED&sort=-progress")
    turned = list_rows(page(3, []), TaskFilter.of("sort=name"), OWNER).heads
    assert {head.key: head.sorted for head in turned}["name"] == "ascending"


def test_where_nothing_matches_each_condition_says_what_is_there_without_it() -> None:
    chosen = TaskFilter.of("status=FAILED&package=sku-det 1.0.0&owner=lin&q=night&page=2")
    left = {SearchField.STATUS: 34, SearchField.PACKAGE: 19, SearchField.OWNER: 0}
    ways = list_rows(page(0, []), chosen, OWNER, left).ways_out
    assert [(way.about, way.given, way.count) for way in ways] == [
        ("status", ["FAILED"], 34),
        ("package", ["sku-det 1.0.0"], 19),
    ]
    assert ways[1].href == "/?q=night&status=FAILED&owner=lin"


@pytest.mark.parametrize(
    ("actor", "values", "offered"),
    [
        (OWNER, {"status": TaskStatus.RUNNING}, {"may_stop", "may_run_again", "may_delete"}),
        (
            OWNER,
            {"status": TaskStatus.STOPPED, "found": 9, "succeeded": 3},
            {"may_resume", "may_run_again", "may_delete"},
        ),
        (
            OWNER,
            {"status": TaskStatus.SUCCEEDED, "found": 9, "succeeded": 7, "failed": 2},
            {"may_retry", "may_run_again", "may_delete"},
        ),
        (STRANGER, {"status": TaskStatus.STOPPED}, {"may_run_again"}),
        (VIEWER, {"status": TaskStatus.STOPPED}, set()),
    ],
)
def test_a_row_offers_what_applies_to_its_task_and_user(
    actor: Actor, values: dict[str, Any], offered: set[str]
) -> None:
    shown = row(actor, **values)
    may = ("may_stop", "may_resume", "may_retry", "may_run_again", "may_delete")
    assert {name for name in may if getattr(shown, name)} == offered


def test_tabs_count_every_status_and_keep_whose_tasks_are_shown() -> None:
    tabs = list_rows(page(3, []), TaskFilter(FAILED, mine=True, page=4), OWNER).tabs
    assert [tab.status for tab in tabs] == ["", *TaskStatus]
    assert {tab.status: tab.count for tab in tabs if tab.count} == {"": 5, "QUEUED": 2, "FAILED": 3}
    assert [tab.status for tab in tabs if tab.current] == ["FAILED"]
    assert {tab.status: tab.href for tab in tabs}["QUEUED"] == "/?status=QUEUED&mine=1"


def test_rows_that_say_something_else_are_news_and_many_make_a_new_list() -> None:
    before = [row(id=f"{number}", succeeded=1) for number in range(40)]
    moved = [replace(one, done=9) if one.id in ("3", "7") else one for one in before]
    assert changed_rows(before, before) == {}
    assert changed_rows(before, moved) == {"3": moved[3], "7": moved[7]}
    assert changed_rows(before, moved[:-1]) is None
    assert changed_rows(before, [moved[1], moved[0], *moved[2:]]) is None
    assert changed_rows(before, [replace(one, done=9) for one in before]) is None
