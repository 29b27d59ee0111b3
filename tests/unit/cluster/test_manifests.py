"""The objects of servers and batch clients, whole."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import kubernetes_validate
import pytest

from inference_ui.backend.cluster.kubernetes import terms
from inference_ui.backend.cluster.kubernetes.cards import CardNeed
from inference_ui.backend.cluster.kubernetes.manifests import (
    Site,
    client_objects,
    owned,
    server_objects,
)
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Placement,
    Resources,
    Toleration,
)
from inference_ui.backend.ports import ClientWorkload, Image, Probe, ServerWorkload
from inference_ui.backend.records import BatchJob

SITE = Site("infer", "inference-ui:1", {"volumes": PurePosixPath("/data/volumes")})
NAME = "task-7f3a-2-server"
IMAGE = Image(
    "registry.example/digits:1",
    command=("serve", "--port", "{port}"),
    arguments=("--fast",),
    port=9000,
    pull_secret="registry",
    shm_bytes=1 << 30,
)
LABELS = {
    "app.kubernetes.io/managed-by": "inference-ui",
    "app.kubernetes.io/name": "inference-ui",
    "app.kubernetes.io/component": "server",
    "app.kubernetes.io/instance": NAME,
    "inference-ui/task": "7f3a",
    "inference-ui/attempt": "2",
}
SERVER = ServerWorkload(
    name=NAME,
    application="数字 识别",
    command=(),
    image=IMAGE,
    model_folder="/data/volumes/models/digits",
    env={"TOKEN": "t0ps3cret", "URL": "http://127.0.0.1:{port}"},
    resources=Resources(
        cpu_millis=2000,
        memory_bytes=1 << 31,
        accelerator=AcceleratorType.GPU,
        card_model="A100",
        cards=2,
        tolerations=(Toleration(key="dedicated", value="vision", effect="NoSchedule"),),
        runtime_class="nvidia",
    ),
    probe=Probe("/ready"),
    replicas=3,
    placement=Placement(kind="NODES", nodes=("n1", "n2")),
)
NEED = CardNeed({"nvidia.com/gpu": 2}, {"nvidia.com/gpu.product": ("NVIDIA-A100",)})
JOB = BatchJob(
    dataset="/data/volumes/datasets/pages",
    output="/data/volumes/results/first",
    service_type="SELDON",
    headers={"Authorization": "Bearer t0ps3cret"},
)
CLIENT = ClientWorkload(
    "task-7f3a-2-client",
    "数字 识别",
    JOB,
    Resources(cpu_millis=100, memory_bytes=128 << 20),
    server=NAME,
)


def server(**changes: Any) -> ServerWorkload:
    values = {name: getattr(SERVER, name) for name in SERVER.__dataclass_fields__}
    return ServerWorkload(**{**values, **changes})


def test_a_server_is_a_deployment_a_headless_service_and_a_secret() -> None:
    deployment, service, secret = server_objects(SERVER, NEED, SITE)
    term = {
        "matchExpressions": [
            {"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-A100"]}
        ]
    }
    notes = {"inference-ui/application": "数字 识别"}
    assert deployment == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": NAME,
            "namespace": "infer",
            "labels": LABELS,
            "annotations": {
                **notes,
                "inference-ui/workload": terms.written(terms.terms_of(SERVER)),
            },
        },
        "spec": {
            "replicas": 3,
            "revisionHistoryLimit": 0,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app.kubernetes.io/instance": NAME}},
            "template": {
                "metadata": {"labels": LABELS, "annotations": notes},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 20,
                    "affinity": {
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {
                                        "matchFields": [
                                            {
                                                "key": "metadata.name",
                                                "operator": "In",
                                                "values": [node],
                                            }
                                        ],
                                        **term,
                                    }
                                    for node in ("n1", "n2")
                                ]
                            }
                        }
                    },
                    "tolerations": [
                        {"key": "dedicated", "effect": "NoSchedule", "value": "vision"}
                    ],
                    "runtimeClassName": "nvidia",
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "runAsGroup": 1000,
                        "fsGroup": 1000,
                        "fsGroupChangePolicy": "OnRootMismatch",
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "topologySpreadConstraints": [
                        {
                            "maxSkew": 1,
                            "topologyKey": "kubernetes.io/hostname",
                            "whenUnsatisfiable": "ScheduleAnyway",
                            "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": NAME}},
                        }
                    ],
                    "imagePullSecrets": [{"name": "registry"}],
                    "containers": [
                        {
                            "name": "server",
                            "image": "registry.example/digits:1",
                            "command": ["serve", "--port", "9000"],
                            "args": ["--fast"],
                            "ports": [{"name": "http", "containerPort": 9000}],
                            "env": [
                                {"name": "PORT", "value": "9000"},
                                {"name": "HOME", "value": "/tmp"},
                                {
                                    "name": "POD_IP",
                                    "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}},
                                },
                            ],
                            "envFrom": [{"secretRef": {"name": NAME}}],
                            "resources": {
                                "requests": {
                                    "cpu": "2000m",
                                    "memory": "2147483648",
                                    "nvidia.com/gpu": "2",
                                },
                                "limits": {"memory": "2147483648", "nvidia.com/gpu": "2"},
                            },
                            "readinessProbe": {
                                "httpGet": {"path": "/ready", "port": 9000},
                                "periodSeconds": 2,
                                "timeoutSeconds": 5,
                                "failureThreshold": 2,
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "readOnlyRootFilesystem": True,
                                "capabilities": {"drop": ["ALL"]},
                            },
                            "volumeMounts": [
                                {
                                    "name": "claim-0",
                                    "mountPath": "/data/volumes/models/digits",
                                    "subPath": "models/digits",
                                    "readOnly": True,
                                },
                                {"name": "tmp", "mountPath": "/tmp"},
                                {"name": "shm", "mountPath": "/dev/shm"},
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": "claim-0",
                            "persistentVolumeClaim": {"claimName": "volumes"},
                        },
                        {"name": "tmp", "emptyDir": {}},
                        {
                            "name": "shm",
                            "emptyDir": {"medium": "Memory", "sizeLimit": "1073741824"},
                        },
                    ],
                },
            },
        },
    }
    own = {"name": NAME, "namespace": "infer", "labels": LABELS, "annotations": notes}
    assert service == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": own,
        "spec": {
            "clusterIP": "None",
            "selector": {"app.kubernetes.io/instance": NAME},
            "ports": [{"name": "http", "port": 9000, "targetPort": "http"}],
        },
    }
    assert secret == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": own,
        "type": "Opaque",
        "stringData": {"TOKEN": "t0ps3cret", "URL": "http://127.0.0.1:9000"},
    }


def test_a_batch_client_is_a_job_and_its_secret() -> None:
    job, secret = client_objects(CLIENT, SITE)
    labels = {
        **LABELS,
        "app.kubernetes.io/component": "client",
        "app.kubernetes.io/instance": CLIENT.name,
    }
    notes = {"inference-ui/application": "数字 识别"}
    assert job == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": CLIENT.name,
            "namespace": "infer",
            "labels": labels,
            "annotations": {
                **notes,
                "inference-ui/workload": terms.written(terms.terms_of(CLIENT)),
            },
        },
        "spec": {
            "backoffLimit": 1000,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                    },
                    {
                        "action": "FailJob",
                        "onExitCodes": {
                            "containerName": "client",
                            "operator": "In",
                            "values": [2],
                        },
                    },
                ]
            },
            "template": {
                "metadata": {"labels": labels, "annotations": notes},
                "spec": {
                    "automountServiceAccountToken": True,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 20,
                    "restartPolicy": "Never",
                    "serviceAccountName": "inference-ui-client",
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "runAsGroup": 1000,
                        "fsGroup": 1000,
                        "fsGroupChangePolicy": "OnRootMismatch",
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": "client",
                            "image": "inference-ui:1",
                            "command": [
                                "python",
                                "-m",
                                "inference_ui.backend.batch",
                                "--job",
                                "/inference-ui/job.json",
                                "--endpoint-slices",
                                NAME,
                            ],
                            "env": [{"name": "HOME", "value": "/tmp"}],
                            "resources": {"requests": {"cpu": "100m", "memory": "134217728"}},
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "readOnlyRootFilesystem": True,
                                "capabilities": {"drop": ["ALL"]},
                            },
                            "volumeMounts": [
                                {
                                    "name": "claim-0",
                                    "mountPath": "/workspace/dataset",
                                    "subPath": "datasets/pages",
                                    "readOnly": True,
                                },
                                {
                                    "name": "claim-0",
                                    "mountPath": "/data/volumes/results",
                                    "subPath": "results",
                                    "readOnly": False,
                                },
                                {
                                    "name": "job",
                                    "mountPath": "/inference-ui",
                                    "readOnly": True,
                                },
                                {"name": "tmp", "mountPath": "/tmp"},
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": "claim-0",
                            "persistentVolumeClaim": {"claimName": "volumes"},
                        },
                        {"name": "job", "secret": {"secretName": CLIENT.name}},
                        {"name": "tmp", "emptyDir": {}},
                    ],
                },
            },
        },
    }
    content = json.loads(secret["stringData"]["job.json"])
    assert (content["dataset"], content["output"]) == ("/workspace/dataset/", JOB.output)
    assert content["headers"] == JOB.headers


def test_no_setting_of_a_user_stands_outside_of_secrets() -> None:
    objects = [*server_objects(SERVER, NEED, SITE), *client_objects(CLIENT, SITE)]
    found = {one["kind"] for one in objects if "t0ps3cret" in json.dumps(one)}
    assert found == {"Secret"}


@pytest.mark.parametrize("version", ["1.31", "1.36"])
def test_every_object_is_valid_for_the_oldest_and_a_new_cluster(version: str) -> None:
    bare = server(env={}, model_folder="", placement=Placement())
    root = server(image=Image("m:1", as_root=True, writable=True))
    for workload in (SERVER, bare, root):
        first, *children = server_objects(workload, NEED, SITE)
        for one in (first, *(owned(child, first, "u-1") for child in children)):
            kubernetes_validate.validate(one, version, strict=True)
    for one in client_objects(CLIENT, SITE):
        kubernetes_validate.validate(one, version, strict=True)


def test_what_a_deployment_owns_goes_with_it_and_before_it() -> None:
    deployment, service, _ = server_objects(SERVER, NEED, SITE)
    assert owned(service, deployment, "u-1")["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": NAME,
            "uid": "u-1",
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def test_a_server_without_settings_model_or_wishes_is_no_more_than_that() -> None:
    plain = server(env={}, model_folder="", placement=Placement(), image=Image("m:1"), replicas=1)
    deployment, service = server_objects(plain, CardNeed(), SITE)
    pod = deployment["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert service["spec"]["ports"][0]["port"] == 8080
    assert not {"command", "args", "envFrom"} & container.keys()
    assert not {"affinity", "imagePullSecrets"} & pod.keys()
    assert [one["name"] for one in pod["volumes"]] == ["tmp"]


def test_what_an_administrator_granted_is_all_that_a_container_may_besides() -> None:
    granted = server(image=Image("m:1", as_root=True, writable=True))
    pod = server_objects(granted, NEED, SITE)[0]["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsUser": 0,
        "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
    }


def test_a_driver_version_is_looked_for_under_all_its_labels() -> None:
    placed = server(placement=Placement(kind="DRIVER", driver_version="550.90.07"))
    affinity = server_objects(placed, CardNeed(), SITE)[0]["spec"]["template"]["spec"]["affinity"]
    required = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    keys = [
        [one["key"] for one in term["matchExpressions"]] for term in required["nodeSelectorTerms"]
    ]
    assert keys == [
        ["nvidia.com/cuda.driver-version.full"],
        [f"nvidia.com/cuda.driver.{part}" for part in ("major", "minor", "rev")],
    ]


def test_an_answer_below_500_is_asked_for_by_whether_the_port_accepts() -> None:
    custom = server(probe=Probe("/", below_status=500))
    [container] = server_objects(custom, NEED, SITE)[0]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["tcpSocket"] == {"port": 9000}


@pytest.mark.parametrize("folder", ["/elsewhere/model", "/data/volumes/../x", "/data"])
def test_a_folder_on_no_claim_is_refused(folder: str) -> None:
    with pytest.raises(ClusterError, match="K8S_NOT_ON_CLAIM"):
        server_objects(server(model_folder=folder), NEED, SITE)


def test_a_server_without_an_image_is_refused_and_so_is_a_client_without_the_products() -> None:
    with pytest.raises(ClusterError, match="K8S_NO_IMAGE"):
        server_objects(server(image=None), NEED, SITE)
    with pytest.raises(ClusterError, match="K8S_NO_OWN_IMAGE"):
        client_objects(CLIENT, Site("infer", "", SITE.claims))


def test_the_terms_of_a_workload_are_read_as_they_were_written() -> None:
    for workload in (SERVER, CLIENT):
        found = terms.terms_of(workload)
        assert terms.read(terms.written(found)) == found
    for broken in ("", "[]", "{", '{"resources": 1}'):
        assert terms.read(broken) == terms.UNKNOWN
