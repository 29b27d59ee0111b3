"""Whether a pod fits on a node: the scheduler's filters, with its words for what does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from kubernetes.utils.quantity import parse_quantity

from tests.support.control_plane.objects import Json, dig

HOST = "kubernetes.io/hostname"
Amounts = Mapping[str, Decimal]


@dataclass(frozen=True)
class Refusal:
    """Why a node does not take a pod; ``final``: whatever else would leave it."""

    words: tuple[str, ...]
    final: bool = True


@lru_cache(maxsize=4096)
def amount(text: str) -> Decimal:
    """Return the number that a quantity says."""
    return Decimal(parse_quantity(text))


def requests(pod: Json) -> dict[str, Decimal]:
    """Return what a pod asks for, and ``pods``: itself."""
    found = {"pods": Decimal(1)}
    for container in pod["spec"]["containers"]:
        for name, text in (dig(container, "resources", "requests") or {}).items():
            found[name] = found.get(name, Decimal(0)) + amount(str(text))
    return found


def used(pods: Iterable[Json]) -> dict[str, Decimal]:
    """Return what pods ask for together."""
    found: dict[str, Decimal] = {}
    for pod in pods:
        for name, asked in requests(pod).items():
            found[name] = found.get(name, Decimal(0)) + asked
    return found


def refusal(pod: Json, node: Json, used: Amounts) -> Refusal | None:
    """Return why a node of which others have ``used`` so much does not take a pod."""
    spec = node.get("spec") or {}
    if spec.get("unschedulable") and not _tolerated(pod, _CORDON):
        return Refusal(("node(s) were unschedulable",))
    for taint in spec.get("taints") or ():
        if taint["effect"] != "PreferNoSchedule" and not _tolerated(pod, taint):
            stated = f"{{{taint['key']}: {taint.get('value', '')}}}"
            return Refusal((f"node(s) had untolerated taint {stated}",))
    if not _wanted(pod, node):
        return Refusal(("node(s) didn't match Pod's node affinity/selector",))
    return _no_room(pod, node, used)


_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def _tolerated(pod: Json, taint: Json) -> bool:
    return any(tolerates(one, taint) for one in pod["spec"].get("tolerations") or ())


def tolerates(toleration: Json, taint: Json) -> bool:
    """Tell whether a toleration is one for a taint."""
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")


def _wanted(pod: Json, node: Json) -> bool:
    labels = node["metadata"].get("labels") or {}
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(name) != value for name, value in selector.items()):
        return False
    required = dig(
        pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required is None:
        return True
    fields = {"metadata.name": node["metadata"]["name"]}
    return any(
        all(matches(one, labels) for one in term.get("matchExpressions") or ())
        and all(matches(one, fields) for one in term.get("matchFields") or ())
        for term in required["nodeSelectorTerms"]
        if term.get("matchExpressions") or term.get("matchFields")
    )


def matches(expression: Json, labels: Mapping[str, str]) -> bool:
    """Tell whether labels fulfil one expression of an affinity or a selector."""
    value, values = labels.get(expression["key"]), expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case _:
            return value is not None and int(value) < int(values[0])


def selected(selector: Json | None, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector (``matchLabels``, ``matchExpressions``) takes these labels."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        matches(one, labels) for one in selector.get("matchExpressions") or ()
    )


def _no_room(pod: Json, node: Json, used: Amounts) -> Refusal | None:
    allocatable = dig(node, "status", "allocatable") or {}
    words: list[str] = []
    final = False
    for name, asked in requests(pod).items():
        there = amount(str(allocatable.get(name, "0")))
        if asked and asked > there - used.get(name, Decimal(0)):
            words.append("Too many pods" if name == "pods" else f"Insufficient {name}")
            final = final or asked > there
    return Refusal(tuple(words), final) if words else None


def skewed(pod: Json, node: str, counts: Sequence[tuple[Json, Mapping[str, int]]]) -> bool:
    """Tell whether a pod would stand too many to one host; ``counts`` are of :func:`spread`."""
    return any(
        one["whenUnsatisfiable"] == "DoNotSchedule"
        and hosts.get(node, 0) + 1 - min(hosts.values(), default=0) > one["maxSkew"]
        for one, hosts in counts
    )


def spread(
    pod: Json, running: Mapping[str, Iterable[Json]], nodes: Iterable[str]
) -> list[tuple[Json, dict[str, int]]]:
    """Return each constraint of a pod over hosts, with how many of its pods each node has."""
    constraints = [
        one
        for one in pod["spec"].get("topologySpreadConstraints") or ()
        if one["topologyKey"] == HOST
    ]
    return [
        (one, {name: sum(_counts(one, pod, other) for other in running[name]) for name in nodes})
        for one in constraints
    ]


def _counts(constraint: Json, pod: Json, other: Json) -> bool:
    same = other["metadata"]["namespace"] == pod["metadata"]["namespace"]
    leaving = other["metadata"].get("deletionTimestamp")
    labels = other["metadata"].get("labels") or {}
    return same and not leaving and selected(constraint.get("labelSelector"), labels)
