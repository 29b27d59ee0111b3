"""The items of a task over HTTP: what a browser or a program gets, and what nobody does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from PIL import Image

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from tests.support.inside import Inside
from tests.support.results import RunTask, a_picture, detection, seldon

PICTURE = a_picture(640, 480)
CAR = ("car", 0.97, (10.0, 20.0, 110.0, 120.0))


@dataclass
class Shown:
    """A task with its files, and somebody who looks at it."""

    run: RunTask
    task: InferenceTask
    inside: Inside
    http: httpx.Client

    def get(self, path: str = "", **query: object) -> httpx.Response:
        return self.http.get(f"/api/tasks/{self.task.id}/items{path}", params=query)


@pytest.fixture
def shown(inside: Inside, tmp_path: Path) -> Iterator[Shown]:
    run = RunTask(tmp_path)
    product = inside.product
    task = run.stored(
        product.store,
        product.accounts.ensure_administrator(),
        id=token_hex(8),
        name=f"night {token_hex(4)}",
        status=TaskStatus.RUNNING,
    )
    with inside.client(inside.session(Role.VIEWER)[1]) as http:
        yield Shown(run, task, inside, http)


def test_a_viewer_reads_the_list_and_sees_it_grow(shown: Shown) -> None:
    nothing = {"total": 0, "found": 0, "rows": []}
    answer = shown.get().json()
    assert {key: answer[key] for key in nothing} == nothing
    shown.run.succeeded("a.json", seldon(PICTURE), detection(CAR), n=1, low=0.97, ms=34.0)
    shown.run.failed("b.json", seldon(PICTURE), "503 model queue is full")
    page = shown.get(offset=0, limit=1).json()
    assert page["total"] == 2
    assert page["rows"] == [
        {
            "number": 1,
            "name": "a.json",
            "status": "SUCCEEDED",
            "objects": 1,
            "lowest": 0.97,
            "ms": 34.0,
            "error": None,
            "problem": None,
        }
    ]
    assert shown.get(offset=1).json()["rows"][0]["error"] == "503 model queue is full"


def test_an_item_comes_with_boxes_and_json(shown: Shown) -> None:
    shown.run.succeeded("a.json", seldon(PICTURE), detection(CAR, dnum=2), n=1)
    item = shown.get("/1").json()
    assert item["objects"] == [{"name": "car", "confidence": 0.97, "box": [10, 20, 110, 120]}]
    assert item["result"]["text"] == detection(CAR, dnum=2).decode()
    assert (item["picture"]["width"], item["picture"]["height"]) == (640, 480)
    assert item["picture"]["origin"] == "EMBEDDED"
    assert item["warnings"] == [{"code": "DNUM_DIFFERS", "args": {}}]


def test_pictures_come_as_pictures_and_are_kept_by_this_browser_only(shown: Shown) -> None:
    shown.run.succeeded("a.json", seldon(PICTURE), detection(CAR))
    shown.run.succeeded("b.tiff", a_picture(kind="TIFF"), detection(CAR))
    picture = shown.get("/1/picture", v="abc")
    assert (picture.content, picture.headers["content-type"]) == (PICTURE, "image/png")
    assert picture.headers["cache-control"].startswith("private, max-age")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert shown.get("/1/picture").headers["cache-control"] == "private, no-cache"
    converted = shown.get("/2/picture")
    assert converted.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(converted.content)).size == (64, 48)
    small = shown.get("/1/thumbnail", side=96)
    assert Image.open(io.BytesIO(small.content)).size == (96, 72)


def test_the_result_is_saved_byte_for_byte_under_its_name(shown: Shown) -> None:
    stored = b'{ "dnum" : 1.10 }\n'
    shown.run.succeeded("路口/a.json", seldon(PICTURE), stored)
    answer = shown.get("/1/result")
    assert answer.content == stored
    assert (
        answer.headers["content-disposition"] == "attachment; filename*=UTF-8''a.json_result.json"
    )
    assert answer.headers["content-length"] == str(len(stored))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/2", 404, "ITEM_UNKNOWN"),
        ("/0", 404, "ITEM_UNKNOWN"),
        ("/-1/picture", 404, "ITEM_UNKNOWN"),
        ("/9999999999999999999999/thumbnail", 404, "ITEM_UNKNOWN"),
        ("/1/picture", 404, "NO_PICTURE"),
        ("/1/result", 404, "NO_RESULT"),
    ],
)
def test_what_is_not_there_is_refused_with_its_reason(
    shown: Shown, path: str, status: int, code: str
) -> None:
    shown.run.failed("a.json", b"{}", "no")
    answer = shown.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["text"] != code


def test_the_list_asks_for_a_thumbnail_that_is_not_there_without_an_error(shown: Shown) -> None:
    shown.run.failed("a.json", b"{}", "no")
    answer = shown.get("/1/thumbnail")
    assert (answer.status_code, answer.content) == (204, b"")


def test_nothing_outside_of_the_tasks_folders_is_read(shown: Shown, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (tmp_path / "secret.json").write_bytes(b"{}")
    shown.run.put("a.json", b'{"path":"../secret.png"}')
    shown.run.put("b.png", b"").unlink()
    (shown.run.dataset / "b.png").symlink_to(tmp_path / "secret.png")
    shown.run.line(source="a.json", status="SUCCEEDED", resultLocation="../secret.json")
    shown.run.line(source="b.png", status="SUCCEEDED", resultLocation="/etc/passwd")
    shown.run.line(source="/workspace/dataset/../secret.png", status="SUCCEEDED")
    for number in (1, 2):
        assert shown.get(f"/{number}/picture").json()["error"]["code"] == "PATH_OUTSIDE"
        assert shown.get(f"/{number}/result").json()["error"]["code"] == "PATH_OUTSIDE"
        assert shown.get(f"/{number}").json()["result"] is None
    assert shown.get("/3/picture").json()["error"]["code"] == "SOURCE_OUTSIDE"


def test_a_number_that_is_none_is_refused(shown: Shown) -> None:
    assert shown.get("/first").status_code == 422
    assert shown.get(offset="x").status_code == 422


def test_nobody_reads_a_thing_without_signing_in(shown: Shown) -> None:
    shown.run.succeeded("a.json", seldon(PICTURE), detection(CAR))
    with shown.inside.client() as stranger:
        for path in ("", "/1", "/1/picture", "/1/thumbnail", "/1/result"):
            answer = stranger.get(f"/api/tasks/{shown.task.id}/items{path}")
            assert answer.status_code == 401, path
            assert "car" not in answer.text
