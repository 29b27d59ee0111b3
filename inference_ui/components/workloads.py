"""What runs for a task, or ran: the replicas of its server and its batch client."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.i18n.live import fmt_number, one_of, reason, t

_COLUMNS = (
    ("replica", "w-name", ""),
    ("replica_node", "w-node", ""),
    ("replica_slots", "w-cards", ""),
    ("replica_state", "w-state", ""),
    ("replica_restarts", "w-again", ""),
)


def workloads_table(rows: Any, *, logs: Any, on_log: Any) -> rx.Component:
    """Return the table of ``ReplicaRow``s (a Var). ``logs`` is the link to the part of the page
    that shows logs, ``on_log(key)`` chooses one."""
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                *(
                    rx.el.th(t(f"task.{name}"), scope="col", class_name=f"{width} {look}")
                    for name, width, look in _COLUMNS
                ),
                rx.el.th(
                    rx.el.span(t("task.logs"), class_name="sr"), scope="col", class_name="w-log"
                ),
            )
        ),
        rx.el.tbody(rx.foreach(rows, lambda row: _row(row, logs, on_log))),
        class_name="wl",
        data_testid="replicas",
    )


def _row(row: Any, logs: Any, on_log: Any) -> rx.Component:
    why = reason(row.reason.code, row.reason.args)
    told = rx.el.tr(rx.el.td(why, col_span=len(_COLUMNS) + 1), class_name="told-why")
    return rx.fragment(
        _facts(row, logs, on_log), rx.cond(row.reason.code != "", told), key=row.whole_name
    )


def _facts(row: Any, logs: Any, on_log: Any) -> rx.Component:
    name = rx.cond(row.name != "", row.name, t("task.log_client"))
    return rx.el.tr(
        rx.el.td(
            name,
            class_name=rx.cond(row.name != "", "mono cut", "cut"),
            title=row.whole_name,
            scope="row",
        ),
        rx.el.td(
            rx.cond(row.node != "", rx.el.span(row.node, class_name="mono cut b"), _nothing()),
            rx.cond(row.endpoint != "", rx.el.span(row.endpoint, class_name="mono l2 cut b")),
            title=row.node,
        ),
        rx.el.td(_cards(row), class_name="num"),
        rx.el.td(
            rx.el.span(one_of("task.phase", row.phase), class_name=f"ph {row.phase}"),
        ),
        rx.el.td(_restarts(row), class_name="num"),
        rx.el.td(
            rx.cond(
                row.log != "",
                ReactRouterLink.create(
                    t("task.logs"),
                    rx.el.span(" ", name, class_name="sr"),
                    to=logs,
                    on_click=on_log(row.log),
                ),
            ),
            class_name="r",
        ),
    )


def _cards(row: Any) -> rx.Component:
    slots = rx.el.span(
        rx.foreach(row.slots, lambda on: rx.el.i(class_name=rx.cond(on, "on", ""))),
        class_name="sl",
        aria_hidden="true",
    )
    return rx.cond(
        row.cards != "",
        rx.el.span(
            rx.cond(row.slots.length() > 0, slots), rx.el.span(row.cards), class_name="cards"
        ),
        _nothing(),
    )


def _restarts(row: Any) -> rx.Component:
    """How often it was started again, and how it ended last, where no reason stands below."""
    why = rx.cond(
        (row.reason.code == "") & (row.exit_code != None),  # noqa: E711
        t("task.last_exit", code=row.exit_code),
        "",
    )
    return rx.el.div(
        rx.el.span(fmt_number(row.restarts), class_name=rx.cond(row.restarts > 0, "warn", "")),
        rx.cond(why != "", rx.el.span(why, class_name="why2", title=why)),
        class_name="again",
    )


def _nothing() -> rx.Component:
    return rx.el.span("–", class_name="t3")
