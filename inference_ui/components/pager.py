"""Turning over pages of a long table."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import icon_button
from inference_ui.i18n.live import t


def pager(*, page: Any, pages: Any, count: Any, on_turn: Any) -> rx.Component:
    """Return which page of how many is shown, and buttons to both sides; ``on_turn`` is called with
    -1 or 1. Nothing where one page holds all."""

    def turn(symbol: str, word: str, by: int, off: Any) -> rx.Component:
        label = t(f"available.{word}")
        return icon_button(symbol, label, small=True, disabled=off, on_click=on_turn(by))

    return rx.cond(
        pages > 1,
        rx.el.div(
            rx.el.span(
                t("available.page", page=page, pages=pages, count=count), class_name="t3 s12 num"
            ),
            turn("left", "previous", -1, page <= 1),
            turn("right", "next", 1, page >= pages),
            class_name="avail-pager",
        ),
    )
