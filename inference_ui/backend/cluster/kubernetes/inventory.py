"""Nodes with what their pods use of them, and what the other pods wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from inference_ui.backend.capacity.fit import Demand
from inference_ui.backend.cluster.kubernetes.hami import StatedPart
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase
from inference_ui.backend.cluster.kubernetes.pods import CardRequest, PodUse
from inference_ui.backend.models.compute import (
    CardUse,
    Node,
    PhysicalCard,
    Tenant,
    VirtualCard,
)


def inventory(bases: Iterable[NodeBase], pods: Iterable[PodUse]) -> tuple[Node, ...]:
    """Return the nodes with all pods on them that have not ended; those of other nodes count
    nowhere."""
    by_node: defaultdict[str, list[PodUse]] = defaultdict(list)
    for pod in pods:
        if pod.node is not None and not pod.ended:
            by_node[pod.node].append(pod)
    return tuple(
        with_pods(base, by_node[base.node.name]) if base.node.name in by_node else base.node
        for base in bases
    )


def waiting(pods: Iterable[PodUse]) -> tuple[Demand, ...]:
    """Return what the pods without a node wait for, the longest waiting first."""
    found = (pod.demand for pod in pods if pod.demand is not None)
    return tuple(sorted(found, key=attrgetter("since", "name")))


def with_pods(base: NodeBase, pods: Sequence[PodUse]) -> Node:
    """Return the node with these pods on it, none of which has ended."""
    unplaced: list[CardUse] = []
    holders: list[PodUse] = []
    tenants: dict[str, Tenant] = {}
    for pod in pods:
        if pod.requests:
            rest = pod.requests
            if pod.parts and all(one.device in base.devices for one in pod.parts):
                holders.append(pod)
                placed = {one.accelerator for one in pod.parts}
                rest = tuple(one for one in rest if one.use.accelerator not in placed)
            unplaced += [_use(base, one) for one in rest]
        _move_in(tenants, pod)
    return replace(
        base.node,
        used_cpu_millis=sum([one.cpu_millis for one in tenants.values()]),
        used_memory_bytes=sum([one.memory_bytes for one in tenants.values()]),
        cards=_held(base, holders) if holders else base.node.cards,
        tenants=tuple(tenants.values()),
        unplaced=tuple(unplaced),
    )


def _use(base: NodeBase, request: CardRequest) -> CardUse:
    meaning = base.meanings.get(request.resource)
    if meaning is None:
        return request.use
    return replace(request.use, model=meaning.model, slice=meaning.slice or request.use.slice)


def _move_in(tenants: dict[str, Tenant], pod: PodUse) -> None:
    """Count a pod to its application. One that asks for nothing holds nothing."""
    one = pod.tenant
    if not (one.cpu_millis or one.memory_bytes or pod.requests):
        return
    before = tenants.get(one.application)
    if before is not None:
        one = Tenant(
            one.application,
            before.cpu_millis + one.cpu_millis,
            before.memory_bytes + one.memory_bytes,
        )
    tenants[one.application] = one


def _held(base: NodeBase, holders: Sequence[PodUse]) -> tuple[PhysicalCard, ...]:
    """Return the cards with the parts that pods have of them, numbered as they were given."""
    held: dict[int, list[tuple[PodUse, StatedPart]]] = {}
    for pod in sorted(holders, key=attrgetter("given_at", "namespace", "name")):
        for one in pod.parts:
            held.setdefault(base.devices[one.device], []).append((pod, one))
    return tuple(
        replace(card, slices=tuple(_slices(held[at]))) if at in held else card
        for at, card in enumerate(base.node.cards)
    )


def _slices(held: Sequence[tuple[PodUse, StatedPart]]) -> Iterable[VirtualCard]:
    for number, (pod, one) in enumerate(held, start=1):
        yield VirtualCard(
            number,
            pod.application,
            memory_bytes=one.memory_bytes,
            share=one.share,
            index=one.index,
        )
