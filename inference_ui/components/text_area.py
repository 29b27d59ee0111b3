"""A text of several lines, for ``controls.field``."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import described


def text_area(id: str, *, error: Any = "", code: bool = False, **props: Any) -> rx.Component:
    """Return an input of several lines; ``code`` sets it in letters of one width."""
    look = "inp area mono" if code else "inp area"
    return rx.el.textarea(
        class_name=rx.cond(error != "", f"{look} err", look),
        auto_complete="off",
        spell_check=not code,
        **described(id, error),
        **props,
    )
