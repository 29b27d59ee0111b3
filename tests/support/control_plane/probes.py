"""Readiness probes of containers, in the kubelet's words."""

from __future__ import annotations

import http.client
import socket
import subprocess
from contextlib import closing

from tests.support.control_plane.containers import Launch
from tests.support.control_plane.objects import Json


def failure(probe: Json, container: Json, address: str, launch: Launch) -> str | None:
    """Probe once; return what a failure is called, None for success."""
    timeout_s = probe["timeoutSeconds"]
    if asked := probe.get("httpGet"):
        port = port_of(container, asked["port"])
        return _http(asked.get("host") or address, port, asked, timeout_s)
    if asked := probe.get("tcpSocket"):
        return _tcp(asked.get("host") or address, port_of(container, asked["port"]), timeout_s)
    if asked := probe.get("exec"):
        return _command(asked["command"], launch, timeout_s)
    return None


def port_of(container: Json, port: int | str) -> int:
    """Return the number of a port that may be given by its name."""
    named = {one.get("name"): one["containerPort"] for one in container.get("ports", ())}
    return port if isinstance(port, int) else int(named.get(port, port))


def _http(host: str, port: int, asked: Json, timeout_s: float) -> str | None:
    headers = {one["name"]: one["value"] for one in asked.get("httpHeaders", ())}
    url = f"http://{host}:{port}{asked['path']}"
    with closing(http.client.HTTPConnection(host, port, timeout=timeout_s)) as connection:
        try:
            connection.request(
                "GET", asked["path"], headers={"User-Agent": "kube-probe", **headers}
            )
            status = connection.getresponse().status
        except TimeoutError:
            words = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            return f'Get "{url}": {words}'
        except (OSError, http.client.HTTPException) as error:
            return f'Get "{url}": {_words(error, host, port)}'
    return None if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


def _tcp(host: str, port: int, timeout_s: float) -> str | None:
    try:
        socket.create_connection((host, port), timeout_s).close()
    except OSError as error:
        return _words(error, host, port)
    return None


def _command(command: list[str], launch: Launch, timeout_s: float) -> str | None:
    try:
        done = subprocess.run(
            command, env=launch.env, capture_output=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout + done.stderr).decode(errors="replace") if done.returncode else None


def _words(error: Exception, host: str, port: int) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"dial tcp {host}:{port}: connect: connection refused"
    if isinstance(error, TimeoutError):
        return f"dial tcp {host}:{port}: i/o timeout"
    return "EOF"
