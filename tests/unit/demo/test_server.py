"""The sample server's answers, without a process around it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future

import httpx
import pytest
from PIL import Image

from inference_ui.demo.glyphs import page_half
from inference_ui.demo.model import DigitModel
from inference_ui.demo.pages import draw_pages
from inference_ui.demo.server import THREADS, Options, create_app

PREDICTIONS = "/api/v1.0/predictions"
HEALTH = ("/health/ping", "/health/status", "/ready", "/live")


def client_of(model: Future[DigitModel], options: Options) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(model, options))
    return httpx.AsyncClient(transport=transport, base_url="http://digits")


@pytest.fixture
def trained(model: DigitModel) -> Future[DigitModel]:
    future: Future[DigitModel] = Future()
    future.set_result(model)
    return future


@pytest.fixture
async def client(trained: Future[DigitModel]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(trained, Options()) as client:
        yield client


@pytest.fixture(scope="module")
def png() -> bytes:
    return next(draw_pages(page_half(), 1)).png


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_until_the_model_is_trained_it_is_not_ready(model: DigitModel, png: bytes) -> None:
    training: Future[DigitModel] = Future()
    async with client_of(training, Options()) as client:
        early = [await client.get(path) for path in HEALTH]
        early.append(await client.post(PREDICTIONS, json={"strData": text_of(png)}))
        assert [answer.status_code for answer in early] == [503] * 5
        assert {answer.json()["status"]["status"] for answer in early} == {1}

        training.set_result(model)
        assert [(await client.get(path)).status_code for path in HEALTH] == [200] * 4


async def test_every_way_to_send_a_picture_gets_the_same_answer(
    client: httpx.AsyncClient, png: bytes
) -> None:
    requests = [
        {"strData": text_of(png)},
        {"binData": text_of(png)},
        {"strData": f"data:image/png;base64,{text_of(png)}"},
    ]
    answers = [(await client.post(PREDICTIONS, json=request)) for request in requests]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()["dnum"] >= 3


async def test_an_answer_is_four_parallel_fields(client: httpx.AsyncClient, png: bytes) -> None:
    body = (await client.post(PREDICTIONS, json={"strData": text_of(png)})).json()
    assert list(body) == ["dclasses", "dobjects", "dconfidences", "dnum"]
    assert body["dnum"] == len(body["dclasses"]) == len(body["dobjects"])
    assert body["dnum"] == len(body["dconfidences"])
    assert set(body["dclasses"]) <= set("0123456789")
    for x1, y1, x2, y2 in body["dobjects"]:
        assert 0 <= x1 < x2 <= 640
        assert 0 <= y1 < y2 <= 480
    assert all(0.25 <= share <= 1 and round(share, 4) == share for share in body["dconfidences"])


async def test_a_photograph_lying_on_its_side_is_read_as_viewers_show_it(
    client: httpx.AsyncClient, png: bytes
) -> None:
    upright = Image.open(io.BytesIO(png)).convert("L")
    exif = Image.Exif()
    exif[0x0112] = 8  # to be turned by 90° against the clock
    lying = io.BytesIO()
    upright.rotate(-90, expand=True).save(lying, "PNG", exif=exif)
    flat = io.BytesIO()
    upright.save(flat, "PNG")
    answers = [
        (await client.post(PREDICTIONS, json={"strData": text_of(content.getvalue())})).json()
        for content in (lying, flat)
    ]
    assert answers[0] == answers[1]
    assert answers[0]["dnum"] >= 3


def a_bomb() -> bytes:
    """A small file with a picture of more pixels than are accepted."""
    content = io.BytesIO()
    Image.new("1", (8000, 8000)).save(content, "PNG")
    return content.getvalue()


def a_torn_picture() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(content, "PNG")
    return content.getvalue()[:5000]


@pytest.mark.parametrize(
    ("body", "info"),
    [
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"{", "not JSON", id="torn"),
        pytest.param(b"\xff\xfe\x00", "not JSON", id="not UTF-8"),
        pytest.param(b"[]", "neither strData nor binData", id="a list"),
        pytest.param(b'{"jsonData": {}}', "neither strData nor binData", id="other data"),
        pytest.param(b'{"strData": 7}', "neither strData nor binData", id="a number"),
        pytest.param(b'{"strData": "*"}', "not base64", id="not base64"),
        pytest.param('{"strData": "数字"}'.encode(), "not base64", id="not ASCII"),
        pytest.param(b'{"strData": ""}', "not a picture", id="an empty text"),
        pytest.param(b'{"strData": "aGVsbG8="}', "not a picture", id="not a picture"),
        pytest.param(
            json.dumps({"binData": text_of(a_torn_picture())}).encode(),
            "cannot be read",
            id="a torn picture",
        ),
        pytest.param(json.dumps({"binData": text_of(a_bomb())}).encode(), "more than", id="a bomb"),
    ],
)
async def test_what_it_cannot_read_is_a_failure_in_the_words_of_seldon(
    client: httpx.AsyncClient, body: bytes, info: str
) -> None:
    answer = await client.post(PREDICTIONS, content=body)
    assert answer.status_code == 400
    (status,) = answer.json().values()
    assert info in status.pop("info")
    assert status == {"status": 1, "code": 400, "reason": "MICROSERVICE_BAD_DATA"}


async def test_objects_below_the_least_confidence_are_left_out(
    trained: Future[DigitModel], png: bytes
) -> None:
    async with client_of(trained, Options(least_confidence=0.0)) as client:
        everything = (await client.post(PREDICTIONS, json={"strData": text_of(png)})).json()
    least = everything["dconfidences"][1]
    async with client_of(trained, Options(least_confidence=least)) as client:
        some = (await client.post(PREDICTIONS, json={"strData": text_of(png)})).json()
    assert 1 <= some["dnum"] <= 2 < everything["dnum"]


async def test_the_delay_makes_every_picture_wait_for_its_turn(
    trained: Future[DigitModel], png: bytes
) -> None:
    delay_s = 0.2
    async with client_of(trained, Options(delay_s=delay_s)) as client:
        started = time.monotonic()
        send = [
            client.post(PREDICTIONS, json={"strData": text_of(png)}) for _ in range(2 * THREADS)
        ]
        answers = await asyncio.gather(*send)
    assert [answer.status_code for answer in answers] == [200] * 2 * THREADS
    assert time.monotonic() - started >= 2 * delay_s


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONF_THRESHOLD", "1.5"),
        ("CONF_THRESHOLD", "high"),
        ("DELAY_MS", "-1"),
        ("DELAY_MS", "nan"),
    ],
)
def test_an_impossible_option_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=rf"{name}|could not convert"):
        Options.from_environment()


def test_options_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONF_THRESHOLD", raising=False)
    monkeypatch.delenv("DELAY_MS", raising=False)
    assert Options.from_environment() == Options(0.25, 0.0)
    monkeypatch.setenv("CONF_THRESHOLD", "0.9")
    monkeypatch.setenv("DELAY_MS", "250")
    assert Options.from_environment() == Options(0.9, 0.25)
