"""What a request asks of cards, as it is shown wherever specs are."""

from __future__ import annotations

from dataclasses import dataclass

from inference_ui.backend.capacity.cards import WHOLE_SHARE
from inference_ui.backend.models.compute import Resources, Slice

GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class CardsRow:
    """How many cards (``amount``: ``2``, or ``1/4`` for slices; ``""``: none) of which ``model``,
    the ``profile`` and bytes of a slice; or that ``any_slice`` will do."""

    amount: str = ""
    model: str = ""
    profile: str = ""
    slice_bytes: int = 0
    any_slice: bool = False


def cards_row(resources: Resources) -> CardsRow:
    """Return what is asked of cards."""
    part = resources.slice
    return CardsRow(
        amount=amount_text(resources),
        model=(resources.card_model or str(resources.accelerator)) if resources.cards else "",
        profile=part.profile if part else "",
        slice_bytes=part.memory_bytes if part else 0,
        any_slice=part == Slice(),
    )


def amount_text(resources: Resources) -> str:
    """Return how many cards: ``2``, ``1/4``, ``2 × 1/4``, ``30%``; ``""`` for none."""
    share = resources.slice.share if resources.slice else 0
    if not resources.cards or not share:
        return str(resources.cards or "")
    part = f"1/{WHOLE_SHARE // share}" if WHOLE_SHARE % share == 0 and share < 100 else f"{share}%"
    return part if resources.cards == 1 else f"{resources.cards} × {part}"


def card_label(resources: Resources) -> str:
    """Return the kind of card or slice in one text, for where there is little room: ``A100``,
    ``A100 · 1g.10gb``, ``MLU370-X8 · 25% · 12 GiB``; ``""`` where none is asked for."""
    if not resources.cards:
        return ""
    wanted = resources.slice
    words = [resources.card_model or str(resources.accelerator)]
    if wanted is not None and wanted.profile:
        words.append(wanted.profile)
    if wanted is not None and wanted.share:
        words.append(f"{wanted.share}%")
    if wanted is not None and wanted.memory_bytes:
        words.append(f"{wanted.memory_bytes / GIB:.4g} GiB")
    return " · ".join(words)
