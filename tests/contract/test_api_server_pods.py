"""Pods through the double of the API server: their logs and their ports."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.rest import ApiException

from tests.support.control_plane.clients import NAMESPACE, pod
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow  # of the tests' own double, which the contract uses anyhow


@pytest.fixture
def log(server: ApiServer) -> str:
    """The name of a pod on a node that has written three lines, and before its restart one."""
    server.store.create("pods", pod("talker", nodeName="n"))
    server.logs = lambda *place: b"before\n" if place[-1] else b"one\ntwo\nthree\n"
    return "talker"


def test_logs_are_cut_as_asked(core: client.CoreV1Api, log: str) -> None:
    def read(**query: Any) -> str:
        return str(core.read_namespaced_pod_log(log, NAMESPACE, **query))

    assert read() == "one\ntwo\nthree\n"
    assert read(tail_lines=2) == "two\nthree\n"
    assert read(limit_bytes=5) == "one\nt"
    assert read(previous=True) == "before\n"
    with pytest.raises(ApiException, match="container nobody is not valid for pod talker"):
        read(container="nobody")
    with pytest.raises(ApiException, match="no times"):
        read(since_seconds=5)


def test_a_followed_log_ends_with_the_container(
    core: client.CoreV1Api, server: ApiServer, log: str
) -> None:
    ended = threading.Event()

    def follow(*place: str) -> Iterator[bytes]:
        yield b"one\ntwo\nthree\n"
        while not ended.wait(0.05):
            yield b""
        yield b"four\n"

    server.follow = follow
    answer = core.read_namespaced_pod_log(
        log, NAMESPACE, follow=True, tail_lines=1, _preload_content=False
    )
    assert answer.readline() == b"three\n"
    ended.set()
    assert answer.read() == b"four\n"
    answer.release_conn()


def test_a_log_that_nobody_follows_any_longer_is_let_go(
    core: client.CoreV1Api, server: ApiServer, log: str
) -> None:
    left = threading.Event()

    def follow(*place: str) -> Iterator[bytes]:
        try:
            yield b"one\n"
            while not left.wait(0.05):
                yield b""
        finally:
            left.set()

    server.follow = follow
    answer = core.read_namespaced_pod_log(log, NAMESPACE, follow=True, _preload_content=False)
    assert answer.readline() == b"one\n"
    answer.close()
    wait_for(left.is_set, "the end of the log's reader")


def test_a_container_that_waits_for_its_image_has_no_log(
    core: client.CoreV1Api, store: Store, log: str
) -> None:
    waiting = {"reason": "ImagePullBackOff"}
    status = {"name": "main", "restartCount": 0, "state": {"waiting": waiting}}
    store.put_status("pods", NAMESPACE, log, {"containerStatuses": [status]})
    with pytest.raises(ApiException, match="trying and failing to pull image"):
        core.read_namespaced_pod_log(log, NAMESPACE)


def test_a_pods_port_is_reached_through_the_server(core: client.CoreV1Api, store: Store) -> None:
    with HTTPServer(("127.0.0.1", 0), _Echo) as behind:
        thread = threading.Thread(target=behind.handle_request)
        thread.start()
        store.create("pods", pod("web", nodeName="n"))
        store.put_status("pods", NAMESPACE, "web", {"podIP": "127.0.0.1"})
        answer = core.connect_get_namespaced_pod_proxy_with_path(
            f"web:{behind.server_port}", NAMESPACE, "v2/health", _preload_content=False
        )
        text = answer.data
        thread.join()
    assert text == b"GET /v2/health"


def test_a_port_that_nobody_serves_is_unavailable(core: client.CoreV1Api, store: Store) -> None:
    store.create("pods", pod("web", nodeName="n"))
    store.put_status("pods", NAMESPACE, "web", {"podIP": "127.0.0.1"})
    with pytest.raises(ApiException) as caught:
        core.connect_get_namespaced_pod_proxy_with_path("web:1", NAMESPACE, "health")
    assert caught.value.status == 503
    assert "error trying to reach service" in caught.value.body


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"GET {self.path}".encode())

    def log_message(self, *args: Any) -> None:
        pass
