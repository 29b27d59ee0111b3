"""Cards or slices that are asked for, in words."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.i18n.live import fmt_size, t


def cards_of(row: Any) -> rx.Component:
    """Return a ``CardsRow`` in words: ``2 × MLU370-X8``, ``1/4 × MLU590-M9 · 12 GiB``."""
    return rx.fragment(
        t("specs.cards", amount=row.amount, model=row.model),
        rx.cond(row.profile != "", rx.fragment(" · ", row.profile)),
        rx.cond(row.slice_bytes > 0, rx.fragment(" · ", fmt_size(row.slice_bytes))),
        rx.cond(row.any_slice, rx.fragment(" · ", t("specs.any_slice"))),
    )
