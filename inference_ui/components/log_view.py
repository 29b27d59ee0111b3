"""A log that follows its end until its reader scrolls up, or looks for something in it."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from inference_ui.i18n.live import reason, t


class LogView(rx.Component):
    """The log called ``log`` with its ``text``. Children stand in its head, beside ``title``.

    ``empty`` stands in place of a log that says nothing, ``note`` above the text. The whole log is
    saved from ``href``, where there is one. ``on_hold`` gets the log that its reader stays with.
    """

    library = "$/utils/product/log_view"
    tag = "LogView"

    log: rx.Var[str]
    text: rx.Var[str]
    title: rx.Var[str]
    empty: rx.Var[str]
    href: rx.Var[str]
    note: rx.Var[str]

    on_hold: rx.EventHandler[passthrough_event_spec(str)]


def log_panel(
    tabs: Any,
    *,
    key: Any,
    text: Any,
    on_show: Any,
    unseen: Any,
    before: rx.Component | None = None,
    **props: Any,
) -> rx.Component:
    """Return a log to read, and which others there are: ``tabs`` is a Var of ``LogTab``s, ``key``
    that of the one whose ``text`` is shown, ``on_show(key)`` shows another and stays with it.
    ``unseen`` (a ``MessageRow``) says why there is nothing to read though there may be logs.
    ``before`` stands before the choice; ``props`` are more of :class:`LogView`."""

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
        *([] if before is None else [before]),
        rx.cond(
            tabs.length() > 0,
            rx.el.div(
                rx.foreach(tabs, choice),
                class_name="seg sm",
                role="group",
                aria_label=t("task.log_choice"),
            ),
        ),
        log=key,
        text=text,
        title=t("task.logs"),
        empty=rx.cond(unseen.code != "", reason(unseen.code, unseen.args), t("task.log_empty")).to(
            str
        ),
        on_hold=on_show,
        **props,
    )
