"""Pictograms: the symbols of ``assets/icons.svg``, drawn in the colour of the text around them.

They are decoration: a control that shows nothing else needs a label of its own. The frame puts
:class:`Sprite` into every page once, and the rest refers to it.
"""

from __future__ import annotations

from typing import Any

import reflex as rx


class Sprite(rx.Component):
    """All symbols, invisible."""

    library = "$/utils/product/sprite"
    tag = "Sprite"


def symbol(name: Any) -> rx.Component:
    """Return a reference to the symbol ``name`` (a text or a Var), for an ``svg`` of one's own."""
    return rx.el.svg.use(href=f"#icon-{name}")


def icon(name: Any, **props: Any) -> rx.Component:
    """Return the symbol ``name`` (a text or a Var), 16 pixels wide unless a class says so."""
    return rx.el.svg(
        symbol(name),
        class_name=f"ic {props.pop('class_name', '')}".strip(),
        aria_hidden="true",
        **props,
    )


def status_mark(status: Any, class_name: str = "ti") -> rx.Component:
    """Return the shape of a task's status, in its colour."""
    return rx.el.svg(symbol(status), class_name=f"{class_name} {status}", aria_hidden="true")
