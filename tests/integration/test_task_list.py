"""Finding tasks, on SQLite and on PostgreSQL: what meets a search, in which order, how many."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import replace
from datetime import timedelta

import pytest

from inference_ui.backend.models.account import Actor, Role, User
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import (
    SearchField,
    SortKey,
    TaskOrder,
    TaskSearch,
    TaskSelection,
)
from inference_ui.backend.services.changes import Changes, moved
from inference_ui.backend.services.task_list import TaskList
from tests.support.samples import NOW, a_plan, a_task, through

LIN, ZHOU = Actor("lin", "林岚", Role.USER), Actor("zhou", "zhou", Role.USER)


def plan(package: str, version: str, spec: str):
    base = a_plan()
    server = base.server.model_copy(
        update={
            "package": base.package.model_copy(update={"name": package, "version": version}),
            "spec": base.spec.model_copy(update={"name": spec}),
        }
    )
    return base.model_copy(update={"server": server})


Row = namedtuple("Row", "name owner status plan created_min lasted_s found succeeded failed")

TASKS = tuple(
    Row(*row)
    for row in (
        ("路口抓拍-夜", LIN, "RUNNING", plan("yolo", "2.3.0", "mlu-2c"), 0, None, 100, 30, 10),
        ("Receipts-10", ZHOU, "SUCCEEDED", plan("ocr", "1.8.2", "a100"), 1, 30, 50, 50, 0),
        ("night 100%_done", LIN, "FAILED", plan("yolo", "2.4.0", "mlu-1c"), 2, 600, 10, 0, 9),
        ("路口抓拍-昼", ZHOU, "SUCCEEDED", plan("yolo", "2.3.0", "mlu-2c"), 3, 60, 20, 19, 1),
        ("dialogs", LIN, "QUEUED", through(), 4, None, None, 0, 0),
    )
)


@pytest.fixture
def changes():
    return Changes()


@pytest.fixture
def listed(store, changes):
    with store.write() as session:
        for user in (LIN, ZHOU):
            session.add(User(id=user.id, name=user.name, role=user.role))
        session.flush()
        for name, owner, status, its_plan, minutes, lasted, found, succeeded, failed in TASKS:
            at = NOW + timedelta(minutes=minutes)
            session.add(
                a_task(
                    id=f"task{minutes}",
                    name=name,
                    owner_id=owner.id,
                    status=status,
                    plan=its_plan,
                    created_at=at,
                    ended_at=at + timedelta(seconds=lasted) if lasted else None,
                    end_reason=EndReason.COMPLETED if lasted else None,
                    found=found,
                    succeeded=succeeded,
                    failed=failed,
                )
            )
        session.add(a_task(id="tried", name="tried~1", owner_id=LIN.id, canary=True))
    return TaskList(store, changes, now=lambda: NOW + timedelta(minutes=5))


def names(page) -> list[str]:
    return [task.name for task in page.tasks]


def found(listed, **conditions) -> set[str]:
    search = TaskSearch(**{field: tuple(texts) for field, texts in conditions.items()})
    return set(names(listed.page(LIN, search)))


def test_all_are_shown_the_newest_first_but_canaries(listed):
    page = listed.page(LIN)
    assert names(page) == [task[0] for task in reversed(TASKS)]
    assert page.people == {"lin": "林岚", "zhou": "zhou"}
    assert (page.total, page.counts[TaskStatus.SUCCEEDED]) == (5, 2)


def test_conditions_narrow_and_several_have_to_be_met_all(listed):
    assert found(listed, names=["路口"]) == {"路口抓拍-夜", "路口抓拍-昼"}
    assert found(listed, names=["路口", "夜"]) == {"路口抓拍-夜"}
    assert found(listed, names=["RECEIPTS"]) == {"Receipts-10"}
    assert found(listed, statuses=[TaskStatus.QUEUED, TaskStatus.FAILED]) == {
        "dialogs",
        "night 100%_done",
    }
    assert found(listed, owners=["zhou"]) == {"Receipts-10", "路口抓拍-昼"}
    assert found(listed, specs=["mlu-1c", "a100"]) == {"Receipts-10", "night 100%_done"}
    assert found(listed, packages=["yolo 2.3.0"], owners=["林岚"]) == {"路口抓拍-夜"}
    assert found(listed, packages=["yolo"]) == set()


def test_what_stands_for_other_characters_in_sql_stands_for_itself(listed):
    assert found(listed, names=["%"]) == {"night 100%_done"}
    assert found(listed, names=["_"]) == {"night 100%_done"}
    assert found(listed, names=["\\"]) == set()
    assert found(listed, names=["' OR 1=1 --"]) == set()


def test_counts_are_of_what_the_other_conditions_leave(listed):
    search = TaskSearch(packages=("yolo 2.3.0",), statuses=(TaskStatus.RUNNING,))
    page = listed.page(LIN, search)
    assert names(page) == ["路口抓拍-夜"]
    assert page.counts == {TaskStatus.RUNNING: 1, TaskStatus.SUCCEEDED: 1}
    assert listed.count(LIN, search) == 1
    assert listed.count(LIN, search.without(SearchField.STATUS)) == 2


def test_ones_own_are_ones_own(listed):
    page = listed.page(ZHOU, mine=True)
    assert names(page) == ["路口抓拍-昼", "Receipts-10"]
    assert page.counts == {TaskStatus.SUCCEEDED: 2}


@pytest.mark.parametrize(
    ("key", "ascending"),
    [
        (SortKey.NAME, [4, 2, 1]),
        (SortKey.STATUS, [4, 0]),
        (SortKey.PROGRESS, [4, 0, 2]),
        (SortKey.PACKAGE, [4, 1, 3, 0, 2]),
        (SortKey.SPEC, [4, 1, 2, 3, 0]),
        (SortKey.CREATED, [0, 1, 2, 3, 4]),
        (SortKey.DURATION, [1, 4, 3, 0, 2]),
        (SortKey.SERVICE_TYPE, [4, 3, 2, 1, 0]),
    ],
)
def test_every_column_sorts_both_ways_and_equal_ones_stand_newest_first(listed, key, ascending):
    up = names(listed.page(LIN, order=TaskOrder(key, descending=False)))
    assert up[: len(ascending)] == [TASKS[number][0] for number in ascending]
    down = names(listed.page(LIN, order=TaskOrder(key, descending=True)))
    assert sorted(down) == sorted(up)
    if key is not SortKey.SERVICE_TYPE:
        assert down != up


def test_sorting_by_creator_sorts_by_name(listed):
    page = listed.page(LIN, order=TaskOrder(SortKey.OWNER, descending=True))
    assert [page.people[task.owner_id] for task in page.tasks] == ["林岚"] * 3 + ["zhou"] * 2


def test_beyond_the_end_the_last_page_is_shown(listed):
    page = listed.page(LIN, offset=400, limit=2)
    assert (page.offset, names(page)) == (4, ["路口抓拍-夜"])
    assert listed.page(LIN, TaskSearch(names=("none",)), offset=400).offset == 0


def test_what_can_be_chosen_is_what_occurs(listed):
    assert listed.choices(LIN, SearchField.OWNER) == ["zhou", "林岚"]
    assert listed.choices(LIN, SearchField.SPEC) == ["a100", "mlu-1c", "mlu-2c"]
    assert "ocr 1.8.2" in listed.choices(LIN, SearchField.PACKAGE)


def test_a_selection_is_its_ids_or_what_meets_its_search_but_those(listed):
    assert listed.selected(LIN, TaskSelection(("task1", "task0", "task1"))) == ("task1", "task0")
    every = TaskSelection(("task3",), search=TaskSearch(names=("路口",)))
    assert listed.selected(LIN, every) == ("task0",)
    own = TaskSelection(search=TaskSearch(), mine=True)
    assert listed.selected(ZHOU, own) == ("task3", "task1")


def test_those_who_follow_see_progress_at_once_and_others_when_told(store, listed, changes):
    before = listed.page(LIN)
    with store.write() as session:
        task = session.get_one(InferenceTask, "task0")
        task.succeeded = 60
        session.add(a_task(id="new", name="new", owner_id=LIN.id, created_at=NOW))
    followed = listed.page(LIN, fresh=False)
    assert names(followed) == names(before)
    assert followed.tasks[-1].succeeded == 60
    changes.publish(moved("new"))
    assert listed.page(LIN, fresh=False).total == before.total + 1
    assert replace(listed.page(LIN), tasks=()) == replace(listed.page(LIN, fresh=False), tasks=())
