"""Where the focus goes when a dialog closes."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData

_RETURN: rx.Var[Any] = rx.Var(
    "returnFocus",
    _var_data=VarData(imports={"$/utils/product/focus": ["returnFocus"]}),
)


def return_focus() -> rx.event.EventSpec:
    """Return an event for the browser: focus what had the focus before the dialog opened."""
    return rx.call_function(_RETURN)
