"""The objects of a workload, as the API server takes them. Pure: a workload in, dicts out.

A server is a Deployment with a headless Service and, where it has an environment, a Secret, both
owned by the Deployment. A batch client is a Job that owns its Secret. What users typed stands in
Secrets and annotations alone, never in arguments, labels or names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from inference_ui.backend.cluster.kubernetes import names, terms
from inference_ui.backend.cluster.kubernetes.cards import CardNeed
from inference_ui.backend.cluster.kubernetes.containers import (
    Manifest,
    container_security,
    plain_environment,
    pod_security,
    readiness,
    requests,
    server_resources,
)
from inference_ui.backend.cluster.kubernetes.mounts import Mount, mounted
from inference_ui.backend.cluster.kubernetes.placing import node_affinity, spread, tolerations
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.ports import ClientWorkload, Image, ServerWorkload, Workload
from inference_ui.backend.records import SOURCE_ROOT, BatchJob

GRACE_S = 20
"""From being asked to stop until being killed, as ``Cluster.remove`` has it by default."""

JOB_FOLDER = "/inference-ui"
JOB_FILE = "job.json"

_NEVER_GIVE_UP = 1_000
"""How often a Job may start its pod again: whether it does so too often, within a window, is
judged by the product, as for servers."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is alike for all workloads: the namespace, the product's own image, and where the web
    server has claims mounted, by their name."""

    namespace: str
    image: str
    claims: Mapping[str, PurePosixPath]


def server_objects(workload: ServerWorkload, need: CardNeed, site: Site) -> list[Manifest]:
    """Return the Deployment, the Service and, where there is an environment, the Secret. What the
    Deployment owns gets its owner reference by :func:`owned`.

    Raises :class:`ClusterError` for a server without an image, or a model that is on no claim.
    """
    image = workload.image
    if image is None:
        raise ClusterError("K8S_NO_IMAGE")
    objects = [_deployment(workload, image, need, site), _service(workload, image, site)]
    if workload.env:
        env = {name: _filled(value, image.port) for name, value in workload.env.items()}
        objects.append(_secret(workload, site, env))
    return objects


def client_objects(workload: ClientWorkload, site: Site) -> list[Manifest]:
    """Return the Job and its Secret.

    Raises :class:`ClusterError` for a folder that is on no claim, or when the product's own image
    is not known.
    """
    if not site.image:
        raise ClusterError("K8S_NO_OWN_IMAGE")
    job = msgspec.structs.replace(workload.job, dataset=SOURCE_ROOT)
    text = msgspec.json.encode(job).decode()
    return [_job(workload, site), _secret(workload, site, {JOB_FILE: text})]


def owned(child: Manifest, owner: Manifest, uid: str) -> Manifest:
    """Return the child with a reference to its owner, to which the API server gave this uid. The
    owner is not gone before the child is."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {**child, "metadata": {**child["metadata"], "ownerReferences": [reference]}}


def labels(workload: Workload) -> dict[str, str]:
    """Return the labels of everything that a workload consists of."""
    owner, attempt = _owner(workload.name)
    server = isinstance(workload, ServerWorkload)
    return {
        names.MANAGED_BY_LABEL: names.PRODUCT,
        names.NAME_LABEL: names.PRODUCT,
        names.COMPONENT_LABEL: names.SERVER if server else names.CLIENT,
        names.INSTANCE_LABEL: workload.name,
        names.OWNER_LABEL: owner,
        names.ATTEMPT_LABEL: attempt,
    }


def _owner(name: str) -> tuple[str, str]:
    """Return id and attempt from a name as ``ports.workload_name`` makes it; of another one, the
    name itself."""
    parts = name.split("-")
    return (parts[1], parts[2]) if len(parts) == 4 else (name, "1")


def _metadata(workload: Workload, site: Site, *, told: bool = False) -> Manifest:
    notes = {names.APPLICATION_ANNOTATION: workload.application}
    if told:
        notes[names.WORKLOAD_ANNOTATION] = terms.written(terms.terms_of(workload))
    return {
        "name": workload.name,
        "namespace": site.namespace,
        "labels": labels(workload),
        "annotations": notes,
    }


