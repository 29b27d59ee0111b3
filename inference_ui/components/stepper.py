"""A whole number to type, or to step up and down."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import described, icon_button


def stepper(
    id: str, *, value: Any, most: int, fewer: Any, more: Any, error: Any, on_leave: Any
) -> rx.Component:
    """Return the control for :func:`~inference_ui.components.controls.field`, from 1 to ``most``.

    ``on_leave`` takes the text that stands there: also when it is left, and no number.
    ``fewer`` and ``more`` are what the buttons are called.
    """
    return rx.el.div(
        _step(id, "stepDown", "minus", fewer, on_leave),
        rx.el.input(
            type="number",
            name=id,
            default_value=value,
            min="1",
            max=str(most),
            step="1",
            on_blur=on_leave,
            required=True,
            class_name="num",
            **described(id, error),
        ),
        _step(id, "stepUp", "plus", more, on_leave),
        class_name=rx.cond(error != "", "step num err", "step num"),
    )


def _step(id: str, turn: str, symbol: str, label: Any, on_leave: Any) -> rx.Component:
    script = f"(box => {{ box.{turn}(); return box.value }})(document.getElementById('{id}'))"
    return icon_button(symbol, label, on_click=rx.call_script(script, callback=on_leave))
