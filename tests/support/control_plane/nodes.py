"""The controllers of nodes: what becomes of pods whose node is lost, and of pods left over."""

from __future__ import annotations

import time

from tests.support.control_plane.machines import ready_condition
from tests.support.control_plane.objects import Json, timestamp
from tests.support.control_plane.pace import Pace
from tests.support.control_plane.placement import tolerates
from tests.support.control_plane.store import Store
from tests.support.control_plane.writing import (
    change,
    change_status,
    delete,
    has_ended,
    is_leaving,
    set_condition,
)

_UNREACHABLE = "node.kubernetes.io/unreachable"
_CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Nodes:
    """Taints nodes that are lost or cordoned, and deletes the pods that do not bear it."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self._store = store
        self._pace = pace
        self._lost_at: dict[str, float] = {}

    def lose(self, name: str) -> None:
        """Note that nothing is heard of a node any longer."""
        self._lost_at[name] = time.monotonic()
        fields = {
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
        }
        node = self._node(name)
        change_status(
            self._store, "nodes", node, lambda one: set_condition(one, "Ready", "Unknown", **fields)
        )
        change(self._store, "nodes", node, _taint)

    def find(self, name: str) -> None:
        """Note that a lost node is back."""
        self._lost_at.pop(name, None)
        node = self._node(name)

        def say(status: Json) -> None:
            others = [one for one in status["conditions"] if one["type"] != "Ready"]
            status["conditions"] = [*others, ready_condition(True)]

        change_status(self._store, "nodes", node, say)
        change(self._store, "nodes", node, _untaint)

    def _node(self, name: str) -> Json:
        node = self._store.get("nodes", None, name)
        if node is None:
            raise KeyError(name)
        return node

    def tend(self) -> float:
        """Do once what is to do; return in how many seconds to look again at the latest."""
        nodes = {node["metadata"]["name"]: node for node in self._store.peek("nodes")}
        for node in nodes.values():
            self._mark_cordon(node)
        due = float("inf")
        for pod in self._store.peek("pods"):
            at = pod["spec"].get("nodeName")
            if at is None:
                self._end_unplaced(pod)
            elif at not in nodes:
                self._collect(pod)
            elif at in self._lost_at and not has_ended(pod):
                due = min(due, self._let_go(pod, nodes[at], self._lost_at[at]))
        return due

    def _mark_cordon(self, node: Json) -> None:
        cordoned = node["spec"].get("unschedulable") is True
        taints = [one for one in node["spec"].get("taints") or () if one["key"] != _CORDON["key"]]
        marked = len(taints) < len(node["spec"].get("taints") or ())
        if cordoned is not marked:
            wanted = [*taints, {**_CORDON, "timeAdded": timestamp()}] if cordoned else taints
            change(self._store, "nodes", node, lambda one: one["spec"].update(taints=wanted))

    def _end_unplaced(self, pod: Json) -> None:
        """End a pod that is deleted before it came to a node, where something still holds it."""
        if is_leaving(pod) and not has_ended(pod):
            change_status(self._store, "pods", pod, lambda one: one.update(phase="Failed"))

    def _collect(self, pod: Json) -> None:
        """Remove a pod whose node does not exist any longer."""
        if not has_ended(pod):
            self._disrupt(pod, "DeletionByPodGC", "PodGC: node no longer exists", phase="Failed")
        delete(self._store, "pods", pod, grace_s=0)

    def _let_go(self, pod: Json, node: Json, lost_at: float) -> float:
        change_status(self._store, "pods", pod, lambda one: set_condition(one, "Ready", "False"))
        if is_leaving(pod):
            return float("inf")
        left_s = lost_at + self._pace.unreachable_s - time.monotonic()
        if left_s > 0:
            return left_s
        taint = {"key": _UNREACHABLE, "effect": "NoExecute"}
        borne = [one for one in pod["spec"].get("tolerations") or () if tolerates(one, taint)]
        if not any("tolerationSeconds" not in one for one in borne):
            words = "Taint manager: deleting due to NoExecute taint"
            self._disrupt(pod, "DeletionByTaintManager", words)
            delete(self._store, "pods", pod)
        return float("inf")

    def _disrupt(self, pod: Json, reason: str, message: str, **fields: str) -> None:
        def write(status: Json) -> None:
            status.update(fields)
            set_condition(status, "DisruptionTarget", "True", reason=reason, message=message)

        change_status(self._store, "pods", pod, write)


def _taint(node: Json) -> None:
    taints = node["spec"].setdefault("taints", [])
    for effect in ("NoSchedule", "NoExecute"):
        taints.append({"key": _UNREACHABLE, "effect": effect, "timeAdded": timestamp()})


def _untaint(node: Json) -> None:
    taints = node["spec"].get("taints") or ()
    node["spec"]["taints"] = [one for one in taints if one["key"] != _UNREACHABLE]
