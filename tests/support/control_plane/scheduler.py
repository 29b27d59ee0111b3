"""The scheduler: gives each pod a node, or says in its own words why none takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal

from tests.support.control_plane.events import Events
from tests.support.control_plane.objects import Json, dig
from tests.support.control_plane.placement import (
    Amounts,
    Refusal,
    amount,
    refusal,
    requests,
    skewed,
    spread,
    used,
)
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import (
    change_status,
    condition,
    has_ended,
    is_leaving,
    key,
    set_condition,
)

_SCHEDULER = "default-scheduler"
_NOT_HELPFUL = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"
_TOO_SKEWED = Refusal(("node(s) didn't match pod topology spread constraints",), final=False)


class Scheduler:
    """Places pods one after the other, the oldest first."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def tend(self) -> None:
        """Try to place every pod that waits."""
        pods = self._store.peek("pods")
        waiting = [pod for pod in pods if _waits(pod)]
        if not waiting:
            return
        nodes = {node["metadata"]["name"]: node for node in self._store.peek("nodes")}
        running: dict[str, list[Json]] = {name: [] for name in nodes}
        for pod in pods:
            if pod["spec"].get("nodeName") in running and not has_ended(pod):
                running[pod["spec"]["nodeName"]].append(pod)
        taken = {name: used(ones) for name, ones in running.items()}
        for pod in sorted(
            waiting, key=lambda one: (one["metadata"]["creationTimestamp"], key(one))
        ):
            node = self._choose(pod, nodes, running, taken)
            if node is not None and (bound := self._bind(pod, node)) is not None:
                running[node].append(bound)
                taken[node] = used(running[node])

    def _choose(
        self,
        pod: Json,
        nodes: dict[str, Json],
        running: dict[str, list[Json]],
        taken: dict[str, dict[str, Decimal]],
    ) -> str | None:
        if trouble := self._claim_trouble(pod):
            self._leave(pod, f"0/{len(nodes)} nodes are available: {trouble}. not found")
            return None
        refusals = {name: refusal(pod, node, taken[name]) for name, node in nodes.items()}
        open_to = [name for name, found in refusals.items() if found is None]
        counts = spread(pod, running, open_to)
        for name in open_to:
            if skewed(pod, name, counts):
                refusals[name] = _TOO_SKEWED
        fitting = [name for name, found in refusals.items() if found is None]
        if not fitting:
            self._leave(pod, unschedulable([found for found in refusals.values() if found]))
            return None

        def rank(name: str) -> tuple[int, Decimal, str]:
            others = sum(hosts[name] for _, hosts in counts)
            return others, _load(pod, nodes[name], taken[name]), name

        return min(fitting, key=rank)

    def _claim_trouble(self, pod: Json) -> str | None:
        for volume in pod["spec"].get("volumes") or ():
            name = dig(volume, "persistentVolumeClaim", "claimName")
            if name is None:
                continue
            claim = self._store.get("persistentvolumeclaims", key(pod)[0], name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if dig(claim, "status", "phase") != "Bound":
                return "pod has unbound immediate PersistentVolumeClaims"
        return None

    def _leave(self, pod: Json, message: str) -> None:
        """Say why a pod has no node, unless that has been said."""
        if condition(pod, "PodScheduled").get("message") == message:
            return
        fields = {"reason": "Unschedulable", "message": message}
        change_status(
            self._store,
            "pods",
            pod,
            lambda one: set_condition(one, "PodScheduled", "False", **fields),
        )
        self._events.say(pod, "FailedScheduling", message, _SCHEDULER, warning=True)

    def _bind(self, pod: Json, node: str) -> Json | None:
        meta = {"namespace": key(pod)[0], "name": key(pod)[1], "uid": pod["metadata"]["uid"]}
        bound = None
        with suppress(ApiError):  # it is gone
            wish = {"metadata": meta, "spec": {"nodeName": node}}
            bound = self._store.update("pods", wish, subresource="binding")
            change_status(
                self._store, "pods", bound, lambda one: set_condition(one, "PodScheduled", "True")
            )
            words = f"Successfully assigned {'/'.join(map(str, key(pod)))} to {node}"
            self._events.say(pod, "Scheduled", words, _SCHEDULER)
        return bound


def unschedulable(refusals: Iterable[Refusal]) -> str:
    """Return what the scheduler says where every node refuses a pod."""
    refusals = list(refusals)
    if not refusals:
        return "no nodes available to schedule pods"
    start = f"0/{len(refusals)} nodes are available: "
    why = _counted(words for found in refusals for words in found.words)
    after = _counted(_NOT_HELPFUL if found.final else _NO_VICTIMS for found in refusals)
    return f"{start}{why} no new claims to deallocate, preemption: {start}{after}"


def _counted(words: Iterable[str]) -> str:
    return ", ".join(sorted(f"{count} {one}" for one, count in Counter(words).items())) + "."


def _waits(pod: Json) -> bool:
    spec = pod["spec"]
    return not (
        spec.get("nodeName")
        or spec.get("schedulingGates")
        or is_leaving(pod)
        or has_ended(pod)
        or spec.get("schedulerName", _SCHEDULER) != _SCHEDULER
    )


def _load(pod: Json, node: Json, used: Amounts) -> Decimal:
    """Return how full a node would be with the pod, the mean of its CPU and memory."""
    asked, there = requests(pod), dig(node, "status", "allocatable") or {}
    parts = [
        (used.get(name, Decimal(0)) + asked.get(name, Decimal(0))) / (amount(there[name]) or 1)
        for name in ("cpu", "memory")
        if name in there
    ]
    return sum(parts, Decimal(0)) / max(1, len(parts))
