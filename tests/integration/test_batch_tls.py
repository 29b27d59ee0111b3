"""Servers that demand TLS: nothing is told to one whose certificate nobody vouches for."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

from inference_ui.backend.records import WalkState
from tests.support.batch import BatchRun, make_dataset, names_in
from tests.support.inference_server import InferenceServer
from tests.support.raw_server import RawCall, RawServer, whole
from tests.support.tls import make_certificate
from tests.support.waiting import wait_for


def echo(call: RawCall) -> None:
    """Answer with what was sent."""
    call.send(whole(json.dumps({"echo": call.body.decode()}).encode()))


def is_waiting(run: BatchRun) -> bool:
    """Whether the client says that it waits for a server."""
    return run.progress is not None and run.progress.state is WalkState.WAITING_FOR_SERVER


def test_a_server_with_an_unknown_certificate_is_waited_for_named_and_told_nothing(
    tmp_path: Path,
) -> None:
    asked: list[RawCall] = []
    _, tls = make_certificate(tmp_path)
    dataset = make_dataset(tmp_path / "in", 2)
    with RawServer(echo, ready=asked.append, tls=tls) as server:
        run = BatchRun(tmp_path, dataset, server.url, headers={"Authorization": "Bearer secret"})
        run.start()
        wait_for(lambda: is_waiting(run) and server.handshakes_failed > 1, "the client waiting")
        run.kill(signal.SIGTERM)
        ended = run.wait()
        assert ended.code == 75
        assert asked == server.calls == []
    assert re.search(r"waiting for a server: https:.*certificate", ended.out, re.IGNORECASE)
    assert run.lines == []


def test_a_server_with_a_certificate_that_the_system_knows_is_spoken_to(tmp_path: Path) -> None:
    certificate, tls = make_certificate(tmp_path)
    dataset = make_dataset(tmp_path / "in", 50)
    with RawServer(echo, tls=tls) as server:
        run = BatchRun(tmp_path, dataset, server.url)
        ended = run.run(env=os.environ | {"SSL_CERT_FILE": str(certificate)})
    assert ended.code == 0, ended
    run.check_complete(names_in(dataset))
    assert run.summary.succeeded == 50


def test_a_server_that_speaks_no_tls_is_waited_for_and_the_reason_named(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "in", 1)
    with InferenceServer() as server:
        run = BatchRun(tmp_path, dataset, server.url.replace("http:", "https:"))
        process = run.start()
        assert process.stdout is not None
        line = next(line for line in process.stdout if "waiting for a server" in line)
        run.kill(signal.SIGTERM)
        assert run.wait().code == 75
        assert server.calls == []
    assert "ssl" in line.lower()
    assert run.lines == []
