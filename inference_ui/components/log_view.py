"""A log that follows its end until its reader scrolls up."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.i18n.live import t


class LogView(rx.Component):
    """The log called ``log`` with its ``text``. Children stand in its head, beside ``title``.

    ``follow`` is the button's word, ``waiting`` the one while new lines wait to be seen, ``empty``
    stands in place of a log that says nothing.
    """

    library = "$/utils/product/log_view"
    tag = "LogView"

    log: rx.Var[str]
    text: rx.Var[str]
    title: rx.Var[str]
    follow: rx.Var[str]
    waiting: rx.Var[str]
    empty: rx.Var[str]


def log_panel(logs: Any, *, key: Any, text: Any, on_show: Any) -> rx.Component:
    """Return a log to read, and which others there are: ``logs`` is a Var of ``LogTab``s, ``key``
    that of the one whose ``text`` is shown, ``on_show(key)`` shows another."""

    def choice(tab: Any) -> rx.Component:
        on = tab.key == key
        return rx.el.button(
            rx.cond(tab.label != "", tab.label, t("task.log_client")),
            type="button",
            class_name=rx.cond(on, "on", ""),
            aria_pressed=rx.cond(on, "true", "false"),
            on_click=on_show(tab.key),
        )

    return LogView.create(
        rx.cond(
            logs.length() > 0,
            rx.el.div(
                rx.foreach(logs, choice),
                class_name="seg sm",
                role="group",
                aria_label=t("task.log_choice"),
            ),
        ),
        log=key,
        text=text,
        title=t("task.logs"),
        follow=t("task.log_follow"),
        waiting=t("task.log_waiting"),
        empty=t("task.log_empty"),
    )
