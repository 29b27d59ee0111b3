"""From what is kept of a workload's objects to an observation of it. Pure.

A Deployment never ends by itself and is never given up by its controller, so whether a server has
failed is judged here, by how often its containers ended within the window of its restart policy.
A Job's pods are judged alike; what the Job itself says of its end comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from inference_ui.backend.cluster.kubernetes import names, words
from inference_ui.backend.cluster.kubernetes.sightings import Exit, OwnerSeen, PodSeen
from inference_ui.backend.errors import Message
from inference_ui.backend.ports import Observation, Phase, Replica


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known: ``is_lost`` tells whether the node of a name is known not to work,
    ``filtered`` what another scheduler said of the cards for the pod of a name, ``not_created`` why
    the Job of a name could not create its pod (empty: nothing was said).
    """

    is_lost: Callable[[str], bool]
    filtered: Callable[[str], str]
    not_created: Callable[[str], str]


_ORDER = (Phase.READY, Phase.STARTING, Phase.FAILED, Phase.WAITING, Phase.DONE)
"""A workload is in the first of these phases that one of its replicas is in."""


_UNREADY = {Phase.READY: Phase.STARTING}


def observation(
    owner: OwnerSeen, pods: Collection[PodSeen], now: float, *, removing: bool, around: Around
) -> Observation:
    """Return what is seen of a workload; ``now`` in Unix seconds, ``removing``: it was told to
    end."""
    if removing or owner.leaving:
        return leaving(pods, around)
    if owner.client:
        return _client(owner, pods, now, around)
    return _server(owner, pods, now, around)


def leaving(pods: Collection[PodSeen], around: Around) -> Observation:
    """Return what is seen of a workload that is being removed. A pod of a lost node stays until the
    node is back, or known to be down: nobody can tell whether it still runs."""
    removing = Message("REMOVING")
    by_age = sorted(pods, key=_age)
    there = [(pod.node, pod) for pod in by_age if pod.node and not pod.ended]
    if not there:
        return Observation(Phase.WAITING, reason=removing)
    replicas = tuple(
        Replica(
            pod.name,
            Phase.STARTING,
            node,
            restarts=len(pod.exits),
            reason=words.node_lost(node) if around.is_lost(node) else removing,
        )
        for node, pod in there
    )
    return Observation(Phase.STARTING, replicas, removing)


def without_a_part(seen: Observation, refused: Observation) -> Observation:
    """Return what is seen of a workload whose Service or Secret was ``refused``: that is why it
    does not run, or nobody finds it, whatever its pods say. What has ended is left as it is."""
    if seen.phase in (Phase.DONE, Phase.FAILED):
        return seen
    if refused.phase is Phase.FAILED:
        return refused
    replicas = tuple(
        replace(one, phase=_UNREADY.get(one.phase, one.phase), reason=refused.reason)
        for one in seen.replicas
    )
    return replace(
        seen,
        phase=_UNREADY.get(seen.phase, seen.phase),
        replicas=replicas,
        reason=refused.reason,
    )


def _server(owner: OwnerSeen, pods: Collection[PodSeen], now: float, around: Around) -> Observation:
    there = sorted((pod for pod in pods if not (pod.ended or pod.leaving)), key=_age)
    replicas = [_replica(pod, owner, now, around) for pod in there]
    gone = _why_gone([pod for pod in pods if pod.ended or pod.leaving], around)
    replicas = [
        replace(one, reason=one.reason or gone) if one.phase is not Phase.READY else one
        for one in replicas
    ]
    missing = owner.terms.replicas - len(replicas)
    reason = _why_missing(owner) or gone
    replicas += [
        Replica(f"{owner.name}-{len(replicas) + number}", Phase.WAITING, reason=reason)
        for number in range(missing)
    ]
    return _overall(replicas)


def _client(owner: OwnerSeen, pods: Collection[PodSeen], now: float, around: Around) -> Observation:
    """A batch client is one replica: its newest pod; those that ended before are its restarts."""
    ordered = sorted(pods, key=_age)
    policy = owner.terms.restart
    exits = [pod.last for pod in ordered if _failed(pod) and pod.last is not None]
    last = exits[-1] if exits else None
    restarts = len(exits)
    if "Complete" in owner.conditions:
        return _ended(owner, ordered, Phase.DONE, restarts, Exit(0, "", now), None)
    recent = sum(one.at > now - policy.window_s for one in exits)
    given_up = owner.conditions.get("Failed")
    if given_up is not None or recent > policy.limit:
        restarts = max(0, restarts - 1)
        reason = _told(last, restarts, owner) if last else None
        if reason is None and given_up is not None:
            late = given_up.reason == "DeadlineExceeded"
            reason = words.deadline() if late else words.create_refused(given_up.message)
        return _ended(owner, ordered, Phase.FAILED, restarts, last, reason)
    there = [pod for pod in ordered if not (pod.ended or pod.leaving)]
    lost = _why_gone([pod for pod in ordered if pod not in there], around)
    told = _told(last, restarts, owner) if last else lost
    if not there:
        waiting = Replica(f"{owner.name}-0", Phase.WAITING, restarts=restarts)
        return _overall([replace(waiting, reason=told or _why_not_created(owner, around))])
    seen = _replica(there[-1], owner, now, around)
    if there[-1].running and seen.phase is Phase.STARTING:
        seen = replace(seen, phase=Phase.READY)
    return _overall([replace(seen, restarts=restarts, reason=seen.reason or told)])


