"""Whole tasks on the double of a Kubernetes cluster, with real processes as pods."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from inference_ui.backend.models.catalog import ContainerLaunch
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.task import EndReason
from inference_ui.backend.ports import Phase, ServerWorkload
from inference_ui.backend.services.workloads import server_workload
from tests.integration.test_whole_task import assert_every_input_has_one_succeeded_line
from tests.support.drivers import IMAGE
from tests.support.installation import journal, numbered_inputs
from tests.support.kubernetes_installation import World, kubernetes_world
from tests.support.waiting import wait_for

SECRET = re.compile("t0ps3cret|dDBwczNjcmV0")
"""A setting, as it is written and as a Secret shows it."""

FOR_EVER = "import signal; signal.pause()"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with kubernetes_world(tmp_path) as made:
        yield made


def test_a_task_goes_from_queued_to_succeeded_and_leaves_nothing_in_the_cluster(
    world: World,
) -> None:
    inputs = numbered_inputs(30)
    world.inside.dataset(inputs)
    world.inside.package(SOME_SETTING="secret")
    task = world.inside.create("first")
    ended = world.inside.wait_until(task.id, "SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (30, 30, 0)
    assert ended.end_reason == EndReason.COMPLETED
    assert_every_input_has_one_succeeded_line(ended, inputs)
    view = world.inside.product.tasks.view(world.inside.administrator, task.id)
    codes = [event.code for event in view.events]
    assert codes == ["SUBMITTED", "STARTING", "RUNNING", "FINISHING", "SUCCEEDED"]
    logs = world.inside.product.logs.of(world.inside.administrator, task.id).logs
    texts = {log.role: log.text for log in logs}
    assert "loading the model" in texts["server"]
    assert texts["client"].strip()
    assert world.left() == []


def test_a_setting_reaches_the_server_and_stands_in_a_secret_alone(world: World) -> None:
    world.inside.dataset(numbered_inputs(1))
    world.inside.package(TELL="FLAVOUR", FLAVOUR="t0ps3cret")
    task = world.inside.create("first")
    seen: set[str] = set()

    def ended() -> bool:
        for kind in ("deployments", "replicasets", "pods", "services", "jobs", "secrets"):
            found = world.plane.store.list(kind, world.plane.namespace)
            seen.update(kind for one in found if SECRET.search(json.dumps(one)))
        return world.inside.task(task.id).status == "SUCCEEDED"

    wait_for(ended, "the task succeeds")
    assert seen == {"secrets"}
    [line] = journal(world.inside.task(task.id))
    answer = (Path(task.plan.output_folder) / (line.resultLocation or "")).read_text()
    assert "t0ps3cret" in answer


def test_replicas_without_a_node_are_told_while_the_others_run(world: World) -> None:
    world.inside.dataset(numbered_inputs(200))
    world.inside.package(DELAY_MS="20")
    # Of the four CPUs somebody else has 2800 thousandths: two servers and their client fit.
    spec = {"containers": [{"name": "c", "image": IMAGE, "command": ["python", "-c", FOR_EVER]}]}
    spec["containers"][0]["resources"] = {"requests": {"cpu": "2800m"}}
    world.plane.store.create(
        "pods", {"metadata": {"name": "other", "namespace": world.plane.namespace}, "spec": spec}
    )
    draft = replace(world.inside.draft("wide"), node_count=3)
    task = world.inside.product.tasks.create(world.inside.administrator, draft)
    world.inside.wait_until(task.id, "RUNNING")
    cluster = world.inside.product.cluster

    def told() -> bool:
        seen = cluster.observe(f"task-{task.id}-1-server")
        short = [one for one in seen.replicas if one.phase is Phase.WAITING]
        reasons = {one.reason.code if one.reason else "" for one in short}
        return seen.phase is Phase.READY and len(short) >= 1 and reasons == {"K8S_UNSCHEDULABLE"}

    wait_for(told, "what is short of a node says why")
    [waiting] = [one for one in cluster.queue() if one.demand.name == f"task-{task.id}-1-server"]
    assert waiting.demand.replicas >= 1
    world.inside.wait_until(task.id, "SUCCEEDED")
    assert world.left() == ["pods/other"]


def test_stopping_removes_everything_and_ends_when_it_is_gone(world: World) -> None:
    world.inside.dataset(numbered_inputs(500))
    world.inside.package(DELAY_MS="50")
    task = world.inside.create("long")
    world.inside.wait_until(task.id, "RUNNING")
    world.inside.wait_for_lines(task.id, 1)
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    ended = world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []
    assert 0 < ended.succeeded < 500


def test_what_a_crash_left_behind_is_found_by_its_label_and_removed(world: World) -> None:
    world.inside.dataset(numbered_inputs(1))
    world.inside.package()
    task = world.inside.create("first")
    workload = replace(server_workload(task), name="task-0123456789abcdef-1-server")
    world.inside.product.cluster.apply(workload)
    world.inside.wait_until(task.id, "SUCCEEDED")
    wait_for(lambda: not world.left(), "the leftover is removed")


def test_a_task_that_was_half_made_is_finished_by_the_next_life(world: World) -> None:
    world.inside.product.engine.stop()
    world.inside.dataset(numbered_inputs(3))
    world.inside.package(FLAVOUR="plain")
    task = world.inside.create("first")
    world.plane.server.fail("create", "secrets", 500)
    world.inside.product.cluster.apply(server_workload(task))
    assert [one for one in world.left() if one.startswith("secrets")] == []
    world.plane.server.relent()
    world.inside.reopen()
    world.inside.product.engine.start()
    world.inside.wait_until(task.id, "SUCCEEDED")
    assert world.left() == []


def test_a_restarted_web_server_writes_nothing_that_is_there(world: World) -> None:
    world.inside.dataset(numbered_inputs(300))
    world.inside.package(DELAY_MS="20", FLAVOUR="plain")
    task = world.inside.create("first")
    world.inside.wait_until(task.id, "RUNNING")
    world.inside.product.engine.stop()
    world.inside.reopen()
    before = len(world.plane.server.requests)
    world.inside.product.engine.start()
    world.inside.wait_for_lines(task.id, 20)
    assert written_since(world, before) == []
    world.inside.wait_until(task.id, "SUCCEEDED")


@pytest.mark.parametrize(
    ("mode", "reason", "code"),
    [("crash", EndReason.SERVER_FAILED, "PROCESS_EXITED")],
)
def test_a_server_that_fails_keeps_its_reason_and_its_last_lines(
    world: World, mode: str, reason: EndReason, code: str
) -> None:
    world.inside.dataset(numbered_inputs(1))
    world.inside.package(MODE=mode)
    task = world.inside.create("first")
    ended = world.inside.wait_until(task.id, "FAILED")
    assert ended.end_reason == reason
    assert ended.end_detail is not None
    assert ended.end_detail == {"code": code, "args": {"exit_code": 3, "restarts": 3}}
    assert world.left() == []
    logs = world.inside.product.logs.of(world.inside.administrator, task.id).logs
    assert "no such file or directory" in next(one.text for one in logs if one.role == "server")


def test_an_image_that_cannot_be_pulled_is_named(world: World) -> None:
    world.inside.dataset(numbered_inputs(1))
    world.inside.register_package("absent", ContainerLaunch(image="registry.example/absent:1"))
    task = world.inside.create("first", package="absent")

    def told() -> bool:
        waiting = world.inside.task(task.id).waiting
        return waiting is not None and waiting.code == "K8S_IMAGE_PULL"

    wait_for(told, "the image is named")
    world.inside.product.tasks.stop(world.inside.administrator, task.id)
    world.inside.wait_until(task.id, "STOPPED")
    assert world.left() == []


def test_a_server_that_needs_more_memory_than_it_may_is_told_so(world: World) -> None:
    world.inside.dataset(numbered_inputs(2000))
    world.inside.package(DELAY_MS="50")
    task = world.inside.create("hungry")
    world.inside.wait_until(task.id, "RUNNING")

    def failed() -> bool:
        for pod in world.pods("server"):
            with suppress(LookupError, ValueError):  # between two containers, or gone
                world.plane.run_out_of_memory(pod)
        return world.inside.task(task.id).status == "FAILED"

    wait_for(failed, "the restarts are used up", timeout_s=60)
    detail = world.inside.task(task.id).end_detail
    assert detail is not None
    assert detail["code"] == "K8S_OUT_OF_MEMORY"


def test_an_evicted_batch_client_goes_on_elsewhere_and_nothing_is_lost(world: World) -> None:
    inputs = numbered_inputs(300)
    world.inside.dataset(inputs)
    world.inside.package(DELAY_MS="20")
    task = world.inside.create("first")
    world.inside.wait_for_lines(task.id, 5)
    [pod] = world.pods("client")
    world.plane.evict(pod)
    ended = world.inside.wait_until(task.id, "SUCCEEDED")
    assert ended.succeeded == 300
    assert_every_input_has_one_succeeded_line(ended, inputs)
    assert world.left() == []


def test_a_state_costs_two_writes_at_most_and_waiting_costs_none(world: World) -> None:
    world.inside.product.engine.stop()
    world.inside.dataset(numbered_inputs(1))
    world.inside.package(FLAVOUR="plain")
    task = world.inside.create("first")
    server = server_workload(task)
    huge = replace(server, resources=replace_cpu(server, 64_000))  # no node has as much
    cluster, requests = world.inside.product.cluster, world.plane.server.requests

    cluster.apply(huge)
    assert sorted(written_since(world, 0)) == ["deployments", "secrets"]
    wait_for(lambda: cluster.observe(server.name).reason, "it waits, and says why")
    before = len(requests)
    for _ in range(5):
        cluster.apply(huge)
    assert written_since(world, before) == []
    assert "get" not in [verb for verb, *_ in requests[before:]]
    cluster.remove(server.name)
    wait_for(lambda: cluster.observe(server.name).phase is Phase.GONE, "it is gone")
    cluster.apply(server)
    wait_for(lambda: cluster.observe(server.name).phase is not Phase.WAITING, "it has a node")
    before = len(requests)
    for _ in range(5):
        cluster.apply(server)
    assert written_since(world, before) == ["services"]


def written_since(world: World, before: int) -> list[str]:
    """Return the kinds of what was written in a namespace after so many requests."""
    verbs = ("create", "update", "patch", "delete")
    made = world.plane.server.requests[before:]
    return [kind for verb, kind, place, _ in made if verb in verbs and place]


def replace_cpu(server: ServerWorkload, cpu_millis: int) -> Resources:
    return server.resources.model_copy(update={"cpu_millis": cpu_millis})
