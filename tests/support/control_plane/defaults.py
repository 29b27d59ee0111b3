"""What the API server fills in, per kind. Sources: real objects, and Kubernetes' API reference."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable

from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json

_MODE = 0o644
_cluster_ips = itertools.count(2)
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_CONTROLLER_UID = "batch.kubernetes.io/controller-uid"
_PATIENCE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def fill_in(kind: Kind, obj: Json) -> None:
    """Add the defaults of ``kind`` to ``obj``, in place. The object has its name and uid."""
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
    known = _BY_KIND.get(kind.plural)
    if known is not None:
        known(obj)


def first_status(kind: Kind, obj: Json) -> Json | None:
    """Return the status of a new object, None for kinds without one."""
    if kind.plural == "pods":
        return {"phase": "Pending", "qosClass": _quality(obj["spec"])}
    if kind.plural == "namespaces":
        return {"phase": "Active"}
    if kind.plural == "persistentvolumeclaims":
        return {"phase": "Pending"}
    if kind.plural == "services":
        return {"loadBalancer": {}}
    return {} if "status" in kind.subresources else None


def _pod(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    _pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    spec.setdefault("priority", 0)
    account = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = account
    tolerations = spec.setdefault("tolerations", [])
    for key in _PATIENCE:
        if not any(_tolerates(toleration, key) for toleration in tolerations):
            tolerations.append(
                {
                    "effect": "NoExecute",
                    "key": key,
                    "operator": "Exists",
                    "tolerationSeconds": 300,
                }
            )


def _tolerates(toleration: Json, key: str) -> bool:
    return toleration.get("key") in (key, None) and toleration.get("effect") in ("NoExecute", None)


def _pod_spec(spec: Json) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        _container(container)
    for volume in spec.get("volumes", []):
        for source in ("secret", "configMap", "projected", "downwardAPI"):
            if volume.get(source) is not None:
                volume[source].setdefault("defaultMode", _MODE)


def _container(container: Json) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))
    resources = container.setdefault("resources", {})
    if resources.get("limits"):
        resources["requests"] = {**resources["limits"], **resources.get("requests", {})}
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
    for name in _PROBES:
        if container.get(name) is not None:
            _probe(container[name])


def _pull_policy(image: str) -> str:
    if "@" in image:
        return "IfNotPresent"
    _, _, tag = image.rpartition("/")[2].partition(":")
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _probe(probe: Json) -> None:
    for key, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(key, value)
    if probe.get("httpGet") is not None:
        probe["httpGet"].setdefault("scheme", "HTTP")
        probe["httpGet"].setdefault("path", "/")


def _quality(spec: Json) -> str:
    asked = [container.get("resources", {}) for container in spec.get("containers", [])]
    if not any(_ordinary(one.get("requests", {})) for one in asked):
        return "BestEffort"
    for one in asked:
        limits = _ordinary(one.get("limits", {}))
        if set(limits) != {"cpu", "memory"} or limits != _ordinary(one.get("requests", {})):
            return "Burstable"
    return "Guaranteed"


def _ordinary(amounts: Json) -> Json:
    return {key: amounts[key] for key in ("cpu", "memory") if key in amounts}


def _template(spec: Json) -> Json:
    template: Json = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    _pod_spec(template.setdefault("spec", {}))
    return template


def _deployment(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    _template(spec)


def _replica_set(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _template(spec)


def _job(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("parallelism", 1)
    spec.setdefault("completions", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("manualSelector", False)
    spec.setdefault("suspend", False)
    policy = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "Failed" if policy else "TerminatingOrFailed")
    for rule in (policy or {}).get("rules", []):
        for pattern in rule.get("onPodConditions") or []:
            pattern.setdefault("status", "True")
    meta = obj["metadata"]
    mine = {
        _CONTROLLER_UID: meta["uid"],
        "batch.kubernetes.io/job-name": meta["name"],
        "controller-uid": meta["uid"],
        "job-name": meta["name"],
    }
    template = _template(spec)
    if not spec["manualSelector"]:
        template["metadata"].setdefault("labels", {}).update(mine)
        spec.setdefault("selector", {"matchLabels": {_CONTROLLER_UID: meta["uid"]}})
    if not meta.get("labels"):  # as the strategy of Jobs does: the template's, where there are none
        meta["labels"] = dict(template["metadata"].get("labels") or {})


def _service(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if not spec.get("clusterIP"):
        number = next(_cluster_ips)
        spec["clusterIP"] = f"10.96.{number // 256 % 256}.{number % 256}"
    spec.setdefault("clusterIPs", [spec["clusterIP"]])


def _secret(obj: Json) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None) or {}
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        obj["data"] = {**(obj.get("data") or {}), **encoded}


def _claim(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    spec.setdefault("storageClassName", "standard")


def _namespace(obj: Json) -> None:
    meta = obj["metadata"]
    meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta["name"]
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])


def _node(obj: Json) -> None:
    obj.setdefault("spec", {})


_BY_KIND: dict[str, Callable[[Json], None]] = {
    "pods": _pod,
    "deployments": _deployment,
    "replicasets": _replica_set,
    "jobs": _job,
    "services": _service,
    "secrets": _secret,
    "persistentvolumeclaims": _claim,
    "namespaces": _namespace,
    "nodes": _node,
}
