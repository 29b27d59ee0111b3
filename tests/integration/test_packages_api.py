"""Trying a package over REST: what a browser or a program gets, and what nobody does."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.catalog import ModelPackage, PackageLaunch, Variable
from inference_ui.backend.services.asking import MAX_QUESTION
from tests.support import model_server
from tests.support.inside import Inside
from tests.support.results import a_picture
from tests.support.waiting import wait_for

SECRET = f"hush-{token_hex(8)}"
JSON = {"Content-Type": "application/json"}


@dataclass
class Tried:
    """A package, and somebody who may try it."""

    package: ModelPackage
    inside: Inside
    http: httpx.Client
    spec: str

    @property
    def url(self) -> str:
        return f"/api/packages/{self.package.id}/trial"

    def post(self, content: bytes, kind: str = "application/json", **query: str) -> httpx.Response:
        params = {"spec": self.spec, **query}
        headers = {"Content-Type": kind}
        return self.http.post(self.url, params=params, content=content, headers=headers)

    def ended(self) -> dict[str, Any]:
        def seen() -> dict[str, Any] | None:
            trial: dict[str, Any] = self.http.get(self.url).json()
            return trial if trial["phase"] in ("DONE", "FAILED") else None

        return wait_for(seen, "the trial to end", 60)


@pytest.fixture
def tried(inside: Inside) -> Iterator[Tried]:
    product = inside.product
    admin = product.accounts.ensure_administrator()
    command = (sys.executable, str(Path(model_server.__file__)), "--port", "{port}")
    launch = PackageLaunch(
        command=command,
        variables=(
            Variable(name="KEY", default=SECRET, secret=True),
            Variable(name="MODE", default="good"),
        ),
    )
    package = product.packages.add(
        admin,
        ModelPackage(
            name=f"m-{token_hex(4)}",
            version="1.0.0",
            owner_id="",
            service_type="SELDON",
            launch=launch,
        ),
    )
    spec = next(row.id for row in product.catalog.specs(admin) if row.name == "cpu-half")
    with inside.client(inside.session()[1]) as http:
        yield Tried(package, inside, http, spec)


def test_json_is_asked_as_it_is_and_the_answer_read_later(tried: Tried) -> None:
    started = tried.post(b'{"strData": "hello"}')
    assert started.status_code == 200
    trial = tried.ended()
    assert trial["id"] == started.json()["id"]
    assert trial["phase"] == "DONE"
    assert trial["answer"]["text"] == '{"jsonData": {"echo": "hello"}}'
    assert trial["answer"]["request"] == '{"strData": "hello"}'
    assert SECRET not in str(trial)


def test_a_picture_is_wrapped_and_can_be_looked_at_again(tried: Tried) -> None:
    picture = a_picture(20, 10)
    assert tried.post(picture, "image/png", name="page.png").status_code == 200
    assert tried.ended()["answer"]["size"] == [20, 10]
    shown = tried.http.get(f"{tried.url}/picture")
    assert shown.content == picture
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "application/json", "QUESTION_EMPTY"),
        (b"{", "application/json", "QUESTION_NO_JSON"),
        (b"\xff", "application/json", "QUESTION_NO_JSON"),
        (b"no picture", "image/png", "PICTURE_UNKNOWN"),
        (b"x" * (MAX_QUESTION + 1), "application/octet-stream", "QUESTION_TOO_LARGE"),
    ],
    ids=["empty", "torn", "no text", "no picture", "large"],
)
def test_what_cannot_be_asked_is_told(tried: Tried, content: bytes, kind: str, code: str) -> None:
    answer = tried.post(content, kind)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert tried.http.get(tried.url).status_code == 404


def test_values_for_this_question_alone_come_in_a_header(tried: Tried) -> None:
    def asked(content: bytes) -> httpx.Response:
        headers = {**JSON, "X-Overrides": b64encode(content).decode()}
        given = {"spec": tried.spec}
        return tried.http.post(
            tried.url, params=given, content=b'{"strData": "x"}', headers=headers
        )

    assert asked(b'{"environment": {"STRANGE": "x"}}').status_code == 422
    for torn in (b"{", b"[]", b'{"colour": "red"}', b"\xff"):
        answer = asked(torn)
        assert answer.status_code == 400, torn
        assert answer.json()["error"]["code"] == "OVERRIDES_UNREADABLE"
    assert asked(b'{"environment": {"MODE": "crash"}}').status_code == 200
    trial = tried.ended()
    assert (trial["phase"], trial["exit_code"]) == ("FAILED", 3)


def test_a_spec_that_is_not_there_is_told_by_its_field(tried: Tried) -> None:
    answer = tried.post(b"{}", spec="gone")
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"]["spec_id"]["code"] == "REQUIRED"


def test_a_viewer_sees_a_trial_but_neither_starts_nor_stops_one(tried: Tried) -> None:
    tried.post(b'{"strData": "hello"}')
    with tried.inside.client(tried.inside.session(Role.VIEWER)[1]) as viewer:
        answer = viewer.post(tried.url, params={"spec": tried.spec}, content=b"{}", headers=JSON)
        assert answer.status_code == 403
        assert viewer.delete(tried.url).status_code == 403
        assert viewer.get(tried.url).status_code == 200
    tried.ended()


def test_its_owner_ends_a_trial(tried: Tried) -> None:
    assert tried.http.delete(tried.url).status_code == 404
    tried.post(b'{"strData": "hello"}')
    assert tried.http.delete(tried.url).status_code == 204
    assert tried.ended()["phase"] in ("FAILED", "DONE")
    assert tried.http.post("/api/packages/gone/trial", content=b"{}").status_code == 404


def test_its_owner_says_anew_how_boxes_are_written(tried: Tried) -> None:
    url = f"/api/packages/{tried.package.id}"
    with tried.inside.client(tried.inside.session(Role.ADMINISTRATOR)[1]) as owner:
        answer = owner.patch(url, json={"box_format": "xywh"})
        assert answer.json() == {
            "id": tried.package.id,
            "name": tried.package.name,
            "version": tried.package.version,
            "box_format": "xywh",
        }
        for wrong in ({"box_format": "round"}, {"box_format": "xyxy", "name": "x"}, {}):
            assert owner.patch(url, json=wrong).status_code == 422
        assert owner.patch("/api/packages/gone", json={"box_format": "xyxy"}).status_code == 404
    for role in (Role.VIEWER, Role.USER):
        with tried.inside.client(tried.inside.session(role)[1]) as other:
            refused = other.patch(url, json={"box_format": "xyxy"})
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "NOT_YOUR_PACKAGE"
