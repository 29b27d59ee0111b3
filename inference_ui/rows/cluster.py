"""Rows of the cluster page: nodes with their cards as a row of slots, sums, the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inference_ui import routes
from inference_ui.backend.capacity.cards import cards_in_use, used_part
from inference_ui.backend.capacity.summary import ModelTotals
from inference_ui.backend.models.compute import Node, PhysicalCard, VirtualCard
from inference_ui.backend.services.capacity import NodePage, pages_of
from inference_ui.backend.services.queueing import Ending, Owner, Queue, Queued
from inference_ui.rows.available import gib
from inference_ui.rows.cards import CardsRow, cards_row
from inference_ui.rows.common import MessageRow, message_row, share_width

WHOLE = 100


@dataclass(frozen=True, slots=True)
class CellRow:
    """A slice of a card, or (without a number) what is left of one that is cut as it is asked for.
    ``grow`` is its part of the slot's width."""

    number: str
    application: str = ""
    title: str = ""
    grow: int = 1


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A card in its slot (``""``: nothing states it). ``kind``: FREE, USED, BROKEN, CUT (into
    ``cells``)."""

    slot: str
    kind: str
    application: str = ""
    title: str = ""
    cells: list[CellRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node. ``line`` is its card models and driver version; widths are CSS lengths; ``plain`` are
    applications without cards."""

    name: str
    ready: bool
    cordoned: bool
    why: str
    broken: int
    line: str
    os: str
    used_cpus: float
    cpus: float
    cpu_width: str
    used_gib: float
    gib: float
    memory_width: str
    slots: list[SlotRow]
    plain: list[str]


@dataclass(frozen=True, slots=True)
class TotalRow:
    """The cards of one model: ``used`` of ``cards``, ``used_slices`` of ``slices``; how many cards
    how many queued workloads wait for, the longest for so many seconds."""

    model: str
    used: float
    cards: int
    used_slices: int
    slices: int
    width: str
    broken: int
    waited_for: int
    waiting: int
    longest_s: float


@dataclass(frozen=True, slots=True)
class QueuedRow:
    """A place in the queue, counted from 1. ``cards`` as they are ``asked`` for on each of
    ``nodes``; 0 cards: cores and bytes. ``frees`` are who must end first, in ``left_s`` seconds."""

    place: int
    application: str
    href: str
    user: str
    waited_s: float
    cards: int
    asked: CardsRow
    cpus: float
    memory_bytes: int
    nodes: int
    reason: MessageRow
    shut: list[MessageRow]
    frees: str
    left_s: float | None


@dataclass(frozen=True, slots=True)
class EndingRow:
    """A running task with what it will free."""

    application: str
    href: str
    left_s: float | None
    cards: int
    nodes: int
    first: str


@dataclass(frozen=True, slots=True)
class ClusterRows:
    """The whole page. ``count`` nodes are left by the filter, of ``all_nodes`` with ``cards``.
    ``unplaced``: of some cards in use nothing states which they are."""

    nodes: list[NodeRow] = field(default_factory=list)
    count: int = 0
    all_nodes: int = 0
    cards: int = 0
    page: int = 1
    pages: int = 1
    totals: list[TotalRow] = field(default_factory=list)
    queued: list[QueuedRow] = field(default_factory=list)
    queued_cards: int = 0
    ending: list[EndingRow] = field(default_factory=list)
    unplaced: bool = False


def cluster_rows(found: NodePage, queue: Queue, now: datetime) -> ClusterRows:
    """Return the page."""
    queued = [_queued(place, one, now) for place, one in enumerate(queue.queued, start=1)]
    return ClusterRows(
        nodes=[node_row(node, queue.owners) for node in found.nodes],
        count=found.count,
        all_nodes=found.all,
        cards=found.cards,
        page=found.page,
        pages=pages_of(found.count),
        totals=[_total(one, queue.queued, now) for one in found.totals],
        queued=queued,
        queued_cards=sum(row.cards * row.nodes for row in queued),
        ending=[_ending(one) for one in queue.ending],
        unplaced=any(node.unplaced for node in found.nodes),
    )


def node_row(node: Node, owners: Mapping[str, Owner]) -> NodeRow:
    """Return a node; ``owners`` say whose the applications are."""
    held = {one.application for one in cards_in_use(node)}
    models = ", ".join(dict.fromkeys(card.model for card in node.cards))
    return NodeRow(
        name=node.name,
        ready=node.ready,
        cordoned=node.cordoned,
        why=node.why,
        broken=sum(not card.healthy for card in node.cards),
        line=" · ".join(word for word in (models, node.driver_version) if word),
        os=" · ".join(word for word in (node.os, node.kernel) if word),
        used_cpus=round(node.used_cpu_millis / 1000, 1),
        cpus=node.cpu_millis / 1000,
        cpu_width=share_width(node.used_cpu_millis, node.cpu_millis),
        used_gib=gib(node.used_memory_bytes),
        gib=gib(node.memory_bytes),
        memory_width=share_width(node.used_memory_bytes, node.memory_bytes),
        slots=_slots(node, owners),
        plain=[one.application for one in node.tenants if one.application not in held],
    )


