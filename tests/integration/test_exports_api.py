"""Exports over HTTP: what a browser saves, what it is told meanwhile, and what ends an export."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import httpx
import numpy as np
import pytest

from inference_ui.backend.bootstrap import build, seed
from inference_ui.backend.errors import CannotGoOn, Conflict
from inference_ui.backend.models.account import Role
from inference_ui.backend.records import JOURNAL
from inference_ui.backend.results.exports.job import ExportFormat
from inference_ui.backend.settings import Settings
from tests.support.exports_http import CAR, PICTURE, Shown, shown_to_a_viewer
from tests.support.inside import Inside
from tests.support.results import detection
from tests.support.waiting import wait_for


@pytest.fixture
def shown(inside: Inside, tmp_path: Path) -> Iterator[Shown]:
    with shown_to_a_viewer(inside, tmp_path) as found:
        yield found


def is_coco(content: bytes) -> bool:
    return [one["score"] for one in json.loads(content)["annotations"]] == [0.97]


def is_csv(content: bytes) -> bool:
    return [row["class"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))] == [
        "car",
        "",
    ]


def holds(name: str) -> Callable[[bytes], bool]:
    return lambda content: name in zipfile.ZipFile(io.BytesIO(content)).namelist()


@pytest.mark.parametrize(
    ("wanted", "ending", "kind", "is_right"),
    [
        ("coco", "-coco.json", "application/json", is_coco),
        ("yolo", "-yolo.zip", "application/zip", holds("labels/a.txt")),
        ("csv", ".csv", "text/csv", is_csv),
        ("source", "-source.zip", "application/zip", holds("a.png")),
    ],
)
def test_each_format_is_saved_under_the_tasks_name(
    shown: Shown, wanted: str, ending: str, kind: str, is_right: Callable[[bytes], bool]
) -> None:
    shown.run.succeeded("a.png", PICTURE, detection(CAR))
    shown.run.failed("b.png", PICTURE, "503")
    token = token_hex(16)
    answer = shown.get(wanted, token)
    assert is_right(answer.content)
    assert answer.headers["content-type"].split(";")[0] == kind
    name = answer.headers["content-disposition"].removeprefix("attachment; filename*=UTF-8''")
    assert name == f"%E5%A4%9C%20{shown.task.name[2:]}{ending}"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert shown.progress(token) == {
        "state": "DONE",
        "done": 2,
        "total": 2,
        "bytes": len(answer.content),
        "left_out": {"FAILED": 1} if wanted in ("coco", "yolo") else {},
        "problem": None,
    }


def test_a_task_without_results_has_an_export_too(shown: Shown) -> None:
    assert json.loads(shown.get("coco").content)["images"] == []
    assert shown.get("csv").content.count(b"\n") == 1


def test_boxes_are_read_as_asked_for(shown: Shown) -> None:
    shown.run.succeeded("a.png", PICTURE, detection(CAR))
    found = shown.get("coco", box_format="xywh").json()["annotations"][0]["bbox"]
    assert found == [10, 20, 110, 120]
    assert shown.get("coco", box_format="zyx").status_code == 422


def test_the_wanted_items_alone_are_exported(shown: Shown) -> None:
    for number in range(1, 6):
        shown.run.succeeded(f"{number}.png", PICTURE, detection(CAR))
    product = shown.inside.product
    actor = product.accounts.ensure_administrator()
    export = product.exports.start(
        actor,
        shown.task.id,
        ExportFormat.CSV,
        token_hex(16),
        numbers=np.array([5, 1], dtype=np.uint32),
    )
    pieces: list[bytes] = []
    while (piece := export.read()) is not None:
        pieces.append(piece)
    export.close()
    rows = csv.DictReader(io.StringIO(b"".join(pieces).decode("utf-8-sig")))
    assert [row["item"] for row in rows] == ["5", "1"]


def test_how_far_it_is_can_be_asked_while_it_runs(shown: Shown) -> None:
    shown.endless()
    with shown.running() as (token, answer):
        pieces = answer.iter_raw(1 << 20)
        while not shown.progress(token)["done"]:
            next(pieces)
        found = shown.progress(token)
        assert (found["state"], found["total"]) == ("RUNNING", 50_000)
        assert 0 < int(str(found["done"])) < 50_000
        assert int(str(found["bytes"])) > 1000


def test_it_is_nobody_elses_to_see_or_to_end(shown: Shown) -> None:
    shown.endless()
    with (
        shown.running() as (token, _),
        shown.inside.client(shown.inside.session(Role.USER)[1]) as other,
    ):
        assert other.get(f"{shown.path}/{token}").json()["error"]["code"] == "EXPORT_UNKNOWN"
        assert other.delete(f"{shown.path}/{token}").status_code == 404
        assert shown.progress(token)["state"] == "RUNNING"


def test_what_is_cancelled_does_not_look_whole(shown: Shown) -> None:
    shown.endless()
    with shown.running() as (token, answer):
        assert shown.http.delete(f"{shown.path}/{token}").status_code == 204
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    assert shown.progress(token)["state"] == "CANCELLED"
    assert shown.http.delete(f"{shown.path}/{token}").status_code == 204


def test_a_program_that_is_killed_does_not_look_like_the_end(shown: Shown) -> None:
    shown.endless()
    with shown.running() as (token, answer):
        (program,) = shown.programs()
        program.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    found = shown.progress(token)
    assert found["state"] == "FAILED"
    assert found["problem"] == {"code": "EXPORT_BROKE", "args": {}}


def test_what_went_wrong_on_disk_is_told(shown: Shown) -> None:
    shown.endless()
    with shown.running() as (token, answer):
        (shown.run.output / JOURNAL).write_bytes(b"")
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()
    assert shown.progress(token)["problem"] == {"code": "EXPORT_CHANGED", "args": {}}


def test_it_ends_with_the_connection(shown: Shown) -> None:
    shown.endless()
    with shown.running() as (token, _):
        assert len(shown.programs()) == 1
    wait_for(lambda: not shown.programs(), "the program's end")
    wait_for(lambda: shown.progress(token)["state"] == "CANCELLED", "the end of the export")


def test_sizes_of_pictures_take_a_bounded_place(shown: Shown) -> None:
    folder = shown.inside.product.settings.data_folder / "cache" / "picture-sizes"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(3):
        with (folder / f"old-{number}").open("wb") as file:
            file.truncate(120 << 20)
        os.utime(folder / f"old-{number}", (number, number))
    shown.run.succeeded("a.png", PICTURE, detection(CAR))
    assert shown.get("coco").status_code == 200
    assert {file.name for file in folder.glob("old-*")} == {"old-1", "old-2"}
    assert (folder / shown.task.id).stat().st_size > 0
    for number in (1, 2):
        (folder / f"old-{number}").unlink()


def test_a_token_of_somebody_else_is_not_taken_over(shown: Shown) -> None:
    token = token_hex(16)
    assert shown.get("csv", token).status_code == 200
    with shown.inside.client(shown.inside.session(Role.USER)[1]) as other:
        answer = other.get(shown.path, params={"format": "csv", "token": token})
        assert answer.json()["error"]["code"] == "EXPORT_TOKEN_USED"
    assert shown.progress(token)["state"] == "DONE"


def test_only_a_request_that_saves_it_begins_an_export(shown: Shown) -> None:
    asked = {"format": "csv", "token": token_hex(16)}
    assert shown.http.head(shown.path, params=asked).is_client_error
    ahead = shown.http.get(shown.path, params=asked, headers={"Sec-Purpose": "prefetch;prerender"})
    assert ahead.json()["error"]["code"] == "EXPORT_PREFETCH"
    assert shown.http.get(f"{shown.path}/{asked['token']}").status_code == 404


@pytest.mark.parametrize("token", ["", "x" * 32, "a" * 31, "../" + "a" * 29, "A" * 32])
def test_a_token_has_one_form(shown: Shown, token: str) -> None:
    answer = shown.http.get(shown.path, params={"format": "csv", "token": token})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "EXPORT_TOKEN")


def test_what_is_not_there_is_refused(shown: Shown) -> None:
    assert shown.get("parquet").status_code == 422
    assert shown.http.get(shown.path, params={"format": "csv"}).status_code == 422
    asked = {"format": "csv", "token": token_hex(16)}
    assert shown.http.get("/api/tasks/nothing/export", params=asked).status_code == 404


def test_nobody_exports_without_signing_in(shown: Shown) -> None:
    with shown.inside.client() as stranger:
        asked = {"format": "csv", "token": token_hex(16)}
        assert stranger.get(shown.path, params=asked).status_code == 401
        assert stranger.get(f"{shown.path}/{asked['token']}").status_code == 401


def test_the_end_of_the_product_is_the_end_of_its_exports(shown: Shown, tmp_path: Path) -> None:
    shown.endless()
    product = build(Settings(data_dir=tmp_path / "other"))
    actor = seed(product)
    task = shown.run.stored(product.store, actor)
    export = product.exports.start(actor, task.id, ExportFormat.CSV, token_hex(16))
    while not export.read():
        pass
    assert len(shown.programs()) == 1
    product.close()
    assert shown.programs() == []
    with pytest.raises(CannotGoOn):
        export.read()
    with pytest.raises(Conflict):
        product.exports.start(actor, task.id, ExportFormat.CSV, token_hex(16))
