"""What a screen says when there is nothing to show, something to wait for, or to decide."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button
from inference_ui.components.focus import return_focus
from inference_ui.components.icons import icon
from inference_ui.i18n.live import t


def empty(title: Any, text: Any, *more: rx.Component) -> rx.Component:
    """Return what stands in place of a list that has nothing: what it is for, and how to begin."""
    return rx.el.section(rx.el.h2(title), rx.el.p(text), *more, class_name="em")


def steps(*items: rx.Component) -> rx.Component:
    """Return a list of :func:`step`."""
    return rx.el.ol(*items, class_name="stp")


def step(number: int, title: Any, done: Any, *more: Any) -> rx.Component:
    """Return one step: a check mark once it is done, its number before."""
    return rx.el.li(
        rx.cond(
            done,
            rx.el.span(
                icon("check"), rx.el.span(t("common.done"), class_name="sr"), class_name="n d"
            ),
            rx.el.span(number, class_name="n num"),
        ),
        rx.el.b(title),
        *more,
    )


_MARKS = {"": "info", "ok": "check"}


def note(title: Any, *more: Any, kind: str = "bad") -> rx.Component:
    """Return a framed remark: ``bad``, ``warn``, ``ok`` or plain (``""``)."""
    return rx.el.div(
        icon(_MARKS.get(kind, "warning")),
        rx.el.div(rx.el.b(title), *more),
        class_name=f"note {kind}",
        role="alert" if kind == "bad" else "note",
    )


def skeleton_rows(count: int = 5) -> rx.Component:
    """Return the shape of a list that is still being read."""
    return rx.el.div(
        *(
            rx.el.div(rx.el.i(), rx.el.i(), rx.el.i(style={"width": f"{86 - 9 * (n % 4)}%"}))
            for n in range(count)
        ),
        class_name="sk",
        aria_busy="true",
        aria_label=t("common.loading"),
    )


def confirm(
    title: Any,
    text: Any,
    *more: rx.Component,
    open: Any,
    verb: Any,
    on_confirm: Any,
    on_close: Any,
    danger: bool = True,
    symbol: str | None = None,
    disabled: Any = False,
) -> rx.Component:
    """Return a dialog that asks: the title is the question, the text its consequences, ``more``
    what else belongs to them.

    The focus starts on 取消, and ``verb`` repeats what will be done. ``on_close`` gets no argument.
    """
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(title),
            rx.alert_dialog.description(text),
            *more,
            rx.el.div(
                rx.alert_dialog.cancel(button(t("common.cancel"), live=False)),
                button(
                    verb,
                    kind="dng" if danger else "pri",
                    symbol=symbol,
                    disabled=disabled,
                    on_click=on_confirm,
                ),
                class_name="acts",
            ),
            class_name="dlg",
            on_close_auto_focus=return_focus(),
        ),
        open=open,
        on_open_change=lambda _opened: on_close,
    )
