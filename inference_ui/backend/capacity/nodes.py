"""A node beside a request: is it open to it, what does it lack for it now, or were it empty?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, TypeAlias

from inference_ui.backend.capacity import cards
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    Node,
    Placement,
    Resources,
    Taint,
    Tenant,
    Toleration,
)

Kind: TypeAlias = Literal["cards", "cpu", "memory"]

KINDS: tuple[Kind, ...] = ("cards", "cpu", "memory")
"""What a node may lack, in the order in which it is told: the scarcest first."""

_KEEPS_OFF = ("NoSchedule", "NoExecute")

ANY_MODEL = "any"
"""What stands for the card model where a request names none."""


@dataclass(frozen=True, slots=True)
class Lack:
    """A resource that is short for one replica: cards or slices, thousandths of a CPU, bytes."""

    kind: Kind
    needed: int
    free: int

    @property
    def missing(self) -> int:
        """By how much."""
        return self.needed - self.free


def permits(placement: Placement, node: Node) -> bool:
    """Tell whether a placement lets a replica come to the node."""
    if placement.kind == "NODES":
        return node.name in placement.nodes
    if placement.kind == "DRIVER":
        return node.driver_version == placement.driver_version
    return True


def closed(node: Node, resources: Resources) -> Message | None:
    """Say why nothing like this may come to the node now, whatever room it has; None if it may."""
    if not node.ready:
        return Message("NODE_NOT_READY", {"node": node.name, "why": node.why or "none"})
    if node.cordoned:
        return Message("NODE_CORDONED", {"node": node.name, "why": node.why or "none"})
    for taint in node.taints:
        if keeps_off(taint) and not tolerates(resources.tolerations, taint):
            words = f"{taint.key}={taint.value}" if taint.value else taint.key
            return Message("NODE_TAINTED", {"node": node.name, "taint": words})
    return None


def keeps_off(taint: Taint) -> bool:
    """Tell whether a taint closes its node to what does not tolerate it."""
    return taint.effect in _KEEPS_OFF


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Tell whether one of the tolerations bears the taint."""
    return any(
        one.key in ("", taint.key)
        and one.value in (None, taint.value)
        and one.effect in ("", taint.effect)
        for one in tolerations
    )


def lacks(node: Node, resources: Resources) -> tuple[Lack, ...]:
    """Return what is short for one replica on the node as it is used now."""
    found: list[Lack] = []
    if cards.copies(node, resources, 1) < 1:
        free = min(cards.units(node, resources), resources.cards - 1)
        found.append(Lack("cards", resources.cards, free))
    for kind, needed, free in (
        ("cpu", resources.cpu_millis, node.cpu_millis - node.used_cpu_millis),
        ("memory", resources.memory_bytes, node.memory_bytes - node.used_memory_bytes),
    ):
        if needed > 0 and needed > free:
            found.append(Lack("cpu" if kind == "cpu" else "memory", needed, max(0, free)))
    return tuple(found)


def never(node: Node, resources: Resources, *, broken: bool = False) -> tuple[Lack, ...]:
    """Return what would be short for one replica even if nothing used the node; ``broken``: even
    if its broken cards were mended."""
    return lacks(cards.whole_node(node, resources, broken=broken), resources)


class NodeFit(StrEnum):
    """How a node stands to a spec that can be scheduled on it. IDLE (空闲): of everything that the
    spec requests there is enough. TIGHT (紧张): something is short."""

    IDLE = "IDLE"
    TIGHT = "TIGHT"


def unfit(node: Node, resources: Resources) -> Message | None:
    """Say why a replica cannot be scheduled on the node however little it is used: it is closed to
    it, lacks the cards, or is too small. None if it can."""
    if (why := closed(node, resources)) is not None:
        return why
    short = never(node, resources)
    if not short:
        return None
    lack, model = short[0], resources.card_model or ANY_MODEL
    if lack.kind != "cards":
        args = {"resource": lack.kind, "needed": lack.needed, "free": lack.free}
        return Message("NODE_TOO_SMALL", args)
    code = "NODE_NO_CARDS" if resources.slice is None else "NODE_NO_SLICES"
    return Message(code, {"model": model, "needed": lack.needed, "free": lack.free})


def copies(node: Node, resources: Resources, most: int) -> int:
    """Return how many replicas, up to ``most``, fit on the node as it is used now."""
    for needed, free in (
        (resources.cpu_millis, node.cpu_millis - node.used_cpu_millis),
        (resources.memory_bytes, node.memory_bytes - node.used_memory_bytes),
    ):
        if needed > 0:
            most = min(most, free // needed)
    return cards.copies(node, resources, most) if most > 0 else 0


def occupy(
    node: Node, resources: Resources, application: str, given: Iterable[cards.CardSeat] = ()
) -> Node:
    """Return the node with one replica on it that has these cards."""
    return replace(
        node,
        used_cpu_millis=node.used_cpu_millis + resources.cpu_millis,
        used_memory_bytes=node.used_memory_bytes + resources.memory_bytes,
        cards=cards.take(node.cards, given, application, resources.slice),
        tenants=_moved_in(node.tenants, application, resources),
    )


def without(node: Node, applications: frozenset[str]) -> Node:
    """Return the node as it were if these applications had ended."""
    leaving = [one for one in node.tenants if one.application in applications]
    return replace(
        node,
        used_cpu_millis=node.used_cpu_millis - sum(one.cpu_millis for one in leaving),
        used_memory_bytes=node.used_memory_bytes - sum(one.memory_bytes for one in leaving),
        cards=tuple(cards.released(card, applications) for card in node.cards),
        unplaced=tuple(one for one in node.unplaced if one.application not in applications),
        tenants=tuple(one for one in node.tenants if one.application not in applications),
    )


def _moved_in(
    tenants: tuple[Tenant, ...], application: str, resources: Resources
) -> tuple[Tenant, ...]:
    known = next((one for one in tenants if one.application == application), None)
    grown = Tenant(
        application,
        resources.cpu_millis + (known.cpu_millis if known else 0),
        resources.memory_bytes + (known.memory_bytes if known else 0),
    )
    if known is None:
        return (*tenants, grown)
    return tuple(grown if one is known else one for one in tenants)
