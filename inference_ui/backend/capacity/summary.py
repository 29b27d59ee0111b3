"""Sums over nodes: how many cards of each model there are, are used, are broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inference_ui.backend.capacity.cards import used_part
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard


@dataclass
class ModelTotals:
    """The cards of one model over all nodes. ``cards``: that were not cut beforehand, ``used`` of
    them (a divisible card counts by the part in use); ``slices`` of those that were cut."""

    accelerator: AcceleratorType
    model: str
    nodes: int = 0
    cards: int = 0
    used: float = 0.0
    slices: int = 0
    used_slices: int = 0
    broken: int = 0


def model_totals(nodes: Iterable[Node]) -> list[ModelTotals]:
    """Return the totals of each card model, the most cards first."""
    found: dict[tuple[str, str], ModelTotals] = {}
    for node in nodes:
        seen = set()
        for card in node.cards:
            key = (str(card.accelerator), card.model)
            totals = found.setdefault(key, ModelTotals(card.accelerator, card.model))
            seen.add(key)
            _count(totals, card)
        for key in seen:
            found[key].nodes += 1
        for use in node.unplaced:
            _count_unplaced(found, use.accelerator, use.model, use.cards, use.slice is not None)
    return sorted(found.values(), key=lambda one: (-one.cards - one.slices, one.model))


def _count(totals: ModelTotals, card: PhysicalCard) -> None:
    totals.broken += not card.healthy
    if card.slices and not card.divisible:
        totals.slices += len(card.slices)
        totals.used_slices += sum(part.used_by is not None for part in card.slices)
    else:
        totals.cards += 1
        totals.used = round(totals.used + used_part(card), 2)


def _count_unplaced(
    found: dict[tuple[str, str], ModelTotals],
    accelerator: AcceleratorType,
    model: str | None,
    cards: int,
    sliced: bool,
) -> None:
    for totals in found.values():
        if totals.accelerator is accelerator and model in (None, totals.model):
            if sliced and totals.slices:
                totals.used_slices = min(totals.slices, totals.used_slices + cards)
            else:
                totals.used = min(totals.cards, totals.used + cards)
            return
