"""An API server of one kind of object, which can be listed and watched, and fails as it is told."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
Fault = Callable[["Request"], None]

FORBIDDEN = (
    'pods is forbidden: User "u" cannot list resource "pods" in API group "" at the cluster scope'
)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    token: str


class Request(BaseHTTPRequestHandler):
    """One connection; a request is answered by the next fault there is, else as it should be."""

    protocol_version = "HTTP/1.1"
    server: _Http
    query: dict[str, str]

    def setup(self) -> None:
        super().setup()
        self.server.owner.open.add(self.connection)

    def finish(self) -> None:
        self.server.owner.open.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        owner = self.server.owner
        split = urlsplit(self.path)
        self.query = {key: values[0] for key, values in parse_qs(split.query).items()}
        length = int(self.headers.get("Content-Length", 0))
        asked = self.rfile.read(length), self.headers.get("Authorization", "")
        owner.requests.append(Asked(self.command, split.path, self.query, *asked))
        with suppress(OSError):  # the client left, or the server ends
            if owner.faults:
                owner.faults.popleft()(self)
            elif owner.always is not None:
                owner.always(self)
            elif "watch" in self.query:
                owner.serve_watch(self)
            else:
                owner.serve_list(self)

    def answer(self, status: int, body: Any, **headers: str) -> None:
        """Send a whole answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, reason: str, message: str = "", **headers: str) -> None:
        """Answer with a v1 Status."""
        body = {"kind": "Status", "status": "Failure", "reason": reason, "message": message}
        self.answer(status, {**body, "code": status}, **headers)

    def begin_stream(self) -> None:
        """Begin an answer in chunks."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()

    def chunk(self, data: bytes) -> None:
        """Send a chunk; an empty one ends the answer."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def hang_up(self) -> None:
        """End the connection, whatever was sent."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Http(ThreadingHTTPServer):
    owner: ListWatch

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no news."""


class ListWatch:
    """The objects by name, their history, and the faults of the next requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.objects: dict[str, Json] = {}
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.requests: list[Asked] = []
        self.open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._revision = 100
        self._oldest = 100
        self._history: list[tuple[int, str, Json]] = []
        self._snapshots: dict[str, tuple[int, list[Json]]] = {}
        self._cuts = 0
        self._closed = False
        self._http = _Http(("127.0.0.1", 0), Request)
        if tls is not None:
            # hands are shaken in the connection's thread, with its first read
            self._http.socket = tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._http.daemon_threads = False
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port of the loopback."""
        return int(self._http.server_address[1])

    def put(self, name: str, **more: Any) -> None:
        """Make an object or change it."""
        self._write("MODIFIED" if name in self.objects else "ADDED", name, more)

    def drop(self, name: str) -> None:
        """Delete an object, if it is there."""
        if name in self.objects:
            self._write("DELETED", name, {})

    def forget(self) -> None:
        """Forget what was before now: older versions and the rests of lists are gone."""
        with self._changed:
            self._oldest = self._revision
            self._history.clear()
            self._snapshots.clear()

    def cut(self) -> None:
        """Break all open watches."""
        with self._changed:
            self._cuts += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End everything."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._http.shutdown()
        for one in list(self.open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        self._thread.join()

    def watches(self) -> list[Asked]:
        """The requests so far that were watches."""
        return [one for one in self.requests if "watch" in one.query]

    def lists(self) -> list[Asked]:
        """The requests so far that asked for the beginning of a list."""
        asked = (one for one in self.requests if "watch" not in one.query)
        return [one for one in asked if "continue" not in one.query]

    def serve_list(self, request: Request) -> None:
        """Answer a page."""
        limit, token = int(request.query.get("limit", 0)), request.query.get("continue", "")
        with self._changed:
            if not token:
                found = [self.objects[name] for name in sorted(self.objects)]
                revision, start = self._revision, 0
                self._snapshots[str(revision)] = (revision, found)
            else:
                key, _, at = token.partition(":")
                if key not in self._snapshots:
                    request.refuse(410, "Expired", "the continue parameter is too old")
                    return
                (revision, found), start = self._snapshots[key], int(at)
        end = start + limit if limit else len(found)
        metadata = {"resourceVersion": str(revision)}
        if end < len(found):
            metadata["continue"] = f"{revision}:{end}"
        request.answer(200, {"kind": "List", "metadata": metadata, "items": found[start:end]})

    def serve_watch(self, request: Request) -> None:
        """Send events until the connection is cut."""
        version = int(request.query["resourceVersion"])
        request.begin_stream()
        cuts = self._cuts
        while True:
            with self._changed:
                if version < self._oldest:
                    told = {"kind": "Status", "code": 410, "reason": "Expired"}
                    request.chunk(_line("ERROR", told))
                    request.chunk(b"")
                    return
                news = [one for one in self._history if one[0] > version]
                if not news:
                    self._changed.wait(0.5)
                if self._closed or self._cuts != cuts:
                    request.hang_up()
                    return
            for version, what, thing in news:  # noqa: B007 - the last one counts
                request.chunk(_line(what, thing))

    def _write(self, what: str, name: str, more: Json) -> None:
        with self._changed:
            self._revision += 1
            metadata = {"name": name, "namespace": "ns", "resourceVersion": str(self._revision)}
            thing = {"metadata": metadata, **more}
            if what == "DELETED":
                del self.objects[name]
            else:
                self.objects[name] = thing
            self._history.append((self._revision, what, thing))
            self._changed.notify_all()


def hang_up(request: Request) -> None:
    """A fault: the connection ends without an answer."""
    request.hang_up()


def torn(request: Request) -> None:
    """A fault: the answer breaks off in the middle of a word."""
    request.begin_stream()
    request.chunk(b'{"metadata": {"resourceVersion": "1')
    request.hang_up()


def status(code: int, reason: str = "", message: str = "", **headers: str) -> Fault:
    """A fault: a refusal."""
    return lambda request: request.refuse(code, reason, message, **headers)


def expired_event(request: Request) -> None:
    """A fault: a watch that is told that its version is too old."""
    request.begin_stream()
    request.chunk(_line("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"}))
    request.chunk(b"")


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[ListWatch]:
    """Run such a server."""
    server = ListWatch(tls)
    try:
        yield server
    finally:
        server.close()


def kubeconfig(folder: Path, port: int, token: str = "", certificate: Path | None = None) -> Path:
    """Write a kubeconfig for a server on the loopback, over TLS where there is a certificate to
    trust; return its file."""
    path = folder / "kubeconfig.json"
    user = {"token": token} if token else {}
    cluster = {"server": f"http://127.0.0.1:{port}"}
    if certificate is not None:
        cluster = {
            "server": f"https://127.0.0.1:{port}",
            "certificate-authority": str(certificate),
        }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "ns"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(content))
    return path


def _line(what: str, thing: Json) -> bytes:
    return json.dumps({"type": what, "object": thing}).encode() + b"\n"
