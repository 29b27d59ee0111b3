"""The items of a task as its page shows them, whatever lies in its folder."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from inference_ui.backend.errors import NotFound, Refused
from inference_ui.backend.models.account import User
from inference_ui.backend.models.catalog import ModelPackage
from inference_ui.backend.models.task import TaskStatus
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.entries import Entries
from inference_ui.backend.results.item_view import MAX_OBJECTS, MAX_REQUEST
from inference_ui.backend.results.query import ItemFilter
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.item_index import ItemIndexes
from inference_ui.backend.services.item_list import ItemList
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.results import Results
from inference_ui.backend.services.tasks import Tasks
from tests.support.results import RunTask, a_picture, detection, seldon

PAGE = seldon(a_picture(640, 480))
CAR = ("car", 0.97, (10.0, 20.0, 110.0, 120.0))
BUS = ("bus", 0.44, (200.0, 100.0, 300.0, 200.0))


@pytest.fixture
def run(tmp_path):
    return RunTask(tmp_path)


@pytest.fixture
def results(sqlite_store, copies):
    changes = Changes()
    packages = Packages(sqlite_store, changes)
    return Results(Tasks(sqlite_store, None, changes), packages, Entries(), copies)


@pytest.fixture
def item_list(sqlite_store, tmp_path):
    indexes = ItemIndexes(tmp_path / "columns")
    yield ItemList(Tasks(sqlite_store, None, Changes()), Entries(), indexes)
    indexes.close()


@pytest.fixture
def seen(run, sqlite_store, administrator, results, item_list):
    """Calls a question of the results, or for a page of their list, for the task of ``run``."""
    task = run.stored(sqlite_store, administrator)

    def seen(question, *args):
        if question == "page":
            return item_list.page(administrator, task.id, ItemFilter(), *args)
        return getattr(results, question)(administrator, task.id, *args)

    return seen


def codes(messages):
    return [message.code for message in messages]


def test_a_task_without_a_journal_has_no_items(seen):
    page = seen("page")
    assert (page.total, page.rows, page.ended) == (0, (), False)
    with pytest.raises(NotFound):
        seen("item", 1)


def test_a_page_has_what_journal_and_sidecar_say(run, seen):
    run.succeeded("night/a.json", PAGE, detection(CAR, BUS), n=2, c=("car",), low=0.44, ms=34.0)
    run.failed("night/b.json", PAGE, "503 model queue is full", ms=3.0)
    page = seen("page")
    first, second = page.rows
    assert (first.number, first.name, first.status) == (1, "night/a.json", "SUCCEEDED")
    assert (first.objects, first.lowest, first.ms, first.error) == (2, 0.44, 34.0, None)
    assert (second.number, second.status) == (2, "FAILED")
    assert (second.objects, second.error) == (None, "503 model queue is full")


def test_pages_are_cut_at_the_ends(run, seen):
    for number in range(7):
        run.line(source=f"{number}.json", status="FAILED", errorMesssage="no")
    assert [row.number for row in seen("page", 5, 10).rows] == [6, 7]
    assert seen("page", 7, 10).rows == ()
    assert seen("page", 10**12, 10).rows == ()
    assert [row.number for row in seen("page", -3, 2).rows] == [1, 2]
    assert seen("page", 0, 0).total == 7
    assert seen("page", 0, -1).rows == ()


def test_the_list_grows_with_the_journal_and_ends_with_the_task(
    run, sqlite_store, administrator, item_list
):
    task = run.stored(sqlite_store, administrator)
    run.line(source="a.json", status="FAILED", errorMesssage="no")
    before = item_list.page(administrator, task.id)
    run.raw(b'{"source":"torn')
    assert item_list.page(administrator, task.id).total == 1
    run.raw(b'"}\n')
    with sqlite_store.write() as session:
        session.get_one(type(task), task.id).status = TaskStatus.STOPPED
    after = item_list.page(administrator, task.id)
    assert (before.total, before.ended) == (1, False)
    assert (after.total, after.ended) == (2, True)
    assert after.generation == before.generation


def test_another_readers_spelling_of_the_error_is_read(run, seen):
    run.line(source="a.json", status="FAILED", errorMessage="no")
    assert seen("page").rows[0].error == "no"


def test_a_sidecar_that_is_behind_or_of_other_items_is_not_believed(run, seen):
    run.succeeded("a.json", PAGE, detection(CAR), n=1)
    run.line(source="b.json", status="FAILED", errorMesssage="no")
    run.beside("other.json", n=9)
    assert [row.objects for row in seen("page").rows] == [1, None]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "LINE_UNREADABLE"),
        (b'{"source":"/workspace/dataset/a.json"', "LINE_UNREADABLE"),
        (b'{"source":3,"status":"FAILED"}', "LINE_UNREADABLE"),
        (b'{"source":"\xff","status":"FAILED"}', "LINE_UNREADABLE"),
        (b"[" * 90_000, "LINE_UNREADABLE"),
        (b'{"source":"' + b"x" * 300_000 + b'","status":"FAILED"}', "LINE_TOO_LONG"),
        (b'{"source":"/workspace/dataset/a","status":"<b>"}', "STATUS_UNKNOWN"),
        (b'{"source":"/workspace/dataset/../a","status":"FAILED"}', "SOURCE_OUTSIDE"),
        (b'{"source":"/etc/passwd","status":"FAILED"}', "SOURCE_OUTSIDE"),
        (b'{"source":"/workspace/dataset//etc/passwd","status":"FAILED"}', "SOURCE_OUTSIDE"),
    ],
)
def test_a_line_that_says_nonsense_is_a_row_that_says_so(run, seen, line, code):
    run.raw(line + b"\n")
    run.line(source="a.json", status="FAILED", errorMesssage="no")
    bad, good = seen("page").rows
    assert bad.problem is not None
    assert bad.problem.code == code
    assert good.error == "no"
    assert seen("item", 1).problem == bad.problem
    with pytest.raises(Refused):
        seen("picture", 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary(max_size=60).map(lambda text: text.replace(b"\n", b"")), max_size=20))
def test_a_list_has_as_many_rows_as_its_journal_has_lines(run, seen, lines):
    (run.output / JOURNAL).write_bytes(b"".join(line + b"\n" for line in lines))
    page = seen("page")
    assert page.total == len(lines) == len(page.rows)
    assert [row.number for row in page.rows] == list(range(1, len(lines) + 1))


def test_a_detection_is_shown_with_its_boxes_and_its_json(run, seen):
    result = detection(CAR, BUS)
    run.succeeded("night/a.json", PAGE, result, n=2, ms=34.0)
    item = seen("item", 1)
    assert [(o.name, o.confidence, o.box) for o in item.objects] == [CAR, BUS]
    assert (item.picture.width, item.picture.height) == (640, 480)
    assert (item.result.text, item.result.whole) == (result.decode(), True)
    assert (item.ms, item.attempt, item.warnings) == (34.0, 1, ())


def test_normalised_boxes_are_laid_over_the_picture(tmp_path, sqlite_store, administrator, results):
    plan = RunTask(tmp_path / "x").plan
    package = plan.package.model_copy(update={"box_format": BoxFormat.CXCYWH_NORM})
    run = RunTask(tmp_path, package=package)
    run.succeeded("a.json", PAGE, detection(("car", 0.5, (0.5, 0.5, 0.5, 0.5))))
    task = run.stored(sqlite_store, administrator)
    item = results.item(administrator, task.id, 1)
    assert item.objects[0].box == (160, 120, 480, 360)
    assert item.box_format == BoxFormat.CXCYWH_NORM


def test_what_does_not_fit_is_shown_with_a_warning(run, seen):
    far = ("car", 1.5, (600.0, 400.0, 700.0, 500.0))
    run.succeeded("a.json", PAGE, detection(far, dnum=3))
    assert codes(seen("item", 1).warnings) == ["DNUM_DIFFERS", "CONFIDENCE_RANGE", "BOXES_OUTSIDE"]


def test_many_objects_are_cut_and_counted(run, seen):
    run.succeeded("a.json", PAGE, detection(*[CAR] * (MAX_OBJECTS + 5)))
    item = seen("item", 1)
    assert (len(item.objects), item.objects_total) == (MAX_OBJECTS, MAX_OBJECTS + 5)
    assert codes(item.warnings) == ["OBJECTS_CUT"]


def test_an_answer_that_is_no_detection_is_read_as_what_it_says(run, seen):
    run.succeeded("a.json", PAGE, b'{"label":"cat","score":0.9}')
    item = seen("item", 1)
    assert item.objects is None
    assert (item.reading.classes[0].name, item.reading.classes[0].confidence) == ("cat", 0.9)


def test_a_failed_item_shows_its_request_and_of_a_large_one_the_beginning(run, seen):
    request = b'{"strData":"' + "数".encode() * 3000 + b'"}'
    run.failed("a.json", request, "bad request")
    run.failed("b.json", request[:12] + "数".encode() * (MAX_REQUEST // 3), "bad request")
    item, large = seen("item", 1), seen("item", 2).request
    assert item.error == "bad request"
    assert (item.request.text, item.request.whole) == (request.decode(), True)
    assert (large.size, large.whole) == (12 + MAX_REQUEST // 3 * 3, False)
    assert large.text.startswith('{"strData":"数数')
    assert (item.result, item.picture, item.picture_problem.code) == (None, None, "NO_PICTURE")


def test_boxes_are_read_as_asked_else_as_the_package_says_now(run, seen, sqlite_store):
    picture, boxes = seldon(a_picture(200, 200)), ("a", 0.9, (10, 20, 30, 40))
    run.succeeded("a.json", picture, detection(boxes))
    gone = seen("item", 1)
    assert (gone.package.problem.code, gone.package.box_format) == ("PACKAGE_GONE", "xyxy")
    with sqlite_store.write() as session:
        ran = run.plan.package
        row = ModelPackage(
            id=ran.id,
            name=ran.name,
            version=ran.version,
            service_type=ran.service_type,
            box_format=BoxFormat.XYWH,
            owner_id=session.exec(select(User)).one().id,
            launch=ran.launch,
        )
        session.add(row)
    now = seen("item", 1)
    assert (now.box_format, now.objects[0].box) == (BoxFormat.XYWH, (10, 20, 40, 60))
    assert (now.package.box_format, now.package.problem) == (BoxFormat.XYWH, None)
    asked = seen("item", 1, BoxFormat.YXYX)
    assert (asked.box_format, asked.objects[0].box) == (BoxFormat.YXYX, (20, 10, 40, 30))
    assert asked.package.box_format == BoxFormat.XYWH


def test_where_the_format_seems_wrong_a_better_one_is_named(run, seen):
    box = ("a", 0.9, (0.1, 0.2, 0.3, 0.4))
    run.succeeded("a.json", seldon(a_picture(200, 100)), detection(box))
    item = seen("item", 1)
    assert codes(item.warnings) == ["BOXES_LOOK_NORMALISED"]
    assert item.better_format == BoxFormat.XYXY_NORM
    assert seen("item", 1, item.better_format).better_format is None


def test_a_failed_picture_shows_no_request(run, seen):
    run.failed("a.png", a_picture(), "bad request")
    item = seen("item", 1)
    assert item.request is None
    assert item.picture is not None


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("result/../../secret", "PATH_OUTSIDE"),
        ("/etc/passwd", "PATH_OUTSIDE"),
        ("result/link", "PATH_OUTSIDE"),
        ("result/gone", "FILE_GONE"),
        ("result", "FILE_GONE"),
        (None, "NO_RESULT"),
    ],
)
def test_a_result_that_leads_elsewhere_is_not_followed(run, seen, tmp_path, location, code):
    (tmp_path / "secret").write_text("{}")
    (run.output / "result").mkdir()
    (run.output / "result" / "link").symlink_to(tmp_path / "secret")
    run.put("a.json", PAGE)
    run.line(source="a.json", status="SUCCEEDED", resultLocation=location)
    item = seen("item", 1)
    assert (item.result, item.result_problem.code) == (None, code)
    assert item.picture is not None
    with pytest.raises(Refused) as refused:
        seen("result", 1)
    assert refused.value.code == code


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"not json", b"[" * 50_000])
def test_a_result_that_is_no_json_is_shown_as_text(run, seen, content):
    run.succeeded("a.json", PAGE, content)
    item = seen("item", 1)
    assert (item.objects, item.reading) == (None, None)
    assert item.result.text == content.decode("utf-8", "replace")


def test_the_result_is_handed_out_byte_for_byte(run, seen):
    run.succeeded("night/a.json", PAGE, b'{"a" : 1}\n\xff')
    result = seen("result", 1)
    with result.file as file:
        assert (result.name, result.size, file.read()) == (
            "a.json_result.json",
            11,
            b'{"a" : 1}\n\xff',
        )


def test_pictures_and_thumbnails_are_of_the_item(run, seen):
    run.succeeded("a.json", PAGE, detection(CAR))
    picture = seen("picture", 1)
    assert json.loads(PAGE)["strData"].startswith("iVBOR")
    assert (picture.media_type, picture.data[:4]) == ("image/png", b"\x89PNG")
    small = seen("thumbnail", 1, 96)
    assert small.media_type == "image/jpeg"
    assert seen("thumbnail", 1, 96) == small
    assert seen("thumbnail", 1, 10**9).data != small.data


def test_the_list_gets_no_error_for_an_item_without_a_picture(run, seen):
    run.failed("a.json", b"{}", "no")
    run.succeeded("b.json", seldon(a_picture()[:40]), detection(CAR))
    run.line(source="/etc/passwd", status="FAILED", errorMesssage="no")
    assert [seen("thumbnail", number, 96) for number in (1, 2, 3)] == [None, None, None]


def test_a_thumbnail_is_forgotten_with_the_journal_that_it_belongs_to(run, seen):
    run.succeeded("a.json", PAGE, detection(CAR))
    before = seen("thumbnail", 1, 96).data
    run.put("b.json", seldon(a_picture(640, 480, colour="red")))
    (run.output / JOURNAL).unlink()
    run.line(source="b.json", status="FAILED", errorMesssage="no")
    assert seen("thumbnail", 1, 96).data != before


def test_items_are_numbered_from_one(run, seen):
    run.succeeded("a.json", PAGE, detection(CAR))
    for number in (0, -1, 2, 10**15):
        with pytest.raises(NotFound) as refused:
            seen("item", number)
        assert refused.value.code == "ITEM_UNKNOWN"


def test_the_results_of_a_task_that_is_not_there_are_not_there(results, item_list, administrator):
    for question in (results.item, results.picture, results.result):
        with pytest.raises(NotFound):
            question(administrator, "nobody", 1)
    for question in (item_list.page, item_list.overview):
        with pytest.raises(NotFound):
            question(administrator, "nobody")


BOMB = b"[" + b"[]," * 3_000_000 + b"[]]"


def peak_of(call):
    """How much memory Python took at most while something was done, in bytes."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_result_of_millions_of_values_is_shown_and_not_read(run, seen):
    run.succeeded("a.json", PAGE, b'{"dobjects":' + BOMB + b"}")
    view = []
    assert peak_of(lambda: view.append(seen("item", 1))) < 60 << 20
    assert "RESULT_TOO_MANY_PARTS" in codes(view[0].warnings)
    assert view[0].objects is None
    assert view[0].result.text.startswith('{"dobjects":[[],')


def test_a_request_of_millions_of_values_has_no_picture(run, seen):
    run.succeeded("a.json", b'{"jsonData":' + BOMB + b"}", detection(CAR))
    view = []
    assert peak_of(lambda: view.append(seen("item", 1))) < 60 << 20
    assert view[0].picture_problem.code == "NO_PICTURE"
    assert len(view[0].objects) == 1
