"""COCO files as pycocotools reads them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.exports.job import ExportFormat, LeftOut
from tests.support.exports import exported
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.5, 120.25))
BUS = ("bus", 0.5, (600.0, 400.0, 700.0, 500.0))


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


def opened(content: bytes, folder: Path) -> COCO:
    file = folder / "coco.json"
    file.write_bytes(content)
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(file))


def coco_of(run: RunTask, **changes: Any) -> COCO:
    return opened(exported(run, ExportFormat.COCO, **changes)[0], run.output)


def test_images_boxes_and_scores_come_back(run: RunTask) -> None:
    run.succeeded("night/a.png", PICTURE, detection(CAR, BUS))
    run.succeeded("b.json", seldon(PICTURE), detection(BUS, CAR, CAR))
    found = coco_of(run)
    assert [(one["file_name"], one["width"], one["height"]) for one in found.loadImgs([1, 2])] == [
        ("night/a.png", 640, 480),
        ("b.json", 640, 480),
    ]
    assert [one["name"] for one in found.loadCats([1, 2])] == ["car", "bus"]
    car, bus = found.loadAnns(found.getAnnIds(imgIds=[1]))
    assert (car["bbox"], car["area"], car["score"]) == ([10, 20, 100.5, 100.25], 10075.125, 0.97)
    assert bus["bbox"] == [600, 400, 100, 100]  # as answered, also where it leaves the picture
    assert len(found.getAnnIds(catIds=[1])) == 3


def test_its_annotations_are_results_that_are_measured(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR, BUS))
    run.succeeded("b.png", PICTURE, detection(CAR))
    found = coco_of(run)
    with contextlib.redirect_stdout(io.StringIO()):
        results = found.loadRes([dict(one) for one in found.dataset["annotations"]])
        measured = COCOeval(found, results, "bbox")
        measured.evaluate()
        measured.accumulate()
        measured.summarize()
    assert measured.stats[0] == pytest.approx(1.0)


def test_without_a_single_object_it_is_read_all_the_same(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection())
    found = coco_of(run)
    assert (found.getImgIds(), found.getAnnIds(), found.getCatIds()) == ([1], [], [])
    assert coco_of(RunTask(run.output / "empty")).getImgIds() == []


def test_what_it_cannot_hold_is_left_out_and_counted(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    run.failed("b.png", PICTURE, "503")
    run.succeeded("c.json", b"{}", detection(CAR))
    run.succeeded("d.png", PICTURE, b'{"label":"cat"}')
    run.succeeded("e.png", PICTURE[:20], detection(CAR))
    run.raw(b"garbage\n")
    run.line(source="gone.png", status="SUCCEEDED", resultLocation="result/gone")
    run.succeeded("f.png", PICTURE, detection(CAR, ("car", 0.5, (-1e308, 0.0, 1e308, 1.0))))
    content, left_out = exported(run, ExportFormat.COCO)
    found = opened(content, run.output)
    assert found.getImgIds() == [1, 8]
    assert left_out == {
        LeftOut.FAILED: 1,
        LeftOut.SIZE_UNKNOWN: 2,
        LeftOut.NO_DETECTION: 1,
        LeftOut.UNREADABLE: 2,
        LeftOut.BOX: 1,
    }
    assert json.loads(content)["info"]["left_out"] == left_out


def test_only_the_wanted_items_are_in_it_in_their_order(run: RunTask) -> None:
    for number in range(1, 121):
        run.succeeded(f"{number:03d}.png", PICTURE, detection(CAR))
    content, _ = exported(run, ExportFormat.COCO, [120, 3, 4, 77, 1])
    assert [one["id"] for one in json.loads(content)["images"]] == [120, 3, 4, 77, 1]
    assert [one["image_id"] for one in json.loads(content)["annotations"]] == [120, 3, 4, 77, 1]


@pytest.mark.parametrize(
    ("box_format", "box"),
    [
        (BoxFormat.XYWH, (10.0, 20.0, 100.5, 100.25)),
        (BoxFormat.CXCYWH_NORM, (60.25 / 640, 70.125 / 480, 100.5 / 640, 100.25 / 480)),
    ],
)
def test_boxes_are_read_as_they_are_said_to_be(
    run: RunTask, box_format: BoxFormat, box: tuple[float, ...]
) -> None:
    run.succeeded("a.png", PICTURE, detection(("car", 0.97, box)))
    found = coco_of(run, box_format=box_format)
    assert found.loadAnns([1])[0]["bbox"] == pytest.approx([10, 20, 100.5, 100.25])


def test_the_name_is_that_of_the_pictures_file(run: RunTask) -> None:
    run.put("pictures/x.png", PICTURE)
    run.put("beside.png", a_picture(32, 24))
    run.succeeded("a.json", b'{"path":"pictures/x.png"}', detection(CAR))
    run.succeeded("beside.json", b"{}", detection())
    for _ in range(2):  # the second time with what the first one remembered
        images = coco_of(run).loadImgs([1, 2])
        assert [(one["file_name"], one["width"]) for one in images] == [
            ("pictures/x.png", 640),
            ("beside.png", 32),
        ]
