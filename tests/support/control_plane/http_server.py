"""The wire: HTTP/1.1 over loopback, one thread for each connection, all of which end with it."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.support.control_plane.requests import Call, Reply

Answer = Callable[[Call], Reply]
_MOST_CONNECTIONS = 256
_POLL_S = 0.02
_BUFFER = 65536


class Wire(socketserver.ThreadingMixIn, HTTPServer):
    """Serves ``answer`` on a port of 127.0.0.1 until ``close``."""

    daemon_threads = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer) -> None:
        self.answer = answer
        self.errors: list[Exception] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, bool] = {}
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_POLL_S,), name="api-server"
        )
        self._thread.start()

    def close(self) -> None:
        """Cut all connections, refuse new ones, and wait until all threads have ended."""
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.cut()
        self.server_close()

    def cut(self, *, watches_only: bool = False) -> None:
        """Cut connections in the middle of what they do."""
        with self._lock:
            for connection, watching in self._open.items():
                if watching or not watches_only:
                    _shut(connection)

    def streams(self, connection: socket.socket, value: bool) -> None:
        """Note whether a connection carries a watch or a log that is followed."""
        with self._lock:
            if connection in self._open:
                self._open[connection] = value

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Take a connection in unless there are too many."""
        with self._lock:
            if len(self._open) >= _MOST_CONNECTIONS:
                return False
            self._open[request] = False
        return True

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong in a stream; connections that were cut are nobody's fault."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _BUFFER
    server: Wire

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET  # noqa: N815 - the names that the standard library looks for
    do_PUT = do_GET  # noqa: N815
    do_PATCH = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {key.lower(): value for key, value in self.headers.items()}
        reply = self.server.answer(Call(self.command, self.path, headers, self.rfile.read(length)))
        if isinstance(reply.body, dict):
            self._send(reply, json.dumps(reply.body, ensure_ascii=False).encode())
        elif isinstance(reply.body, bytes):
            self._send(reply, reply.body)
        else:
            self._stream(reply, reply.body)

    def _send(self, reply: Reply, body: bytes) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply, pieces: Generator[bytes, None, None]) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.streams(self.connection, True)
        try:
            for piece in pieces:
                if piece:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                else:
                    self.wfile.flush()
                    if self.server.closing.is_set() or self._is_left():
                        self.close_connection = True
                        return
            self.wfile.write(b"0\r\n\r\n")
        finally:
            self.server.streams(self.connection, False)
            pieces.close()

    def _is_left(self) -> bool:
        """Return whether nobody listens any longer: the other side closed, or it was cut."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
