"""What goes wrong with the double of the API server, as the official client meets it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

from tests.support.control_plane.clients import NAMESPACE, config_map, official_client
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow  # of the tests' own double, which the contract uses anyhow

ANSWER_S = 10


@contextmanager
def serving(**settings: str) -> Iterator[tuple[ApiServer, client.CoreV1Api]]:
    """Yield a server with a namespace, and the official client for it."""
    store = Store()
    store.create("namespaces", {"metadata": {"name": NAMESPACE}})
    with ApiServer(store, **settings) as server, official_client(server) as api:
        yield server, client.CoreV1Api(api)


class Watching:
    """A watch of config maps in a thread: the names it saw, and what ended it."""

    def __init__(self, core: client.CoreV1Api, revision: str | None = None) -> None:
        self.seen: list[tuple[str, str]] = []
        self.end: Exception | None = None
        self._core, self._revision = core, revision
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        stream = watch.Watch().stream(
            self._core.list_namespaced_config_map,
            NAMESPACE,
            timeout_seconds=ANSWER_S,
            **({"resource_version": self._revision} if self._revision else {}),
        )
        try:
            for event in stream:
                self.seen.append((event["type"], event["object"].metadata.name))
        except Exception as error:
            self.end = error


def refusal(error: ApiException) -> dict[str, object]:
    """Return the body of a refusal."""
    return dict(json.loads(error.body))


def test_a_server_that_is_away_refuses_connections_and_comes_back_with_all_it_had() -> None:
    with serving() as (server, core):
        core.create_namespaced_config_map(NAMESPACE, config_map("kept"))
        watching = Watching(core)
        wait_for(lambda: watching.seen, "the watch's first event")
        address = server.url

        server.go_away()
        watching.thread.join(ANSWER_S)
        with pytest.raises(urllib3.exceptions.MaxRetryError):
            core.list_namespaced_config_map(NAMESPACE, _request_timeout=ANSWER_S)
        server.come_back()

        assert isinstance(watching.end, urllib3.exceptions.ProtocolError)
        assert server.url == address
        found = core.list_namespaced_config_map(NAMESPACE, _request_timeout=ANSWER_S).items
        assert [one.metadata.name for one in found] == ["kept"]


def test_cut_watches_end_in_the_middle_and_can_be_resumed_without_loss() -> None:
    with serving() as (server, core):
        revision = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        first = Watching(core, revision)
        wait_for(lambda: ("watch", "configmaps", NAMESPACE, None) in server.requests, "the watch")
        server.cut_watches()
        first.thread.join(ANSWER_S)
        core.create_namespaced_config_map(NAMESPACE, config_map("meanwhile"))

        second = Watching(core, revision)
        wait_for(lambda: second.seen, "what happened meanwhile")
        server.cut_watches()
        second.thread.join(ANSWER_S)

    assert isinstance(first.end, urllib3.exceptions.ProtocolError)
    assert second.seen == [("ADDED", "meanwhile")]


def test_a_compacted_history_says_that_the_version_is_too_old() -> None:
    with serving() as (server, core):
        revision = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        server.compact()
        old = Watching(core, revision)
        old.thread.join(ANSWER_S)
        assert isinstance(old.end, ApiException)
        assert old.end.status == 410

        again = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        new = Watching(core, again)
        core.create_namespaced_config_map(NAMESPACE, config_map("c"))
        wait_for(lambda: new.seen, "an event after listing again")
        server.cut_watches()
        new.thread.join(ANSWER_S)


def test_pages_of_a_list_end_when_the_history_is_compacted_between_them() -> None:
    with serving() as (server, core):
        for name in ("a", "b", "c"):
            core.create_namespaced_config_map(NAMESPACE, config_map(name))
        first = core.list_namespaced_config_map(NAMESPACE, limit=2)
        token = first.metadata._continue
        rest = core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token)
        assert [one.metadata.name for one in [*first.items, *rest.items]] == ["a", "b", "c"]
        assert rest.metadata._continue is None
        server.compact()
        with pytest.raises(ApiException) as caught:
            core.list_namespaced_config_map(NAMESPACE, limit=2, _continue=token)
    assert refusal(caught.value)["reason"] == "Expired"
    assert caught.value.status == 410


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_failures_come_as_often_as_asked(status: int) -> None:
    with serving() as (server, core):
        server.fail("create", "configmaps", status, times=2, retry_after=3)
        for _ in range(2):
            with pytest.raises(ApiException) as caught:
                core.create_namespaced_config_map(NAMESPACE, config_map("c"))
            assert caught.value.status == status
            assert caught.value.headers["Retry-After"] == "3"
        core.create_namespaced_config_map(NAMESPACE, config_map("c"))
        written = [request for request in server.requests if request[0] == "create"]
        assert written == [("create", "configmaps", NAMESPACE, None)] * 3


def test_a_slow_server_outlasts_a_short_patience() -> None:
    with serving() as (server, core):
        server.slow(30)
        with pytest.raises(urllib3.exceptions.MaxRetryError, match=r"Read timed out"):
            core.list_namespaced_config_map(NAMESPACE, _request_timeout=0.2)
        server.relent()
        assert core.list_namespaced_config_map(NAMESPACE).items == []


def test_an_expired_token_is_unauthorized_until_the_new_one_is_used(tmp_path: Path) -> None:
    with serving(token="first") as (server, core):
        assert core.list_namespaced_config_map(NAMESPACE).items == []
        server.expire_tokens()
        with pytest.raises(ApiException) as caught:
            core.list_namespaced_config_map(NAMESPACE)
        assert refusal(caught.value) == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        }
        path = server.kubeconfig(tmp_path / "kubeconfig", namespace=NAMESPACE)
        with config.new_client_from_config(str(path)) as api:
            assert client.CoreV1Api(api).list_namespaced_config_map(NAMESPACE).items == []
            api.rest_client.pool_manager.clear()
    _, active = config.list_kube_config_contexts(str(path))
    assert active["context"]["namespace"] == NAMESPACE


def test_a_forbidden_verb_is_refused_in_the_real_words() -> None:
    with serving(user="system:serviceaccount:scen:default") as (server, core):
        server.forbid("list", "pods")
        server.forbid("get", "pods/log")
        server.forbid("list", "nodes")
        with pytest.raises(ApiException) as pods:
            core.list_namespaced_pod(NAMESPACE)
        with pytest.raises(ApiException) as log:
            core.read_namespaced_pod_log("p", NAMESPACE)
        with pytest.raises(ApiException) as nodes:
            core.list_node()
        assert core.list_namespaced_config_map(NAMESPACE).items == []
    assert refusal(pods.value) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'pods is forbidden: User "system:serviceaccount:scen:default" cannot list '
        f'resource "pods" in API group "" in the namespace "{NAMESPACE}"',
        "reason": "Forbidden",
        "details": {"kind": "pods"},
        "code": 403,
    }
    assert 'cannot get resource "pods/log"' in str(refusal(log.value)["message"])
    assert str(refusal(nodes.value)["message"]).endswith('"" at the cluster scope')


def test_nothing_runs_on_when_the_server_has_ended() -> None:
    before = set(threading.enumerate())
    with serving() as (server, core):
        watching = Watching(core)
        wait_for(lambda: any(request[0] == "watch" for request in server.requests), "the watch")
    watching.thread.join(ANSWER_S)
    assert set(threading.enumerate()) <= before
