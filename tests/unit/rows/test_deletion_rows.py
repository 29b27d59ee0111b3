"""What a page shows of deletions: the question before, the strip meanwhile, the receipt after."""

from __future__ import annotations

from dataclasses import replace

from inference_ui.backend.errors import Message
from inference_ui.backend.models.deletion import DeletedState
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.services.deletion_views import (
    DeletionDetail,
    DeletionEntry,
    DeletionPreview,
    DeletionView,
    MeantTask,
)
from inference_ui.rows.common import deleting, shown_status, status_word
from inference_ui.rows.delete_question import question_row
from inference_ui.rows.receipt import FreedRow, detail_row, receipt_row
from tests.support.samples import NOW, a_task

PREVIEW = DeletionPreview(
    meant=(),
    asked=40,
    tasks=37,
    running=2,
    others=1,
    leaving=1,
    missing=1,
    first=tuple(
        MeantTask(f"id{number}", f"task {number}", TaskStatus.RUNNING, "林岚")
        for number in range(3)
    ),
    volumes={"results": 30, "fast": 7},
    results=4_000,
    needed=(Message("OUTPUT_NEEDED", {"name": "task 0", "task": "next"}),),
    needed_count=1,
)
VIEW = DeletionView(
    id="d",
    requested_at=NOW,
    taken=True,
    ended_at=None,
    with_output=True,
    name="",
    asked=40,
    accepted=37,
    refused=3,
    unreached=0,
    gone=12,
    replicas=3,
    pods=False,
    cards={"MLU370-X8": 8},
    nodes=("node-1",),
    removed=0,
    kept=0,
    kept_on={},
    problems=0,
    files=0,
    bytes=0,
)


def test_the_question_names_how_many_and_the_first_few():
    row = question_row(PREVIEW)
    assert (row.count, row.running, row.name, row.more) == (37, 2, "", 34)
    assert (row.folders, row.volume, row.results) == (37, "results · fast", 4_000)
    assert (row.others, row.leaving, row.missing) == (1, 1, 1)
    assert (row.needed_count, row.needed.code) == (1, "OUTPUT_NEEDED")


def test_one_task_is_asked_about_by_its_name():
    one = replace(PREVIEW, tasks=1, first=PREVIEW.first[:1], needed=())
    assert (question_row(one).name, question_row(one).more) == ("task 0", 0)
    none = replace(PREVIEW, tasks=0, first=(), volumes={})
    assert (question_row(none).count, question_row(none).folders) == (0, 0)


def test_while_it_goes_on_it_tells_how_far_it_is():
    row = receipt_row(VIEW)
    assert (row.ended, row.clearing, row.gone, row.count) == (False, False, 12, 37)
    assert (row.width, row.percent, row.undone) == ("32.43%", 32, 3)
    assert receipt_row(replace(VIEW, gone=37)).clearing
    assert not receipt_row(replace(VIEW, gone=37, with_output=False)).clearing


def test_until_all_is_taken_down_it_tells_how_much_of_it_is():
    row = receipt_row(replace(VIEW, taken=False, accepted=5, refused=5, gone=5))
    assert (row.taking, row.clearing, row.gone, row.count, row.percent) == (True, False, 10, 40, 25)
    assert not receipt_row(replace(VIEW, taken=False, ended_at=NOW)).taking


def test_the_receipt_tells_what_was_freed_and_where_files_stay():
    ended = replace(VIEW, ended_at=NOW, gone=37, kept=37, kept_on={"fast": 7, "results": 30})
    row = receipt_row(ended)
    assert (row.ended, row.cards, row.place) == (
        True,
        [FreedRow("MLU370-X8", 8)],
        "fast · results",
    )
    one = replace(ended, name="夜间", kept_on={"results": 1})
    assert receipt_row(one).place == "results / 夜间"
    assert receipt_row(replace(ended, unreached=2)).undone == 5


def test_the_tasks_of_a_deletion_are_listed_as_far_as_they_were_read():
    entry = DeletionEntry(
        task_id="id",
        name="",
        owner="",
        state=DeletedState.REFUSED,
        problem=Message("TASK_UNKNOWN", {"id": "id"}),
        output_folder="",
        kept=False,
        replicas=0,
        cards={},
        nodes=(),
        files=0,
        bytes=0,
    )
    detail = detail_row(DeletionDetail(VIEW, (entry,)))
    assert (detail.lines[0].name, detail.lines[0].problem.code) == ("id", "TASK_UNKNOWN")
    assert detail.more == 39


def test_a_task_that_is_being_deleted_says_so():
    task = a_task(status="SUCCEEDED", deletion_id="d")
    assert deleting(task)
    assert (shown_status(task), status_word(task)) == ("FINISHING", "DELETING")
    assert not deleting(a_task())
