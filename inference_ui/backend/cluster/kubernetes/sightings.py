"""What is kept of the product's own objects: slim records, read once as they arrive. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from inference_ui.backend.cluster.kubernetes import names, objects
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.terms import Terms, read

_ENDED = ("Succeeded", "Failed")
_LONGEST_MESSAGE = 1000


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that an object is in: why, in a word and in the cluster's own words."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended last; ``at`` in Unix seconds."""

    code: int
    reason: str
    at: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class PodSeen:
    """A pod of the product. ``conditions`` are those that hold, ``unmet`` those that do not.

    ``exits`` are the times (Unix seconds) at which its container ended, as far as anybody was
    there to see; of the others it is known only that they were. ``waiting`` is what a container
    that does not run waits for. ``ended``: the pod, not just its container. ``leaving``: it is
    being deleted.
    """

    name: str
    uid: str
    workload: str
    client: bool
    created: float
    node: str | None
    address: str
    ready: bool
    ended: bool
    leaving: bool
    running: bool
    exits: tuple[float, ...]
    last: Exit | None
    waiting: Condition | None
    image: str
    why: Condition | None
    conditions: Mapping[str, Condition]
    unmet: Mapping[str, Condition]


@dataclass(frozen=True, slots=True)
class OwnerSeen:
    """A Deployment or Job of the product."""

    name: str
    uid: str
    application: str
    client: bool
    created: float
    leaving: bool
    terms: Terms
    port: int
    conditions: Mapping[str, Condition]


def owner_seen(owner: Json) -> OwnerSeen:
    """Read a Deployment or Job."""
    metadata = objects.part(owner, "metadata")
    notes, labels = objects.notes(owner), objects.labels(owner)
    holding, _ = _conditions(owner)
    return OwnerSeen(
        name=objects.text(metadata, "name"),
        uid=objects.text(metadata, "uid"),
        application=notes.get(names.APPLICATION_ANNOTATION, ""),
        client=labels.get(names.COMPONENT_LABEL) == names.CLIENT,
        created=objects.moment(metadata.get("creationTimestamp")),
        leaving=bool(metadata.get("deletionTimestamp")),
        terms=read(notes.get(names.WORKLOAD_ANNOTATION, "")),
        port=_port(owner),
        conditions=holding,
    )


def is_own(thing: Json, namespace: str) -> bool:
    """Tell whether an object is one of the product's in this namespace."""
    own = objects.labels(thing).get(names.MANAGED_BY_LABEL) == names.PRODUCT
    return own and objects.text(objects.part(thing, "metadata"), "namespace") == namespace


def pod_seen(pod: Json, before: PodSeen | None = None) -> PodSeen:
    """Read a pod. ``before`` is what was read of it last: it knows when it ended earlier."""
    metadata, status = objects.part(pod, "metadata"), objects.part(pod, "status")
    labels, spec = objects.labels(pod), objects.part(pod, "spec")
    container = next(iter(objects.parts(status, "containerStatuses")), {})
    last = _last_exit(container)
    created = objects.moment(metadata.get("creationTimestamp"))
    holding, unmet = _conditions(pod)
    found = PodSeen(
        name=objects.text(metadata, "name"),
        uid=objects.text(metadata, "uid"),
        workload=labels.get(names.INSTANCE_LABEL, ""),
        client=labels.get(names.COMPONENT_LABEL) == names.CLIENT,
        created=created,
        node=objects.text(spec, "nodeName") or None,
        address=objects.text(status, "podIP"),
        ready="Ready" in holding,
        ended=objects.text(status, "phase") in _ENDED,
        leaving=bool(metadata.get("deletionTimestamp")),
        running=bool(objects.part(container, "state", "running")),
        exits=(),
        last=last,
        waiting=_waiting(container),
        image=objects.text(next(iter(objects.parts(spec, "containers")), {}), "image"),
        why=_why(status),
        conditions=holding,
        unmet=unmet,
    )
    return replace(found, exits=_exits(_count(container), last, found, before))


def _exits(
    count: int, last: Exit | None, pod: PodSeen, before: PodSeen | None
) -> tuple[float, ...]:
    """Return when the container ended, ``count`` times in all.

    Exits that nobody saw are taken to be as old as the pod: they count within a window only where
    the pod is not older than that.
    """
    known = before.exits if before is not None and before.uid == pod.uid else ()
    if count <= len(known):
        return known[:count]
    missed = (pod.created,) * (count - len(known) - 1)
    return (*known, *missed, last.at if last is not None else pod.created)


def _count(container: Json) -> int:
    """Return how often the container ended: each restart is one, and so is the end that it has not
    been started again from."""
    restarts = objects.whole(container.get("restartCount")) or 0
    return restarts + bool(objects.part(container, "state", "terminated"))


def _last_exit(container: Json) -> Exit | None:
    """A container that crashes again and again may stay *terminated* until it is started again."""
    for state in ("state", "lastState"):
        ended = objects.part(container, state, "terminated")
        if ended:
            code = objects.whole(ended.get("exitCode"))
            at = objects.moment(ended.get("finishedAt"))
            reason, message = (objects.text(ended, key) for key in ("reason", "message"))
            return Exit(1 if code is None else code, reason, at, message[:_LONGEST_MESSAGE])
    return None


def _waiting(container: Json) -> Condition | None:
    waiting = objects.part(container, "state", "waiting")
    return _condition(waiting) if waiting else None


def _why(status: Json) -> Condition | None:
    return _condition(status) if objects.text(status, "reason") else None


def _conditions(thing: Json) -> tuple[dict[str, Condition], dict[str, Condition]]:
    holding: dict[str, Condition] = {}
    unmet: dict[str, Condition] = {}
    for one in objects.parts(objects.part(thing, "status"), "conditions"):
        into = holding if one.get("status") == "True" else unmet
        into[objects.text(one, "type")] = _condition(one)
    return holding, unmet


def _condition(of: Json) -> Condition:
    return Condition(objects.text(of, "reason"), objects.text(of, "message"))


def _port(owner: Json) -> int:
    containers = objects.parts(objects.part(owner, "spec", "template", "spec"), "containers")
    ports = objects.parts(containers[0], "ports") if containers else []
    return (objects.whole(ports[0].get("containerPort")) or 0) if ports else 0
