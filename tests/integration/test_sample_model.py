"""The sample as a user gets it: the real server process, all 200 pages, and how many are right."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from inference_ui.backend.cluster.local.sockets import free_port
from inference_ui.demo.digits import GROUND_TRUTH, PAGES, prepare, read_ground_truth
from inference_ui.demo.evaluation import Predicted, mean_average_precision
from tests.support.waiting import wait_for

PREDICTIONS = "/api/v1.0/predictions"


@contextmanager
def server(
    log: Path, environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the sample's server with nothing but ``environment``; yield it and its URL."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "inference_ui.demo.server", "--port", str(port)],
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def status_of(url: str, path: str = "/health/ping") -> int | None:
    """The status that the server answers, None while nothing listens."""
    try:
        return httpx.get(f"{url}{path}", timeout=10).status_code
    except httpx.TransportError:
        return None


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a server that is ready, and its log."""
    log = tmp_path_factory.mktemp("server") / "log"
    with server(log, {}) as (_, url):
        wait_for(lambda: status_of(url) is not None, "the server listens")
        wait_for(lambda: status_of(url) == 200, "the model is trained", timeout_s=120)
        yield url, log


def test_the_model_finds_the_digits_of_all_pages(ready: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = ready
    folder = tmp_path / "digits"
    prepare(folder)
    truth = read_ground_truth(tmp_path / GROUND_TRUTH)
    assert len(truth) == PAGES

    with httpx.Client(base_url=url, timeout=60) as client, ThreadPoolExecutor(4) as threads:

        def ask(relative: str) -> Predicted:
            answer = client.post(PREDICTIONS, content=(folder / relative).read_bytes())
            assert answer.status_code == 200, answer.text
            body = answer.json()
            return Predicted(body["dclasses"], body["dobjects"], body["dconfidences"])

        said = dict(zip(truth, threads.map(ask, truth), strict=True))

    # 0.85 is what the product promises; less than 0.95 means that something got worse.
    assert mean_average_precision(truth, said, 0.5) >= 0.95
    # Where a digit is, is exact: the sample also shows that boxes are drawn in the right place.
    assert mean_average_precision(truth, said, 0.75) >= 0.95


def test_malformed_input_gets_a_failure_body(ready: tuple[str, Path]) -> None:
    url, _ = ready
    for body in (b"", b"no JSON", b'{"strData": "data"}', b'{"ndarray": []}', b"\xff"):
        answer = httpx.post(f"{url}{PREDICTIONS}", content=body)
        assert answer.status_code == 400
        status = answer.json()["status"]
        assert (status["status"], status["code"]) == (1, 400)
        assert status["info"]
        assert status["reason"]
    assert status_of(url) == 200


def test_its_log_says_when_it_started_and_when_it_got_ready(ready: tuple[str, Path]) -> None:
    first, second, *_ = ready[1].read_text().splitlines()
    assert "listening on 127.0.0.1:" in first
    assert "ready: model trained in" in second


def test_it_listens_at_once_and_ends_promptly_while_it_trains(tmp_path: Path) -> None:
    with server(tmp_path / "log", {}) as (process, url):
        wait_for(lambda: status_of(url) is not None, "the server listens")
        process.terminate()
        process.wait(timeout=10)
        assert "ready" not in (tmp_path / "log").read_text()


def test_it_ends_promptly_with_a_slow_request_in_flight(tmp_path: Path) -> None:
    with server(tmp_path / "log", {"DELAY_MS": "300000"}) as (process, url):
        wait_for(lambda: status_of(url) == 200, "the model is trained", timeout_s=120)
        sent = threading.Event()
        ended = threading.Event()

        def content() -> Iterator[bytes]:
            yield json.dumps({"strData": "data"}).encode()
            sent.set()

        def ask() -> None:
            with suppress(httpx.TransportError):  # the server hangs up
                httpx.post(f"{url}{PREDICTIONS}", content=content(), timeout=60)
            ended.set()

        asking = threading.Thread(target=ask)
        asking.start()
        assert sent.wait(30)
        assert not ended.wait(0.5), "the request is being delayed"
        started = time.monotonic()
        process.terminate()
        process.wait(timeout=10)
        assert time.monotonic() - started < 5
        asking.join(10)
        assert ended.is_set()


def test_a_server_that_cannot_train_ends_by_itself(tmp_path: Path) -> None:
    broken = tmp_path / "sklearn.py"
    broken.write_text("raise ImportError('no library')")
    with server(tmp_path / "log", {"PYTHONPATH": str(tmp_path)}) as (process, _):
        assert process.wait(timeout=60) == 1
    assert "the model could not be trained" in (tmp_path / "log").read_text()


def test_an_impossible_option_ends_it_with_one_clear_line(tmp_path: Path) -> None:
    with server(tmp_path / "log", {"CONF_THRESHOLD": "1.5"}) as (process, _):
        assert process.wait(timeout=60) == 2
    assert "CONF_THRESHOLD must be between 0 and 1" in (tmp_path / "log").read_text()
