"""Requests to the API server over real HTTP: what is sent, sent again, and what errors become."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend.cluster.kubernetes.connection import Access, Connection
from inference_ui.backend.cluster.kubernetes.kinds import DEPLOYMENTS, JOBS, NODES, PODS
from inference_ui.backend.cluster.kubernetes.refusals import Refusal
from inference_ui.backend.errors import CannotStart, ClusterError
from tests.support.list_watch import (
    ListWatch,
    Request,
    hang_up,
    kubeconfig,
    serving,
    status,
    torn,
)
from tests.support.tls import make_certificate
from tests.support.waiting import wait_for

Json = dict[str, Any]
BODY = {"metadata": {"name": "task-1-1-server"}}


@pytest.fixture
def server() -> Iterator[ListWatch]:
    with serving() as found:
        yield found


@pytest.fixture
def connection(server: ListWatch, tmp_path: Path) -> Iterator[Connection]:
    found = Connection(Access(kubeconfig(tmp_path, server.port)))
    yield found
    found.close()


def answers(body: Any, code: int = 200) -> Any:
    """Answer so."""
    return lambda request: request.answer(code, body)


def test_an_object_is_created_in_the_context_s_namespace_and_returned(
    server: ListWatch, connection: Connection
) -> None:
    server.faults.append(answers({**BODY, "kind": "Deployment"}, 201))
    found = connection.create(DEPLOYMENTS, BODY)
    assert found == {**BODY, "kind": "Deployment"}
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", "/apis/apps/v1/namespaces/ns/deployments")
    assert json.loads(asked.body) == BODY


def test_a_namespace_that_is_given_is_the_one(server: ListWatch, tmp_path: Path) -> None:
    connection = Connection(Access(kubeconfig(tmp_path, server.port), namespace="other"))
    server.faults.append(answers({}, 201))
    connection.create(JOBS, BODY)
    assert server.requests[0].path == "/apis/batch/v1/namespaces/other/jobs"
    connection.close()


def test_what_exists_already_is_not_created(server: ListWatch, connection: Connection) -> None:
    server.faults.append(status(409, "AlreadyExists", "exists"))
    assert connection.create(DEPLOYMENTS, BODY) is None


def test_a_conflict_of_another_kind_is_an_error(server: ListWatch, connection: Connection) -> None:
    server.faults.append(status(409, "Conflict", "object is being deleted"))
    with pytest.raises(Refusal) as caught:
        connection.create(DEPLOYMENTS, BODY)
    assert caught.value.message.args == {"status": 409, "message": "object is being deleted"}


def test_deletion_says_in_its_body_what_becomes_of_the_pods(
    server: ListWatch, connection: Connection
) -> None:
    server.faults.append(answers({"kind": "Status"}))
    assert connection.delete(JOBS, "j", "Foreground", grace_s=20)
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("DELETE", "/apis/batch/v1/namespaces/ns/jobs/j")
    body = json.loads(asked.body)
    assert (body["propagationPolicy"], body["gracePeriodSeconds"]) == ("Foreground", 20)
    assert asked.query == {}


def test_what_is_gone_is_deleted_already(server: ListWatch, connection: Connection) -> None:
    server.faults.append(status(404, "NotFound"))
    assert not connection.delete(JOBS, "j")


PASSING = [status(500), status(503, "ServiceUnavailable"), status(429, "TooManyRequests")]


@pytest.mark.parametrize("fault", [hang_up, torn, *PASSING])
def test_what_may_pass_is_tried_again(
    server: ListWatch, connection: Connection, fault: Any
) -> None:
    server.faults.extend([fault, answers({"items": []})])
    assert connection.get_json(PODS.path("ns"), limit=1) == {"items": []}
    assert [one.query for one in server.requests] == [{"limit": "1"}] * 2


def test_a_creation_whose_answer_was_lost_counts_as_done(
    server: ListWatch, connection: Connection
) -> None:
    server.faults.extend([hang_up, status(409, "AlreadyExists")])
    assert connection.create(DEPLOYMENTS, BODY) is None
    assert len(server.requests) == 2


def test_a_server_s_wish_for_time_is_honoured(server: ListWatch, connection: Connection) -> None:
    server.faults.extend(
        [status(429, "TooManyRequests", Retry_After="1"), answers({"kind": "Status"})]
    )
    begun = time.monotonic()
    assert connection.delete(JOBS, "j")
    assert time.monotonic() - begun >= 1


def test_a_server_that_wants_more_time_than_a_call_has_is_busy(
    server: ListWatch, connection: Connection
) -> None:
    server.always = status(429, "TooManyRequests", Retry_After="60")
    with pytest.raises(ClusterError) as caught:
        connection.get_json(PODS.path("ns"))
    assert caught.value.message.to_json() == {"code": "CLUSTER_BUSY", "args": {"seconds": 60}}
    assert len(server.requests) == 1


def test_a_server_that_stays_busy_is_not_asked_for_ever(
    server: ListWatch, connection: Connection
) -> None:
    server.always = status(503, "ServiceUnavailable", Retry_After="2")
    begun = time.monotonic()
    with pytest.raises(ClusterError) as caught:
        connection.get_json(PODS.path("ns"))
    assert caught.value.code == "CLUSTER_BUSY"
    assert time.monotonic() - begun < 6
    assert len(server.requests) == 3


NOT_ALLOWED = (
    'deployments.apps is forbidden: User "system:serviceaccount:ns:web" cannot create resource '
    '"deployments" in API group "apps" in the namespace "ns"'
)
QUOTA = 'pods "p" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=64'


def test_a_missing_permission_is_named(server: ListWatch, connection: Connection) -> None:
    server.faults.append(status(403, "Forbidden", NOT_ALLOWED))
    with pytest.raises(ClusterError) as caught:
        connection.create(DEPLOYMENTS, BODY)
    assert caught.value.message.to_json() == {
        "code": "CLUSTER_FORBIDDEN",
        "args": {"verb": "create", "resource": "deployments.apps", "namespace": "ns"},
    }


def test_a_quota_is_no_missing_permission(server: ListWatch, connection: Connection) -> None:
    server.faults.append(status(403, "Forbidden", QUOTA))
    with pytest.raises(ClusterError) as caught:
        connection.create(PODS, BODY)
    assert caught.value.message.to_json() == {
        "code": "CLUSTER_REFUSED",
        "args": {"status": 403, "message": QUOTA},
    }


def test_a_page_of_a_proxy_is_told_as_it_is(server: ListWatch, connection: Connection) -> None:
    server.faults.append(answers(b"no such host\n", 404))
    with pytest.raises(Refusal) as caught:
        connection.get_json(NODES.path())
    assert caught.value.message.args == {"status": 404, "message": "no such host"}


def only(token: str) -> Any:
    """Answer those who have this token, and refuse all others."""

    def answer(request: Request) -> None:
        if request.headers.get("Authorization") == f"Bearer {token}":
            request.answer(200, {"items": []})
        else:
            request.refuse(401, "Unauthorized")

    return answer


def test_a_token_that_was_renewed_in_its_file_is_taken(server: ListWatch, tmp_path: Path) -> None:
    server.always = only("new")
    connection = Connection(Access(kubeconfig(tmp_path, server.port, token="old")))
    with pytest.raises(ClusterError) as caught:
        connection.get_json(PODS.path("ns"))
    assert caught.value.code == "CLUSTER_UNAUTHORIZED"
    kubeconfig(tmp_path, server.port, token="new")
    assert connection.get_json(PODS.path("ns")) == {"items": []}
    assert [one.token for one in server.requests][-1] == "Bearer new"
    connection.close()


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with serving() as server:
        port = server.port
    connection = Connection(Access(kubeconfig(tmp_path, port)))
    begun = time.monotonic()
    with pytest.raises(ClusterError) as caught:
        connection.get_json(PODS.path("ns"))
    assert caught.value.message.to_json() == {
        "code": "CLUSTER_UNREACHABLE",
        "args": {"error": "Connection refused"},
    }
    assert time.monotonic() - begun < 2
    connection.close()


def test_a_kubeconfig_that_is_missing_or_broken_is_told_with_its_path(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{")
    for path in (tmp_path / "missing", broken):
        with pytest.raises(CannotStart) as caught:
            Connection(Access(path))
        assert caught.value.code == "KUBECONFIG_UNREADABLE"
        assert caught.value.message.args["path"] == str(path)


def test_outside_of_a_cluster_there_is_no_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(CannotStart) as caught:
        Connection(Access(namespace="ns"))
    assert caught.value.code == "NOT_IN_CLUSTER"


def test_a_log_comes_in_pieces_as_it_is_written(server: ListWatch, connection: Connection) -> None:
    go_on = threading.Event()

    def log(request: Request) -> None:
        request.begin_stream()
        request.chunk(b"one\n")
        go_on.wait(30)
        request.chunk(b"two\n")
        request.chunk(b"")

    server.faults.append(log)
    lines = connection.stream_log("p", "server", tail_lines=2, follow=True)
    assert next(lines) == b"one\n"
    go_on.set()
    assert b"".join(lines) == b"two\n"
    (asked,) = server.requests
    assert asked.path == "/api/v1/namespaces/ns/pods/p/log"
    assert asked.query == {
        "container": "server",
        "follow": "true",
        "previous": "false",
        "tailLines": "2",
    }


def test_closing_ends_what_others_wait_for(server: ListWatch, connection: Connection) -> None:
    ended: list[ClusterError] = []

    def follow() -> None:
        try:
            b"".join(connection.stream_log("p", "server", follow=True))
        except ClusterError as error:
            ended.append(error)

    server.always = lambda request: (request.begin_stream(), request.rfile.read(1))[0]
    thread = threading.Thread(target=follow)
    thread.start()
    wait_for(lambda: server.requests, "the request")
    wait_for(lambda: (connection.close(), not thread.is_alive())[1], "the follower's end")
    thread.join()
    assert [one.code for one in ended] == ["CLUSTER_UNREACHABLE"]


def test_a_log_that_nobody_reads_on_lets_go_of_its_connection(
    server: ListWatch, connection: Connection
) -> None:
    left = threading.Event()

    def log(request: Request) -> None:
        request.begin_stream()
        request.chunk(b"one\n")
        request.rfile.read(1)
        left.set()

    server.faults.append(log)
    lines = connection.stream_log("p", "server", follow=True)
    assert next(lines) == b"one\n"
    lines.close()
    assert left.wait(10)


def test_closing_ends_what_others_wait_for_over_tls_too(tmp_path: Path) -> None:
    certificate, context = make_certificate(tmp_path)
    with serving(context) as server:
        access = Access(kubeconfig(tmp_path, server.port, certificate=certificate))
        connection = Connection(access)
        server.faults.append(answers({"items": []}))
        assert connection.get_json(PODS.path("ns")) == {"items": []}
        server.always = lambda request: request.rfile.read(1)
        ended: list[ClusterError] = []
        thread = threading.Thread(target=_ask, args=(connection, ended))
        thread.start()
        wait_for(lambda: len(server.requests) > 1, "the request")
        wait_for(lambda: (connection.close(), not thread.is_alive())[1], "the end", 5)
        assert [one.code for one in ended] == ["CLUSTER_UNREACHABLE"]


def _ask(connection: Connection, ended: list[ClusterError]) -> None:
    try:
        connection.get_json(PODS.path("ns"))
    except ClusterError as error:
        ended.append(error)


def test_a_server_with_another_certificate_is_not_trusted(tmp_path: Path) -> None:
    _, context = make_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    other, _ = make_certificate(tmp_path / "other")
    with serving(context) as server:
        connection = Connection(Access(kubeconfig(tmp_path, server.port, certificate=other)))
        with pytest.raises(ClusterError) as caught:
            connection.get_json(PODS.path("ns"))
        assert caught.value.code == "CLUSTER_UNREACHABLE"
        assert "certificate verify failed" in str(caught.value.message.args["error"])
        connection.close()
