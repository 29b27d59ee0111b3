"""Servers that behave badly over more than one answer: silent, endless, hasty, redirecting, or not
ready though they say so. Each input ends with a line, and the run ends in time."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import zlib
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from inference_ui.backend.records import Outcome, WalkState
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import Call, InferenceServer, detect
from tests.support.raw_server import CHUNKED, HEAD, RawCall, RawScript, RawServer, whole
from tests.support.waiting import wait_for

LIMIT = 256 << 20


def only_line(run: BatchRun) -> tuple[dict[str, str], str | None]:
    """Return the one line of a run, and the cause beside it."""
    (line,), (side,) = run.lines, run.sidecar
    return line, side.get("cause")


def is_waiting(run: BatchRun) -> bool:
    """Whether the client says that it waits for a server."""
    return run.progress is not None and run.progress.state is WalkState.WAITING_FOR_SERVER


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with InferenceServer() as other:

        def script(call: Call) -> web.Response:
            return call.reply(b"", status, Location=f"{other.url}{call.path}")

        with InferenceServer(script) as server:
            run = BatchRun(tmp_path, dataset, server.url)
            assert run.run().code == 0
        assert other.calls == []
    line, cause = only_line(run)
    assert (line["status"], line["errorMesssage"]) == ("FAILED", f"HTTP {status}")
    assert cause == f"HTTP_{status}"
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("answer", "words", "cause"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", "the answer is empty", "ANSWER_EMPTY"),
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", "HTTP 304", "HTTP_304"),
    ],
)
def test_answers_that_have_no_body_do_not_hold_the_connection(
    tmp_path: Path, answer: bytes, words: str, cause: str
) -> None:
    dataset = make_dataset(tmp_path / "in", 20)

    def script(call: RawCall) -> None:
        number = int(json.loads(call.body)["strData"])
        echo = json.dumps({"echo": call.body.decode()}).encode()
        call.send(answer if number % 2 else whole(echo))

    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, max_in_flight=2)
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
    failed = [line for line in run.lines if line["status"] == "FAILED"]
    assert [line["errorMesssage"] for line in failed] == [words] * 10
    assert {side.get("cause") for side in run.sidecar} == {None, cause}


def silent_in_the_middle(call: RawCall) -> None:
    """Begin an answer and leave it."""
    call.send(HEAD + b"Content-Length: 20\r\n\r\n{")
    call.wait_for_its_end()


def silent_after_a_hint(call: RawCall) -> None:
    """Say that there will be an answer."""
    call.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    call.wait_for_its_end()


def drip(call: RawCall) -> None:
    """Answer with a space now and then, for ever: each wait is short, the whole is not."""
    call.send(CHUNKED)
    pause = threading.Event()
    while not pause.wait(0.05):
        call.send(b"1\r\n \r\n")


@pytest.mark.parametrize(
    "script", [RawCall.wait_for_its_end, silent_in_the_middle, silent_after_a_hint, drip]
)
def test_a_server_that_never_ends_its_answer_fails_the_input_after_its_retries(
    tmp_path: Path, script: RawScript
) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, timeout_s=0.6, retries=2)
        assert run.run().code == 0
    line, cause = only_line(run)
    assert line["errorMesssage"] == "no answer within 0.6 s"
    assert cause == "TIMEOUT"
    assert run.sidecar[0]["tries"] == 3
    assert len(server.calls) == 3


@pytest.mark.parametrize("accepts", [True, False], ids=["accepts", "does not even accept"])
def test_a_server_that_says_nothing_at_all_is_waited_for(tmp_path: Path, accepts: bool) -> None:
    dataset = make_dataset(tmp_path / "in", 3)
    with socket.create_server(("127.0.0.1", 0), backlog=16) as silent:
        if accepts:
            threading.Thread(target=_accept_all, args=(silent,), daemon=True).start()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        run = BatchRun(tmp_path, dataset, url, connect_timeout_s=0.3, retries=0)
        run.start()
        wait_for(lambda: is_waiting(run), "the client waiting")
        run.kill(signal.SIGTERM)
        assert run.wait(timeout_s=20).code == 75
        silent.shutdown(socket.SHUT_RDWR)
    assert run.lines == []
    assert run.summary.skipped == 3


def _accept_all(listener: socket.socket) -> None:
    accepted = []
    while True:
        try:
            accepted.append(listener.accept()[0])
        except OSError:
            break
    for connection in accepted:
        connection.close()


def too_long_by_its_length(call: RawCall) -> None:
    """Promise more than is taken."""
    call.send(HEAD + b"Content-Length: %d\r\n\r\n" % (LIMIT + 1))
    call.wait_for_its_end()


def without_end(call: RawCall) -> None:
    """Answer for ever."""
    call.send(CHUNKED)
    part = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    while True:
        call.send(part)


def packed_bomb(call: RawCall) -> None:
    """Answer with little that unpacks to too much."""
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    parts = [packer.compress(b" " * (1 << 20)) for _ in range((LIMIT >> 20) + 2)]
    body = b"".join([*parts, packer.flush()])
    call.send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("script", [too_long_by_its_length, without_end, packed_bomb])
def test_an_answer_that_is_too_large_fails_at_once_and_is_not_kept(
    tmp_path: Path, script: RawScript
) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    line, cause = only_line(run)
    assert line["errorMesssage"] == "the answer is larger than 256 MiB"
    assert cause == "ANSWER_TOO_LARGE"
    assert len(server.calls) == 1


def head_without_end(call: RawCall) -> None:
    """Write header after header, for ever."""
    call.send(HEAD)
    part = b"X-More: " + b"x" * 1000 + b"\r\n"
    while True:
        call.send(part)


def header_without_end(call: RawCall) -> None:
    """Write one header that never ends."""
    call.send(HEAD + b"X-Long: ")
    while True:
        call.send(b"x" * 4096)


@pytest.mark.parametrize("script", [head_without_end, header_without_end])
def test_headers_without_end_break_the_connection_and_take_no_memory(
    tmp_path: Path, script: RawScript
) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    most = 0
    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=1)
        process = run.start()
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            most = max(most, _memory_of(watched))
            threading.Event().wait(0.02)
        assert run.wait().code == 0
    line, cause = only_line(run)
    assert line["status"] == "FAILED"
    assert cause == "CONNECTION_LOST"
    assert most < 400 << 20


def _memory_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def test_an_answer_with_more_than_64_kilobytes_of_headers_is_whole_or_refused(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    more = b"X-Long: " + b"x" * 70_000 + b"\r\n"
    with RawServer(lambda call: call.send(HEAD + more + b"Content-Length: 3\r\n\r\n[1]")) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=1)
        assert run.run().code == 0
    line, cause = only_line(run)
    if line["status"] == "SUCCEEDED":
        assert run.result("part000/requests/00000.json") == b"[1]"
    else:
        assert cause == "CONNECTION_LOST"


def then_keep_reading(call: RawCall) -> None:
    """Refuse before the request was read, and read it then."""
    call.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 12\r\n\r\nmuch too big")
    assert call.body


def then_close_in_good_order(call: RawCall) -> None:
    """Refuse before the request was read, and say that nothing more will come."""
    call.send(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 12\r\n\r\n")
    call.send(b"much too big")
    call.end_writing()
    call.wait_for_its_end()


@pytest.mark.parametrize("script", [then_keep_reading, then_close_in_good_order])
def test_an_answer_before_the_request_was_read_is_heard(tmp_path: Path, script: RawScript) -> None:
    dataset = tmp_path / "in"
    dataset.mkdir()
    (dataset / "large.json").write_bytes(b'{"strData": "' + b"A" * (16 << 20) + b'"}')
    with RawServer(script) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        assert run.run().code == 0
    line, cause = only_line(run)
    assert (line["errorMesssage"], cause) == ("much too big", "HTTP_413")
    assert len(server.calls) == 1


def test_a_server_that_is_ready_and_answers_every_request_with_503_ends_the_run(
    tmp_path: Path,
) -> None:
    dataset = make_dataset(tmp_path / "in", 20)
    with InferenceServer(lambda call: call.reply(b"overloaded", 503)) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=1)
        assert run.run().code == 0
    assert {line["errorMesssage"] for line in run.lines} == {"overloaded"}
    assert (run.summary.outcome, run.summary.failed) == (Outcome.COMPLETE, 20)
    assert len(server.calls) == 40


def test_a_server_that_is_ready_and_takes_no_request_ends_the_run(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 20)
    with RawServer(RawCall.reset) as server:
        run = BatchRun(tmp_path, dataset, server.url, retries=1)
        assert run.run().code == 0
    assert {side["cause"] for side in run.sidecar} == {"CONNECTION_LOST"}
    assert run.summary.failed == 20
    assert len(server.calls) == 40


def refuse(call: Call) -> web.Response:
    """Say that it cannot, at once."""
    return call.reply(b"no worker", 503)


async def slowly(call: Call) -> web.Response:
    """Answer after a moment."""
    await asyncio.sleep(0.02)
    return detect(call)


@pytest.mark.parametrize("lie", [refuse, lambda call: call.reset()], ids=["503", "reset"])
def test_a_replica_that_lies_about_its_readiness_costs_no_item(tmp_path: Path, lie: object) -> None:
    # The liar is always the one with the fewest requests in flight.
    dataset = make_dataset(tmp_path / "in", 100)
    with InferenceServer(slowly) as honest, InferenceServer(lie) as liar:  # type: ignore[arg-type]
        run = BatchRun(tmp_path, dataset, max_in_flight=4)
        run.change(endpoints=(liar.url, honest.url))
        assert run.run().code == 0
    run.check_complete(names_in(dataset))
    assert run.summary.succeeded == 100
    assert len(honest.calls) == 100
