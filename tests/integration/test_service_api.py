"""The online test over HTTP: who may ask, what comes back, and how much may be asked at once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from secrets import token_hex

import httpx
import pytest
from PIL import Image

from inference_ui.backend.models.account import Role
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.services.online import AT_ONCE
from inference_ui.backend.services.service_drafts import UrlDraft
from tests.support.inference_server import Call, Gate, InferenceServer
from tests.support.inside import Inside
from tests.support.waiting import wait_for

Register = Callable[..., OnlineService]


def png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "PNG")
    return picture.getvalue()


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    with InferenceServer() as running:
        yield running


@pytest.fixture
def register(inside: Inside) -> Iterator[Register]:
    """Register a server that runs elsewhere; in the end nothing of it is left: its state changes
    by itself, and other tests look at the whole database."""
    online, made = inside.product.online, []
    administrator = inside.product.accounts.ensure_administrator()

    def registered(url: str, **values: str) -> OnlineService:
        draft = UrlDraft(name=f"outside-{token_hex(4)}", url=url, service_type="SELDON")
        made.append(online.register(administrator, replace(draft, **values)))
        return made[-1]

    yield registered
    for service in made:
        online.delete(administrator, service.id)
    names = {service.name for service in made}
    wait_for(
        lambda: not names & {view.service.name for view in online.all(administrator)},
        "the services gone",
    )


def ask(inside: Inside, service_id: str, role: Role = Role.USER, **request: object):
    with inside.client(inside.session(role)[1]) as http:
        return http.post(f"/api/services/{service_id}/ask", **request)


def test_json_is_sent_as_it_is_and_the_answer_comes_back(inside: Inside, register, server) -> None:
    service = register(server.url, token="t0ken")
    answer = ask(inside, service.id, json={"strData": "夜"})
    assert answer.status_code == 200
    body = answer.json()["answer"]
    assert (body["status"], body["error"], body["problem"]) == (200, "", None)
    assert json.loads(json.loads(body["text"])["echo"]) == {"strData": "夜"}
    assert server.calls[-1].request.headers["Authorization"] == "Bearer t0ken"
    assert "t0ken" not in answer.text


def test_a_picture_is_wrapped_and_its_boxes_are_read_as_the_asker_says(
    inside, register, server
) -> None:
    service = register(server.url)
    picture = {"content": png(), "headers": {"Content-Type": "image/png"}}
    plain = ask(inside, service.id, **picture).json()["answer"]
    other = ask(inside, service.id, params={"box_format": "xywh"}, **picture).json()["answer"]
    assert plain["size"] == [40, 30]
    assert len(plain["objects"]) == len(other["objects"]) > 0
    assert plain["objects"][0]["box"] != other["objects"][0]["box"]
    wrong = ask(inside, service.id, params={"box_format": "no"}, **picture)
    assert wrong.status_code == 422


def test_what_the_server_says_is_an_answer_and_so_is_that_it_says_nothing(inside, register) -> None:
    def refuse(call: Call):
        return call.reply({"detail": "out of memory"}, status=500)

    with InferenceServer(refuse) as server:
        service = register(server.url)
        body = ask(inside, service.id, json={}).json()["answer"]
        assert body["status"] == 500
        assert "out of memory" in body["error"]
    body = ask(inside, service.id, json={}).json()["answer"]
    assert (body["status"], body["problem"]["code"]) == (0, "NO_CONNECTION")


def test_who_may_not_ask_and_what_cannot_be_asked(inside: Inside, register, server) -> None:
    service = register(server.url)
    assert ask(inside, service.id, Role.VIEWER, json={}).status_code == 403
    assert ask(inside, "no", json={}).status_code == 404
    assert ask(inside, service.id, content=b"{not json").status_code == 400
    administrator = inside.product.accounts.ensure_administrator()
    inside.product.online.stop(administrator, service.id)
    stopped = ask(inside, service.id, json={})
    assert (stopped.status_code, stopped.json()["error"]["code"]) == (409, "SERVICE_STOPPED")
    assert server.calls == []


def test_a_user_asks_one_thing_at_a_time_and_all_together_only_a_few(
    inside: Inside, register
) -> None:
    gate = Gate()

    async def later(call: Call):
        await gate.passed()
        return call.reply({})

    def post(cookie: str) -> httpx.Response:
        with inside.client(cookie) as http:
            return http.post(f"/api/services/{service.id}/ask", json={})

    cookies = [inside.session()[1] for _ in range(AT_ONCE + 1)]
    with InferenceServer(later) as server, ThreadPoolExecutor(AT_ONCE) as threads:
        service = register(server.url)
        first = threads.submit(post, cookies[0])
        wait_for(lambda: server.in_flight == 1, "a question in flight")
        again = post(cookies[0])
        assert (again.status_code, again.json()["error"]["code"]) == (409, "ASKED_AT_ONCE")
        others = [threads.submit(post, cookie) for cookie in cookies[1:AT_ONCE]]
        wait_for(lambda: server.in_flight == AT_ONCE, "as many questions as may be")
        assert post(cookies[AT_ONCE]).status_code == 409
        gate.open()
        assert {one.result().status_code for one in (first, *others)} == {200}
        assert post(cookies[AT_ONCE]).status_code == 200
