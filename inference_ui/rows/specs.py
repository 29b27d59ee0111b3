"""Rows of the page of compute specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields

from inference_ui.backend.capacity.cards import WHOLE_SHARE
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import AcceleratorType, Resources, Slice
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.specs import Offer, Room, SpecView
from inference_ui.rows.common import MessageRow, message_row

FIELDS = tuple(one.name for one in fields(SpecDraft))
"""The form's fields, in its order."""

ADVANCED = ("tolerations", "runtime_class")
"""Those that are folded away."""

EMPTY = asdict(SpecDraft("", cards="1"))


@dataclass(frozen=True, slots=True)
class SpecRow:
    """A spec. Of cards: how many (``amount``: ``2``, or ``1/4`` for slices; ``""``: none) of which
    ``model``, the ``profile`` and bytes of a slice; or that ``any_slice`` will do.

    One replica fits on ``free`` nodes now, on ``fits`` ever; ``short`` is the code of what keeps
    it off all of them. ``known`` is False while nobody can tell. ``id`` is empty for one that is
    only suggested.
    """

    id: str = ""
    name: str = ""
    amount: str = ""
    model: str = ""
    profile: str = ""
    slice_bytes: int = 0
    any_slice: bool = False
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


def amount_text(resources: Resources) -> str:
    """Return how many cards: ``2``, ``1/4``, ``2 × 1/4``, ``30%``; ``""`` for none."""
    share = resources.slice.share if resources.slice else 0
    if not resources.cards or not share:
        return str(resources.cards or "")
    part = f"1/{WHOLE_SHARE // share}" if WHOLE_SHARE % share == 0 and share < 100 else f"{share}%"
    return part if resources.cards == 1 else f"{resources.cards} × {part}"


def _row(resources: Resources, room: Room | None, **values: object) -> SpecRow:
    part = resources.slice
    return SpecRow(
        amount=amount_text(resources),
        model=(resources.card_model or str(resources.accelerator)) if resources.cards else "",
        profile=part.profile if part else "",
        slice_bytes=part.memory_bytes if part else 0,
        any_slice=part == Slice(),
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
