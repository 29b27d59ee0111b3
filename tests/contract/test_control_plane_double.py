"""The double of a whole cluster: controllers, scheduler and kubelets, over real HTTP."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client

from tests.support.control_plane.cluster import ControlPlane
from tests.support.control_plane.objects import Json
from tests.support.control_plane.world import (
    World,
    conditions,
    container_of,
    endpoints,
    is_ready,
    reason_of,
    running,
    serve,
    template,
)
from tests.support.waiting import wait_for

PARITY = Path(__file__).parents[3] / "shared" / "kubernetes_parity.py"
DATASET = "/workspace/dataset"


@pytest.fixture
def world() -> Iterator[World]:
    with running() as found:
        yield found


def test_a_deployment_becomes_ready_when_its_servers_answer(world: World) -> None:
    serve(world, 2)
    wait_for(lambda: world.deployment()["status"].get("readyReplicas") == 2, "both are ready")
    status = wait_for(
        lambda: (
            found
            if (found := world.deployment()["status"]).get("availableReplicas") == 2
            and conditions({"status": found})["Progressing"]["reason"] == "NewReplicaSetAvailable"
            else None
        ),
        "it says so",
    )
    assert "unavailableReplicas" not in status
    assert conditions({"status": status})["Available"]["reason"] == "MinimumReplicasAvailable"
    assert {one["status"]["podIP"] for one in world.pods()} == {
        one["addresses"][0] for one in endpoints(world)
    }


def test_endpoints_follow_the_readiness_of_pods(world: World) -> None:
    serve(world)
    wait_for(lambda: [one["conditions"]["ready"] for one in endpoints(world)] == [True], "ready")
    world.cluster.kill(world.pods()[0]["metadata"]["name"])
    wait_for(lambda: container_of(world.pods()[0])["restartCount"] == 1, "it is started again")
    wait_for(lambda: [one["conditions"]["ready"] for one in endpoints(world)] == [True], "again")
    (slice_,) = world.cluster.store.list("endpointslices", "apps")
    assert slice_["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert slice_["metadata"]["labels"]["kubernetes.io/service-name"] == "a"


def test_a_container_that_exits_is_started_again_and_counted(world: World) -> None:
    world.deploy("python", "-c", "print('loading'); raise SystemExit(3)")
    pod = world.pod(lambda one: container_of(one)["restartCount"] >= 2, "it was restarted twice")
    name = pod["metadata"]["name"]
    pod = world.pod(lambda one: "terminated" in container_of(one)["state"], "it has exited")
    found = container_of(pod)
    assert found["lastState"]["terminated"]["exitCode"] == 3
    assert found["lastState"]["terminated"]["reason"] == "Error"
    assert pod["status"]["phase"] == "Running"
    log = world.core.read_namespaced_pod_log(name, "apps", previous=True)
    assert log == "loading\n"
    assert any(one["reason"] == "BackOff" for one in world.cluster.store.list("events", "apps"))


def test_memory_that_ran_out_is_told_as_the_kernel_does(world: World) -> None:
    world.deploy()
    name = world.pod(is_ready, "it runs")["metadata"]["name"]
    world.cluster.run_out_of_memory(name)
    pod = world.pod(lambda one: container_of(one)["restartCount"] == 1, "it is started again")
    ended = container_of(pod)["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_a_pod_that_no_node_takes_says_why_in_the_schedulers_words(world: World) -> None:
    cordon = {"spec": {"unschedulable": True}}
    world.core.patch_node("two", cordon)
    world.deploy(resources={"limits": {"cambricon.com/mlu": "16"}})
    pod = world.pod(lambda one: "PodScheduled" in conditions(one), "the scheduler has spoken")
    told = conditions(pod)["PodScheduled"]
    assert (told["status"], told["reason"]) == ("False", "Unschedulable")
    assert told["message"] == (
        "0/2 nodes are available: 1 Insufficient cambricon.com/mlu, 1 node(s) were unschedulable."
        " no new claims to deallocate, preemption: 0/2 nodes are available:"
        " 2 Preemption is not helpful for scheduling."
    )


def test_a_pod_waits_for_cards_and_comes_in_when_they_are_free(world: World) -> None:
    world.deploy(resources={"limits": {"cambricon.com/mlu": "4"}}, replicas=3)
    wait_for(lambda: len(running_on(world)) == 2, "two have a node each")
    assert running_on(world) == {"one", "two"}
    world.pod(
        lambda one: (
            "2 No preemption victims found for incoming pod."
            in conditions(one).get("PodScheduled", {}).get("message", "")
        ),
        "the third waits",
    )
    world.apps.patch_namespaced_deployment_scale("a", "apps", {"spec": {"replicas": 2}})
    wait_for(lambda: len(world.pods()) == 2, "the waiting one goes first")
    assert running_on(world) == {"one", "two"}


def running_on(world: World) -> set[str]:
    """Return the nodes of the application's pods."""
    return {one["spec"]["nodeName"] for one in world.pods() if one["spec"].get("nodeName")}


