"""Whatever a task wrote, each export is one that others can read."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.protocols.detections import detections_in, plain_detections
from inference_ui.backend.results.exports.job import ExportFormat
from inference_ui.backend.results.exports.table import COLUMNS
from tests.support.exports import exported
from tests.support.results import RunTask, a_picture, seldon

PICTURE = a_picture(64, 48)

numbers = (
    st.floats(allow_nan=True, allow_infinity=True)
    | st.integers(-(10**20), 10**20)
    | st.floats(-10, 80)
    | st.sampled_from(["0.5", "x", None, True, 1e308, -1e308, 10**400])
)
names = (
    st.text(max_size=8)
    | st.integers()
    | st.sampled_from(
        ["<img src=x onerror=alert(1)>", "a\nb", "=1+1", "x" * 10_000, "\ud800", None]
    )
)
boxes = st.lists(numbers, min_size=4, max_size=4) | st.lists(numbers, max_size=5)
answers = st.fixed_dictionaries(
    {},
    optional={
        "dobjects": st.lists(boxes, max_size=4) | st.lists(st.lists(boxes, max_size=2), max_size=2),
        "dclasses": st.lists(names, max_size=4),
        "dconfidences": st.lists(numbers, max_size=4),
        "dnum": numbers,
        "label": names,
        "text": names,
    },
)
results = (
    answers.map(lambda value: json.dumps(value).encode())
    | answers.map(lambda value: json.dumps({"jsonData": value}).encode())
    | st.binary(max_size=40)
)
paths = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(
    ["../up.png", "a/../../b.png", "/etc/passwd", "a//b.png", "C:\\x.png", '"q",.png', "a.png"]
)


def made(folder: Path, wanted: list[tuple[str, bytes, bool]]) -> RunTask:
    run = RunTask(folder)
    for number, (path, result, good) in enumerate(wanted):
        name = f"{number}.json"
        run.succeeded(name, seldon(PICTURE) if good else b"{}", result)
        location = f"result/{name}_result.json"
        run.line(source=path, status="SUCCEEDED", resultLocation=location)
        run.line(source=name, status=path, resultLocation=path, errorMessage=path)
        run.raw(result.replace(b"\n", b"") + b"\n")
    return run


def reads_coco(content: bytes, folder: Path) -> None:
    (folder / "coco.json").write_bytes(content)
    with contextlib.redirect_stdout(io.StringIO()):
        found = COCO(str(folder / "coco.json"))
    assert len(found.loadAnns(found.getAnnIds())) == len(found.dataset["annotations"])


def reads_zip(content: bytes, folder: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    assert len(set(archive.namelist())) == len(archive.namelist())
    inside = folder / "inside" / "unpacked"
    inside.mkdir(parents=True)
    archive.extractall(inside)
    assert [file.name for file in (folder / "inside").iterdir()] == ["unpacked"]


def reads_yolo(content: bytes, folder: Path) -> None:
    reads_zip(content, folder)
    inside = folder / "inside" / "unpacked"
    count = len((inside / "classes.txt").read_text("utf-8").splitlines())
    assert len(yaml.safe_load((inside / "data.yaml").read_text("utf-8"))["names"] or {}) == count
    for labels in (inside / "labels").rglob("*.txt"):
        for line in labels.read_text("utf-8").splitlines():
            number, *place, _ = map(float, line.split())
            assert number < count
            assert all(0 <= share <= 1 for share in place)


def reads_csv(content: bytes, folder: Path) -> None:
    text = content.decode("utf-8-sig")
    assert all(len(row) == len(COLUMNS) for row in csv.reader(io.StringIO(text, newline="")))


READERS: dict[ExportFormat, Callable[[bytes, Path], None]] = {
    ExportFormat.COCO: reads_coco,
    ExportFormat.YOLO: reads_yolo,
    ExportFormat.CSV: reads_csv,
    ExportFormat.SOURCE: reads_zip,
}


@given(
    wanted=st.lists(st.tuples(paths, results, st.booleans()), max_size=3),
    box_format=st.sampled_from(BoxFormat),
)
@settings(deadline=None, max_examples=60)
def test_every_export_of_anything_can_be_read(
    wanted: list[tuple[str, bytes, bool]], box_format: BoxFormat
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = made(Path(folder) / "run", wanted)
        for kind, reads in READERS.items():
            here = Path(folder) / kind
            here.mkdir()
            reads(exported(run, kind, box_format=box_format)[0], here)


@given(value=answers)
def test_the_quick_way_finds_what_the_thorough_one_does(value: dict[str, object]) -> None:
    quick = plain_detections(json.dumps(value).encode(), may_be_enveloped=True)
    thorough = detections_in(json.loads(json.dumps(value)))
    if quick is not None:
        assert thorough is not None
        assert (quick.classes, quick.boxes, quick.confidences) == (
            thorough.classes,
            thorough.boxes,
            thorough.confidences,
        )
