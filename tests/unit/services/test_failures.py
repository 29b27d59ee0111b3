"""The failed items of one group, out of whatever lies in the task's folder."""

from __future__ import annotations

from itertools import count

import pytest

from inference_ui.backend.batch.causes import Errors
from inference_ui.backend.errors import NotFound
from inference_ui.backend.failure_kinds import kind_of
from inference_ui.backend.records import (
    PROGRESS,
    SIDECAR,
    SOURCE_ROOT,
    SUMMARY,
    Outcome,
    Progress,
    Summary,
    WalkState,
    write_record,
)
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.failures import MOST_ITEMS, Failures, recorded_groups
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.results import Results
from inference_ui.backend.services.tasks import Tasks
from tests.support.results import RunTask

FULL, BUSY = kind_of("HTTP_503", "full 1"), kind_of("HTTP_503", "overloaded")


@pytest.fixture
def run(tmp_path):
    """A task of which every third item was answered, and others failed for two causes."""
    made = RunTask(tmp_path)
    errors = Errors()
    for number in range(180):
        name = f"{number}.json"
        if number % 3 == 0:
            made.succeeded(name, b"{}", b"{}")
            continue
        words = f"full {number}" if number % 3 == 1 else "overloaded"
        errors.add("HTTP_503", SOURCE_ROOT + name, words)
        made.failed(name, f"request {number}".encode(), words, cause="HTTP_503")
    made.errors = errors.groups()
    write_record(made.output / PROGRESS, Progress(0, 1, WalkState.ENDED, errors=made.errors))
    return made


@pytest.fixture
def items(run, sqlite_store, administrator, copies):
    """Calls ``items`` for a group of the task of ``run``, with a clock that stands still."""
    task = run.stored(sqlite_store, administrator)
    tasks = Tasks(sqlite_store, None, Changes())

    def asked(group, clock=lambda: 0.0):
        results = Results(tasks, Packages(sqlite_store, Changes()), Entries(), copies)
        failures = Failures(tasks, results, clock=clock)
        return failures.items(administrator, task.id, group)

    return asked


def test_the_first_items_of_a_group_come_with_their_numbers_and_the_request(items):
    found = items(FULL)
    assert len(found.items) == MOST_ITEMS
    assert not found.whole
    assert [(one.number, one.name, one.error) for one in found.items[:2]] == [
        (2, "1.json", "full 1"),
        (5, "4.json", "full 4"),
    ]
    assert found.request == "request 1"
    assert {one.error for one in items(BUSY).items} == {"overloaded"}


def test_a_group_that_is_not_there_is_refused(items):
    for unknown in ("HTTP_503", f"!{FULL}", "", "x" * 10_000):
        with pytest.raises(NotFound):
            items(unknown)


def test_a_long_look_ends_with_what_was_found(run, items):
    for number in range(1000):
        run.succeeded(f"more/{number}.json", b"{}", b"{}")
    run.failed("last.json", b"{}", "odd", cause="TIMEOUT")
    write_record(
        run.output / PROGRESS,
        Progress(0, 1, WalkState.ENDED, errors=(*run.errors, *one_timeout())),
    )
    odd = kind_of("TIMEOUT", "odd")
    assert [one.name for one in items(odd).items] == ["last.json"]
    late = items(odd, count(0, 5).__next__)
    assert (late.items, late.whole, late.request) == ((), False, None)


def one_timeout():
    errors = Errors()
    errors.add("TIMEOUT", SOURCE_ROOT + "last.json", "odd")
    return errors.groups()


def test_a_lost_sidecar_and_torn_lines_are_no_obstacle(run, items):
    (run.output / SIDECAR).unlink()
    run.raw(b'{"source":"/workspace/dataset/x.json","status":"FAILED"\n{"status":"FAILED"')
    assert items(FULL).items == ()
    lost = Errors()
    lost.add("UNKNOWN", SOURCE_ROOT + "1.json", "full 1")
    write_record(run.output / PROGRESS, Progress(0, 1, WalkState.ENDED, errors=lost.groups()))
    assert items(kind_of("UNKNOWN", "full 2")).items[0].number == 2


def test_without_groups_in_the_progress_those_of_the_summary_count(
    run, sqlite_store, administrator
):
    task = run.stored(sqlite_store, administrator)
    write_record(run.output / PROGRESS, Progress(0, 1, WalkState.ENDED))
    assert recorded_groups(task) == ()
    summary = Summary(Outcome.COMPLETE, 1, 180, 60, 120, 0, 0.0, 1.0, errors=run.errors)
    write_record(run.output / SUMMARY, summary)
    assert recorded_groups(task) == run.errors