def _deployment(workload: ServerWorkload, image: Image, need: CardNeed, site: Site) -> Manifest:
    model = workload.model_folder
    volumes, mounts = mounted([Mount(model, model, read_only=True)] if model else [], site.claims)
    volumes.append({"name": "tmp", "emptyDir": {}})
    mounts.append({"name": "tmp", "mountPath": "/tmp"})  # noqa: S108 - of the container
    if image.shm_bytes is not None:
        shm = {"medium": "Memory", "sizeLimit": str(image.shm_bytes)}
        volumes.append({"name": "shm", "emptyDir": shm})
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})  # noqa: S108 - of the container
    container = {
        "name": names.SERVER,
        "image": image.name,
        "ports": [{"name": names.PORT_NAME, "containerPort": image.port}],
        "env": plain_environment(workload, image),
        "resources": server_resources(workload.resources, need),
        "readinessProbe": readiness(workload.probe, image.port),
        "securityContext": container_security(image),
        "volumeMounts": mounts,
    }
    if image.command:
        container["command"] = [_filled(word, image.port) for word in image.command]
    if image.arguments:
        container["args"] = [_filled(word, image.port) for word in image.arguments]
    if workload.env:
        container["envFrom"] = [{"secretRef": {"name": workload.name}}]
    pod: Manifest = {
        **_pod(workload, need),
        "securityContext": pod_security(as_root=image.as_root),
        "topologySpreadConstraints": spread(workload.name),
        "containers": [container],
        "volumes": volumes,
    }
    if image.pull_secret:
        pod["imagePullSecrets"] = [{"name": image.pull_secret}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(workload, site, told=True),
        "spec": {
            "replicas": workload.replicas,
            "revisionHistoryLimit": 0,
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {names.INSTANCE_LABEL: workload.name}},
            "template": {"metadata": _template_metadata(workload), "spec": pod},
        },
    }


def _job(workload: ClientWorkload, site: Site) -> Manifest:
    volumes, mounts = mounted(_job_mounts(workload.job), site.claims)
    volumes += [
        {"name": "job", "secret": {"secretName": workload.name}},
        {"name": "tmp", "emptyDir": {}},
    ]
    mounts += [
        {"name": "job", "mountPath": JOB_FOLDER, "readOnly": True},
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - of the container
    ]
    command = ["python", "-m", "inference_ui.backend.batch", "--job", f"{JOB_FOLDER}/{JOB_FILE}"]
    if workload.server is not None:
        command += ["--endpoint-slices", workload.server]
    container = {
        "name": names.CLIENT,
        "image": site.image,
        "command": command,
        "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108 - of the container
        "resources": {"requests": requests(workload.resources)},
        "securityContext": container_security(None),
        "volumeMounts": mounts,
    }
    pod = {
        **_pod(workload, CardNeed()),
        "restartPolicy": "Never",
        "serviceAccountName": names.CLIENT_ACCOUNT,
        "automountServiceAccountToken": workload.server is not None,
        "securityContext": pod_security(as_root=False),
        "containers": [container],
        "volumes": volumes,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(workload, site, told=True),
        "spec": {
            "backoffLimit": _NEVER_GIVE_UP,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failure_rules(workload)},
            "template": {"metadata": _template_metadata(workload), "spec": pod},
        },
    }


def _failure_rules(workload: ClientWorkload) -> list[Manifest]:
    """An eviction is nobody's failure and counts as none; a fatal exit ends the Job at once."""
    rules: list[Manifest] = [
        {
            "action": "Ignore",
            "onPodConditions": [{"type": names.DISRUPTION_CONDITION, "status": "True"}],
        }
    ]
    if fatal := sorted(workload.restart.fatal):
        codes = {"containerName": names.CLIENT, "operator": "In", "values": fatal}
        rules.append({"action": "FailJob", "onExitCodes": codes})
    return rules


def _job_mounts(job: BatchJob) -> list[Mount]:
    """The volume that holds the task's folder is mounted whole, since the client makes the folder;
    so is that of an earlier task's, where the job builds on one."""
    volume = str(PurePosixPath(job.output).parent)
    found = [
        Mount(job.dataset, SOURCE_ROOT.rstrip("/"), read_only=True),
        Mount(volume, volume, read_only=False),
    ]
    if job.since is not None and not PurePosixPath(job.since).is_relative_to(volume):
        found.append(Mount(job.since, job.since, read_only=True))
    return found


def _service(workload: ServerWorkload, image: Image, site: Site) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(workload, site),
        "spec": {
            "clusterIP": "None",
            "selector": {names.INSTANCE_LABEL: workload.name},
            "ports": [{"name": names.PORT_NAME, "port": image.port, "targetPort": names.PORT_NAME}],
        },
    }


def _secret(workload: Workload, site: Site, content: Mapping[str, str]) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _metadata(workload, site),
        "type": "Opaque",
        "stringData": dict(content),
    }


def _pod(workload: Workload, need: CardNeed) -> Manifest:
    resources = workload.resources
    pod: Manifest = {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE_S,
    }
    affinity = node_affinity(workload.placement, resources.accelerator, need.labels)
    if affinity:
        pod["affinity"] = affinity
    if resources.tolerations:
        pod["tolerations"] = tolerations(resources)
    if resources.runtime_class:
        pod["runtimeClassName"] = resources.runtime_class
    return pod


def _template_metadata(workload: Workload) -> Manifest:
    return {
        "labels": labels(workload),
        "annotations": {names.APPLICATION_ANNOTATION: workload.application},
    }


def _filled(word: str, port: int) -> str:
    return word.replace("{port}", str(port))
