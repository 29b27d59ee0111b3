"""Specs that fit the nodes that there are: whole cards, slices, and sizes without cards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inference_ui.backend.capacity.cards import unused
from inference_ui.backend.capacity.nodes import keeps_off
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Resources,
    Slice,
    Toleration,
)

GIB = 1 << 30
_MIB = 1 << 20
_LEFT_OVER = 8
"""A spec leaves one part in so many of its share of a node, for batch clients and the system."""

_MOST_CARDS = 64
_LONGEST_MODEL = 40
_PARTS = ((4, "quarter"), (2, "half"))
"""Of a divisible card."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A spec that could be registered."""

    name: str
    resources: Resources


def suggestions(nodes: Iterable[Node]) -> tuple[Suggestion, ...]:
    """Return specs for what the nodes have, the smallest first, those without cards before others.

    Nodes that are not ready count for nothing. A spec tolerates taints only where no node would
    take it otherwise.
    """
    ready = [node for node in nodes if node.ready]
    if not ready:
        return ()
    found = _without_cards([node for node in ready if not _taints(node)] or ready)
    taken: dict[str, None] = {}
    for kind, model in _kinds(ready):
        word = _word(model, kind, taken)
        found += _Cards(kind, model, word, ready).all()
    by_name: dict[str, Suggestion] = {}
    for one in found:
        by_name.setdefault(one.name, one)  # a model or profile may be called like a size
    return tuple(by_name.values())


def _without_cards(nodes: Sequence[Node]) -> list[Suggestion]:
    """Half a CPU, one, two, … CPUs, all smaller than the largest node: something must be left for
    the web server and the batch clients."""
    most = max(node.cpu_millis for node in nodes)
    memory = max(node.memory_bytes for node in nodes)
    sizes = [cpus for cpus in (1, 2, 4, 8, 16) if cpus * 1000 < most and cpus * GIB * 2 < memory]
    tolerations = _borne(nodes)
    half = Resources(cpu_millis=500, memory_bytes=GIB, tolerations=tolerations)
    return [
        Suggestion("cpu-half", half),
        *(
            Suggestion(
                f"cpu-{cpus}c",
                Resources(
                    cpu_millis=cpus * 1000, memory_bytes=cpus * 2 * GIB, tolerations=tolerations
                ),
            )
            for cpus in sizes or [1]
        ),
    ]


def _kinds(nodes: Iterable[Node]) -> list[tuple[AcceleratorType, str]]:
    found = {(card.accelerator, card.model) for node in nodes for card in node.cards}
    return sorted(found)


@dataclass(frozen=True, slots=True)
class _Host:
    """A node with healthy cards of one kind, as if nobody used it, and what of its CPU
    (thousandths) and memory goes to one card."""

    node: Node
    cards: tuple[PhysicalCard, ...]

    @property
    def cpu_millis(self) -> float:
        return self.node.cpu_millis / len(self.node.cards)

    @property
    def memory_bytes(self) -> float:
        return self.node.memory_bytes / len(self.node.cards)

    @property
    def whole(self) -> int:
        return sum(not card.slices for card in self.cards)


