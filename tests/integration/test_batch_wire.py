"""Answers as they stand on the wire, from servers that no HTTP library would be: each ends in the
line of its own input, and none in another's."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path

import pytest

from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.raw_server import CHUNKED, HEAD, RawCall, RawScript, RawServer, whole


def run_one(tmp_path: Path, script: RawScript, **job: object) -> tuple[BatchRun, RawServer]:
    """Run one input against a script."""
    dataset = make_dataset(tmp_path / "in", 1)
    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, **({"retries": 1} | job))
        ended = run.run()
    assert (ended.code, ended.err) == (0, "")
    return run, server


def echo_of(call: RawCall) -> bytes:
    """Return the body that :meth:`BatchRun.check_complete` expects."""
    return json.dumps({"echo": call.body.decode()}).encode()


def answering(*parts: bytes, close: bool = False) -> RawScript:
    """Return a script that reads the request and writes the parts, one packet each."""

    def script(call: RawCall) -> None:
        assert call.body
        for part in parts:
            call.send(part)
        if close:
            call.close()

    return script


def letter_by_letter(call: RawCall) -> None:
    """Answer so that head, sizes and body are cut everywhere."""
    assert call.body
    call.send_in_pieces(CHUNKED + b"4\r\n[1,2\r\n3\r\n,3]\r\n0\r\n\r\n")


def deflated(content: bytes) -> bytes:
    """Compress without the header of zlib, as some servers understand ``deflate``."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def encoded(how: bytes, body: bytes) -> bytes:
    """Return an answer whose body is encoded."""
    return HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (how, len(body), body)


OLD = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
PACKED = gzip.compress(b'{"packed": 1}')


@pytest.mark.parametrize(
    ("script", "stored"),
    [
        (answering(OLD + b"\r\n[1]", close=True), b"[1]"),
        (answering(OLD + b"Content-Length: 3\r\n\r\n[1]", close=True), b"[1]"),
        (answering(OLD + b"Connection: keep-alive\r\nContent-Length: 3\r\n\r\n[1]"), b"[1]"),
        (answering(b"HTTP/1.1 100 Continue\r\n\r\n", whole(b"[1]")), b"[1]"),
        (answering(HINTS + HINTS + whole(b"[1]")), b"[1]"),
        (answering(b"HTTP/1.1 200 \r\nCONTENT-LENGTH:3\r\n\r\n[1]"), b"[1]"),
        (answering(b"HTTP/1.1 201 Created\r\ncontent-length:   3\r\n\r\n[1]"), b"[1]"),
        (answering(CHUNKED, b"2;name=value\r\n[1\r\n", b"1\r\n]\r\n0\r\nX: y\r\n\r\n"), b"[1]"),
        (answering(CHUNKED + b"00A\r\n[" + b"1,1,1,1" + b"1]\r\n0\r\n\r\n"), b"[1,1,1,11]"),
        (letter_by_letter, b"[1,2,3]"),
        (answering(encoded(b"gzip", PACKED)), b'{"packed": 1}'),
        (answering(encoded(b"gzip", gzip.compress(b"[1,") + gzip.compress(b"2]"))), b"[1,2]"),
        (answering(encoded(b"deflate", zlib.compress(b"[1]"))), b"[1]"),
        (answering(encoded(b"deflate", deflated(b"[1]"))), b"[1]"),
        (answering(encoded(b"identity", b"[1]")), b"[1]"),
        (answering(whole(b"[" * 1000 + b"]" * 1000)), b"[" * 1000 + b"]" * 1000),
    ],
    ids=[
        "1.0 until the end",
        "1.0 with a length",
        "1.0 kept open",
        "100 before it",
        "103 twice before it",
        "no reason and no space",
        "201",
        "chunk extensions and trailers",
        "chunk sizes in odd spelling",
        "letter by letter",
        "gzip",
        "gzip in members",
        "deflate",
        "deflate without a header",
        "identity",
        "a thousand deep",
    ],
)
def test_answers_in_every_lawful_form_are_stored(
    tmp_path: Path, script: RawScript, stored: bytes
) -> None:
    run, server = run_one(tmp_path, script)
    ((name, line),) = run.by_name.items()
    assert line["status"] == "SUCCEEDED"
    assert run.result(name) == stored
    assert len(server.calls) == 1


def then_reset(content: bytes) -> RawScript:
    """Return a script that breaks the connection in the middle of its answer."""

    def script(call: RawCall) -> None:
        assert call.body
        call.send(content)
        call.reset()

    return script


