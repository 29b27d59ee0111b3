"""Rows of compute specs to choose one of, and of the card models that narrow the choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inference_ui.backend.models.compute import AcceleratorType, ComputeSpec
from inference_ui.rows.cards import CardsRow, card_label, cards_row


@dataclass(frozen=True, slots=True)
class SpecRow:
    """A compute spec: ``cards`` (or slices) of the kind ``card`` (0: none), as they are ``asked``
    for; CPUs, bytes, for each node. One replica of it fits on ``free`` nodes now, on ``fits`` were
    they empty; None where nobody can tell. ``model`` is the card model that it names, if any.
    """

    id: str = ""
    name: str = ""
    cards: int = 0
    card: str = ""
    asked: CardsRow = field(default_factory=CardsRow)
    cpus: float = 0.0
    memory_bytes: int = 0
    accelerator: str = "CPU"
    model: str = ""
    free: int | None = 0
    fits: int | None = 0


@dataclass(frozen=True, slots=True)
class CardModelRow:
    """A card model: for how many of its cards all queued applications wait."""

    model: str
    queued: int = 0
    chosen: bool = False


def spec_rows(
    specs: Iterable[ComputeSpec], rooms: Mapping[str, tuple[int, int]] | None
) -> list[SpecRow]:
    """Return the rows of specs; ``rooms`` says by id on how many nodes one fits now, and ever; None
    where nobody can tell."""
    if rooms is None:
        return [spec_row(spec, None, None) for spec in specs]
    return [spec_row(spec, *rooms.get(spec.id, (0, 0))) for spec in specs]


def spec_row(spec: ComputeSpec, free: int | None = 0, fits: int | None = 0) -> SpecRow:
    """Return the row of a compute spec; on so many nodes it is ``free`` now, and ``fits`` ever."""
    return SpecRow(
        id=spec.id,
        name=spec.name,
        cards=spec.cards,
        card=card_label(spec.resources),
        asked=cards_row(spec.resources),
        cpus=spec.cpu_millis / 1000,
        memory_bytes=spec.memory_bytes,
        accelerator=str(spec.accelerator),
        model=spec.card_model or "",
        free=free,
        fits=fits,
    )


def accelerators_of(specs: Iterable[SpecRow]) -> list[str]:
    """Return the types of accelerators that specs ask for."""
    kinds = {row.accelerator for row in specs}
    return [str(kind) for kind in AcceleratorType if kind in kinds]


def card_models(
    kind: str, specs: Iterable[SpecRow], queued: Mapping[str, int], chosen: Sequence[str]
) -> list[CardModelRow]:
    """Return the card models of the specs of a type, by name; none for CPU."""
    if kind in ("", AcceleratorType.CPU):
        return []
    names = {row.model for row in specs if row.accelerator == kind and row.model}
    return [CardModelRow(name, queued.get(name, 0), name in chosen) for name in sorted(names)]


def specs_of(kind: str, specs: Iterable[SpecRow], models: Iterable[str]) -> list[SpecRow]:
    """Return the specs of a type; where models were chosen, those of them and those that take any
    model."""
    wanted = {"", *models} if models else None
    return [
        row for row in specs if row.accelerator == kind and (wanted is None or row.model in wanted)
    ]
