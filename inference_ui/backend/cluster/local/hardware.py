"""This machine as a node: what the operating system and the cards' own tools say of it.

A tool that is not installed means that there are no cards of its kind. What a card was stays known
while the web server runs: one that breaks often vanishes from its tool's list, or takes the tool
with it.
"""

from __future__ import annotations

import logging
import platform
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from inference_ui.backend.cluster.local.cards_text import (
    NVIDIA_QUERY,
    Found,
    parse_cnmon,
    parse_mig,
    parse_nvidia_smi,
)
from inference_ui.backend.cluster.local.tools import TIMEOUT_S, Tool
from inference_ui.backend.models.compute import Node, PhysicalCard

_log = logging.getLogger(__name__)

ASK_S = 30.0
"""The tools are asked at most so often."""


class Machine:
    """This machine as an empty node. It is called by its host name, or as the file ``name_kept``
    says, where that is written down: a container that is made anew has another host name, and what
    runs on the node is told by the node's. ``now`` is a clock in seconds that never goes back."""

    def __init__(
        self,
        name_kept: Path | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        tool_timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._now = now
        self._name_kept = name_kept
        self._kinds: tuple[_Nvidia | _Cambricon, ...] = (
            _Nvidia(tool_timeout_s),
            _Cambricon(tool_timeout_s),
        )
        self._known = [Found() for _ in self._kinds]
        self._slots: dict[tuple[int, str], int] = {}
        self._before: dict[int, int] = {}  # how many slots come before those of a kind
        self._asked_at: float | None = None
        self._node: Node | None = None

    def node(self) -> Node:
        """Return what the machine is now. Asks the tools when that is due, which takes seconds."""
        if self._node is None or self._due():
            self._asked_at = self._now()
            for place, kind in enumerate(self._kinds):
                answer = kind.ask(self._known[place].cards)
                if answer is not None:
                    self._known[place] = _remembering(answer, self._known[place])
            self._node = self._assembled()
        return self._node

    def _due(self) -> bool:
        return self._asked_at is None or self._now() - self._asked_at >= ASK_S

    def _assembled(self) -> Node:
        drivers = (one.driver_version for one in self._known)
        return Node(
            name=_name(self._name_kept),
            ready=True,
            os=_os_name(),
            kernel=platform.release(),
            cpu_millis=_cpus() * 1000,
            memory_bytes=psutil.virtual_memory().total,
            cards=tuple(self._slotted()),
            driver_version=next((version for version in drivers if version), None),
        )

    def _slotted(self) -> list[PhysicalCard]:
        """Number the cards of all kinds through, so that a slot means one card of the node, and the
        same one for ever: by index, each kind after the one before."""
        found: list[PhysicalCard] = []
        for place, known in enumerate(self._known):
            if known.cards:
                self._before.setdefault(place, max(self._slots.values(), default=0))
            for card in known.cards:
                before = self._before[place]
                slot = self._slot((place, card.index), before + card.slot)
                found.append(replace(card, slot=slot))
        return sorted(found, key=lambda card: card.slot)

    def _slot(self, key: tuple[int, str], wanted: int) -> int:
        if key not in self._slots:
            taken = set(self._slots.values())
            self._slots[key] = max(taken) + 1 if wanted in taken else wanted
        return self._slots[key]


def _name(kept: Path | None) -> str:
    """Return the name that is written down; where none is, the host's, and write that down."""
    host = socket.gethostname().lower()
    if kept is None:
        return host
    name = kept.read_text().strip() if kept.exists() else ""
    if not name:
        kept.write_text(f"{host}\n")
    return name or host


def _remembering(answer: Found, before: Found) -> Found:
    """Return an answer with what is known of cards that say nothing of themselves any more."""
    known = {card.index: card for card in before.cards}
    seen = {card.index: card for card in answer.cards}
    cards = [_told(card, known.get(index)) for index, card in seen.items()]
    for index, card in known.items():
        if index not in seen:
            if card.healthy:
                _log.warning("card %s (%s) is not listed any more", index, card.model)
            cards.append(replace(card, healthy=False))
    cards.sort(key=lambda card: int(card.index))
    return Found(tuple(cards), answer.driver_version or before.driver_version)


def _told(card: PhysicalCard, before: PhysicalCard | None) -> PhysicalCard:
    if card.healthy:
        return card
    if before is None:
        return replace(card, model=card.model or "?")
    return replace(
        card,
        model=card.model or before.model,
        memory_bytes=card.memory_bytes or before.memory_bytes,
        slices=card.slices or before.slices,
    )


class _Nvidia:
    """Cards that ``nvidia-smi`` lists, with their MIG slices."""

    def __init__(self, timeout_s: float) -> None:
        self._cards = Tool("nvidia-smi", *NVIDIA_QUERY, timeout_s=timeout_s)
        self._slices = Tool("nvidia-smi", "-L", timeout_s=timeout_s)

    def ask(self, known: tuple[PhysicalCard, ...]) -> Found | None:
        """Return what the tool says now, None when it says nothing."""
        found = _answer(self._cards, parse_nvidia_smi)
        if found is None or not found.cards:
            return found
        answer = self._slices.ask()
        if answer is not None and answer[1]:
            listed = parse_mig(answer[0], {card.index: card.model for card in found.cards})
        elif known:
            listed = {card.index: card.slices for card in known}
        else:
            return None  # a card that was cut must not be taken for a whole one
        cards = (replace(card, slices=listed.get(card.index, ())) for card in found.cards)
        return found._replace(cards=tuple(cards))


class _Cambricon:
    """Cards that ``cnmon`` lists."""

    def __init__(self, timeout_s: float) -> None:
        self._tool = Tool("cnmon", timeout_s=timeout_s)

    def ask(self, known: tuple[PhysicalCard, ...]) -> Found | None:
        """Return what the tool says now, None when it says nothing."""
        return _answer(self._tool, parse_cnmon)


def _answer(tool: Tool, parse: Callable[[str], Found]) -> Found | None:
    """Return what a tool told. One that fails may tell of the cards that it could reach; one that
    tells of none then says nothing, unless that is what it says."""
    answer = tool.ask()
    if answer is None:
        return None
    text, well = answer
    found = parse(text)
    return found if well or found.cards or "No devices were found" in text else None


def _cpus() -> int:
    """Return the CPUs that this process may use: fewer than there are, if it was pinned."""
    try:
        return len(psutil.Process().cpu_affinity() or [])
    except AttributeError:  # macOS has no affinity
        return psutil.cpu_count() or 1


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
