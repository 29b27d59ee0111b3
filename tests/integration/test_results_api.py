"""The items of a task over HTTP: what a browser or a program gets, and what nobody does."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import httpx
import pytest
from PIL import Image

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.results.pictures import identity_of
from tests.support.inside import Inside
from tests.support.pictures import encoded, huge_png, noise
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
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.get("/1/picture").headers["cache-control"] == "private, no-cache"
    converted = shown.get("/2/picture")
    assert converted.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(converted.content)).size == (64, 48)
    small = shown.get("/1/thumbnail", side=96)
    assert Image.open(io.BytesIO(small.content)).size == (96, 72)


def test_a_large_picture_is_shown_by_a_copy_and_saved_as_it_is(shown: Shown) -> None:
    large = a_picture(6000, 5000, "JPEG", quality=50)
    shown.run.succeeded("夜/large.jpg", large, detection(CAR))
    shown.run.succeeded("small.png", PICTURE, detection(CAR))
    item = shown.get("/1").json()
    assert (item["picture"]["width"], item["picture"]["height"]) == (6000, 5000)
    copy = Image.open(io.BytesIO(shown.get("/1/picture").content))
    assert copy.size == (item["picture"]["shown_width"], item["picture"]["shown_height"])
    assert copy.width < 6000
    assert item["objects"][0]["box"] == [10, 20, 110, 120]
    assert shown.get("/2").json()["picture"]["shown_width"] is None
    saved = shown.get("/1/original")
    assert saved.content == large
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''large.jpg"
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_the_picture_in_a_request_is_saved_under_the_requests_name(shown: Shown) -> None:
    shown.run.succeeded("a.b.json", seldon(PICTURE), detection(CAR))
    saved = shown.get("/1/original")
    assert saved.content == PICTURE
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''a.b.png"


def test_what_cannot_be_shown_says_why(shown: Shown) -> None:
    for name, content in {
        "bomb.png": huge_png(60_000),
        "half.jpg": encoded(noise(), "JPEG")[:9000],
        "evil.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "empty.gif": b"",
    }.items():
        shown.run.succeeded(name, content, detection(CAR))
    codes = [shown.get(f"/{number}/picture").json()["error"]["code"] for number in (1, 2, 3, 4)]
    assert codes == ["PICTURE_TOO_LARGE", "PICTURE_BROKEN", "PICTURE_UNKNOWN", "PICTURE_UNKNOWN"]
    assert [shown.get(f"/{number}/thumbnail").status_code for number in (1, 2, 3, 4)] == [204] * 4
    assert shown.get("/3/original").headers["content-type"] == "application/octet-stream"


def test_the_picture_of_a_request_follows_the_file_that_it_names(shown: Shown) -> None:
    shown.run.succeeded("a.json", b'{"path":"b.png"}', detection(CAR))
    shown.run.put("b.png", PICTURE)
    assert Image.open(io.BytesIO(shown.get("/1/thumbnail", side=96).content)).size == (96, 72)
    shown.run.put("b.png", a_picture(480, 640))
    assert Image.open(io.BytesIO(shown.get("/1/thumbnail", side=96).content)).size == (72, 96)
    shown.run.put("a.json", seldon(a_picture(64, 64)))
    assert Image.open(io.BytesIO(shown.get("/1/thumbnail", side=96).content)).size == (64, 64)


def test_what_nobody_waits_for_any_more_is_not_made(shown: Shown, tmp_path: Path) -> None:
    for number in range(60):
        shown.run.succeeded(f"{number:02d}.tiff", encoded(noise(1200, 900), "TIFF"), b"{}")
    address = httpx.URL(shown.inside.address)
    for number in range(1, 61):
        with socket.create_connection((address.host, address.port)) as gone:
            path = f"/api/tasks/{shown.task.id}/items/{number}/thumbnail"
            cookie = shown.http.headers["cookie"]
            gone.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    assert shown.get("/60/thumbnail").status_code == 200
    copies = shown.inside.product.copies
    made = [
        number
        for number in range(60)
        if copies.known(identity_of(shown.run.dataset, f"{number:02d}.tiff"), 128)
    ]
    assert 59 in made
    assert len(made) < 40


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
        for path in ("", "/1", "/1/picture", "/1/thumbnail", "/1/original", "/1/result"):
            answer = stranger.get(f"/api/tasks/{shown.task.id}/items{path}")
            assert answer.status_code == 401, path
            assert "car" not in answer.text
