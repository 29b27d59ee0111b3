"""The controller of Deployments."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from tests.support.control_plane.events import Events
from tests.support.control_plane.objects import Json, copied, timestamp
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import (
    change,
    change_status,
    children,
    condition,
    drop_condition,
    has_ended,
    is_leaving,
    owner_reference,
    put_numbers,
    set_condition,
)

HASH = "pod-template-hash"
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_REVISION = "deployment.kubernetes.io/revision"


class Deployments:
    """Makes a ReplicaSet for each template of a Deployment, and tells how far it is."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events
        self._progress: dict[str, tuple[Any, float]] = {}

    def tend(self) -> float:
        """Bring all Deployments forward; return in how many seconds to look again at the latest."""
        sets = self._store.peek("replicasets")
        pods = self._store.peek("pods")
        due = float("inf")
        for one in self._store.peek("deployments"):
            if not is_leaving(one):
                due = min(due, self._bring_forward(one, children(sets, one), pods))
        return due

    def _bring_forward(self, deployment: Json, sets: list[Json], pods: list[Json]) -> float:
        spec, digest = deployment["spec"], template_hash(deployment["spec"]["template"])
        old = [one for one in sets if one["metadata"]["labels"].get(HASH) != digest]
        new = next((one for one in sets if one not in old), None)
        old_pods = sum(one.get("status", {}).get("replicas", 0) for one in old)
        may_start = spec["strategy"]["type"] != "Recreate" or not old_pods
        if new is None and (may_start or not old):
            new = self._create(deployment, digest)
        if new is not None:
            self._scale(deployment, new, spec["replicas"] if may_start else 0)
            ready = new.get("status", {}).get("readyReplicas", 0)
        for one in old:
            if new is None or spec["strategy"]["type"] == "Recreate" or ready >= spec["replicas"]:
                self._scale(deployment, one, 0)
        return self._tell(deployment, new, sets, pods)

    def _create(self, deployment: Json, digest: str) -> Json | None:
        meta, spec = deployment["metadata"], deployment["spec"]
        template = copied(spec["template"])
        labels = template["metadata"].setdefault("labels", {})
        labels[HASH] = digest
        selector = copied(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH] = digest
        try:
            return self._store.create(
                "replicasets",
                {
                    "metadata": {
                        "name": f"{meta['name']}-{digest}",
                        "namespace": meta["namespace"],
                        "labels": dict(labels),
                        "annotations": {
                            "deployment.kubernetes.io/desired-replicas": str(spec["replicas"]),
                            "deployment.kubernetes.io/max-replicas": str(
                                spec["replicas"] + _part(spec, "maxSurge", up=True)
                            ),
                            _REVISION: "1",
                        },
                        "ownerReferences": [owner_reference(deployment)],
                    },
                    "spec": {"replicas": 0, "selector": selector, "template": template},
                },
            )
        except ApiError:  # the namespace ends
            return None

    def _scale(self, deployment: Json, one: Json, replicas: int) -> None:
        before = one["spec"]["replicas"]
        if before == replicas:
            return
        change(self._store, "replicasets", one, lambda now: now["spec"].update(replicas=replicas))
        way = "up" if replicas > before else "down"
        words = f"Scaled {way} replica set {one['metadata']['name']} from {before} to {replicas}"
        self._events.say(deployment, "ScalingReplicaSet", words, "deployment-controller")

    def _tell(
        self, deployment: Json, new: Json | None, sets: list[Json], pods: list[Json]
    ) -> float:
        """Write the status down; return when the deadline of its progress is."""
        counted = {one["metadata"]["uid"]: one for one in [*sets, *([new] if new else [])]}

        def total(field: str) -> int:
            return sum(one.get("status", {}).get(field, 0) for one in counted.values())

        spec = deployment["spec"]
        available = total("availableReplicas")
        numbers = {
            "replicas": total("replicas"),
            "updatedReplicas": (new or {}).get("status", {}).get("replicas", 0),
            "readyReplicas": total("readyReplicas"),
            "availableReplicas": available,
            "unavailableReplicas": max(0, spec["replicas"] - available),
        }
        leaving = sum(
            is_leaving(pod) and not has_ended(pod) for one in sets for pod in children(pods, one)
        )
        late, due = self._is_late(deployment, numbers)

        def write(status: Json) -> None:
            status["observedGeneration"] = deployment["metadata"]["generation"]
            status["terminatingReplicas"] = leaving
            put_numbers(status, numbers)
            least = spec["replicas"] - _most_unavailable(spec)
            _set_timed(status, "Available", *_availability(available >= least))
            if new is not None:
                _set_timed(status, "Progressing", *_progress(deployment, new, numbers, late))
            _copy_failure(status, new)

        change_status(self._store, "deployments", deployment, write)
        if new is not None:
            change(self._store, "deployments", deployment, _note_revision)
        return due

    def _is_late(self, deployment: Json, numbers: Json) -> tuple[bool, float]:
        """Tell whether nothing has come forward for too long, and when that may be so."""
        uid, wanted = deployment["metadata"]["uid"], deployment["spec"]["replicas"]
        now = (deployment["metadata"]["generation"], numbers["replicas"], numbers["readyReplicas"])
        known, since = self._progress.setdefault(uid, (now, time.monotonic()))
        if known != now:
            since = time.monotonic()
            self._progress[uid] = (now, since)
        if numbers["readyReplicas"] >= wanted:
            return False, float("inf")
        left_s = since + deployment["spec"]["progressDeadlineSeconds"] - time.monotonic()
        return left_s <= 0, left_s if left_s > 0 else float("inf")


