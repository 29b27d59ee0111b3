"""TLS in front of the API server, as pods know it. The server itself need not know of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 16


class TlsRelay:
    """Passes what comes over TLS on to a port of loopback; ``authority`` is what clients trust."""

    def __init__(self, folder: Path, upstream: Callable[[], tuple[str, int]]) -> None:
        self._upstream = upstream
        self._authority, self._context = _certificate(folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._accepting = threading.Thread(target=self._accept, name="tls relay")
        self._accepting.start()

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port that pods are told of."""
        host, port = self._listener.getsockname()
        return str(host), int(port)

    @property
    def authority(self) -> str:
        """Return the certificate of the authority."""
        return self._authority

    def close(self) -> None:
        """Cut everything, and wait until all threads have ended."""
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for one in self._open:
                _shut(one)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), name="tls relay")
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()

    def _serve(self, raw: socket.socket) -> None:
        with raw, suppress(OSError), socket.create_connection(self._upstream(), 5) as server:
            raw.settimeout(5)
            with self._context.wrap_socket(raw, server_side=True) as client:
                raw.settimeout(None)
                client.settimeout(None)
                server.settimeout(None)
                self._both_ways(client, server)

    def _both_ways(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            self._open |= {client, server}
        if self._closing:
            _shut(client)
        back = threading.Thread(target=_pump, args=(server, client), name="tls relay")
        back.start()
        _pump(client, server)
        back.join()
        with self._lock:
            self._open -= {client, server}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    _shut(source)
    _shut(sink)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        # Of a TLS connection the socket below is shut: its own way would drop the encryption.
        socket.socket.shutdown(one, socket.SHUT_RDWR)


def _certificate(folder: Path) -> tuple[str, ssl.SSLContext]:
    """Make a certificate for loopback that signed itself."""
    certificate, key = folder / "server.pem", folder / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=kubernetes", "-keyout", str(key)]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate.read_text(), context
