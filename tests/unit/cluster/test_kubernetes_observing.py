"""What is told of workloads: over objects of a real cluster in every kind of trouble."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend.cluster.kubernetes import names, terms
from inference_ui.backend.cluster.kubernetes.observing import Around, observation
from inference_ui.backend.cluster.kubernetes.sightings import (
    OwnerSeen,
    PodSeen,
    owner_seen,
    pod_seen,
)
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Placement, Resources
from inference_ui.backend.ports import Observation, Phase, RestartPolicy

Json = dict[str, Any]

OBJECTS: list[Json] = json.loads(
    (Path(__file__).parent / "objects" / "trouble.json").read_text("utf-8")
)
SEEN_AT = 1795396260.0
"""When the objects were taken, a moment after the last of their times."""
CLIENT = RestartPolicy(done=frozenset({0}), fatal=frozenset({2}))


NOTHING = Around(lambda _: False, lambda _: "", lambda _: "")


def here(name: str, kind: str) -> list[Json]:
    return [
        one
        for one in OBJECTS
        if one["kind"] == kind and one["metadata"]["labels"][names.INSTANCE_LABEL] == name
    ]


def owner_of(
    name: str, *, restart: RestartPolicy | None = None, replicas: int = 1, **changes: Any
) -> OwnerSeen:
    """Return the owner of this name as the product would have made it."""
    [found] = here(name, "Deployment") or here(name, "Job")
    client = found["kind"] == "Job"
    policy = restart or (CLIENT if client else RestartPolicy())
    asked = terms.Terms(Resources(cpu_millis=1, memory_bytes=1), Placement(), policy, replicas)
    metadata = {
        **found["metadata"],
        "annotations": {names.WORKLOAD_ANNOTATION: terms.written(asked)},
        "labels": {
            **found["metadata"]["labels"],
            names.COMPONENT_LABEL: names.CLIENT if client else names.SERVER,
        },
        **changes,
    }
    spec = {"template": {"spec": {"containers": [{"ports": [{"containerPort": 8080}]}]}}}
    return owner_seen({**found, "metadata": metadata, "spec": spec})


def pods_of(name: str, **changes: Any) -> list[PodSeen]:
    component = {names.COMPONENT_LABEL: names.CLIENT if here(name, "Job") else names.SERVER}
    found = []
    for pod in here(name, "Pod"):
        labels = {**pod["metadata"]["labels"], **component}
        metadata = {**pod["metadata"], "labels": labels, **changes}
        found.append(pod_seen({**pod, "metadata": metadata}))
    return found


def seen(
    name: str,
    *,
    now: float = SEEN_AT,
    removing: bool = False,
    lost: str = "",
    filtered: str = "",
    **owner: Any,
) -> Observation:
    return observation(
        owner_of(name, **owner),
        pods_of(name),
        now,
        removing=removing,
        around=Around(lambda node: node == lost, lambda _: filtered, lambda _: ""),
    )


def test_two_ready_replicas_are_two_endpoints() -> None:
    found = seen("ready", replicas=2)
    assert (found.phase, found.reason) == (Phase.READY, None)
    assert len({one.node for one in found.replicas}) == 2
    assert len(set(found.endpoints)) == 2
    assert all(one.startswith("http://10.") and one.endswith(":8080") for one in found.endpoints)


def test_a_replica_without_a_node_is_shown_beside_those_that_run() -> None:
    pending = pods_of("too-many-cards")
    owner = owner_of("ready", replicas=3)
    found = observation(
        owner, [*pods_of("ready"), *pending], SEEN_AT, removing=False, around=NOTHING
    )
    assert found.phase is Phase.READY
    last = found.replicas[-1]
    assert (last.phase, last.node) == (Phase.WAITING, None)
    assert last.reason is not None
    assert last.reason.code == "K8S_UNSCHEDULABLE"


@pytest.mark.parametrize(
    ("name", "code", "args"),
    [
        ("too-many-cards", "K8S_UNSCHEDULABLE", {"cards": 7, "card": "cambricon.com/mlu"}),
        ("wrong-driver", "K8S_UNSCHEDULABLE", {"affinity": 7, "cordoned": 1}),
        ("no-claim", "K8S_CLAIM_MISSING", {"claim": "missing"}),
        ("over-quota", "K8S_QUOTA", {"quota": "q", "requested": "64", "limited": "40"}),
    ],
)
def test_what_has_no_node_waits_and_says_why(name: str, code: str, args: dict[str, Any]) -> None:
    found = seen(name)
    assert found.phase is Phase.WAITING
    assert found.reason is not None
    assert found.reason.code == code
    assert found.reason.args.items() >= args.items()
    assert [one.reason for one in found.replicas] == [found.reason]


@pytest.mark.parametrize(
    ("name", "code"), [("no-image", "K8S_IMAGE_PULL"), ("bad-config", "K8S_SECRET_MISSING")]
)
def test_a_container_that_cannot_start_says_why(name: str, code: str) -> None:
    found = seen(name)
    assert found.phase is Phase.STARTING
    assert found.reason is not None
    assert found.reason.code == code


def test_a_server_that_is_not_ready_yet_is_starting() -> None:
    found = seen("never-ready")
    assert (found.phase, found.reason, found.endpoints) == (Phase.STARTING, None, ())


def test_a_crash_loop_is_a_failure_once_its_restarts_are_used_up() -> None:
    found = seen("crash-loop")
    assert found.phase is Phase.FAILED
    assert found.exit_code == 1
    assert found.reason == Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 5})
    patient = seen("crash-loop", restart=RestartPolicy(limit=10))
    assert patient.phase is Phase.STARTING
    assert patient.reason == Message("PROCESS_EXITED", {"exit_code": 1, "restarts": 6})


def test_exits_that_were_long_ago_count_no_more() -> None:
    assert seen("crash-loop", now=SEEN_AT + 3600).phase is Phase.STARTING


def test_too_little_memory_is_named() -> None:
    found = seen("oom")
    assert found.phase is Phase.FAILED
    assert found.exit_code == 137
    assert found.reason is not None
    assert found.reason == Message("K8S_OUT_OF_MEMORY", {"restarts": 5, "limit_bytes": 1})


def test_what_a_scheduler_of_parts_says_of_cards_is_told() -> None:
    said = "no available node, 1/8 CardInsufficientMemory"
    assert seen("too-many-cards", filtered=said).reason == Message(
        "K8S_CARDS_UNFIT", {"why": "memory", "message": said}
    )


def test_a_job_that_is_complete_is_done() -> None:
    found = seen("done")
    assert (found.phase, found.exit_code, found.reason) == (Phase.DONE, 0, None)


def test_a_job_that_failed_says_how_its_last_pod_ended() -> None:
    found = seen("failed")
    assert found.phase is Phase.FAILED
    assert found.exit_code == 2
    assert found.reason == Message("PROCESS_EXITED", {"exit_code": 2, "restarts": 1})


def test_a_job_without_pods_still_says_why_it_failed() -> None:
    assert seen("late").reason == Message("K8S_DEADLINE")


def test_what_is_being_removed_is_not_ready_until_it_is_gone() -> None:
    for found in (
        seen("ready", removing=True, replicas=2),
        seen("ready", deletionTimestamp="2026-11-23T01:07:24Z", replicas=2),
    ):
        assert (found.phase, found.endpoints) == (Phase.STARTING, ())
        assert [one.reason for one in found.replicas] == [Message("REMOVING")] * 2
    assert seen("over-quota", removing=True) == Observation(
        Phase.WAITING, reason=Message("REMOVING")
    )


def test_a_replica_on_a_node_that_is_lost_is_not_ready() -> None:
    node = pods_of("ready")[0].node or ""
    found = seen("ready", lost=node, replicas=2)
    assert found.phase is Phase.READY
    assert len(found.endpoints) == 1
    assert Message("K8S_NODE_LOST", {"node": node}) in [one.reason for one in found.replicas]


def evicted(pod: Json) -> Json:
    """Return the pod as the kubelet leaves it when it has thrown it out."""
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "TerminationByKubelet",
        "message": "The node was low on resource: memory.",
    }
    ended = {"terminated": {"exitCode": 137, "reason": "Error"}}
    status = {
        **pod["status"],
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
        "conditions": [condition],
        "containerStatuses": [{"restartCount": 0, "ready": False, "state": ended}],
    }
    return {**pod, "status": status}


def test_an_eviction_is_told_and_is_no_failure() -> None:
    gone = [pod_seen(evicted(pod)) for pod in here("ready", "Pod")]
    owner = owner_of("ready", replicas=2)
    found = observation(owner, gone, SEEN_AT, removing=False, around=NOTHING)
    assert found.phase is Phase.WAITING
    assert found.reason is not None
    assert found.reason.code == "K8S_EVICTED"
    running = replace(owner_of("done"), conditions={})
    pods = [pod_seen(evicted(pod)) for pod in here("failed", "Pod")] * 5
    again = observation(running, pods, SEEN_AT, removing=False, around=NOTHING)
    assert again.phase is Phase.WAITING
    assert again.replicas[0].restarts == 0


def test_exits_are_counted_also_where_nobody_saw_them() -> None:
    [pod] = here("crash-loop", "Pod")
    first = pod_seen(pod)
    assert len(first.exits) == 6
    status = json.loads(json.dumps(pod["status"]))
    status["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-11-23T01:13:00Z"}}
    status["containerStatuses"][0]["restartCount"] = 6
    later = pod_seen({**pod, "status": status}, first)
    assert later.exits == first.exits
    status["containerStatuses"][0]["restartCount"] = 7
    assert len(pod_seen({**pod, "status": status}, later).exits) == 7


def test_garbage_is_read_as_nothing() -> None:
    for broken in ({}, {"metadata": None}, {"status": {"containerStatuses": [7]}}, {"spec": []}):
        pod, owner = pod_seen(broken), owner_seen(broken)
        found = observation(owner, [pod], SEEN_AT, removing=False, around=NOTHING)
        assert found.phase is Phase.WAITING
