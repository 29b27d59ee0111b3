"""Rows of the page of compute specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields

from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import AcceleratorType, Resources
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.specs import Offer, Room, SpecView
from inference_ui.rows.cards import CardsRow, cards_row
from inference_ui.rows.common import MessageRow, message_row

FIELDS = tuple(one.name for one in fields(SpecDraft))
"""The form's fields, in its order."""

ADVANCED = ("tolerations", "runtime_class")
"""Those that are folded away."""

EMPTY = asdict(SpecDraft("", cards="1"))


@dataclass(frozen=True, slots=True)
class SpecRow:
    """A spec, with what is ``asked`` of cards.

    One replica fits on ``free`` nodes now, on ``fits`` ever; ``short`` is the code of what keeps
    it off all of them. ``known`` is False while nobody can tell. ``id`` is empty for one that is
    only suggested.
    """

    id: str = ""
    name: str = ""
    asked: CardsRow = field(default_factory=CardsRow)
    cpus: float = 0.0
    memory_bytes: int = 0
    known: bool = False
    free: int = 0
    fits: int = 0
    short: str = ""
    tasks: int = 0
    services: int = 0
    owner: str = ""
    created_at: float = 0.0


def spec_rows(views: Iterable[SpecView]) -> list[SpecRow]:
    """Return the rows of the list."""
    return [
        _row(
            view.spec.resources,
            view.room,
            id=view.spec.id,
            name=view.spec.name,
            tasks=view.tasks,
            services=view.services,
            owner=view.owner,
            created_at=view.spec.created_at.timestamp(),
        )
        for view in views
    ]


def offer_rows(offers: Iterable[Offer]) -> list[SpecRow]:
    """Return the rows of what is suggested."""
    return [_row(one.resources, one.room, name=one.name) for one in offers]


def _row(resources: Resources, room: Room | None, **values: object) -> SpecRow:
    return SpecRow(
        asked=cards_row(resources),
        cpus=resources.cpu_millis / 1000,
        memory_bytes=resources.memory_bytes,
        known=room is not None,
        free=room.free if room else 0,
        fits=room.fits if room else 0,
        short=room.short if room else "",
        **values,  # type: ignore[arg-type]
    )


def values_of(draft: SpecDraft) -> dict[str, str]:
    """Return a draft as the form's values; one card where there is none yet."""
    return {**asdict(draft), "cards": draft.cards or "1"}


def draft_of(values: Mapping[str, str]) -> SpecDraft:
    """Return what was filled in as a draft."""
    return SpecDraft(**{name: values.get(name, "") for name in FIELDS})


def problem_rows(problems: Mapping[str, Message], left: Iterable[str]) -> dict[str, MessageRow]:
    """Return a row for each field: empty where nothing is wrong, or is not to be shown yet."""
    shown = set(left)
    return {name: message_row(problems.get(name) if name in shown else None) for name in FIELDS}


def model_names(models: Iterable[tuple[AcceleratorType, str]], accelerator: str) -> list[str]:
    """Return the models of a type of accelerator."""
    return [model for kind, model in models if kind == accelerator]
