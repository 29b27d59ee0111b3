"""Asking a server one thing: whatever it says, or does not, is an answer that can be shown."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image

from inference_ui.api.asking import answer_json
from inference_ui.backend.cluster.local.sockets import free_port
from inference_ui.backend.errors import Refused
from inference_ui.backend.imaging import BadPicture
from inference_ui.backend.models.catalog import PackageLaunch, PackageSnapshot
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.asking import (
    MAX_ANSWER,
    MAX_QUESTION,
    MAX_SHOWN,
    Answer,
    Door,
    Question,
    ask,
    is_ready,
)
from tests.support.inference_server import DETECTION, Call, InferenceServer, Script
from tests.support.raw_server import RawCall, RawServer, whole
from tests.support.tls import make_certificate

TEXT = Question(json='{"strData": "hello"}')


def package(kind: ServiceType = ServiceType.SELDON, **launch: object) -> PackageSnapshot:
    """A package of a server that runs already."""
    return PackageSnapshot(
        id="p",
        name="model",
        version="1.0.0",
        service_type=kind,
        model_name="",
        box_format=BoxFormat.XYXY,
        launch=PackageLaunch(**launch),
    )


def picture(width: int = 100, height: int = 80, kind: str = "PNG") -> bytes:
    """A white picture."""
    target = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(target, kind)
    return target.getvalue()


def asked(script: Script, question: Question = TEXT, timeout_s: float = 10.0) -> Answer:
    """The answer of a server that does what ``script`` says."""
    with InferenceServer(script) as server:
        return ask(Door(server.url), package(), question, timeout_s=timeout_s)


def sent(answer: Answer) -> dict[str, object]:
    """What the browser gets: it must be JSON that browsers read."""
    return json.loads(json.dumps(answer_json(answer), allow_nan=False, ensure_ascii=False).encode())


def test_a_picture_is_wrapped_and_its_objects_come_back_in_pixels_of_it() -> None:
    with InferenceServer() as server:
        answer = ask(
            Door(server.url), package(), Question(picture=picture(), suffix=".png"), timeout_s=10
        )
        body = json.loads(server.bodies[0])
    assert list(body) == ["strData"]
    assert (answer.status, answer.size, answer.error) == (200, (100, 80), "")
    assert answer.objects is not None
    assert [(one.name, one.confidence, one.box) for one in answer.objects] == [
        ("cat", 0.9, (1, 2, 30, 40)),
        ("dog", 0.75, (5, 6, 70, 80)),
    ]
    assert answer.ms > 0
    assert sent(answer)["objects"][0]["box"] == [1, 2, 30, 40]  # type: ignore[index]


def test_another_order_of_boxes_may_be_tried_without_changing_the_package() -> None:
    with InferenceServer() as server:
        question = Question(picture=picture(), suffix=".png")
        answer = ask(Door(server.url), package(), question, box_format=BoxFormat.XYWH)
    assert answer.objects is not None
    assert answer.objects[0].box == (1, 2, 31, 42)


def test_json_is_sent_as_it_is_and_plain_json_comes_back_as_text() -> None:
    with InferenceServer(lambda call: call.reply({"jsonData": {"echo": "ho"}})) as server:
        answer = ask(Door(server.url), package(), Question(json='  {"strData":\t"hé"} '))
        assert server.bodies == ['  {"strData":\t"hé"} '.encode()]
        assert server.calls[0].headers["Content-Type"] == "application/json"
    assert answer.objects is None
    assert json.loads(answer.text) == {"jsonData": {"echo": "ho"}}
    assert answer.request == '  {"strData":\t"hé"} '


def test_a_class_with_its_confidence_is_read_out() -> None:
    answer = asked(lambda call: call.reply({"jsonData": {"class": "cat", "confidence": 0.8}}))
    assert answer.reading is not None
    assert answer.reading.classes[0].name == "cat"
    assert sent(answer)["reading"]["classes"] == [{"name": "cat", "confidence": 0.8}]  # type: ignore[index]


def test_headers_go_with_every_request() -> None:
    with InferenceServer() as server:
        ask(Door(server.url, {"Authorization": "Bearer key"}), package(), TEXT)
        assert server.calls[0].headers["Authorization"] == "Bearer key"


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_the_servers_own_words_say_what_is_wrong(status: int) -> None:
    answer = asked(
        lambda call: call.reply({"status": {"status": 1, "info": "no such model"}}, status)
    )
    assert (answer.status, answer.error) == (status, "no such model")
    assert answer.objects is None
    assert answer.problem is None


def test_a_failure_that_comes_with_200_is_an_error() -> None:
    answer = asked(lambda call: call.reply({"status": {"status": "FAILURE", "info": "bad shape"}}))
    assert (answer.status, answer.error) == (200, "bad shape")


def test_a_redirect_is_not_followed() -> None:
    def away(call: Call) -> web.Response:
        return call.reply(b"", 302, Location="http://127.0.0.1:1/elsewhere")

    answer = asked(away)
    assert answer.status == 302
    assert answer.error


def test_a_page_instead_of_json_is_shown_as_it_came() -> None:
    answer = asked(lambda call: call.reply(b"<html>It works!</html>"))
    assert (answer.status, answer.text) == (200, "<html>It works!</html>")
    assert answer.objects is None


def test_where_nobody_listens_the_connection_is_the_problem() -> None:
    answer = ask(Door(f"http://127.0.0.1:{free_port()}"), package(), TEXT, timeout_s=5)
    assert answer.status == 0
    assert answer.problem is not None
    assert answer.problem.code == "NO_CONNECTION"
    assert answer.request == TEXT.json
    assert sent(answer)["problem"]["code"] == "NO_CONNECTION"  # type: ignore[index]


def test_a_connection_that_breaks_is_a_problem_too() -> None:
    answer = asked(lambda call: call.reset())
    assert answer.problem is not None
    assert answer.problem.code == "NO_CONNECTION"


def test_who_does_not_answer_in_time_is_given_up() -> None:
    async def never(call: Call) -> web.Response:
        await asyncio.Event().wait()
        return call.reply({})

    answer = asked(never, timeout_s=0.3)
    assert answer.problem is not None
    assert answer.problem.code == "NO_ANSWER_IN_TIME"
    assert answer.ms >= 300


def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    async def dripping(call: Call) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(call.request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    answer = asked(dripping, timeout_s=0.5)
    assert answer.problem is not None
    assert answer.problem.code == "NO_ANSWER_IN_TIME"
    assert answer.ms < 5_000


def test_of_a_huge_answer_the_beginning_is_shown() -> None:
    answer = asked(lambda call: call.reply(b'"' + b"a" * (MAX_ANSWER + 100) + b'"'))
    assert answer.shortened
    assert len(answer.text) == MAX_SHOWN


def test_an_answer_with_nan_and_half_characters_still_reaches_the_browser() -> None:
    body = (
        b'{"jsonData": {"dclasses": ["c\\ud800t"], "dobjects": [[1, 2, NaN, 4]],'
        b' "dconfidences": [NaN], "dnum": 1}}'
    )
    answer = asked(lambda call: call.reply(body))
    assert "NaN" in answer.text
    sent(answer)


def test_a_package_of_the_custom_type_says_where_and_how() -> None:
    custom = package(
        ServiceType.CUSTOM,
        predict_path="/v1/detect",
        readiness_path="/up",
        image_template='{"img": "{image}", "top": 3}',
    )
    with InferenceServer(lambda call: call.reply({"result": DETECTION})) as server:
        answer = ask(Door(server.url), custom, Question(picture=picture(), suffix=".png"))
        assert server.calls[0].path == "/v1/detect"
        assert json.loads(server.bodies[0])["top"] == 3
    assert answer.objects is not None
    assert len(answer.objects) == 2


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question(), "QUESTION_EMPTY"),
        (Question(json="  \n"), "QUESTION_EMPTY"),
        (Question(json='{"a": 1'), "QUESTION_NO_JSON"),
        (Question(json='"' + "a" * MAX_QUESTION + '"'), "QUESTION_TOO_LARGE"),
        (Question(picture=b"\x89PNG\r\n\x1a\n" + b"\0" * MAX_QUESTION), "QUESTION_TOO_LARGE"),
    ],
    ids=["nothing", "blank", "half", "large", "large picture"],
)
def test_what_is_no_question_is_not_sent(question: Question, code: str) -> None:
    with InferenceServer() as server:
        with pytest.raises(Refused) as error:
            ask(Door(server.url), package(), question)
        assert server.calls == []
    assert error.value.code == code


@pytest.mark.parametrize("content", [b"<svg/>", picture()[:40], b"\xff\xd8\xff"])
def test_what_is_no_picture_is_not_sent(content: bytes) -> None:
    with InferenceServer() as server:
        with pytest.raises(BadPicture):
            ask(Door(server.url), package(), Question(picture=content, suffix=".png"))
        assert server.calls == []


def test_null_is_json() -> None:
    assert asked(lambda call: call.reply({}), Question(json="null")).status == 200


def test_a_certificate_of_ones_own_authority_is_trusted_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certificate, tls = make_certificate(tmp_path)
    other, _ = make_certificate(tmp_path / "other")

    def echo(call: RawCall) -> None:
        call.send(whole(b'{"jsonData": %s}' % call.body))

    with RawServer(echo, tls=tls) as server:
        good = ask(Door(server.url, ca=certificate.read_text()), package(), TEXT, timeout_s=10)
        assert good.status == 200
        for ca in ("", other.read_text(), "no certificate"):
            answer = ask(Door(server.url, {"Authorization": "key"}, ca), package(), TEXT)
            assert answer.problem is not None, ca
            assert answer.problem.code == "NO_CONNECTION"


def test_readiness_is_asked_and_its_answer_told() -> None:
    status = [503]
    with InferenceServer(ready=lambda: status[0]) as server:
        told = is_ready(Door(server.url), package())
        assert told is not None
        assert told.code == "ANSWERS_STATUS"
        assert dict(told.args) == {"status": 503, "path": "/health/ping"}
        status[0] = 200
        assert is_ready(Door(server.url), package()) is None
    gone = is_ready(Door(server.url), package())
    assert gone is not None
    assert gone.code == "NO_CONNECTION"


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    assert asked(lambda call: call.reply({})).status == 200


def test_an_address_that_is_none_is_a_problem_and_no_crash() -> None:
    for url in ("http://", "ftp://127.0.0.1", "http://[::1", "http://127.0.0.1:99999"):
        answer = ask(Door(url), package(), TEXT, timeout_s=2)
        assert answer.problem is not None, url
