"""Jobs of the double of a cluster: when they end, and what counts as a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.support.control_plane.world import World, conditions, container_of, is_ready, running
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow  # of the tests' own double, which the contract uses anyhow


@pytest.fixture
def world() -> Iterator[World]:
    with running() as found:
        yield found


def stubborn(world: World, **spec: str) -> str:
    """Run a Job that does not end when it is asked to; return its pod's name."""
    world.run("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done", **spec)
    name: str = world.job_pod(is_ready, "it runs")["metadata"]["name"]
    wait_for(lambda: world.core.read_namespaced_pod_log(name, "apps") == "up\n", "it is deaf")
    return name


def test_a_job_is_complete_when_its_pod_has_succeeded(world: World) -> None:
    world.run("python", "-c", "print('done')")
    assert world.ends("Complete")["reason"] == "CompletionsReached"
    status = world.job()["status"]
    assert (status["succeeded"], status["ready"], status["terminating"]) == (1, 0, 0)
    assert list(conditions(world.job())) == ["SuccessCriteriaMet", "Complete"]
    (pod,) = world.pods("job-name=j")
    assert pod["status"]["phase"] == "Succeeded"
    wait_for(lambda: not world.pods("job-name=j")[0]["metadata"].get("finalizers"), "counted")
    assert world.core.read_namespaced_pod_log(pod["metadata"]["name"], "apps") == "done\n"


def test_a_job_fails_after_as_many_failures_as_it_bears(world: World) -> None:
    world.run("python", "-c", "raise SystemExit(2)", backoffLimit=1)
    assert world.ends("Failed")["reason"] == "BackoffLimitExceeded"
    assert world.job()["status"]["failed"] == 2
    assert len(world.pods("job-name=j")) == 2


FATAL = {
    "action": "FailJob",
    "onExitCodes": {"containerName": "main", "operator": "In", "values": [2]},
}
DISRUPTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}


def test_an_exit_code_of_the_policy_fails_the_job_at_once(world: World) -> None:
    policy = {"rules": [FATAL, DISRUPTED]}
    world.run("python", "-c", "raise SystemExit(2)", podFailurePolicy=policy)
    failed = world.ends("Failed")
    (pod,) = world.pods("job-name=j")
    assert failed["reason"] == "PodFailurePolicy"
    assert failed["message"] == (
        f"Container main for pod apps/{pod['metadata']['name']} failed with exit code 2 matching"
        " FailJob rule at index 0"
    )


def test_an_eviction_is_no_failure_of_the_job(world: World) -> None:
    policy = {"rules": [FATAL, DISRUPTED]}
    world.run(podFailurePolicy=policy, backoffLimit=0)
    first = world.job_pod(is_ready, "it runs")["metadata"]["name"]
    world.cluster.evict(first)
    second = world.job_pod(
        lambda one: is_ready(one) and one["metadata"]["name"] != first, "another one runs"
    )
    evicted = next(one for one in world.pods("job-name=j") if one["metadata"]["name"] == first)
    assert (evicted["status"]["phase"], evicted["status"]["reason"]) == ("Failed", "Evicted")
    assert conditions(evicted)["DisruptionTarget"]["reason"] == "TerminationByKubelet"
    assert second["status"]["phase"] == "Running"
    assert "failed" not in world.job()["status"]


def test_a_job_that_is_deleted_in_the_foreground_stays_until_its_pods_are_gone(
    world: World,
) -> None:
    pod = stubborn(world)
    body = client.V1DeleteOptions(propagation_policy="Foreground")
    world.batch.delete_namespaced_job("j", "apps", body=body)
    world.job_pod(lambda one: one["metadata"].get("deletionTimestamp"), "the pod is told")
    assert world.job()["metadata"]["finalizers"] == ["foregroundDeletion"]
    world.core.delete_namespaced_pod(pod, "apps", grace_period_seconds=1)
    wait_for(lambda: world.cluster.store.get("jobs", "apps", "j") is None, "the job is gone")
    assert not world.pods("job-name=j")


def test_a_job_that_is_deleted_without_a_word_leaves_its_pods(world: World) -> None:
    world.run()
    world.job_pod(is_ready, "it runs")
    world.batch.delete_namespaced_job("j", "apps")
    wait_for(lambda: world.cluster.store.get("jobs", "apps", "j") is None, "the job is gone")
    pod = world.job_pod(lambda one: not one["metadata"].get("ownerReferences"), "an orphan")
    assert is_ready(pod)
    wait_for(
        lambda: not world.pods("job-name=j")[0]["metadata"].get("finalizers"), "nobody holds it"
    )


def test_a_job_is_over_when_its_time_is(world: World) -> None:
    world.run(activeDeadlineSeconds=1)
    pod = world.job_pod(is_ready, "it runs")
    assert world.ends("Failed")["reason"] == "DeadlineExceeded"
    assert list(conditions(world.job())) == ["FailureTarget", "Failed"]
    assert all(one["metadata"]["uid"] == pod["metadata"]["uid"] for one in world.pods("job-name=j"))


@pytest.mark.parametrize(("policy", "at_once"), [("Failed", False), ("TerminatingOrFailed", True)])
def test_a_pod_is_replaced_when_the_policy_says(world: World, policy: str, at_once: bool) -> None:
    first = stubborn(world, podReplacementPolicy=policy)
    world.core.delete_namespaced_pod(first, "apps", grace_period_seconds=60)
    wait_for(lambda: world.job()["status"]["terminating"] == 1, "it is told")
    if at_once:
        wait_for(lambda: world.job()["status"].get("active") == 1, "another one runs")
    assert len(world.pods("job-name=j")) == (2 if at_once else 1)
    world.core.delete_namespaced_pod(first, "apps", grace_period_seconds=1)
    pod = world.job_pod(
        lambda one: is_ready(one) and one["metadata"]["name"] != first, "another one runs"
    )
    wait_for(lambda: len(world.pods("job-name=j")) == 1, "the first one is gone")
    assert container_of(pod)["restartCount"] == 0
    assert world.job()["status"]["failed"] == 1


def test_a_job_that_is_suspended_has_no_pods(world: World) -> None:
    world.run(suspend=True)
    wait_for(lambda: conditions(world.job()).get("Suspended"), "it is suspended")
    assert not world.pods("job-name=j")
    world.batch.patch_namespaced_job("j", "apps", {"spec": {"suspend": False}})
    world.job_pod(is_ready, "it runs")
    assert conditions(world.job())["Suspended"]["reason"] == "JobResumed"
