"""An inference server that writes what it likes: bytes on a socket, for answers that no library
would send. It reads requests as they are, and answers readiness plainly."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

_LENGTH = re.compile(rb"^content-length:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)


def whole(body: bytes) -> bytes:
    """Return an ordinary answer."""
    return HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class RawCall:
    """A request whose head was read; its body is read when it is asked for. ``number`` counts
    from 0, ``on_connection`` too, for the requests of its connection."""

    def __init__(
        self, number: int, on_connection: int, head: bytes, begun: bytes, connection: socket.socket
    ) -> None:
        self.number = number
        self.on_connection = on_connection
        self.head = head
        self.kept = True
        self._connection = connection
        length = _LENGTH.search(head)
        self._left = int(length.group(1)) if length else 0
        self._parts = [begun]
        self._left -= len(begun)

    @property
    def body(self) -> bytes:
        """The whole body."""
        while self._left > 0:
            part = self._connection.recv(min(self._left, 1 << 20))
            if not part:
                raise ConnectionError("the client went away")
            self._parts.append(part)
            self._left -= len(part)
        return b"".join(self._parts)

    def send(self, content: bytes) -> None:
        """Write bytes."""
        self._connection.sendall(content)

    def send_in_pieces(self, content: bytes, size: int = 1) -> None:
        """Write bytes, each piece in a packet of its own."""
        for start in range(0, len(content), size):
            self._connection.sendall(content[start : start + size])

    def close(self) -> None:
        """Close the connection after what was written."""
        self.kept = False

    def end_writing(self) -> None:
        """Say that nothing more will be written."""
        self._connection.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection: what the client did not read yet may be lost to it."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.kept = False

    def wait_for_its_end(self) -> None:
        """Read until the client closes the connection."""
        while self._connection.recv(1 << 20):
            pass
        self.kept = False


RawScript = Callable[[RawCall], None]


class RawServer:
    """A server in threads of its own: one that listens, one for each connection. With ``tls`` it
    speaks nothing else."""

    def __init__(
        self,
        script: RawScript,
        ready: RawScript | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script = script
        self.tls = tls
        self.handshakes_failed = 0
        self.ready = ready or (lambda call: call.send(READY))
        self.calls: list[RawCall] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._ending = False
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._ending = True
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _listen(self) -> None:
        while not self._ending:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                if self._ending:
                    connection.close()
                    return
                self.connections += 1
                self._open.add(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with suppress(OSError):
                connection = self._greeted(connection)
                self._answer_all(connection)
        finally:
            with self._guard:
                self._open.discard(connection)
            connection.close()

    def _greeted(self, connection: socket.socket) -> socket.socket:
        if self.tls is None:
            return connection
        try:
            greeted = self.tls.wrap_socket(connection, server_side=True)
        except OSError:
            self.handshakes_failed += 1
            raise
        with self._guard:
            self._open.discard(connection)
            self._open.add(greeted)
        return greeted

    def _answer_all(self, connection: socket.socket) -> None:
        on_connection = 0
        while True:
            content = b""
            while b"\r\n\r\n" not in content:
                part = connection.recv(1 << 16)
                if not part:
                    return
                content += part
            head, _, begun = content.partition(b"\r\n\r\n")
            if head.startswith(b"GET "):
                call = RawCall(-1, on_connection, head, begun, connection)
                self.ready(call)
            else:
                with self._guard:
                    call = RawCall(len(self.calls), on_connection, head, begun, connection)
                    self.calls.append(call)
                on_connection += 1
                self.script(call)
            if not call.kept:
                return
