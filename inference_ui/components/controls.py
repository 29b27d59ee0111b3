"""Controls: buttons, links that look like them, and fields with their message.

A control that does something on the server is off while the connection is lost (``live``), since a
press could not be answered.
"""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from inference_ui.components.icons import icon


def button(
    *children: Any,
    kind: str = "",
    symbol: str | None = None,
    live: bool = True,
    small: bool = False,
    disabled: Any = False,
    **props: Any,
) -> rx.Component:
    """Return a button. ``kind``: ``pri`` (one a screen), ``dng``, ``gho`` or plain."""
    off = has_connection_errors | disabled if live else disabled
    return rx.el.button(
        *([icon(symbol)] if symbol else []),
        *children,
        type=props.pop("type", "button"),
        class_name=_classes("btn", kind, "sm" if small else "", props.pop("class_name", "")),
        disabled=off,
        **props,
    )


def icon_button(symbol: str, label: Any, *, kind: str = "gho", **props: Any) -> rx.Component:
    """Return a square button that shows a symbol alone; ``label`` is what it is called."""
    return button(
        symbol=symbol,
        kind=kind,
        class_name=_classes("sq", props.pop("class_name", "")),
        aria_label=label,
        title=label,
        **props,
    )


def link_button(*children: Any, href: Any, kind: str = "", symbol: str = "") -> rx.Component:
    """Return a link that looks like a button: it leads somewhere and changes nothing."""
    return rx.link(
        *([icon(symbol)] if symbol else []),
        *children,
        href=href,
        class_name=_classes("btn", kind),
    )


def field(
    label: Any,
    control: rx.Component,
    *,
    id: str,
    error: Any = "",
    hint: Any = "",
) -> rx.Component:
    """Return a labelled control with its message below.

    ``control`` must carry ``id`` and, through :func:`described`, point at the message.
    """
    return rx.el.div(
        rx.el.label(label, html_for=id),
        control,
        rx.cond(
            error != "",
            rx.el.p(icon("warning"), error, id=f"{id}-message", class_name="e", role="alert"),
            rx.el.p(hint, id=f"{id}-message", class_name="hint"),
        ),
        class_name="f",
    )


def described(id: str, error: Any = "") -> dict[str, Any]:
    """Return the props that tie a control to the message that :func:`field` shows."""
    return {
        "id": id,
        "aria_describedby": f"{id}-message",
        "aria_invalid": rx.cond(error != "", "true", "false"),
    }


def text_input(id: str, *, error: Any = "", **props: Any) -> rx.Component:
    """Return a one-line input for :func:`field`."""
    return rx.el.input(
        class_name=rx.cond(error != "", "inp err", "inp"),
        auto_complete="off",
        **described(id, error),
        **props,
    )


def _classes(*names: str) -> str:
    return " ".join(name for name in names if name)
