"""What must not hold up tasks on Kubernetes: a node that keeps its logs, an API server that says
no, is slow, or is away."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend import reconciler as reconciling
from inference_ui.backend.cluster.kubernetes import connection as connections
from inference_ui.backend.cluster.kubernetes import views
from inference_ui.backend.cluster.kubernetes.connection import Connection
from inference_ui.backend.cluster.kubernetes.kinds import JOBS
from inference_ui.backend.cluster.kubernetes.transport import Access
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.reconciler import Reconciler
from tests.support.installation import numbered_inputs
from tests.support.kubernetes_installation import World, kubernetes_world
from tests.support.list_watch import kubeconfig
from tests.support.waiting import wait_for


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with kubernetes_world(tmp_path) as made:
        yield made


def test_a_task_whose_logs_cannot_be_read_is_stopped_all_the_same(world: World) -> None:
    world.inside.dataset(numbered_inputs(500))
    world.inside.package(DELAY_MS="50")
    world.plane.server.fail("get", "pods/log", 500)
    task = world.inside.create("long")
    world.inside.wait_until(task.id, "RUNNING")
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def test_what_lasts_while_the_cluster_cannot_be_seen_counts_in_no_timeout(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_STALE_S", 0.2)
    world.inside.product.engine.stop()
    world.inside.dataset(numbered_inputs(1))
    world.inside.package(ready_timeout_s=60, MODE="never")
    task = world.inside.create("slow")
    clock = utc_now()
    cluster = world.inside.product.cluster
    reconciler = Reconciler(world.inside.product.store, cluster, now=lambda: clock)

    def starting() -> bool:
        reconciler.run_once()
        return world.inside.task(task.id).status == "STARTING"

    wait_for(starting, "its server starts")
    world.plane.server.go_away()
    wait_for(lambda: not _is_seen(world, task.id), "nobody sees the cluster")
    for _ in range(3):
        clock += timedelta(seconds=30)
        reconciler.run_once()
    waiting = world.inside.task(task.id).waiting
    assert waiting is not None
    assert waiting.code == "CLUSTER_UNREACHABLE"
    world.plane.server.come_back()
    wait_for(lambda: _is_seen(world, task.id), "the cluster is seen again")
    reconciler.run_once()
    assert world.inside.task(task.id).status == "STARTING"
    world.inside.product.engine.start()


def _is_seen(world: World, task_id: str) -> bool:
    try:
        world.inside.product.cluster.observe(f"task-{task_id}-1-server")
    except ClusterError:
        return False
    return True


def test_what_the_cluster_refuses_is_asked_for_with_pauses(world: World) -> None:
    world.inside.dataset(numbered_inputs(1))
    world.inside.package()
    world.plane.server.fail("create", "deployments", 403)
    first, second = (world.inside.create(name) for name in ("one", "two"))
    asked = world.plane.server.requests

    def tries() -> list[object]:
        return [one for one in asked if one[:2] == ("create", "deployments")]

    wait_for(lambda: len(tries()) >= 6, "both are asked for three times")
    began = time.monotonic()
    wait_for(lambda: len(tries()) >= 8, "and once more")
    assert time.monotonic() - began > 0.5
    for task in (first, second):
        waiting = world.inside.task(task.id).waiting
        assert waiting is not None
        assert waiting.code == "CLUSTER_REFUSED"
    world.plane.server.relent()
    for task in (first, second):
        world.inside.wait_until(task.id, "SUCCEEDED")


@pytest.mark.parametrize("kind", ["services", "secrets"])
def test_a_part_of_a_server_that_is_refused_is_told_and_made_later(world: World, kind: str) -> None:
    world.inside.dataset(numbered_inputs(3))
    world.inside.package(FLAVOUR="plain")
    world.plane.server.fail("create", kind, 403)
    task = world.inside.create("short")

    def told() -> bool:
        waiting = world.inside.task(task.id).waiting
        return waiting is not None and waiting.code == "CLUSTER_REFUSED"

    wait_for(lambda: world.pods("server"), "its pod is there")
    wait_for(told, "what was refused is told")
    world.plane.server.relent()
    world.inside.wait_until(task.id, "SUCCEEDED")
    assert world.left() == []


def test_a_batch_client_over_quota_says_so_and_begins_when_there_is_room(world: World) -> None:
    world.inside.dataset(numbered_inputs(3))
    world.inside.package()
    quota = {"metadata": {"name": "few", "namespace": world.plane.namespace}}
    world.plane.store.create("resourcequotas", {**quota, "spec": {"hard": {"pods": "1"}}})
    task = world.inside.create("short")
    world.inside.wait_until(task.id, "RUNNING")

    def told() -> bool:
        waiting = world.inside.task(task.id).waiting
        return waiting is not None and waiting.code == "K8S_QUOTA"

    wait_for(told, "the quota is named")
    world.plane.store.delete("resourcequotas", world.plane.namespace, "few")
    world.inside.wait_until(task.id, "SUCCEEDED")


def test_a_slow_cluster_that_takes_many_tasks_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "BEGINNING_S", 0.2)
    world.inside.product.engine.stop()
    world.inside.dataset(numbered_inputs(1))
    world.inside.package()
    many = [world.inside.create(f"task {number}") for number in range(8)]
    stopped = world.inside.create("last")
    world.inside.product.tasks.stop(world.inside.administrator, stopped.id)
    reconciler = Reconciler(world.inside.product.store, world.inside.product.cluster)
    world.inside.product.cluster.names()
    world.plane.server.slow(0.1)
    reconciler.run_once()
    assert world.inside.task(stopped.id).status == "FINISHING"
    assert 1 <= len(deployments(world)) < len(many)

    begun: set[str] = set()

    def all_begun() -> bool:
        reconciler.run_once()
        begun.update(deployments(world))
        return len(begun) == len(many)

    wait_for(all_begun, "the others are begun one after the other")
    world.plane.server.relent()


def test_what_is_stopped_on_a_lost_node_says_so_and_ends_when_the_node_is_back(
    world: World,
) -> None:
    world.inside.dataset(numbered_inputs(500))
    world.inside.package(DELAY_MS="50")
    task = world.inside.create("long")
    world.inside.wait_for_lines(task.id, 1)
    [node] = [one.name for one in world.inside.product.cluster.nodes()]
    world.plane.lose_node(node)
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    lost = Message("K8S_NODE_LOST", {"node": node})

    def told() -> bool:
        seen = world.inside.product.cluster.observe(f"task-{task.id}-1-client")
        return seen.reason == Message("REMOVING") and seen.replicas[0].reason == lost

    wait_for(told, "the node is named")
    assert world.inside.task(task.id).status == "FINISHING"
    world.plane.node_back(node)
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def test_a_server_that_lets_wait_in_vain_is_not_waited_for_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CALL_S", 0.3)
    monkeypatch.setattr(connections, "SILENT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        connection = Connection(Access(kubeconfig(tmp_path, deaf.getsockname()[1])))
        begun = time.monotonic()
        for _ in range(100):
            with pytest.raises(ClusterError) as caught:
                connection.delete(JOBS, "j")
            assert caught.value.code == "CLUSTER_UNREACHABLE"
        assert time.monotonic() - begun < 3

        def asked_again() -> bool:
            began = time.monotonic()
            with pytest.raises(ClusterError):
                connection.delete(JOBS, "j")
            return time.monotonic() - began >= 0.3

        wait_for(asked_again, "after a while it is asked again")
        connection.close()


def deployments(world: World) -> list[str]:
    return [one for one in world.left() if one.startswith("deployments/")]


def test_a_secret_that_an_earlier_server_left_is_not_taken_for_its_own(world: World) -> None:
    world.inside.product.engine.stop()
    world.inside.dataset(numbered_inputs(500))
    world.inside.package(DELAY_MS="50", FLAVOUR="plain")
    task = world.inside.create("long")
    plane, name = world.plane, f"task-{task.id}-1-server"
    before = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": "before"}
    metadata = {
        "name": name,
        "namespace": plane.namespace,
        "labels": {"app.kubernetes.io/instance": name},
        "ownerReferences": [before],
        "finalizers": ["example.com/slow"],
    }
    plane.store.create("secrets", {"metadata": metadata, "type": "Opaque"})
    world.inside.product.engine.start()
    wait_for(lambda: _secret(world, name)["metadata"].get("deletionTimestamp"), "it shall go")

    def told() -> bool:
        seen = world.inside.product.cluster.observe(name)
        return seen.reason == Message("REMOVING")

    wait_for(told, "its end is waited for")
    left = _secret(world, name)
    left["metadata"]["finalizers"] = []
    plane.store.update("secrets", left)

    def own() -> bool:
        found = plane.store.get("secrets", plane.namespace, name)
        owners = found["metadata"]["ownerReferences"] if found else []
        return [one["uid"] for one in owners] != ["before"] and bool(owners)

    wait_for(own, "it has one of its own")
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def _secret(world: World, name: str) -> dict[str, Any]:
    found = world.plane.store.get("secrets", world.plane.namespace, name)
    assert found is not None
    return dict(found)
