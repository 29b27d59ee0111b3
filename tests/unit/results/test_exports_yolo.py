"""YOLO's labels as globox reads them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import yaml
from globox import AnnotationSet

from inference_ui.backend.results.exports.job import ExportFormat, LeftOut
from tests.support.exports import exported
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.5, 120.25))
BUS = ("bus", 0.5, (600.0, 400.0, 700.0, 500.0))


@pytest.fixture
def run(tmp_path: Path) -> RunTask:
    return RunTask(tmp_path)


def unpacked(run: RunTask) -> tuple[Path, dict[LeftOut, int]]:
    content, left_out = exported(run, ExportFormat.YOLO)
    folder = run.output / "unpacked"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder, left_out


def test_labels_lie_where_readers_look_for_them(run: RunTask) -> None:
    for name in ("a.png", "night/b.png"):
        run.succeeded(name, PICTURE, detection(CAR, BUS))
    folder, _ = unpacked(run)
    run.dataset.rename(folder / "images")
    for part in (".", "night"):
        found = AnnotationSet.from_yolo_v5(
            folder=folder / "labels" / part,
            image_folder=folder / "images" / part,
            image_extension=".png",
        )
        (annotation,) = found
        assert annotation.image_size == (640, 480)
        car, bus = annotation.boxes
        assert (car.label, car.confidence) == ("0", 0.97)
        assert (car.xmin, car.ymin, car.xmax, car.ymax) == pytest.approx(CAR[2], abs=0.01)
        assert (bus.xmax, bus.ymax) == pytest.approx((640, 480), abs=0.01)  # cut at the edge
    assert (folder / "classes.txt").read_text("utf-8") == "car\nbus\n"
    assert yaml.safe_load((folder / "data.yaml").read_text("utf-8"))["names"] == {
        0: "car",
        1: "bus",
    }


def test_an_item_without_objects_has_an_empty_file(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection())
    folder, _ = unpacked(run)
    assert (folder / "labels" / "a.txt").read_bytes() == b""


def test_pictures_that_differ_in_their_ending_keep_their_own_labels(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR))
    run.succeeded("a.jpg", a_picture(64, 48, "JPEG"), detection())
    run.succeeded("a.json", seldon(PICTURE), detection(CAR, CAR))
    run.succeeded("a.png.json", seldon(PICTURE), detection(CAR, CAR, CAR))
    folder, _ = unpacked(run)
    lines = {
        file.name: len(file.read_bytes().splitlines()) for file in (folder / "labels").iterdir()
    }
    assert lines == {"a.txt": 1, "a.jpg.txt": 0, "a.json.txt": 2, "a.png.txt": 3}


def test_a_box_beside_the_picture_is_left_out(run: RunTask) -> None:
    run.succeeded("a.png", PICTURE, detection(CAR, ("car", 0.5, (700.0, 10.0, 800.0, 20.0))))
    folder, left_out = unpacked(run)
    assert left_out == {LeftOut.BOX: 1}
    assert len((folder / "labels" / "a.txt").read_bytes().splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["<b>", "two\nlines", ": {[&*#?|", "'\"", "路口", "x" * 10_000, "", "null", "1"]
)
def test_classes_of_any_name_keep_their_numbers(run: RunTask, name: str) -> None:
    run.succeeded("a.png", PICTURE, detection((name, 0.5, (1.0, 1.0, 9.0, 9.0)), CAR))
    folder, _ = unpacked(run)
    shown = " ".join(name.split()) or "_"
    assert (folder / "classes.txt").read_text("utf-8") == f"{shown}\ncar\n"
    names = yaml.safe_load((folder / "data.yaml").read_text("utf-8"))["names"]
    assert names == {0: shown, 1: "car"}
