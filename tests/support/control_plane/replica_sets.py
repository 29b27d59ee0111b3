"""The controller of ReplicaSets."""

from __future__ import annotations

from tests.support.control_plane.events import Events
from tests.support.control_plane.objects import Json, copied
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import (
    change_status,
    children,
    condition,
    delete,
    drop_condition,
    has_ended,
    holds,
    is_leaving,
    key,
    owner_reference,
    put_numbers,
    set_condition,
    suffixed,
)

_SET_CONTROLLER = "replicaset-controller"
_TRY_AGAIN_S = 1.0


class ReplicaSets:
    """Keeps as many pods of each ReplicaSet as it shall have."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def tend(self) -> float:
        """Bring all ReplicaSets forward; return in how many seconds to try again."""
        pods = self._store.peek("pods")
        due = float("inf")
        for one in self._store.peek("replicasets"):
            if not is_leaving(one):
                due = min(due, self._bring_forward(one, children(pods, one)))
        return due

    def _bring_forward(self, one: Json, pods: list[Json]) -> float:
        active = [pod for pod in pods if not has_ended(pod) and not is_leaving(pod)]
        missing = one["spec"]["replicas"] - len(active)
        failure: str | None = None
        for _ in range(missing):
            try:
                active.append(self._create(one))
            except ApiError as error:
                failure = error.message
                words = f"Error creating: {failure}"
                self._events.say(one, "FailedCreate", words, _SET_CONTROLLER, warning=True)
                break
        if missing < 0:
            active.sort(key=lambda pod: (holds(pod, "Ready"), bool(pod["spec"].get("nodeName"))))
            for pod in active[:-missing]:
                delete(self._store, "pods", pod)
                words = f"Deleted pod: {pod['metadata']['name']}"
                self._events.say(one, "SuccessfulDelete", words, _SET_CONTROLLER)
            del active[:-missing]
        ready = sum(holds(pod, "Ready") for pod in active)
        leaving = sum(is_leaving(pod) and not has_ended(pod) for pod in pods)
        numbers = {
            "fullyLabeledReplicas": len(active),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }

        def write(status: Json) -> None:
            status["observedGeneration"] = one["metadata"]["generation"]
            status.update(replicas=len(active), terminatingReplicas=leaving)
            put_numbers(status, numbers)
            if failure is None:
                drop_condition(status, "ReplicaFailure")
            elif not condition({"status": status}, "ReplicaFailure"):
                fields = {"reason": "FailedCreate", "message": failure}
                set_condition(status, "ReplicaFailure", "True", **fields)

        change_status(self._store, "replicasets", one, write)
        return float("inf") if failure is None else _TRY_AGAIN_S

    def _create(self, one: Json) -> Json:
        """Create a pod of a ReplicaSet. Raises ApiError."""
        namespace, name = key(one)
        pod = pod_of(one["spec"]["template"], str(namespace), name, one)
        made = self._store.create("pods", pod)
        words = f"Created pod: {made['metadata']['name']}"
        self._events.say(one, "SuccessfulCreate", words, _SET_CONTROLLER)
        return made


def pod_of(template: Json, namespace: str, name: str, owner: Json) -> Json:
    """Return a new pod of a template, named after its owner ``name``."""
    meta = copied(template.get("metadata") or {})
    prefix = f"{name[:57]}-"
    meta.update(
        generateName=prefix,
        name=suffixed(prefix),
        namespace=namespace,
        ownerReferences=[owner_reference(owner)],
    )
    return {"metadata": meta, "spec": copied(template["spec"])}
