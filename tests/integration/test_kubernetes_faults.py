"""Tasks go on, and say why they do not, while the API server is away, cut, slow, or refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_ui.backend.cluster.kubernetes import connection
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.task import InferenceTask
from tests.integration.test_whole_task import assert_every_input_has_one_succeeded_line
from tests.support.drivers import puppet
from tests.support.installation import numbered_inputs
from tests.support.kubernetes_installation import World, kubernetes_world
from tests.support.waiting import wait_for

INPUTS = numbered_inputs(200)
AWAY_S = 30.0


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A cluster, and a product of little patience."""
    monkeypatch.setattr(connection, "PATIENCE_S", 1.5)
    monkeypatch.setattr(connection, "SILENT_S", 0.5)
    with kubernetes_world(tmp_path) as made:
        yield made


def running(world: World) -> InferenceTask:
    """Return a task of some seconds that runs."""
    world.inside.dataset(INPUTS)
    world.inside.package(DELAY_MS="20", FLAVOUR="plain")
    task = world.inside.create("first")
    world.inside.wait_until(task.id, "RUNNING")
    world.inside.wait_for_lines(task.id, 1)
    return task


def ends_whole(world: World, task: InferenceTask) -> None:
    """Wait until the task has succeeded; nothing is lost or doubled, and nothing is left."""
    ended = world.inside.wait_until(task.id, "SUCCEEDED", timeout_s=90)
    assert_every_input_has_one_succeeded_line(ended, INPUTS)
    assert world.left() == []


def waits_for(world: World, task: InferenceTask, code: str) -> dict[str, object]:
    """Wait until the task says that it waits for this; return the arguments."""

    def told() -> bool:
        waiting = world.inside.task(task.id).waiting
        return waiting is not None and waiting.code == code

    wait_for(told, f"{code} is told")
    waiting = world.inside.task(task.id).waiting
    assert waiting is not None
    return dict(waiting.args)


@pytest.mark.parametrize(
    "seconds", [2.0, pytest.param(AWAY_S, marks=pytest.mark.slow)], ids=["shortly", "for long"]
)
def test_a_task_goes_on_while_the_api_server_is_away(world: World, seconds: float) -> None:
    world.inside.dataset(INPUTS)
    delay = 20 if seconds < AWAY_S else 200
    world.inside.package(DELAY_MS=str(delay))
    task = world.inside.create("first")
    world.inside.wait_for_lines(task.id, 1)
    world.plane.server.go_away()
    back = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > back, "it has been away for long", timeout_s=seconds + 5)
    assert world.inside.task(task.id).status == "RUNNING"
    world.plane.server.come_back()
    ends_whole(world, task)


def test_a_task_that_is_created_while_the_api_server_is_away_says_so_and_starts_then(
    world: World,
) -> None:
    world.inside.dataset(INPUTS)
    world.inside.package()
    draft = world.inside.draft("first")
    world.plane.server.go_away()
    task = world.inside.product.tasks.create(world.inside.administrator, draft)
    waits_for(world, task, "CLUSTER_UNREACHABLE")
    world.plane.server.come_back()
    ends_whole(world, task)


def test_a_stop_while_the_api_server_is_away_is_carried_out_when_it_is_back(world: World) -> None:
    task = running(world)
    world.plane.server.go_away()
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    waits_for(world, task, "CLUSTER_UNREACHABLE")
    world.plane.server.come_back()
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def test_watches_that_are_cut_or_out_of_date_lose_nothing(world: World) -> None:
    task = running(world)
    for _ in range(3):
        world.plane.server.cut_watches()
    world.plane.server.compact()
    world.plane.server.cut_watches()
    ends_whole(world, task)


def test_what_is_there_already_is_taken_up(world: World) -> None:
    """409: the first answer to a creation was lost."""
    world.plane.server.fail("create", "deployments", 504, times=1)
    world.plane.server.fail("create", "jobs", 500, times=1)
    ends_whole(world, running(world))


def test_a_busy_api_server_is_asked_again_when_it_says_so(world: World) -> None:
    world.plane.server.fail("create", "deployments", 429, times=2, retry_after=1)
    world.plane.server.fail("create", "secrets", 429, times=1, retry_after=1)
    task = running(world)
    world.plane.server.fail("delete", "jobs", 429, times=2, retry_after=1)
    ends_whole(world, task)


