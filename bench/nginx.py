"""An nginx that answers at once, with the same bytes for each request: a server that costs little.

It knows the paths of Seldon and of Open Inference V2, and counts its requests.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.answers import MODEL, detections, v2_answer, v2_metadata
from bench.harness import BenchError, free_port, wait_until_answers

CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; default_type application/json; tcp_nodelay on;
  keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /api/v1.0/predictions {{ return 200 '{detections}'; }}
    location = /health/ping {{ return 200 '{{}}'; }}
    location = /v2/models/{model}/infer {{ return 200 '{v2}'; }}
    location = /v2/models/{model}/ready {{ return 200 '{{}}'; }}
    location = /v2/models/{model} {{ return 200 '{metadata}'; }}
    location = /v2/health/ready {{ return 200 '{{}}'; }}
    location = /v2/health/live {{ return 200 '{{}}'; }}
    location = /v2 {{ return 200 '{{"name":"nginx","version":"1","extensions":[]}}'; }}
    location = /served {{ stub_status; }}
  }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running server."""

    url: str
    client: httpx.Client

    def served(self) -> int:
        """How many requests it has answered, those that ask for this number included."""
        text = self.client.get(f"{self.url}/served").text
        found = re.search(r"\s*\d+ \d+ (\d+)", text)
        if not found:
            raise BenchError(f"nginx's status is not understood: {text!r}")
        return int(found[1])


@contextmanager
def nginx(folder: Path) -> Iterator[Nginx]:
    """Run nginx with all of its files in `folder`, on a free port of the loopback."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not program:
        raise BenchError("nginx is not installed; .ci/bench installs it")
    folder.mkdir(parents=True)
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            user="user root;" if os.getuid() == 0 else "",
            model=MODEL,
            detections=detections(),
            v2=v2_answer(),
            metadata=v2_metadata(),
        )
    )
    log = folder / "output.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(configuration)],
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_answers(f"{url}/health/ping")
        with httpx.Client(trust_env=False) as client:
            yield Nginx(url, client)
    finally:
        process.terminate()
        process.wait()
