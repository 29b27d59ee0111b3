"""Where a pod may run: node affinity from its placement and its cards, tolerations, spreading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.models.compute import AcceleratorType, Placement, Resources, Toleration

Term = dict[str, list[dict[str, Any]]]


def node_affinity(
    placement: Placement, accelerator: AcceleratorType, labels: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Return the affinity of a pod: one of the placement's terms, with all of ``labels``; empty
    where any node will do."""
    terms = [_with_labels(term, labels) for term in _placed(placement, accelerator)]
    if not any(terms):
        return {}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}


def tolerations(resources: Resources) -> list[dict[str, Any]]:
    """Return what the pod bears."""
    return [_toleration(one) for one in resources.tolerations]


def spread(instance: str) -> list[dict[str, Any]]:
    """Return the wish that replicas be on nodes of their own, as far as there are enough."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": names.HOST_LABEL,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {names.INSTANCE_LABEL: instance}},
        }
    ]


def _placed(placement: Placement, accelerator: AcceleratorType) -> list[Term]:
    """Return alternatives, each a term of a node selector.

    A field takes one name, so named nodes are a term each; a node's name is exact where its label
    ``kubernetes.io/hostname`` need not be the same.
    """
    if placement.kind == "NODES":
        return [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
            for node in placement.nodes
        ]
    if placement.kind == "DRIVER" and placement.driver_version:
        return _driver(placement.driver_version, accelerator)
    return [{}]


def _driver(version: str, accelerator: AcceleratorType) -> list[Term]:
    """A batch client needs no card and goes where either driver is of this version."""
    nvidia = [{names.NVIDIA_DRIVER_LABEL: version}]
    numbers = version.split(".")
    if len(numbers) <= len(names.NVIDIA_DRIVER_PARTS_LABELS):
        nvidia.append(dict(zip(names.NVIDIA_DRIVER_PARTS_LABELS, numbers, strict=False)))
    cambricon = [{names.CAMBRICON_DRIVER_LABEL: version}]
    wanted = {AcceleratorType.GPU: nvidia, AcceleratorType.MLU: cambricon}
    return [
        {"matchExpressions": [_is(label, (value,)) for label, value in one.items()]}
        for one in wanted.get(accelerator, [*nvidia, *cambricon])
    ]


def _with_labels(term: Term, labels: Mapping[str, tuple[str, ...]]) -> Term:
    asked = [_is(label, values) for label, values in sorted(labels.items())]
    if not asked:
        return term
    return {**term, "matchExpressions": [*term.get("matchExpressions", []), *asked]}


def _is(label: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {"key": label, "operator": "In", "values": list(values)}


def _toleration(one: Toleration) -> dict[str, Any]:
    operator = {"operator": "Exists"} if one.value is None else {"value": one.value}
    named = {"key": one.key, "effect": one.effect}
    return {**{key: value for key, value in named.items() if value}, **operator}
