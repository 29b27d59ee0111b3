"""Who did what with a task, and when."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.i18n.live import fmt_time, one_of, reason, t


def history_panels(attempts: Any) -> rx.Component:
    """Return the events of each attempt: a Var of ``AttemptRow``s."""
    return rx.el.div(
        rx.foreach(attempts, lambda row: _attempt(row, attempts.length() > 1)),
        class_name="hist",
        data_testid="history",
    )


def _attempt(row: Any, several: Any) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(
                rx.cond(several, t("task.attempt", attempt=row.attempt), t("task.tab_history"))
            )
        ),
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"task.event_{name}"), scope="col", class_name=f"h-{name}")
                        for name in ("time", "who", "what")
                    )
                )
            ),
            rx.el.tbody(rx.foreach(row.events, _event)),
        ),
        class_name="panel",
    )


def _event(event: Any) -> rx.Component:
    told = reason(event.reason.code, event.reason.args)
    return rx.el.tr(
        rx.el.td(fmt_time(event.at, "full"), class_name="num nw"),
        rx.el.td(
            rx.cond(
                event.who != "",
                rx.el.span(event.who, title=event.who),
                rx.el.span(t("task.by_system"), class_name="t3"),
            ),
            class_name="cut",
        ),
        rx.el.td(
            one_of("task.event", event.code),
            rx.cond(event.end != "", t("task.event_end", end=one_of("end", event.end)), ""),
            rx.cond(event.reason.code != "", rx.el.span(told, class_name="l2 b t2")),
        ),
        key=event.key,
    )