def template_hash(template: Json) -> str:
    """Return what stands for a template in names: ten letters that make no words."""
    text = json.dumps(template, sort_keys=True).encode()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in hashlib.sha256(text).digest()[:10])


def _set_timed(status: Json, type: str, value: str, reason: str, message: str) -> None:
    """Set a condition that also has the time of its last change."""
    known = condition({"status": status}, type)
    if (known.get("status"), known.get("reason"), known.get("message")) == (value, reason, message):
        return
    set_condition(status, type, value, reason=reason, message=message)
    for one in status["conditions"]:
        if one["type"] == type:
            one["lastUpdateTime"] = timestamp()


def _availability(enough: bool) -> tuple[str, str, str]:
    if enough:
        return "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
    words = "Deployment does not have minimum availability."
    return "False", "MinimumReplicasUnavailable", words


def _progress(deployment: Json, new: Json, numbers: Json, late: bool) -> tuple[str, str, str]:
    name, wanted = new["metadata"]["name"], deployment["spec"]["replicas"]
    before = condition(deployment, "Progressing")
    done = f'ReplicaSet "{name}" has successfully progressed.'
    known = before.get("reason") == "NewReplicaSetAvailable" and before["message"] == done
    if known or (numbers["availableReplicas"] == numbers["updatedReplicas"] == wanted):
        return "True", "NewReplicaSetAvailable", done
    if late:
        words = f'ReplicaSet "{name}" has timed out progressing.'
        return "False", "ProgressDeadlineExceeded", words
    if not numbers["updatedReplicas"]:
        return "True", "NewReplicaSetCreated", f'Created new replica set "{name}"'
    return "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'


def _copy_failure(status: Json, new: Json | None) -> None:
    failure = condition(new or {}, "ReplicaFailure")
    if not failure:
        drop_condition(status, "ReplicaFailure")
        return
    _set_timed(status, "ReplicaFailure", "True", failure["reason"], failure["message"])


def _part(spec: Json, name: str, *, up: bool) -> int:
    """Return a number of a rolling update, which may be given in percent of the replicas."""
    value = (spec["strategy"].get("rollingUpdate") or {}).get(name, 0)
    if isinstance(value, int):
        return value
    hundredths = spec["replicas"] * int(value.removesuffix("%"))
    return -(-hundredths // 100) if up else hundredths // 100


def _most_unavailable(spec: Json) -> int:
    if spec["strategy"]["type"] == "Recreate":
        return 0
    most = _part(spec, "maxUnavailable", up=False)
    return most or (0 if _part(spec, "maxSurge", up=True) else 1)


def _note_revision(deployment: Json) -> None:
    deployment["metadata"].setdefault("annotations", {}).setdefault(_REVISION, "1")
