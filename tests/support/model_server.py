"""A model server for tests, standard library only: speaks Seldon, misbehaves as told.

It works on 16 requests at once, the others wait. Environment: DELAY_MS for each; MODE one of
``good``, ``crash`` (exits at once with code 3), ``never`` (never ready), ``html`` (answers 200
with a page), ``refuse`` (400 with a reason), ``fork`` (leaves a grandchild in a session of its
own). ``HITS`` names a file that gets one byte per request, so that a test can count them. ``TELL``
names variables, with commas between: every answer tells the values that they have here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODE = os.environ.get("MODE", "good")
DELAY_S = float(os.environ.get("DELAY_MS", "0")) / 1000
PLACES = threading.Semaphore(16)
HITS = os.environ.get("HITS")
TOLD = {name: os.environ.get(name) for name in os.environ.get("TELL", "").split(",") if name}
FAILURE = {"status": {"status": 1, "info": "unexpected protocol", "code": 400, "reason": "BAD"}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(503 if MODE == "never" else 200, b"{}")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if HITS:
            with Path(HITS).open("ab") as hits:
                hits.write(b".")
        with PLACES:
            time.sleep(DELAY_S)
        if MODE == "html":
            self._answer(200, b"<html>It works!</html>")
        elif MODE == "refuse":
            self._answer(400, json.dumps(FAILURE).encode())
        else:
            text = json.loads(body)["strData"]
            self._answer(200, json.dumps({"jsonData": {"echo": text, **TOLD}}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    print(f"loading the model, mode {MODE}", flush=True)
    if MODE == "crash":
        print("stat /models/best.om: no such file or directory", file=sys.stderr, flush=True)
        sys.exit(3)
    if MODE == "fork":
        subprocess.Popen(["sleep", "600"], start_new_session=True)
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer((given.host, given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
