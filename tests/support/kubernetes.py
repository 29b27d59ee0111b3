"""v1 Nodes and Pods as the API server's JSON has them, with what a test is about."""

from __future__ import annotations

from typing import Any

from inference_ui.backend.capacity.cards import cards_in_use
from inference_ui.backend.cluster.kubernetes.inventory import inventory
from inference_ui.backend.cluster.kubernetes.nodes import node_base
from inference_ui.backend.cluster.kubernetes.pods import pod_use
from inference_ui.backend.models.compute import Node

Json = dict[str, Any]


def node_object(
    name: str = "n",
    amounts: Json | None = None,
    labels: Json | None = None,
    *,
    capacity: Json | None = None,
    notes: Json | None = None,
) -> Json:
    """Return a Ready node; ``amounts`` are allocatable, ``capacity`` what there is beyond that."""
    allocatable = {"cpu": "8", "memory": "32Gi", "pods": "110", **(amounts or {})}
    return {
        "metadata": {"name": name, "labels": labels or {}, "annotations": notes or {}},
        "spec": {},
        "status": {
            "allocatable": allocatable,
            "capacity": {**allocatable, **(capacity or {})},
            "conditions": [{"type": "Ready", "status": "True"}],
            "nodeInfo": {"osImage": "Debian", "operatingSystem": "linux", "kernelVersion": "6.1"},
        },
    }


def pod_object(
    app: str = "a",
    requests: Json | None = None,
    *,
    node: str | None = "n",
    notes: Json | None = None,
    phase: str | None = None,
    **spec: Any,
) -> Json:
    """Return a pod of one container: running on ``node``, or pending where that is None."""
    placed = {} if node is None else {"nodeName": node}
    return {
        "metadata": {
            "namespace": "apps",
            "name": f"{app}-0",
            "labels": {"app": app},
            "annotations": notes or {},
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "containers": [{"name": "main", "resources": {"requests": requests or {}}}],
            **placed,
            **spec,
        },
        "status": {"phase": phase or ("Running" if node else "Pending")},
    }


def one_node(node: Json, *pods: Json) -> Node:
    """Return the node with its pods."""
    (found,) = inventory([node_base(node)], [pod_use(one) for one in pods])
    return found


def used(node: Node) -> list[str]:
    """Return who has which cards of the node, as people read it."""
    return [one.label for one in cards_in_use(node)]