def test_a_pod_with_a_claim_that_is_missing_is_not_placed(world: World) -> None:
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "missing"}}
    world.deploy(pod={"volumes": [claim]})
    pod = world.pod(lambda one: "PodScheduled" in conditions(one), "the scheduler has spoken")
    assert conditions(pod)["PodScheduled"]["message"] == (
        '0/2 nodes are available: persistentvolumeclaim "missing" not found. not found'
    )


def test_a_quota_that_is_exceeded_is_told_by_the_deployment(world: World) -> None:
    hard = {"hard": {"requests.cambricon.com/mlu": "1"}}
    quota = {"metadata": {"name": "q"}, "spec": hard}
    world.core.create_namespaced_resource_quota("apps", quota)
    world.deploy(resources={"limits": {"cambricon.com/mlu": "2"}})
    told = wait_for(lambda: conditions(world.deployment()).get("ReplicaFailure"), "it is told")
    assert told["reason"] == "FailedCreate"
    assert told["message"].startswith('pods "a-')
    assert told["message"].endswith(
        " is forbidden: exceeded quota: q, requested: requests.cambricon.com/mlu=2,"
        " used: requests.cambricon.com/mlu=0, limited: requests.cambricon.com/mlu=1"
    )
    assert not world.pods()


def test_an_image_that_cannot_be_pulled_is_backed_off_from_until_it_can(world: World) -> None:
    world.deploy(image="registry.example/missing:1")
    pod = world.pod(lambda one: reason_of(one) == "ImagePullBackOff", "it is backed off")
    words = container_of(pod)["state"]["waiting"]["message"]
    assert words.startswith('Back-off pulling image "registry.example/missing:1": ErrImagePull: ')
    assert pod["status"]["phase"] == "Pending"
    world.cluster.images["registry.example/missing:1"] = ("sleep", "1000")
    world.pod(is_ready, "it runs now")


def test_a_secret_that_is_missing_keeps_the_container_from_starting(world: World) -> None:
    world.deploy(envFrom=[{"secretRef": {"name": "nope"}}])
    pod = world.pod(lambda one: reason_of(one) == "CreateContainerConfigError", "it waits")
    assert container_of(pod)["state"]["waiting"]["message"] == 'secret "nope" not found'
    world.core.create_namespaced_secret("apps", {"metadata": {"name": "nope"}})
    world.pod(is_ready, "it runs now")


