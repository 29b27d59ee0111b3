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
    good: Any = False,
    required: bool = False,
) -> rx.Component:
    """Return a labelled control with its message below; ``good``: the hint says that all is well.

    ``control`` must carry ``id`` and, through :func:`described`, point at the message.
    """
    return rx.el.div(
        rx.el.label(label, required_mark() if required else None, html_for=id),
        control,
        field_message(id, error, hint, good),
        class_name="f",
    )


def required_mark() -> rx.Component:
    """Return the star of a field that must be filled in; the control itself says so to readers."""
    return rx.el.em("*", aria_hidden="true")


def field_message(id: str, error: Any = "", hint: Any = "", good: Any = False) -> rx.Component:
    """Return what stands below the control ``id``: its error, else its hint."""
    told = {"id": f"{id}-message"}
    return rx.cond(
        error != "",
        rx.el.p(icon("warning"), error, class_name="e", role="alert", **told),
        rx.cond(
            good,
            rx.el.p(icon("check"), hint, class_name="hint ok", role="status", **told),
            rx.el.p(hint, class_name="hint", **told),
        ),
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


def select_input(
    id: str, *options: rx.Component, error: Any = "", beside: Any = "", **props: Any
) -> rx.Component:
    """Return the browser's own select for :func:`field`; ``beside`` tells of what is chosen."""
    return rx.el.div(
        rx.el.select(
            *options,
            class_name=rx.cond(error != "", "inp err", "inp"),
            **described(id, error),
            **props,
        ),
        rx.el.span(beside, class_name="beside num"),
        icon("down"),
        class_name="sel",
    )


def _classes(*names: str) -> str:
    return " ".join(name for name in names if name)
