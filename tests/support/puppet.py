"""A server for cluster tests that does what files in its working folder say. Quick to start.

``puppet.py PORT [trait …]`` answers 200 while a file ``ready`` is there, else 503; a file ``say``
is printed and removed; a file ``exit`` is removed and ends it with the code written in it.
Traits: ``stubborn`` ignores SIGTERM, ``strays`` leaves a daemon behind that ignores SIGTERM too,
``deaf`` does not listen, ``flood`` prints without end.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from pathlib import Path

READY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def obey() -> None:
    """Do what the files say."""
    say, leave = Path("say"), Path("exit")
    if say.exists():
        text = say.read_text()
        say.unlink()
        print(text, flush=True)
    if leave.exists():
        code = int(leave.read_text())
        leave.unlink()
        os._exit(code)


def leave_stray() -> None:
    """Start a daemon by forking twice, in a session of its own, and write down its pid."""
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path("stray").write_text(str(os.getpid()))
    while True:
        signal.pause()


def main() -> None:
    port, traits = int(sys.argv[1]), sys.argv[2:]
    if "stubborn" in traits:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "strays" in traits:
        leave_stray()
    while "flood" in traits:
        os.write(1, b"x" * 4095 + b"\n")
        obey()
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if "deaf" not in traits:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    while True:
        obey()
        if select.select([listener] if "deaf" not in traits else [], [], [], 0.02)[0]:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(READY if Path("ready").exists() else NOT_READY)


if __name__ == "__main__":
    main()