def test_a_program_that_is_not_in_the_image_cannot_be_started(world: World) -> None:
    world.deploy("/no/such/program")
    pod = world.pod(lambda one: container_of(one)["restartCount"] >= 1, "it was tried again")
    ended = container_of(pod)["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert "/no/such/program: no such file" in ended["message"]


def test_what_a_deployment_owns_goes_with_it(world: World) -> None:
    serve(world)
    pod = world.pod(is_ready, "it runs")
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
    owner["uid"] = world.deployment()["metadata"]["uid"]
    secret = {"metadata": {"name": "s", "ownerReferences": [owner]}}
    world.core.create_namespaced_secret("apps", secret)
    body = client.V1DeleteOptions(propagation_policy="Foreground")
    world.apps.delete_namespaced_deployment("a", "apps", body=body)

    def left() -> list[Json]:
        kinds = ("deployments", "replicasets", "pods", "secrets")
        return [one for kind in kinds for one in world.cluster.store.list(kind, "apps")]

    wait_for(lambda: not left(), "all of it is gone")
    wait_for(lambda: not endpoints(world), "the service leads nowhere")
    assert pod["status"]["podIP"]


def test_pods_of_a_lost_node_end_when_it_is_back(world: World) -> None:
    serve(world)
    lost = world.pod(is_ready, "it runs")
    node = lost["spec"]["nodeName"]
    world.cluster.lose_node(node)
    named = lost["metadata"]["name"]
    other = world.pod(
        lambda one: is_ready(one) and one["metadata"]["name"] != named, "another one runs"
    )
    assert other["spec"]["nodeName"] != node
    stays = next(one for one in world.pods() if one["metadata"]["name"] == named)
    assert stays["metadata"]["deletionTimestamp"]
    assert conditions(stays)["DisruptionTarget"]["reason"] == "DeletionByTaintManager"
    assert conditions(stays)["Ready"]["status"] == "False"
    world.cluster.node_back(node)
    remaining = [other["metadata"]["name"]]
    wait_for(lambda: [one["metadata"]["name"] for one in world.pods()] == remaining, "it has ended")


def test_a_container_sees_its_volumes_and_nothing_else_can_be_written(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    (shelf / "data" / "set").mkdir(parents=True)
    (shelf / "data" / "set" / "item").write_text("item")
    (shelf / "out").mkdir()
    script = (
        "cp /workspace/dataset/item /workspace/output/copy && cat /inference-ui/job.json"
        " && ! touch /workspace/dataset/x 2>/dev/null && ! touch /usr/x 2>/dev/null"
        " && touch /tmp/x /dev/shm/x && echo $GREETING && echo $WHO"
    )
    volumes = [
        {"name": "claim", "persistentVolumeClaim": {"claimName": "shelf"}},
        {"name": "job", "secret": {"secretName": "job"}},
        {"name": "scratch", "emptyDir": {}},
    ]
    mounts = [
        {"name": "claim", "mountPath": DATASET, "subPath": "data/set", "readOnly": True},
        {"name": "claim", "mountPath": "/workspace/output", "subPath": "out"},
        {"name": "job", "mountPath": "/inference-ui"},
        {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108
    ]
    env = [
        {"name": "WHO", "valueFrom": {"secretKeyRef": {"name": "job", "key": "who"}}},
        {"name": "GREETING", "value": "hello $(WHO), not $$(WHO)"},
    ]
    with running(claims={"shelf": shelf}) as world:
        data = {"job.json": "{}\n", "who": "you"}
        world.core.create_namespaced_secret(
            "apps", {"metadata": {"name": "job"}, "stringData": data}
        )
        container = {
            "env": env,
            "volumeMounts": mounts,
            "securityContext": {"readOnlyRootFilesystem": True},
        }
        body = template("sh", "-c", script, pod={"volumes": volumes}, **container)
        body["spec"]["restartPolicy"] = "Never"
        job = {"metadata": {"name": "j"}, "spec": {"template": body, "backoffLimit": 0}}
        world.batch.create_namespaced_job("apps", job)
        pod = world.job_pod(lambda one: one["status"]["phase"] in ("Succeeded", "Failed"), "ended")
        log = world.core.read_namespaced_pod_log(pod["metadata"]["name"], "apps")
        assert log == "{}\nhello you, not $(WHO)\nyou\n"
        assert pod["status"]["phase"] == "Succeeded"
    assert (shelf / "out" / "copy").read_text() == "item"


def test_a_log_is_followed_until_the_container_ends(world: World) -> None:
    world.run("sh", "-c", "echo one; sleep 0.3; echo two")
    pod = world.job_pod(lambda one: "running" in container_of(one)["state"], "it runs")
    answer = world.core.read_namespaced_pod_log(
        pod["metadata"]["name"], "apps", follow=True, _preload_content=False
    )
    assert answer.read() == b"one\ntwo\n"


def test_a_pod_finds_the_api_server_by_its_service_account(world: World) -> None:
    script = """
import os, ssl, urllib.request
account = "/var/run/secrets/kubernetes.io/serviceaccount/"
where = os.environ["KUBERNETES_SERVICE_HOST"] + ":" + os.environ["KUBERNETES_SERVICE_PORT"]
namespace = open(account + "namespace").read()
request = urllib.request.Request(
    f"https://{where}/api/v1/namespaces/{namespace}/pods",
    headers={"Authorization": "Bearer " + open(account + "token").read()},
)
trust = ssl.create_default_context(cafile=account + "ca.crt")
print(urllib.request.urlopen(request, context=trust).status)
"""
    world.run("python", "-c", script)
    world.ends("Complete")
    (pod,) = world.pods("job-name=j")
    assert world.core.read_namespaced_pod_log(pod["metadata"]["name"], "apps") == "200\n"


def test_whatever_a_container_started_ends_with_the_cluster() -> None:
    daemon = "import os, signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + (
        "if os.fork() == 0:\n    os.setsid()\nprint('up', flush=True)\nsignal.pause()"
    )
    mark = base64.b32encode(os.urandom(10)).decode()
    with running() as world:
        world.deploy("python", "-c", daemon, mark)
        name = world.pod(is_ready, "it runs")["metadata"]["name"]
        log = lambda: world.core.read_namespaced_pod_log(name, "apps")  # noqa: E731
        wait_for(lambda: log() == "up\nup\n", "both are up")
        assert len(marked(mark)) > 1
    assert not marked(mark)


def marked(mark: str) -> list[str]:
    """Return the processes with a word in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:  # it has ended meanwhile
            continue
    return found


def test_nothing_that_comes_forward_for_too_long_is_told(world: World) -> None:
    world.deploy(image="registry.example/missing:1", deadline_s=1)
    told = wait_for(
        lambda: (
            found
            if (found := conditions(world.deployment()).get("Progressing", {})).get("status")
            == "False"
            else None
        ),
        "its time is over",
    )
    name = world.cluster.store.list("replicasets", "apps")[0]["metadata"]["name"]
    assert told["reason"] == "ProgressDeadlineExceeded"
    assert told["message"] == f'ReplicaSet "{name}" has timed out progressing.'


@pytest.mark.skipif(not PARITY.is_file(), reason="the parity checks lie beside no such checkout")
def test_the_cluster_passes_every_check_that_a_real_one_passes() -> None:
    with ControlPlane() as cluster:
        cluster.server.token = None
        run = subprocess.run(
            [sys.executable, PARITY, cluster.url],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert "--- 60/60 as expected" in run.stdout, run.stdout + run.stderr