@pytest.mark.parametrize(
    "script",
    [
        then_reset(HEAD + b"Content-Length: 9\r\n\r\n{"),
        then_reset(CHUNKED + b"3\r\n[1,\r\n"),
        answering(HEAD + b"Content-Le", close=True),
        answering(HEAD + b"Content-Length: 9\r\n\r\n{}", close=True),
        answering(CHUNKED + b"2\r\n{}\r\n", close=True),
        answering(CHUNKED.replace(b"chunked", b"Chunked") + b"2\r\n{}\r\n", close=True),
        answering(CHUNKED + b"2\r\n{}\r\n0\r\n", close=True),
        answering(CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n", close=True),
        answering(HEAD + b"Content-Length: -2\r\n\r\n{}", close=True),
        answering(HEAD + b"Content-Length: two\r\n\r\n{}", close=True),
        answering(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", close=True),
        answering(b"HTTP/1.1 twohundred OK\r\n\r\n", close=True),
        answering(b"\x16\x03\x01\x02\x00 TLS", close=True),
        answering(encoded(b"gzip", PACKED[:-12])),
        answering(encoded(b"gzip", PACKED[:-8])),
        answering(encoded(b"gzip", b"no gzip at all")),
        answering(encoded(b"deflate", zlib.compress(b"[1]")[:-6])),
    ],
    ids=[
        "reset in the body",
        "reset in a chunk",
        "closed in the head",
        "closed in the body",
        "closed between chunks",
        "closed between Chunks",
        "closed before the last line",
        "no chunk size",
        "length below zero",
        "length in words",
        "two lengths",
        "no status",
        "TLS",
        "gzip cut",
        "gzip without its checksum",
        "no gzip",
        "deflate cut",
    ],
)
def test_an_answer_that_is_not_whole_is_asked_for_again_and_never_stored(
    tmp_path: Path, script: RawScript
) -> None:
    run, server = run_one(tmp_path, script)
    (line,), (side,) = run.lines, run.sidecar
    assert line["status"] == "FAILED"
    assert line["errorMesssage"].startswith("the connection broke before the answer was whole")
    assert side["cause"] == "CONNECTION_LOST"
    assert len(server.calls) == 2
    assert not (run.output / "result").exists()


def test_a_whole_answer_after_broken_ones_is_taken(tmp_path: Path) -> None:
    broken = [then_reset(HEAD + b"Content-Length: 9\r\n\r\n{"), answering(CHUNKED, close=True)]

    def script(call: RawCall) -> None:
        then = broken[call.number] if call.number < 2 else answering(whole(b"[1]"))
        then(call)

    run, server = run_one(tmp_path, script, retries=3)
    ((name, line),) = run.by_name.items()
    assert line["status"] == "SUCCEEDED"
    assert run.result(name) == b"[1]"
    assert len(server.calls) == 3


NOT_ASKED_FOR = whole(b'{"echo": "this is nobody\'s answer"}')
MORE = {
    "garbage": b"garbage",
    "empty lines": b"\r\n\r\n\r\n",
    "an answer": NOT_ASKED_FOR,
    "three answers": NOT_ASKED_FOR * 3,
    "half an answer": NOT_ASKED_FOR[:-5],
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE.keys())
def test_what_stands_behind_an_answer_is_never_taken_for_the_next_one(
    tmp_path: Path, more: bytes
) -> None:
    dataset = make_dataset(tmp_path / "in", 40)
    with RawServer(lambda call: call.send(whole(echo_of(call)) + more)) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=4, retries=1)
        assert run.run().code == 0
    # Whether such an answer counts as whole is the client's to say; whose it is, is not.
    run.check_complete(names_in(dataset))
    assert {side.get("cause") for side in run.sidecar} <= {None, "CONNECTION_LOST"}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE.keys())
def test_what_comes_on_an_idle_connection_is_never_taken_for_the_next_answer(
    tmp_path: Path, more: bytes
) -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"

    def script(call: RawCall) -> None:
        if call.number == 0:
            assert call.body
            call.send(busy)
            call.send(more)
        else:
            call.send(whole(echo_of(call)))

    run, _ = run_one(tmp_path, script, retries=2)
    assert run.summary.succeeded == 1
    run.check_complete({"part000/requests/00000.json"})


def test_an_answer_longer_than_its_length_says_is_cut_there_or_refused(tmp_path: Path) -> None:
    run, _ = run_one(tmp_path, answering(HEAD + b"Content-Length: 3\r\n\r\n[1], [2]"))
    ((name, line),) = run.by_name.items()
    if line["status"] == "SUCCEEDED":
        assert run.result(name) == b"[1]"
    else:
        assert run.sidecar[0]["cause"] == "CONNECTION_LOST"