def _ended(
    owner: OwnerSeen,
    pods: Sequence[PodSeen],
    phase: Phase,
    restarts: int,
    last: Exit | None,
    reason: Message | None,
) -> Observation:
    code = last.code if last is not None else None
    pod = pods[-1] if pods else None
    replica = Replica(
        name=pod.name if pod else f"{owner.name}-0",
        phase=phase,
        node=pod.node if pod else None,
        restarts=restarts,
        exit_code=code,
        reason=reason,
    )
    return Observation(phase, (replica,), reason, code)


def _replica(pod: PodSeen, owner: OwnerSeen, now: float, around: Around) -> Replica:
    policy = owner.terms.restart
    within = sum(at > now - policy.window_s for at in pod.exits)
    seen = Replica(
        name=pod.name,
        phase=Phase.STARTING if pod.node else Phase.WAITING,
        node=pod.node,
        restarts=len(pod.exits),
        exit_code=pod.last.code if pod.last else None,
    )
    if pod.last is not None and not pod.client:
        code = pod.last.code
        if code in policy.done:
            return replace(seen, phase=Phase.DONE, restarts=len(pod.exits) - 1)
        if code in policy.fatal or within > policy.limit:
            reason = _told(pod.last, len(pod.exits) - 1, owner, pod.image)
            return replace(seen, phase=Phase.FAILED, restarts=len(pod.exits) - 1, reason=reason)
    if pod.node and around.is_lost(pod.node):
        return replace(seen, reason=words.node_lost(pod.node))
    if pod.ready:
        known = pod.address and owner.port
        endpoint = f"http://{_host(pod.address)}:{owner.port}" if known else None
        return replace(seen, phase=Phase.READY, endpoint=endpoint)
    return replace(seen, reason=_why_not_ready(pod, owner, around))


def _why_not_ready(pod: PodSeen, owner: OwnerSeen, around: Around) -> Message | None:
    scheduled = pod.unmet.get("PodScheduled")
    if scheduled is not None:
        filtered = words.hami_filtered(around.filtered(pod.name))
        return filtered or words.unschedulable(scheduled.message)
    if pod.waiting is not None:
        waiting = words.container_waiting(
            pod.waiting.reason, pod.waiting.message, pod.image, pod.node or ""
        )
        if waiting is not None and not (pod.last and waiting.code == "K8S_PREPARING"):
            return waiting
    if pod.last is not None:
        return _told(pod.last, len(pod.exits), owner, pod.image)
    return None


def _told(last: Exit, restarts: int, owner: OwnerSeen, image: str = "") -> Message:
    """Say how a container ended. Only a server's memory is limited."""
    limit = 0 if owner.client else owner.terms.resources.memory_bytes
    return words.ended(
        last.code, last.reason, restarts, message=last.message, limit_bytes=limit, image=image
    )


def _why_gone(gone: Collection[PodSeen], around: Around) -> Message | None:
    """Return what became of the pod that went last, where that was nobody's doing."""
    for pod in sorted(gone, key=_age, reverse=True):
        if pod.node and around.is_lost(pod.node):
            return words.node_lost(pod.node)
        said = pod.why.message if pod.why is not None else ""
        disrupted = pod.conditions.get(names.DISRUPTION_CONDITION)
        if disrupted is not None:
            return words.disrupted(disrupted.reason, said or disrupted.message, pod.node or "")
        if pod.why is not None:
            return words.evicted(said, pod.node or "")
    return None


def _why_missing(owner: OwnerSeen) -> Message | None:
    """A pod over quota never exists: the words are in a condition of its owner."""
    refused = owner.conditions.get("ReplicaFailure")
    return words.create_refused(refused.message) if refused is not None else None


def _why_not_created(job: OwnerSeen, around: Around) -> Message | None:
    """Where a Deployment has a condition, a Job has nothing but events: without them its client
    would wait in silence."""
    said = around.not_created(job.name)
    return words.create_refused(said) if said else None


def _failed(pod: PodSeen) -> bool:
    """An eviction is no failure of what was evicted."""
    disrupted = names.DISRUPTION_CONDITION in pod.conditions
    return pod.ended and not disrupted and pod.last is not None and pod.last.code != 0


def _overall(replicas: Sequence[Replica]) -> Observation:
    phases = {one.phase for one in replicas}
    phase = next((one for one in _ORDER if one in phases), Phase.WAITING)
    if phase is Phase.READY:
        return Observation(phase, tuple(replicas))
    deciding = [one for one in replicas if one.phase is phase]
    told = next((one for one in deciding if one.reason is not None), None)
    one = told or next(iter(deciding), None)
    if one is None:
        return Observation(phase, tuple(replicas))
    return Observation(phase, tuple(replicas), one.reason, one.exit_code)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


_age = attrgetter("created", "name")
