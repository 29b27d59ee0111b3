"""CSV as Python's csv reads it, and what a spreadsheet would make of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.exports.job import ExportFormat
from tests.support.exports import exported
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.5, 120.25))


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


def rows(run: RunTask, **changes: object) -> list[dict[str, str]]:
    content, _ = exported(run, ExportFormat.CSV, **changes)  # type: ignore[arg-type]
    assert content.startswith(b"\xef\xbb\xbfitem,")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_each_object_has_a_row(run: RunTask) -> None:
    run.succeeded(
        "路口/a.png", PICTURE, detection(CAR, ("bus", 0.5, (1.0, 2.0, 3.0, 4.0))), ms=34.5
    )
    first, second = rows(run)
    assert first == {
        "item": "1",
        "name": "路口/a.png",
        "status": "SUCCEEDED",
        "class": "car",
        "confidence": "0.97",
        "x1": "10.0",
        "y1": "20.0",
        "x2": "110.5",
        "y2": "120.25",
        "objects": "2",
        "text": "",
        "latency_ms": "34.5",
        "error": "",
    }
    assert (second["item"], second["class"], second["y2"]) == ("1", "bus", "4.0")


def test_items_without_objects_have_a_row_too(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection())
    run.failed("b.png", PICTURE, 'said "no",\r\nand hung up')
    run.raw(b"garbage\n")
    run.line(source="gone.png", status="SUCCEEDED", resultLocation="result/gone")
    assert [(row["item"], row["status"], row["objects"], row["error"]) for row in rows(run)] == [
        ("1", "SUCCEEDED", "0", ""),
        ("2", "FAILED", "", 'said "no",\r\nand hung up'),
        ("3", "UNREADABLE", "", "LINE_UNREADABLE"),
        ("4", "SUCCEEDED", "", "FILE_GONE"),
    ]


def test_answers_that_are_no_detection_are_told_in_words(run: RunTask) -> None:
    run.succeeded(
        "a.png", PICTURE, b'{"predictions":[{"label":"cat","score":0.9},{"label":"dog"}]}'
    )
    run.succeeded("b.png", PICTURE, b'{"choices":[{"message":{"content":"Two cats."}}]}')
    found = rows(run)
    assert [(row["class"], row["confidence"]) for row in found] == [
        ("cat", "0.9"),
        ("dog", ""),
        ("", ""),
    ]
    assert found[2]["text"] == "Two cats."


def test_nothing_that_an_answer_says_is_left_out(run: RunTask) -> None:
    labels = [{"label": f"class {number}", "score": 0.5} for number in range(25)]
    run.succeeded("a.png", PICTURE, json.dumps({"predictions": labels}).encode())
    run.succeeded("b.png", PICTURE, json.dumps({"text": "x" * 30_000}).encode())
    found = rows(run)
    assert [row["class"] for row in found[:25]] == [one["label"] for one in labels]
    assert len(found[25]["text"]) == 30_000


def test_what_the_server_said_is_told_of_a_source_elsewhere_too(run: RunTask) -> None:
    run.line(source="/elsewhere/a.json", status="FAILED", errorMesssage="model is gone")
    assert rows(run)[0]["error"] == "model is gone"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-1", "-1"),
        ("a=1", "a=1"),
    ],
)
def test_what_strangers_wrote_is_no_formula(run: RunTask, name: str, shown: str) -> None:
    run.succeeded("a.png", PICTURE, detection((name, 0.5, CAR[2])))
    run.failed("b.png", PICTURE, name)
    first, second = rows(run)
    assert (first["class"], second["error"]) == (shown, shown)


def test_shares_are_told_in_pixels_where_the_picture_is_known(run: RunTask) -> None:
    box = ("car", 0.5, (0.25, 0.5, 0.5, 1.0))
    run.succeeded("a.json", seldon(PICTURE), detection(box))
    run.succeeded("b.json", b"{}", detection(box))
    first, second = rows(run, box_format=BoxFormat.XYXY_NORM)
    assert [first[key] for key in ("x1", "y1", "x2", "y2")] == ["160.0", "240.0", "320.0", "480.0"]
    assert [second[key] for key in ("class", "x1", "y2")] == ["car", "", ""]


def test_a_text_with_half_a_character_is_written(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, b'{"generated_text":"\\ud83d!"}')
    assert "!" in rows(run)[0]["text"]
