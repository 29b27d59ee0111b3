"""A dialog with a form in it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button
from inference_ui.components.focus import return_focus
from inference_ui.i18n.live import t


def form_dialog(
    title: Any, *fields: Any, open: Any, verb: Any, on_submit: Any, on_close: Any
) -> rx.Component:
    """Return a dialog whose form is sent by ``verb`` or Enter. ``on_close`` gets no argument."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title),
            rx.el.form(
                *fields,
                rx.el.div(
                    button(t("common.cancel"), live=False, on_click=on_close),
                    button(verb, kind="pri", type="submit"),
                    class_name="acts",
                ),
                on_submit=on_submit,
                no_validate=True,
                class_name="fields",
            ),
            class_name="dlg",
            aria_describedby="",
            on_close_auto_focus=return_focus(),
        ),
        open=open,
        on_open_change=lambda _opened: on_close,
    )