def _slots(node: Node, owners: Mapping[str, Owner]) -> list[SlotRow]:
    """Return the cards by slot. Uses that stand on no card fill free ones from the left: right in
    number, and without a slot."""
    unplaced = Counter[str]()
    for use in node.unplaced:
        unplaced[use.application] += use.cards
    waiting = list(unplaced.elements())
    rows = []
    for card in sorted(node.cards, key=lambda one: one.slot or 1 << 30):
        row = _slot(card, owners)
        if row.kind == "FREE" and not row.slot and waiting:
            application = waiting.pop(0)
            row = SlotRow("?", "USED", application, _title(f"?:{application}", owners, application))
        rows.append(row)
    return rows


def _slot(card: PhysicalCard, owners: Mapping[str, Owner]) -> SlotRow:
    slot = str(card.slot) if card.slot else ""
    label = f"{slot or '?'}:{card.used_by}"
    title = _title(label, owners, card.used_by) if card.used_by else card.model
    if not card.healthy:
        return SlotRow(slot, "BROKEN", card.used_by or "", title)
    if card.used_by is not None:
        return SlotRow(slot, "USED", card.used_by, title)
    if card.slices:
        return SlotRow(slot, "CUT", "", title, _cells(card, owners))
    return SlotRow(slot, "FREE", "", title)


def _cells(card: PhysicalCard, owners: Mapping[str, Owner]) -> list[CellRow]:
    parts = sorted(card.slices, key=lambda one: one.number)
    if not card.divisible:
        return [_cell(card, part, owners, 1) for part in parts]
    cells = [_cell(card, part, owners, _part(card, part)) for part in parts]
    left = WHOLE - round(WHOLE * used_part(card))
    return [*cells, CellRow("", grow=left)] if left > 0 else cells


def _part(card: PhysicalCard, part: VirtualCard) -> int:
    """Return how much of the card, in percent, a slice takes."""
    memory = WHOLE * part.memory_bytes // card.memory_bytes if card.memory_bytes else 0
    return max(part.share, memory, WHOLE // card.divisible)


def _cell(card: PhysicalCard, part: VirtualCard, owners: Mapping[str, Owner], grow: int) -> CellRow:
    size = [part.profile] if part.profile else []
    size += [f"{part.share}%"] if part.share and not part.profile else []
    size += [f"{gib(part.memory_bytes):g} GiB"] if part.memory_bytes and not part.profile else []
    label = f"{card.slot or '?'}({part.number})"
    who = f"{label}:{part.used_by}" if part.used_by else label
    words = " · ".join([who, *size])
    title = _title(words, owners, part.used_by) if part.used_by else words
    return CellRow(str(part.number), part.used_by or "", title, grow)


def _title(words: str, owners: Mapping[str, Owner], application: str) -> str:
    owner = owners.get(application)
    return f"{words}\n{owner.user}" if owner is not None and owner.user else words


def _total(totals: ModelTotals, queued: Iterable[Queued], now: datetime) -> TotalRow:
    waiting = [
        one
        for one in queued
        if one.demand is not None
        and one.demand.resources.cards
        and one.demand.resources.card_model == totals.model
    ]
    demands = [one.demand for one in waiting if one.demand is not None]
    parts = totals.used + totals.used_slices
    return TotalRow(
        model=totals.model,
        used=totals.used,
        cards=totals.cards,
        used_slices=totals.used_slices,
        slices=totals.slices,
        width=share_width(round(100 * parts), 100 * (totals.cards + totals.slices)),
        broken=totals.broken,
        waited_for=sum(one.resources.cards * one.replicas for one in demands),
        waiting=len(waiting),
        longest_s=max(((now - one.since).total_seconds() for one in waiting), default=0.0),
    )


def _queued(place: int, one: Queued, now: datetime) -> QueuedRow:
    resources = one.demand.resources if one.demand else None
    return QueuedRow(
        place=place,
        application=one.application,
        href=_href(one.owner),
        user=one.owner.user,
        waited_s=max(0.0, (now - one.since).total_seconds()),
        cards=resources.cards if resources else 0,
        asked=cards_row(resources) if resources else CardsRow(),
        cpus=resources.cpu_millis / 1000 if resources else 0.0,
        memory_bytes=resources.memory_bytes if resources else 0,
        nodes=one.demand.replicas if one.demand else 0,
        reason=message_row(one.reason),
        shut=[message_row(why) for why in one.shut],
        frees=", ".join(one.release.applications[:3]) if one.release else "",
        left_s=one.release.left_s if one.release else None,
    )


def _href(owner: Owner) -> str:
    if owner.kind == "task":
        return routes.task(owner.id)
    return routes.service(owner.id) if owner.kind == "service" else ""


def _ending(one: Ending) -> EndingRow:
    return EndingRow(
        application=one.application,
        href=routes.task(one.task_id),
        left_s=one.left_s,
        cards=one.cards,
        nodes=len(one.nodes),
        first=one.nodes[0] if one.nodes else "",
    )
