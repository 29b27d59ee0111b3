"""A v1 Node as a node of the models, nobody on it yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference_ui.backend.cluster.kubernetes import names, objects
from inference_ui.backend.cluster.kubernetes.accelerators import Meaning, node_cards
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.models.compute import Node, Taint


@dataclass(frozen=True, slots=True)
class NodeBase:
    """A node without its pods, and what puts them on its cards (``accelerators.NodeCards``).
    ``model_labels``: what its labels call the model of its cards."""

    node: Node
    meanings: Mapping[str, Meaning]
    devices: Mapping[str, int]
    offers: Mapping[str, Meaning] = field(default_factory=dict)
    model_labels: Mapping[str, str] = field(default_factory=dict)


def node_base(node: Json) -> NodeBase:
    """Read a v1 Node: totals are what is allocatable to pods. What is broken in it counts as not
    there."""
    found = node_cards(node)
    status, spec = objects.part(node, "status"), objects.part(node, "spec")
    allocatable, info = objects.part(status, "allocatable"), objects.part(status, "nodeInfo")
    ready, why = _ready(status)
    taints = tuple(_taint(one) for one in objects.parts(spec, "taints"))
    cordoned = spec.get("unschedulable") is True
    base = Node(
        name=objects.text(objects.part(node, "metadata"), "name"),
        ready=ready,
        os=objects.text(info, "osImage") or objects.text(info, "operatingSystem"),
        kernel=objects.text(info, "kernelVersion"),
        cpu_millis=objects.amount(allocatable.get(names.CPU), "m"),
        memory_bytes=objects.amount(allocatable.get(names.MEMORY)),
        cards=found.cards,
        driver_version=driver_version(objects.labels(node)),
        cordoned=cordoned or any(one.key == names.CORDON_TAINT for one in taints),
        taints=taints,
        why=why,
    )
    labels = objects.labels(node)
    models = {name: labels[name] for name in names.MODEL_LABELS if name in labels}
    return NodeBase(base, found.meanings, found.devices, found.offers, models)


def driver_version(labels: Mapping[str, str]) -> str | None:
    """Return the version of the cards' driver as the label has it: ``v5.10.27``, ``550.90.07``."""
    for label in names.DRIVER_LABELS:
        if version := labels.get(label):
            return version
    numbers = [labels.get(label, "") for label in names.NVIDIA_DRIVER_PARTS_LABELS]
    return ".".join(filter(None, numbers)) if numbers[0] else None


def _ready(status: Json) -> tuple[bool, str]:
    """Tell whether the node works, and what it says if not."""
    for one in objects.parts(status, "conditions"):
        if one.get("type") == "Ready":
            ready = one.get("status") == "True"
            why = objects.text(one, "message") or objects.text(one, "reason")
            return ready, "" if ready else why
    return False, ""


def _taint(one: Json) -> Taint:
    return Taint(
        key=objects.text(one, "key"),
        value=objects.text(one, "value"),
        effect=objects.text(one, "effect"),
    )