class _Cards:
    """Suggestions for the cards of one model."""

    def __init__(self, kind: AcceleratorType, model: str, word: str, nodes: Iterable[Node]) -> None:
        self._kind, self._model, self._word = kind, model, word
        hosts = [host for node in nodes if (host := self._host(node)).cards]
        self._hosts = [host for host in hosts if not _taints(host.node)] or hosts
        self._tolerations = _borne([host.node for host in self._hosts])

    def all(self) -> list[Suggestion]:
        """Return slices, the smallest first, then whole cards."""
        found = {one.name: one for one in (*self._cut(), *self._divided())}
        slices = sorted(found.values(), key=lambda one: (one.resources.cpu_millis, one.name))
        return [*slices, *self._whole()]

    def _host(self, node: Node) -> _Host:
        cards = (
            unused(card)
            for card in node.cards
            if card.healthy and (card.accelerator, card.model) == (self._kind, self._model)
        )
        return _Host(node, tuple(cards))

    def _whole(self) -> Iterator[Suggestion]:
        count = 1
        while count <= _MOST_CARDS:
            hosts = [host for host in self._hosts if host.whole >= count]
            if not hosts:
                return
            yield self._suggestion(f"{count}c", hosts, count, count)
            count *= 2

    def _cut(self) -> Iterator[Suggestion]:
        for host in self._hosts:
            for card in host.cards:
                for part in () if card.divisible else card.slices:
                    share = _part_of(card, part.memory_bytes, part.share)
                    wanted = (
                        Slice(profile=part.profile)
                        if part.profile
                        else Slice(memory_bytes=part.memory_bytes, share=part.share)
                    )
                    yield self._suggestion(_slice_word(wanted), [host], share, 1, wanted)

    def _divided(self) -> Iterator[Suggestion]:
        hosts = [host for host in self._hosts if any(card.divisible for card in host.cards)]
        if not hosts:
            return
        memory = min(card.memory_bytes for host in hosts for card in host.cards if card.divisible)
        for parts, word in _PARTS:
            wanted = Slice(memory_bytes=_rounded(memory // parts), share=100 // parts)
            yield self._suggestion(word, hosts, 1 / parts, 1, wanted)

    def _suggestion(
        self,
        word: str,
        hosts: Sequence[_Host],
        share: float,
        cards: int,
        part: Slice | None = None,
    ) -> Suggestion:
        cpu = min(host.cpu_millis for host in hosts) * share
        memory = min(host.memory_bytes for host in hosts) * share
        resources = Resources(
            cpu_millis=_sensible(cpu, 1000),
            memory_bytes=_sensible(memory, GIB),
            accelerator=self._kind,
            card_model=self._model or None,
            cards=cards,
            slice=part,
            tolerations=self._tolerations,
        )
        return Suggestion(f"{self._word}-{word}", resources)


def _taints(node: Node) -> bool:
    return any(keeps_off(taint) for taint in node.taints)


def _borne(nodes: Sequence[Node]) -> tuple[Toleration, ...]:
    """Return what the first node asks to be borne; nothing where one of them asks for nothing."""
    if not nodes or not all(_taints(node) for node in nodes):
        return ()
    return tuple(
        Toleration(key=one.key, value=one.value or None, effect=one.effect)
        for one in nodes[0].taints
        if keeps_off(one)
    )


def _part_of(card: PhysicalCard, memory_bytes: int, share: int) -> float:
    """Return which part of a card that was cut one of its slices is."""
    if share:
        return min(1.0, share / 100)
    if memory_bytes and card.memory_bytes:
        return min(1.0, memory_bytes / card.memory_bytes)
    return 1 / len(card.slices)


def _slice_word(part: Slice) -> str:
    if part.profile:
        return _plain(part.profile)
    if part.share:
        return f"{part.share}p"
    return f"{part.memory_bytes // _MIB}mib" if part.memory_bytes else "shared"


def _sensible(amount: float, unit: int) -> int:
    """Return the largest of 1, 2, 3, 4, 6, 8, 12, … units that leaves something of an amount;
    below one unit a half, a quarter, an eighth."""
    room = amount * (_LEFT_OVER - 1) / _LEFT_OVER
    step = unit // 8
    while step * 2 <= room:
        step *= 2
    half_more = step + step // 2
    return half_more if step > unit and half_more <= room else step


def _rounded(size: int) -> int:
    """Round bytes down to whole GiB, or to MiB where that would take much."""
    return size // GIB * GIB if size >= 4 * GIB else size // _MIB * _MIB


def _word(model: str, kind: AcceleratorType, taken: dict[str, None]) -> str:
    """Return a model as a part of names, and note it; no two are the same."""
    word = plain = _plain(model)[:_LONGEST_MODEL].strip("-.") or kind.lower()
    number = 2
    while word in taken:
        word, number = f"{plain}-{number}", number + 1
    taken[word] = None
    return word


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.").replace("..", ".")
