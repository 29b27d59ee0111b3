"""The nodes that an inventory lists, with their cards. ``docs/inventory.md`` tells every field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from inference_ui.backend.cluster.local import yaml_fields as read
from inference_ui.backend.cluster.local.inventory_problems import Problem
from inference_ui.backend.cluster.local.inventory_use import with_applications
from inference_ui.backend.cluster.local.yaml_fields import wrong
from inference_ui.backend.cluster.local.yaml_tree import Fields, Tree
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Taint,
    VirtualCard,
)

_NODE = (
    "name", "os", "kernel", "cpu", "memory", "driver", "ready", "cordoned", "taints", "cards",
    "applications",
)  # fmt: skip
_CARDS = ("model", "type", "count", "memory", "unhealthy", "slices", "divisible")
_SLICES = ("count", "profile", "memory", "share")
_KINDS = (AcceleratorType.GPU, AcceleratorType.MLU)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_TAINT = re.compile(r"([A-Za-z0-9][\w./-]*)(?:=([\w.-]*))?:(\w+)", re.ASCII)

_MOST_CARDS = 64
_MOST_SLICES = 100
_WHOLE_SHARE = 100


def nodes_of(tree: Tree) -> tuple[Node, ...]:
    """Return the nodes, with what applications use of them.

    Raises :class:`~inventory_problems.Wrong` for what is not understood or cannot be.
    """
    listed = read.fields(tree, ("nodes",), ("nodes",)).values["nodes"]
    entries = read.items(listed)
    if not entries:
        raise wrong(listed, Problem.NO_ITEMS)
    found: dict[str, Node] = {}
    for entry in entries:
        node = _node(read.fields(entry, _NODE, ("name", "cpu", "memory")), found)
        found[node.name] = node
    return tuple(found.values())


def _node(entry: Fields, others: Collection[str]) -> Node:
    get = entry.values.get
    name = read.text(entry.values["name"])
    if not _NAME.fullmatch(name):
        raise wrong(entry.values["name"], Problem.BAD_NAME, name)
    if name in others:
        raise wrong(entry.values["name"], Problem.DUPLICATE, name)
    cordoned, why = _cordoned(get("cordoned"))
    node = Node(
        name=name,
        ready=read.flag(get("ready"), True),
        os=read.text(get("os")),
        kernel=read.text(get("kernel")),
        cpu_millis=read.cpu_millis(get("cpu")),
        memory_bytes=read.memory_bytes(get("memory")),
        cards=_cards(get("cards")),
        driver_version=read.text(get("driver")) or None,
        cordoned=cordoned,
        taints=tuple(_taint(one) for one in read.items(get("taints"))),
        why=why,
    )
    return with_applications(node, get("applications"))


def _cordoned(tree: Tree | None) -> tuple[bool, str]:
    """``true``, or a text that says why."""
    if tree is None:
        return False, ""
    said = read.flag_in(tree)
    return (True, read.text(tree)) if said is None else (said, "")


def _taint(tree: Tree) -> Taint:
    """``key=value:Effect`` or ``key:Effect``."""
    given = read.text(tree)
    found = _TAINT.fullmatch(given)
    if found is None or found[3] not in _EFFECTS:
        raise wrong(tree, Problem.BAD_TAINT, given)
    return Taint(found[1], found[2] or "", found[3])


@dataclass(frozen=True, slots=True)
class _Kind:
    """``count`` cards that are alike."""

    model: str
    accelerator: AcceleratorType
    count: int
    memory_bytes: int
    slices: tuple[VirtualCard, ...]
    divisible: int

    def card(self, slot: int, healthy: bool) -> PhysicalCard:
        return PhysicalCard(
            slot=slot,
            index=str(slot - 1),
            model=self.model,
            accelerator=self.accelerator,
            healthy=healthy,
            memory_bytes=self.memory_bytes,
            slices=self.slices,
            divisible=self.divisible,
        )


def _cards(tree: Tree | None) -> tuple[PhysicalCard, ...]:
    """Cards of all entries, whose slots go on from one entry to the next."""
    found: list[PhysicalCard] = []
    for entry in read.items(tree):
        given = read.fields(entry, _CARDS, ("model", "type", "count"))
        kind = _kind(given)
        slots = range(len(found) + 1, len(found) + kind.count + 1)
        broken = frozenset(_unhealthy(given.values.get("unhealthy"), slots))
        found.extend(kind.card(slot, slot not in broken) for slot in slots)
    return tuple(found)


def _kind(entry: Fields) -> _Kind:
    get = entry.values.get
    slices, divisible = get("slices"), get("divisible")
    if slices is not None and divisible is not None:
        raise wrong(divisible, Problem.SLICED_TWICE)
    return _Kind(
        model=read.text(get("model")),
        accelerator=AcceleratorType(read.one_of(entry.values["type"], _KINDS)),
        count=read.whole(get("count"), 1, _MOST_CARDS),
        memory_bytes=read.memory_bytes(get("memory")),
        slices=_slices(slices),
        divisible=read.whole(divisible, 1, _MOST_SLICES),
    )


def _slices(tree: Tree | None) -> tuple[VirtualCard, ...]:
    if tree is None:
        return ()
    entry = read.fields(tree, _SLICES, ("count",))
    get = entry.values.get
    count = read.whole(get("count"), 1, _MOST_SLICES)
    profile, memory = read.text(get("profile")), read.memory_bytes(get("memory"))
    share = read.whole(get("share"), 1, _WHOLE_SHARE)
    return tuple(
        VirtualCard(number, profile=profile, memory_bytes=memory, share=share)
        for number in range(1, count + 1)
    )


def _unhealthy(tree: Tree | None, slots: range) -> Iterator[int]:
    for one in read.items(tree):
        slot = read.whole(one, 1, 1 << 30)
        if slot not in slots:
            raise wrong(one, Problem.OTHER_SLOT, str(slot), f"{slots[0]}–{slots[-1]}")
        yield slot