def test_an_api_server_that_stays_busy_is_told_and_waited_for(world: World) -> None:
    world.inside.dataset(INPUTS)
    world.inside.package()
    world.plane.server.fail("create", "deployments", 429, retry_after=1)
    task = world.inside.create("first")
    waits_for(world, task, "CLUSTER_BUSY")
    world.plane.server.relent()
    ends_whole(world, task)


def test_errors_of_the_api_server_are_told_in_its_words_and_waited_for(world: World) -> None:
    world.inside.dataset(INPUTS)
    world.inside.package()
    world.plane.server.fail("create", "deployments", 500)
    task = world.inside.create("first")
    assert "etcdserver" in str(waits_for(world, task, "CLUSTER_REFUSED")["message"])
    world.plane.server.relent()
    ends_whole(world, task)


def test_slow_answers_hold_nothing_up_for_ever(world: World) -> None:
    world.plane.server.slow(0.5)
    task = running(world)
    world.plane.server.relent()
    ends_whole(world, task)


@pytest.mark.parametrize(
    ("verb", "kind", "named"),
    [
        ("create", "deployments", "deployments.apps"),
        ("create", "secrets", "secrets"),
        ("create", "services", "services"),
    ],
)
def test_a_missing_permission_is_named_where_the_task_waits_for_it(
    world: World, verb: str, kind: str, named: str
) -> None:
    world.inside.dataset(INPUTS)
    world.inside.package(FLAVOUR="plain")
    world.plane.server.forbid(verb, kind)
    task = world.inside.create("first")
    found = waits_for(world, task, "CLUSTER_FORBIDDEN")
    assert found == {"verb": verb, "resource": named, "namespace": world.plane.namespace}
    world.plane.server.relent()
    ends_whole(world, task)


def test_a_deletion_that_is_not_permitted_is_named_where_the_task_waits_for_it(
    world: World,
) -> None:
    task = running(world)
    world.plane.server.forbid("delete", "jobs")
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    assert waits_for(world, task, "CLUSTER_FORBIDDEN")["verb"] == "delete"
    world.plane.server.relent()
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def test_an_expired_token_is_told_and_a_renewed_one_is_taken_up(
    world: World, tmp_path: Path
) -> None:
    world.inside.dataset(INPUTS)
    world.inside.package()
    draft = world.inside.draft("first")
    world.plane.expire_tokens()
    world.plane.server.cut_watches()
    task = world.inside.product.tasks.create(world.inside.administrator, draft)
    waits_for(world, task, "CLUSTER_UNAUTHORIZED")
    world.plane.kubeconfig(tmp_path / "kubeconfig")
    world.inside.wait_until(task.id, "RUNNING", "FINISHING", "SUCCEEDED")
    ends_whole(world, task)


@pytest.mark.parametrize("kind", ["deployments.apps", "jobs.batch", "pods", "nodes"])
def test_a_watch_that_is_not_permitted_is_named(tmp_path: Path, kind: str) -> None:
    with kubernetes_world(tmp_path) as world:
        world.plane.server.forbid("list", kind.partition(".")[0])
        world.inside.product.engine.stop()
        world.inside.reopen()
        cluster = world.inside.product.cluster
        with pytest.raises(ClusterError) as refused:
            cluster.nodes()
        assert refused.value.code == "CLUSTER_FORBIDDEN"
        assert refused.value.message.args["resource"] == kind
        world.plane.server.relent()
        wait_for(lambda: _nodes(cluster), "the nodes are seen")


def _nodes(cluster: object) -> bool:
    try:
        return bool(cluster.nodes())  # type: ignore[attr-defined]
    except ClusterError:
        return False


def test_a_node_that_is_lost_is_told_and_the_task_ends_whole_when_it_is_back(
    world: World,
) -> None:
    task = running(world)
    world.plane.lose_node("here")

    def told() -> bool:
        seen = world.inside.product.cluster.observe(f"task-{task.id}-1-server")
        return any(one.reason and one.reason.code == "K8S_NODE_LOST" for one in seen.replicas)

    wait_for(told, "the lost node is told")
    world.plane.node_back("here")
    ends_whole(world, task)


def test_a_name_that_is_used_again_at_once_is_another_workload(world: World) -> None:
    cluster = world.inside.product.cluster
    world.inside.product.engine.stop()
    for _ in range(3):
        cluster.apply(puppet("one"))
        assert cluster.names() == {"one"}
        cluster.remove("one")
        wait_for(lambda: cluster.observe("one").phase == "GONE", "it is gone")
        assert world.left() == []
