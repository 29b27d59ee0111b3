"""Judging what a server answers to its probe."""

from __future__ import annotations

import pytest

from inference_ui.backend.cluster.local.files import Readiness, message
from inference_ui.backend.cluster.local.prober import Verdict, judge

PLAIN = Readiness("/ready", None, 300)
AVAILABLE = Readiness("/m", r'"state":\s*"AVAILABLE"', 300)
OK = b"HTTP/1.1 200 OK\r\n"


def status(number: int) -> Verdict:
    return message("PROBE_STATUS", path="/ready", status=number)


@pytest.mark.parametrize(
    ("received", "verdict"),
    [
        (OK, None),
        (b"HTTP/1.0 204 No Content\r\n\r\n", None),
        (b"HTTP/1.1 503 Service Unavailable\r\n", status(503)),
        (b"HTTP/1.1 302 Found\r\n", status(302)),
        (b"HTTP/1.1 101 Switching Protocols\r\n", status(101)),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", message("PROBE_NOT_HTTP", path="/ready")),
        (b"HTTP/1.1 2", {}),
    ],
)
def test_the_status_decides_where_no_body_is_asked_for(received: bytes, verdict: Verdict) -> None:
    assert judge(received, False, PLAIN) == verdict


def test_a_limit_of_its_own_lets_client_errors_count_as_ready() -> None:
    assert judge(b"HTTP/1.1 404 Not Found\r\n", False, Readiness("/", None, 500)) is None


def test_a_connection_that_ends_before_a_status_is_no_http() -> None:
    assert judge(b"", True, PLAIN) == message("PROBE_NOT_HTTP", path="/ready")


@pytest.mark.parametrize(
    ("rest", "ended", "verdict"),
    [
        (b'Content-Length: 21\r\n\r\n{"state": "AVAILABLE"}', False, None),
        (b'content-length: 21\r\n\r\n{"state": "AVA', False, {}),
        (b'\r\n{"state": "AVAILABLE"}', False, {}),
        (b'\r\n{"state": "AVAILABLE"}', True, None),
        (b'\r\n{"state": "LOADING"}', True, message("PROBE_BODY", path="/m")),
        (
            b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"state"\r\n'
            b'E;x=y\r\n: "AVAILABLE"}\r\n0\r\n\r\n',
            False,
            None,
        ),
        (b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"state"\r\n', False, {}),
        (b"\r\n\xff\xfe", True, message("PROBE_BODY", path="/m")),
    ],
)
def test_the_whole_body_decides_where_one_is_asked_for(
    rest: bytes, ended: bool, verdict: Verdict
) -> None:
    assert judge(OK + rest, ended, AVAILABLE) == verdict
