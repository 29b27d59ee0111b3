"""A node beside a request: is it open to it, what does it lack for it now, or were it empty?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, TypeAlias

from inference_ui.backend.capacity import cards
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    CardUse,
    Node,
    PhysicalCard,
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
    return tainted(node, resources)


def tainted(node: Node, resources: Resources) -> Message | None:
    """Say which taint keeps something like this off the node; None if it bears all."""
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
    free = resources.cards
    if free and cards.copies(node, resources, 1) < 1:
        free = min(cards.units(node, resources), free - 1)
    cpu = node.cpu_millis - node.used_cpu_millis
    return _short(resources, free, cpu, node.memory_bytes - node.used_memory_bytes)


def never(node: Node, resources: Resources, *, broken: bool = False) -> tuple[Lack, ...]:
    """Return what would be short for one replica even if nothing used the node; ``broken``: even
    if its broken cards were mended."""
    if resources.slice is None:
        found = cards.whole_cards(node, resources, broken=broken) if resources.cards else 0
        return _short(resources, found, node.cpu_millis, node.memory_bytes)
    if not lacks(node, resources):  # what fits now would fit then
        return ()
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
    """Return the node with one replica on it that has these cards; those without a slot are among
    the unplaced uses then."""
    seats = tuple(given)
    slotless = sum(not one.slot for one in seats)
    unplaced = node.unplaced
    if slotless:
        kind, model = resources.accelerator, resources.card_model
        unplaced = (*unplaced, CardUse(application, slotless, kind, model, resources.slice))
    return replace(
        node,
        used_cpu_millis=node.used_cpu_millis + resources.cpu_millis,
        used_memory_bytes=node.used_memory_bytes + resources.memory_bytes,
        cards=_taken(node.cards, [one for one in seats if one.slot], application, resources),
        tenants=_moved_in(node.tenants, application, resources),
        unplaced=unplaced,
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


def _short(resources: Resources, free: int, cpu: int, memory: int) -> tuple[Lack, ...]:
    """Return what is short where so many cards, thousandths of a CPU and bytes are free."""
    needed_cpu, needed_memory = resources.cpu_millis, resources.memory_bytes
    if free >= resources.cards and cpu >= needed_cpu and memory >= needed_memory:
        return ()
    found: list[Lack] = []
    if free < resources.cards:
        found.append(Lack("cards", resources.cards, free))
    if 0 < needed_cpu > cpu:
        found.append(Lack("cpu", needed_cpu, max(0, cpu)))
    if 0 < needed_memory > memory:
        found.append(Lack("memory", needed_memory, max(0, memory)))
    return tuple(found)


def _taken(
    all_cards: tuple[PhysicalCard, ...],
    seats: Sequence[cards.CardSeat],
    application: str,
    resources: Resources,
) -> tuple[PhysicalCard, ...]:
    """Cards of another accelerator may have the same slots: a node with both counts each anew."""
    kind = [one for one in all_cards if one.accelerator is resources.accelerator]
    if not seats or len(kind) == len(all_cards):
        return cards.take(all_cards, seats, application, resources.slice)
    taken = iter(cards.take(kind, seats, application, resources.slice))
    return tuple(
        next(taken) if one.accelerator is resources.accelerator else one for one in all_cards
    )


def emptied(node: Node) -> Node:
    """Return the node as if nothing used it."""
    return replace(
        node,
        used_cpu_millis=0,
        used_memory_bytes=0,
        cards=tuple(cards.unused(card) for card in node.cards),
        tenants=(),
        unplaced=(),
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
