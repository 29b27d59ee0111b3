"""Servers that answer in every wrong way: each answer's meaning, in the line of its input."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from aiohttp import web

from tests.support.batch import BatchRun, Ended, make_dataset, names_in
from tests.support.inference_server import Call, InferenceServer, Script

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def run_one(tmp_path: Path, script: Script, **job: object) -> tuple[BatchRun, Ended, list[Call]]:
    """Run one input against a script."""
    dataset = make_dataset(tmp_path / "in", 1)
    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, **({"retries": 1} | job))
        ended = run.run()
    assert ended.code == 0, ended.err
    return run, ended, server.calls


def dribble(call: Call) -> object:
    """Answer byte by byte."""

    async def answer() -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(call.request)
        for byte in b'{"slow": "%s"}' % (b"x" * 20):
            await response.write(bytes([byte]))
            await asyncio.sleep(0.002)
        return response

    return answer()


@pytest.mark.parametrize(
    ("script", "stored"),
    [
        (lambda call: call.reply({"a": 1}, Connection="close"), b'{"a": 1}'),
        (lambda call: call.raw(HEAD + b"Content-Length: 2\r\n\r\n{}"), b"{}"),
        (lambda call: call.raw(HEAD + b"\r\n[1]"), b"[1]"),
        (lambda call: call.raw(CHUNKED + b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"), b"[1,2]"),
        (
            lambda call: call.reply(gzip.compress(b'{"packed": 1}'), Content_Encoding="gzip"),
            b'{"packed": 1}',
        ),
        (dribble, b'{"slow": "xxxxxxxxxxxxxxxxxxxx"}'),
        (lambda call: call.reply(b'"text"', Content_Type="text/html"), b'"text"'),
    ],
    ids=["close", "closed without a word", "until the end", "chunked", "gzip", "slow", "type"],
)
def test_odd_but_whole_answers_are_stored(tmp_path: Path, script: Script, stored: bytes) -> None:
    run, _, calls = run_one(tmp_path, script)
    (name,) = run.by_name
    assert run.by_name[name]["status"] == "SUCCEEDED"
    assert run.result(name) == stored
    assert len(calls) == 1


HTML = b"<!doctype html><title>It works</title>"
FAILURE = {"status": {"status": 1, "info": "unexpected protocol", "code": -1}}


@pytest.mark.parametrize(
    ("script", "words", "cause", "tries"),
    [
        (lambda c: c.reply(HTML), f"the answer is not JSON: {HTML.decode()}", "ANSWER_NOT_JSON", 1),
        (lambda c: c.reply(b""), "the answer is empty", "ANSWER_EMPTY", 1),
        (lambda c: c.reply(b'{"a": NaN}'), "the answer is not JSON", "ANSWER_NOT_JSON", 1),
        (lambda c: c.reply(b'"\xff"'), "the answer is not UTF-8", "ANSWER_NOT_UTF8", 1),
        (lambda c: c.reply(b"[" * 99999), "the answer is nested too", "ANSWER_TOO_DEEP", 1),
        (lambda c: c.reply(FAILURE), "unexpected protocol", "FAILURE_STATUS", 1),
        (lambda c: c.reply(FAILURE, 400), "unexpected protocol", "HTTP_400", 1),
        (lambda c: c.reply(HTML, 500), HTML.decode(), "HTTP_500", 1),
        (lambda c: c.reply(b"x" * 9000, 500), "x" * 2000, "HTTP_500", 1),
        (lambda c: c.reply(b"", 302, Location="/elsewhere"), "HTTP 302", "HTTP_302", 1),
        (lambda c: c.reply(b"busy", 503), "busy", "HTTP_503", 2),
        (lambda c: c.reply(b"slow down", 429), "slow down", "HTTP_429", 2),
        (lambda c: c.reset(), "the connection broke", "CONNECTION_LOST", 2),
        (
            lambda c: c.raw(HEAD + b"Content-Length: 99\r\n\r\n{"),
            "the connection broke",
            "CONNECTION_LOST",
            2,
        ),
        (lambda c: c.raw(CHUNKED + b"99\r\n{"), "the connection broke", "CONNECTION_LOST", 2),
        (lambda c: c.raw(b"SSH-2.0-hello\r\n"), "the connection broke", "CONNECTION_LOST", 2),
        (
            lambda c: c.reply(b"no gzip", Content_Encoding="gzip"),
            "the connection broke",
            "CONNECTION_LOST",
            2,
        ),
        (lambda c: asyncio.sleep(30), "no answer within 1 s", "TIMEOUT", 2),
    ],
)
def test_what_is_no_answer_fails_in_the_servers_own_words(
    tmp_path: Path, script: Script, words: str, cause: str, tries: int
) -> None:
    timeout_s = 1.0 if cause == "TIMEOUT" else 60.0
    run, _, calls = run_one(tmp_path, script, timeout_s=timeout_s)
    (line,) = run.lines
    assert line["status"] == "FAILED"
    assert line["errorMesssage"].startswith(words)
    assert len(line["errorMesssage"]) <= 2000
    (side,) = run.sidecar
    assert (side["cause"], side.get("tries", 1)) == (cause, tries)
    assert len(calls) == tries
    assert not (run.output / "result").exists()


def test_what_can_succeed_later_is_tried_again_until_it_does(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 6)
    statuses = dict(enumerate((408, 425, 429, 502, 503, 504)))
    tries: Counter[bytes] = Counter()

    def script(call: Call) -> web.Response:
        tries[call.body] += 1
        number = int(json.loads(call.body)["strData"])
        return call.reply({}, 200 if tries[call.body] == 3 else statuses[number])

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=2)
        assert run.run().code == 0
    assert run.summary.succeeded == 6
    assert [side["tries"] for side in run.sidecar] == [3] * 6


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    at: list[float] = []

    def script(call: Call) -> web.Response:
        at.append(time.monotonic())
        return call.reply({}, 200) if call.number else call.reply({}, 429, Retry_After="2")

    run, _, _ = run_one(tmp_path, script)
    assert run.lines[0]["status"] == "SUCCEEDED"
    assert at[1] - at[0] >= 2


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: %d\r\n\r\n",
        HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n",
        HEAD.replace(b"1.1", b"1.0") + b"X: %d\r\n\r\n",
    ],
    ids=["without a word", "as it says", "which ends the answer"],
)
def test_a_server_that_closes_after_each_answer_costs_no_item(tmp_path: Path, head: bytes) -> None:
    dataset = make_dataset(tmp_path / "in", 200)

    def script(call: Call) -> object:
        body = json.dumps({"echo": call.body.decode()}).encode()
        return call.raw(head % len(body) + body)

    with InferenceServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    assert run.summary.succeeded == 200
    run.check_complete(names_in(dataset))
