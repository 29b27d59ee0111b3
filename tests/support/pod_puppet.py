"""A server for tests in pods, which does what it is told over HTTP. Its source is its argument, so
that any image with Python can run it.

``pod_puppet.py PORT [trait …]`` answers ``/ready`` with 200 after ``/do/ready`` (503 before, and
after ``/do/unready``), prints after ``/do/say/TEXT``, and ends after ``/do/exit/CODE``. The trait
``stubborn`` ignores SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import unquote


class Puppet(BaseHTTPRequestHandler):
    """Does what the path says."""

    ready = False

    def do_GET(self) -> None:
        order = unquote(self.path).split("/", 3)[1:]
        if order[0] == "ready":
            self._answer(200 if Puppet.ready else 503)
            return
        if order[1] in ("ready", "unready"):
            Puppet.ready = order[1] == "ready"
        elif order[1] == "say":
            print(order[2], flush=True)
        self._answer(200)
        if order[1] == "exit":
            os._exit(int(order[2]))

    def log_message(self, *_: object) -> None:
        """Say nothing of requests: only what one was told to say."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()


def main() -> None:
    if "stubborn" in sys.argv[2:]:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:  # the first process of a container is not ended by a signal that it does not handle
        signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    server = HTTPServer((os.environ["POD_IP"], int(sys.argv[1])), Puppet)
    threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main()
