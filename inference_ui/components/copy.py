"""A small button that copies a text."""

from __future__ import annotations

import reflex as rx


class Copy(rx.Component):
    """Copies ``text``; ``what`` is what the button is called."""

    library = "$/utils/product/copy"
    tag = "Copy"

    text: rx.Var[str]
    what: rx.Var[str]
