"""Rows of 集群可用资源: the nodes that a spec can be scheduled on, beside what it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui.backend.capacity.nodes import Lack, NodeFit
from inference_ui.backend.services.capacity import SpecNode, SpecNodes, pages_of

GIB = 1 << 30

SHOWN_USES = 2
"""Of who uses a node so many are told in the table; the rest is counted."""


@dataclass(frozen=True, slots=True)
class LackRow:
    """What is short: ``kind`` is ``cards``, ``cpu`` or ``memory``, ``missing`` cards, cores or
    bytes; ``model`` of the cards."""

    kind: str
    missing: float
    model: str = ""


@dataclass(frozen=True, slots=True)
class SpecNodeRow:
    """A node. Cores, GiB and cards are used of there being; ``short`` names the kinds that are,
    between blanks. ``uses`` are the first ones of who uses it, ``more`` that many others."""

    name: str
    idle: bool
    lacks: list[LackRow]
    broken: int
    short: str
    os: str
    kernel: str
    used_cpus: float
    cpus: float
    used_gib: float
    gib: float
    used_cards: float
    cards: int
    driver: str
    specs: str
    uses: list[str]
    more: int
    all_uses: str


@dataclass(frozen=True, slots=True)
class AvailableRows:
    """The table: for which spec, how many nodes are idle and tight in all, a page of them."""

    spec: str = ""
    idle: int = 0
    tight: int = 0
    nodes: list[SpecNodeRow] = field(default_factory=list)
    count: int = 0
    page: int = 1
    pages: int = 1


def available_rows(found: SpecNodes) -> AvailableRows:
    """Return the table."""
    return AvailableRows(
        spec=found.spec,
        idle=found.idle,
        tight=found.tight,
        nodes=[_row(one, found.model) for one in found.nodes],
        count=found.count,
        page=found.page,
        pages=pages_of(found.count),
    )


def gib(size: int) -> float:
    """Return bytes as GiB: whole ones from ten on, else with one decimal."""
    value = size / GIB
    return float(round(value)) if value >= 10 else round(value, 1)


def _row(one: SpecNode, model: str) -> SpecNodeRow:
    node = one.node
    return SpecNodeRow(
        name=node.name,
        idle=one.fit is NodeFit.IDLE,
        lacks=[_lack(lack, model) for lack in one.lacks],
        broken=sum(not card.healthy for card in node.cards),
        short=" ".join(lack.kind for lack in one.lacks),
        os=node.os,
        kernel=node.kernel,
        used_cpus=round(node.used_cpu_millis / 1000, 1),
        cpus=node.cpu_millis / 1000,
        used_gib=gib(node.used_memory_bytes),
        gib=gib(node.memory_bytes),
        used_cards=one.used,
        cards=one.total,
        driver=node.driver_version or "",
        specs=", ".join(one.specs),
        uses=list(one.uses[:SHOWN_USES]),
        more=max(0, len(one.uses) - SHOWN_USES),
        all_uses="\n".join(one.uses),
    )


def _lack(lack: Lack, model: str) -> LackRow:
    missing = lack.missing / 1000 if lack.kind == "cpu" else float(lack.missing)
    return LackRow(lack.kind, missing, model)
