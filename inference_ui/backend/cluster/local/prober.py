"""Asks a server whether it is ready, without ever blocking its shim. Standard library only.

A plain GET over a socket of the shim's selector: an HTTP library would be larger than the shim.
"""

from __future__ import annotations

import errno
import os
import re
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

from inference_ui.backend.cluster.local.files import Readiness, message
from inference_ui.backend.cluster.local.processes import descendants
from inference_ui.backend.cluster.local.sockets import HOST, listens

STARTING_INTERVAL_S = 0.2
READY_INTERVAL_S = 2.0
TIMEOUT_S = 2.0

UNREADY_AFTER = 3
"""Negative answers in a row after which a ready server is not ready any more."""

_LARGEST = 1 << 20
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked")

Verdict = dict[str, Any] | None
"""None when the server is ready, else the message that says what it answered."""

_UNDECIDED: dict[str, Any] = {}


class Prober:
    """Probes one port again and again; ``report`` is called with every change of the verdict.

    A ready server that is too busy to answer stays ready: it is alive, and whoever calls it has a
    timeout of its own.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        readiness: Readiness,
        port: int,
        report: Callable[[Verdict], None],
    ) -> None:
        self._selector, self._readiness, self._port = selector, readiness, port
        self._report = report
        self._socket: socket.socket | None = None
        self._received = b""
        self._ready = False
        self._denials = 0
        self.due = time.monotonic()
        """When :meth:`advance` has something to do (monotonic seconds)."""

    def advance(self) -> None:
        """Begin the next probe, or give up the one that takes too long."""
        if time.monotonic() < self.due:
            return
        if self._socket is None:
            self._begin()
        else:
            self._finish(
                message("PROBE_TIMED_OUT", path=self._readiness.path, seconds=int(TIMEOUT_S))
            )

    def close(self) -> None:
        """Stop probing."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def _begin(self) -> None:
        self.due = time.monotonic() + TIMEOUT_S
        self._received = b""
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._selector.register(self._socket, selectors.EVENT_WRITE, self._connected)
        error = self._socket.connect_ex((HOST, self._port))
        if error not in (0, errno.EINPROGRESS):
            self._finish(message("NOT_LISTENING", port=self._port))

    def _connected(self) -> None:
        if self._socket is None:
            return
        request = (
            f"GET {self._readiness.path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n"
        )
        try:
            self._socket.send(request.encode("ascii"))  # smaller than any socket's buffer
        except OSError:
            self._finish(message("NOT_LISTENING", port=self._port))
            return
        self._selector.modify(self._socket, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        if self._socket is None:
            return
        try:
            data = self._socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._received += data
        ended = not data or len(self._received) > _LARGEST
        verdict = judge(self._received, ended, self._readiness)
        if verdict is not _UNDECIDED:
            self._finish(verdict)

    def _finish(self, verdict: Verdict) -> None:
        self.close()
        if self._ready:
            self._keep(verdict)
        else:
            verdict = verdict or self._doubt()
            self._ready = verdict is None
            self._denials = 0
            self._report(verdict)
        self.due = time.monotonic() + (READY_INTERVAL_S if self._ready else STARTING_INTERVAL_S)

    def _keep(self, verdict: Verdict) -> None:
        if verdict is None:
            self._denials = 0
        elif verdict["code"] != "PROBE_TIMED_OUT":
            self._denials += 1
            if self._denials >= UNREADY_AFTER:
                self._ready = False
                self._report(verdict)

    def _doubt(self) -> Verdict:
        """Say so when a stranger is known to listen on the port that our child was given."""
        pids = [process.pid for process in descendants(os.getpid())]
        known = listens(self._port, pids)
        return message("PORT_TAKEN", port=self._port) if known is False else None


def judge(received: bytes, ended: bool, readiness: Readiness) -> Verdict:
    """Judge an answer of which this much was received; an empty dictionary: not enough yet."""
    match = _STATUS.match(received)
    if match is None:
        known = ended or len(received) > len(b"HTTP/1.1 200")
        return message("PROBE_NOT_HTTP", path=readiness.path) if known else _UNDECIDED
    status = int(match[1])
    if not 200 <= status < readiness.below_status:
        return message("PROBE_STATUS", path=readiness.path, status=status)
    if readiness.body is None:
        return None
    body = _body(received, ended)
    if body is None:
        return _UNDECIDED
    if re.search(readiness.body, body.decode("utf-8", "replace")):
        return None
    return message("PROBE_BODY", path=readiness.path)


def _body(received: bytes, ended: bool) -> bytes | None:
    """Return the whole body (RFC 9112), or None while more is to come."""
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return b"" if ended else None
    if _CHUNKED.search(head):
        return _joined(body) if ended or body.endswith(b"0\r\n\r\n") else None
    length = _LENGTH.search(head)
    if ended or (length and len(body) >= int(length[1])):
        return body
    return None


def _joined(chunked: bytes) -> bytes:
    body = b""
    while match := re.match(rb"([0-9A-Fa-f]+)[^\r]*\r\n", chunked):
        size = int(match[1], 16)
        body += chunked[match.end() : match.end() + size]
        chunked = chunked[match.end() + size + 2 :]
    return body
