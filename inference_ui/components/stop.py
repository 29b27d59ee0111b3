"""The question before a task is stopped: the same wherever it is asked."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.feedback import confirm
from inference_ui.i18n.live import t


def stop_question(
    *,
    name: Any,
    left: Any,
    done: Any,
    spec: Any,
    nodes: Any,
    service: Any,
    held: Any,
    open: Any,
    on_confirm: Any,
    on_close: Any,
    more: tuple[rx.Component, ...] = (),
) -> rx.Component:
    """Return the dialog. ``left`` is None where it is not known; ``service`` is the online service
    that the task goes through, ``""`` where its server is its own; ``held``: nodes were given to
    it; ``more`` stands at the end."""
    return confirm(
        t("task.ask_title", name=name),
        rx.cond(left.to(int) > 0, t("task.ask_left", left=left), t("task.ask_text")),
        rx.el.dl(
            _consequence(t("task.ask_kept"), t("task.ask_kept_text", done=done)),
            _consequence(
                t("task.ask_freed"),
                rx.cond(
                    service != "",
                    t("task.ask_service_text", service=service),
                    rx.cond(
                        held,
                        t("task.ask_freed_text", spec=spec, nodes=nodes),
                        t("task.ask_freed_none"),
                    ),
                ),
            ),
            _consequence(t("task.ask_rest"), t("task.ask_rest_text")),
            class_name="kv num",
        ),
        *more,
        open=open,
        verb=t("task.ask_verb"),
        symbol="stop",
        on_confirm=on_confirm,
        on_close=on_close,
    )


def _consequence(name: Any, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value))
