"""Nodes of the product's models as v1 Nodes, as kubelets and device plugins write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.cluster.kubernetes.smlu import CORES_OF_A_CARD, MEMORY_UNIT
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard
from tests.support.control_plane.objects import Json, timestamp

_GIB = 1 << 30
_MIB = 1 << 20
_PODS = "110"


def node_object_of(node: Node) -> Json:
    """Return a v1 Node that is read as ``node``, nobody on it, but for the cards' slots and the
    driver's names of cards, which Kubernetes states of divisible cards alone.

    All cards are of one model. Raises ValueError for what no resource can say.
    """
    allocatable, capacity = _amounts(node, usable=True), _amounts(node, usable=False)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": _labels(node)},
        "spec": {
            **({"unschedulable": True} if node.cordoned else {}),
            "taints": [
                {"key": one.key, "value": one.value, "effect": one.effect} for one in node.taints
            ],
        },
        "status": {
            "allocatable": allocatable,
            "capacity": capacity,
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1"},
                {"type": "Hostname", "address": node.name},
            ],
            "conditions": [ready_condition(node.ready, node.why)],
            "nodeInfo": {
                "osImage": node.os,
                "operatingSystem": "linux",
                "architecture": "amd64",
                "kernelVersion": node.kernel,
                "kubeletVersion": "v1.36.2",
                "kubeProxyVersion": "",
                "containerRuntimeVersion": "containerd://2.1.4",
                "bootID": node.name,
                "machineID": node.name,
                "systemUUID": node.name,
            },
        },
    }


def ready_condition(ready: bool, why: str = "") -> Json:
    """Return the condition by which a kubelet says that its node works, or not."""
    now = timestamp()
    good = {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
    return {
        "type": "Ready",
        "status": "True" if ready else "False",
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
        **(good if ready else {"reason": "KubeletNotReady", "message": why}),
    }


def _labels(node: Node) -> dict[str, str]:
    models = {(card.accelerator, card.model) for card in node.cards}
    if len(models) > 1:
        raise ValueError(f"cards of several models: {models}")
    labels = {
        names.HOST_LABEL: node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    }
    is_gpu = any(kind is AcceleratorType.GPU for kind, _ in models)
    if node.driver_version:
        driver = names.NVIDIA_DRIVER_LABEL if is_gpu else names.CAMBRICON_DRIVER_LABEL
        labels[driver] = node.driver_version
    for kind, model in models:
        if kind is AcceleratorType.MLU:
            labels[names.CAMBRICON_MODEL_LABEL] = model
        else:
            labels |= _nvidia_labels(node.cards, model)
    return labels


def _nvidia_labels(cards: tuple[PhysicalCard, ...], model: str) -> dict[str, str]:
    labels = {
        names.NVIDIA_PRODUCT_LABEL: f"{names.NVIDIA_MODEL_PREFIX}{model}",
        names.NVIDIA_COUNT_LABEL: str(len(cards)),
    }
    if memory := cards[0].memory_bytes:
        labels[names.NVIDIA_MEMORY_LABEL] = str(memory // _MIB)
    if cards[0].slices and not cards[0].slices[0].profile:
        labels[names.NVIDIA_REPLICAS_LABEL] = str(len(cards[0].slices))
        labels[names.NVIDIA_SHARING_LABEL] = "time-slicing"
    return labels


def _amounts(node: Node, *, usable: bool) -> dict[str, str]:
    counts: Counter[str] = Counter()
    for card in node.cards:
        for resource, count in _resources(card):
            counts[resource] += count if card.healthy or not usable else 0
    return {
        names.CPU: f"{node.cpu_millis}m",
        names.MEMORY: str(node.memory_bytes),
        "pods": _PODS,
        **{name: str(count) for name, count in counts.items()},
    }


def _resources(card: PhysicalCard) -> Iterable[tuple[str, int]]:
    """Yield the resources by which a card is counted."""
    is_gpu = card.accelerator is AcceleratorType.GPU
    if card.divisible:
        if is_gpu:
            raise ValueError("divisible GPUs are registered by HAMi, not counted")
        family = names.CAMBRICON_PREFIX
        yield f"{family}.{names.CAMBRICON_CORES_SUFFIX}", CORES_OF_A_CARD
        yield f"{family}.{names.CAMBRICON_MEMORY_SUFFIX}", card.memory_bytes // MEMORY_UNIT
    elif card.slices:
        for part in card.slices:
            if is_gpu:
                profile = part.profile and f"{names.NVIDIA_MIG_PREFIX}{part.profile}"
                yield profile or names.NVIDIA_SHARED, 1
            else:
                profile = part.profile or f"1m.{part.memory_bytes // _GIB}gb"
                yield f"{names.CAMBRICON_PREFIX}.{names.CAMBRICON_MIM_PREFIX}{profile}", 1
    else:
        yield names.NVIDIA_GPU if is_gpu else names.CAMBRICON_PREFIX, 1
