"""Uploads over HTTP: bodies that stream, connections that break, other people's uploads."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from inference_ui.backend.models.account import Role
from tests.support.inside import Inside
from tests.support.waiting import wait_for
from tests.support.zips import a_zip


def begun(inside: Inside, http: httpx.Client, files: dict[str, bytes], **more: Any) -> str:
    """Begin an upload to the volume of datasets; return its id."""
    volumes = inside.product.catalog.volumes(inside.product.accounts.ensure_administrator())
    volume = next(row.id for row in volumes if row.name == "datasets")
    size = sum(map(len, files.values()))
    draft = {"name": f"u-{token_hex(4)}", "volume_id": volume, "files": len(files), "bytes": size}
    answer = http.post("/api/uploads", json=draft | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def body_of(files: dict[str, bytes]) -> bytes:
    line = [{"path": path, "size": len(c), "length": len(c)} for path, c in files.items()]
    return json.dumps(line).encode() + b"\n" + b"".join(files.values())


def send(http: httpx.Client, upload: str, body: bytes, sender: str = "me") -> httpx.Response:
    return http.post(f"/api/uploads/{upload}/files", content=body, headers={"X-Sender": sender})


def folder_of(inside: Inside, name: str) -> Path:
    return inside.product.settings.volumes_folder / "datasets" / name


def test_a_program_uploads_files_and_finds_its_dataset(inside: Inside) -> None:
    files = {"a.json": b"{}", "in/big.bin": os.urandom(5 << 20), "夜间.json": b"[]"}
    with inside.client(inside.session()[1]) as http:
        upload = begun(inside, http, files)
        assert send(http, upload, body_of(files)).json() == {"files": 3, "bytes": (5 << 20) + 4}
        arrived = http.get(f"/api/uploads/{upload}/arrived").json()
        assert arrived == {"files": {path: len(c) for path, c in files.items()}, "parts": {}}
        done = http.post(f"/api/uploads/{upload}/finish", json={}).json()
    assert done["status"] == "DONE"
    assert (folder_of(inside, done["name"]) / "in/big.bin").read_bytes() == files["in/big.bin"]


def test_a_zip_is_unpacked_while_one_looks(inside: Inside) -> None:
    data = a_zip({"a.json": b"{}"})
    with inside.client(inside.session()[1]) as http:
        upload = begun(inside, http, {"archive.zip": data}, zipped=True)
        send(http, upload, body_of({"archive.zip": data}))
        assert http.post(f"/api/uploads/{upload}/finish", json={}).status_code == 200
        path = f"/api/uploads/{upload}"
        wait_for(lambda: http.get(path).json()["status"] == "DONE", "the zip unpacked")
        done = http.get(path).json()
    assert (folder_of(inside, done["name"]) / "a.json").read_bytes() == b"{}"


def test_what_came_before_the_connection_broke_is_there(inside: Inside) -> None:
    _, cookie = inside.session()
    big = os.urandom(6 << 20)
    with inside.client(cookie) as http:
        upload = begun(inside, http, {"big": big})
        body = body_of({"big": big})
        address = httpx.URL(inside.address)
        with socket.create_connection((address.host, address.port)) as raw:
            head = (
                f"POST /api/uploads/{upload}/files HTTP/1.1\r\nHost: {address.netloc.decode()}\r\n"
                f"Cookie: {cookie}\r\nX-Sender: me\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            raw.sendall(head.encode() + body[: 4 << 20])
            path = f"/api/uploads/{upload}/arrived"
            wait_for(lambda: http.get(path).json()["parts"].get("big", 0) > 1 << 20, "some bytes")
        there = wait_for(
            lambda: send(http, upload, body_of({"big": big})).status_code == 200, "the door open"
        )
        assert there
        done = http.post(f"/api/uploads/{upload}/finish", json={}).json()
    assert (folder_of(inside, done["name"]) / "big").read_bytes() == big


def test_refusals_have_a_status_a_code_and_words(inside: Inside) -> None:
    with inside.client(inside.session()[1]) as http:
        upload = begun(inside, http, {"a": b"1"})
        answer = send(http, upload, body_of({"../a": b"1"}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UPLOAD_PATH_OUTSIDE")
        assert http.post(f"/api/uploads/{upload}/files", content=b"").status_code == 422
        assert http.post(f"/api/uploads/{upload}/finish", json={}).status_code == 409
        assert send(http, upload, body_of({"a": b"1"})).status_code == 200
        other = send(http, upload, body_of({"a": b"1"}), "other")
        assert (other.status_code, other.json()["error"]["code"]) == (409, "UPLOAD_ELSEWHERE")
        released = http.post(f"/api/uploads/{upload}/release?sender=me")
        assert released.status_code == 204
        assert send(http, upload, body_of({"a": b"1"}), "other").status_code == 200
        assert http.delete(f"/api/uploads/{upload}").status_code == 204
        assert http.get(f"/api/uploads/{upload}").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.USER])
def test_nobody_reaches_the_uploads_of_others(inside: Inside, role: Role) -> None:
    with inside.client(inside.session()[1]) as owner:
        upload = begun(inside, owner, {"a": b"1"})
        with inside.client(inside.session(role)[1]) as http:
            assert http.get("/api/uploads").json() == []
            path = f"/api/uploads/{upload}"
            for answer in (
                http.get(path),
                http.get(f"{path}/arrived"),
                send(http, upload, body_of({"a": b"1"})),
                http.post(f"{path}/finish", json={}),
                http.post(f"{path}/release?sender=me"),
                http.delete(path),
            ):
                assert answer.status_code == 403, answer.request.url
        evil = owner.delete(f"/api/uploads/{upload}", headers={"Origin": "http://evil.example"})
        assert evil.status_code == 403
        assert owner.get(f"/api/uploads/{upload}").status_code == 200
