"""How a task stands: badge (colour, shape and word) and progress bar."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.icons import symbol
from inference_ui.i18n.live import one_of


def status_badge(status: Any, *, word: Any = None, pill: bool = False) -> rx.Component:
    """Return the badge of a task's status (a Var of ``TaskStatus``' values).

    ``word`` is the code of its word when that is another: STOPPING, which looks like FINISHING.
    """
    return rx.el.span(
        rx.el.svg(symbol(status), aria_hidden="true"),
        one_of("status", status if word is None else word),
        class_name=f"st {status} pill" if pill else f"st {status}",
    )


def progress_bar(
    label: Any, *, succeeded: Any, failed: Any, percent: Any, running: Any
) -> rx.Component:
    """Return a bar: done, then failed, then what is left.

    ``succeeded`` and ``failed`` are CSS widths such as ``"69.6%"``, ``percent`` the whole number
    that a screen reader says.
    """
    return rx.el.div(
        rx.el.i(style={"width": succeeded}),
        rx.cond(failed == "0%", None, rx.el.i(class_name="f", style={"width": failed})),
        class_name=rx.cond(running, "bar run grow", "bar grow"),
        role="progressbar",
        aria_label=label,
        aria_valuemin="0",
        aria_valuemax="100",
        aria_valuenow=percent,
    )
