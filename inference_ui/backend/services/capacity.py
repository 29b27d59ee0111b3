"""What the cluster has: where a spec may go, all nodes with who uses what.

Reads only; everybody who is signed in may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from inference_ui.backend.capacity import cards, nodes
from inference_ui.backend.capacity.nodes import Lack, NodeFit
from inference_ui.backend.capacity.queue import queued_cards
from inference_ui.backend.capacity.summary import ModelTotals, model_totals
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.compute import AcceleratorType, ComputeSpec, Node, Resources
from inference_ui.backend.ports import Cluster
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Store

T = TypeVar("T")

PAGE_SIZE = 50
"""Nodes on a page."""


@dataclass(frozen=True, slots=True)
class NodeFilter:
    """Which nodes are asked for: ``text`` is looked for in names, card models, driver versions and
    applications; ``kind`` is a type of accelerator (CPU: nodes without cards), ``fit`` how they
    stand to a spec. Pages count from 1."""

    text: str = ""
    kind: AcceleratorType | None = None
    fit: NodeFit | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class SpecNode:
    """A node that a spec can be scheduled on. ``used`` of ``total`` cards (or slices) of the kind
    that the spec asks for; ``specs``: names of all that can be scheduled on it; ``uses``: who has
    what, as ``1(2):application``, applications without cards by their names alone."""

    node: Node
    fit: NodeFit
    lacks: tuple[Lack, ...] = ()
    used: float = 0.0
    total: int = 0
    specs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecNodes:
    """A page of the nodes that a spec can be scheduled on, idle ones first. ``idle`` and ``tight``
    count all of them, ``count`` those that the filter leaves."""

    spec: str = ""
    model: str = ""
    nodes: tuple[SpecNode, ...] = ()
    idle: int = 0
    tight: int = 0
    count: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True)
class NodePage:
    """A page of all nodes. ``count``: that the filter leaves; ``all`` and ``cards``: that there
    are."""

    nodes: tuple[Node, ...] = ()
    count: int = 0
    all: int = 0
    cards: int = 0
    page: int = 1
    totals: list[ModelTotals] = field(default_factory=list)


class Capacity:
    """Over the cluster as it is now."""

    def __init__(self, store: Store, cluster: Cluster, changes: Changes) -> None:
        self._store = store
        self._cluster = cluster
        self._pages: Shared[NodePage] = Shared(changes)
        self._places: Shared[SpecNodes] = Shared(changes)

    def queued(self, actor: Actor) -> dict[str, int]:
        """Return how many cards all that waits is waiting for, by card model; ``"any"``: of those
        that name none."""
        return queued_cards(one.demand for one in self._cluster.queue())

    def of_spec(self, actor: Actor, spec_id: str, wanted: NodeFilter) -> SpecNodes:
        """Return where a spec can be scheduled; nothing for one that is gone."""
        with self._store.read() as session:
            specs = queries.specs(session)
        spec = next((one for one in specs if one.id == spec_id), None)
        if spec is None:
            return SpecNodes()
        key = (wanted, spec.id, tuple((one.name, one.resources) for one in specs))
        return self._places.get(key, lambda: self._of_spec(spec, specs, wanted))

    def _of_spec(
        self, spec: ComputeSpec, specs: Sequence[ComputeSpec], wanted: NodeFilter
    ) -> SpecNodes:
        resources = spec.resources
        fitting = [
            (node, nodes.lacks(node, resources))
            for node in self._cluster.nodes()
            if nodes.unfit(node, resources) is None
        ]
        tight = sum(bool(lacks) for _, lacks in fitting)
        left = sorted(
            (one for one in fitting if _is_wanted(*one, wanted)),
            key=lambda one: (bool(one[1]), one[0].name),
        )
        page = _page_of(wanted, len(left))
        return SpecNodes(
            spec=spec.name,
            model=spec.card_model or "",
            nodes=tuple(_spec_node(*one, resources, specs) for one in _cut(left, page)),
            idle=len(fitting) - tight,
            tight=tight,
            count=len(left),
            page=page,
        )

    def nodes(self, actor: Actor, wanted: NodeFilter) -> NodePage:
        """Return a page of all nodes, by name."""
        return self._pages.get(wanted, lambda: self._page(wanted))

    def _page(self, wanted: NodeFilter) -> NodePage:
        found = self._cluster.nodes()
        left = sorted((one for one in found if _is_asked(one, wanted)), key=lambda one: one.name)
        page = _page_of(wanted, len(left))
        return NodePage(
            nodes=tuple(_cut(left, page)),
            count=len(left),
            all=len(found),
            cards=sum(len(node.cards) for node in found),
            page=page,
            totals=model_totals(found),
        )


def uses_of(node: Node) -> tuple[str, ...]:
    """Return who uses the node: cards by slot, then applications without cards."""
    held = cards.cards_in_use(node)
    with_cards = {one.application for one in held}
    plain = (one.application for one in node.tenants if one.application not in with_cards)
    return (*(one.label for one in held), *plain)


def _spec_node(
    node: Node, lacks: tuple[Lack, ...], resources: Resources, specs: Iterable[ComputeSpec]
) -> SpecNode:
    used, total = cards.card_use(node, resources)
    return SpecNode(
        node=node,
        fit=NodeFit.TIGHT if lacks else NodeFit.IDLE,
        lacks=lacks,
        used=used,
        total=total,
        specs=_suiting(node, resources, specs),
        uses=uses_of(node),
    )


def _suiting(node: Node, resources: Resources, specs: Iterable[ComputeSpec]) -> tuple[str, ...]:
    """Return the names of the specs that can be scheduled on the node, those of the same kind of
    accelerator first."""
    fitting = [one for one in specs if nodes.unfit(node, one.resources) is None]
    same = str(resources.accelerator)
    return tuple(one.name for one in sorted(fitting, key=lambda one: one.accelerator != same))


def _is_wanted(node: Node, lacks: tuple[Lack, ...], wanted: NodeFilter) -> bool:
    fit = NodeFit.TIGHT if lacks else NodeFit.IDLE
    return wanted.fit in (None, fit) and _is_asked(node, wanted)


def _is_asked(node: Node, wanted: NodeFilter) -> bool:
    if wanted.kind is AcceleratorType.CPU and node.cards:
        return False
    if wanted.kind not in (None, AcceleratorType.CPU) and not any(
        card.accelerator is wanted.kind for card in node.cards
    ):
        return False
    text = wanted.text.strip().lower()
    return not text or any(text in word.lower() for word in _words(node))


def _words(node: Node) -> Iterable[str]:
    yield node.name
    yield node.driver_version or ""
    yield from dict.fromkeys(card.model for card in node.cards)
    yield from (one.application for one in node.tenants)


def pages_of(count: int) -> int:
    """Return how many pages so many nodes fill; at least one."""
    return max(1, -(-count // PAGE_SIZE))


def _page_of(wanted: NodeFilter, count: int) -> int:
    """Return the page that is asked for, or the last one where nodes have vanished since."""
    return min(max(1, wanted.page), pages_of(count))


def _cut(found: Sequence[T], page: int) -> Sequence[T]:
    return found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
