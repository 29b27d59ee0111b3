"""How deletions of tasks go, and what came of them: a strip each, and a dialog with all tasks."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button, icon_button
from inference_ui.components.focus import return_focus
from inference_ui.components.icons import icon
from inference_ui.i18n.live import one_of, reason, t


def receipts(rows: Any, *, on_details: Any, on_dismiss: Any) -> rx.Component:
    """Return a strip for each ``ReceiptRow``; the handlers get a deletion's id."""
    return rx.el.section(
        rx.foreach(rows, lambda row: _strip(row, on_details, on_dismiss)),
        aria_label=t("receipt.receipts"),
        class_name="receipts num",
    )


def _strip(row: Any, on_details: Any, on_dismiss: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(
            row.ended,
            icon(rx.cond(row.count > 0, "check", "info"), class_name="s"),
            icon("delete", class_name="s"),
        ),
        rx.cond(row.ended, _ended(row), _running(row)),
        rx.el.span(class_name="grow"),
        button(t("receipt.details"), kind="gho", small=True, on_click=on_details(row.id)),
        icon_button("cross", t("receipt.dismiss"), small=True, on_click=on_dismiss(row.id)),
        class_name=rx.cond((row.undone > 0) | (row.problems > 0), "receipt warn", "receipt"),
        data_testid="receipt",
        data_ended=rx.cond(row.ended, "true", "false"),
        key=row.id,
    )


def _running(row: Any) -> rx.Component:
    title = rx.cond(
        row.name != "",
        t("receipt.deleting_one", name=row.name),
        t("receipt.deleting", count=row.count),
    )
    return rx.fragment(
        rx.el.b(
            rx.cond(
                row.clearing,
                t("receipt.clearing"),
                rx.cond(row.taking, t("receipt.taking"), title),
            )
        ),
        rx.cond(
            row.clearing,
            None,
            rx.fragment(
                rx.el.div(
                    rx.el.i(style={"width": row.width}),
                    class_name="bar run",
                    role="progressbar",
                    aria_label=title,
                    aria_valuemin="0",
                    aria_valuemax="100",
                    aria_valuenow=row.percent,
                ),
                rx.el.span(t("receipt.of", gone=row.gone, count=row.count)),
            ),
        ),
        _fact(row.files > 0, t("receipt.cleared", files=row.files, bytes=row.bytes)),
        _undone(row),
    )


def _ended(row: Any) -> rx.Component:
    one = row.name != ""
    deleted = rx.cond(
        one, t("receipt.deleted_one", name=row.name), t("receipt.deleted", count=row.count)
    )
    return rx.fragment(
        rx.el.b(rx.cond(row.count > 0, deleted, t("receipt.none"))),
        _fact(
            row.replicas > 0,
            rx.cond(
                row.pods,
                t("receipt.pods", count=row.replicas),
                t("receipt.processes", count=row.replicas),
            ),
        ),
        rx.foreach(
            row.cards,
            lambda freed: rx.el.span(t("receipt.cards", count=freed.count, model=freed.model)),
        ),
        _fact(
            (row.removed > 0) | (row.files > 0),
            t("receipt.files", files=row.files, bytes=row.bytes),
        ),
        _fact(row.place != "", t("receipt.kept", place=row.place)),
        _undone(row),
        _fact(row.problems > 0, t("receipt.problems", count=row.problems), "warn"),
    )


def _undone(row: Any) -> rx.Component:
    return rx.fragment(
        _fact(row.undone > 0, t("receipt.undone", count=row.undone), "warn"),
        _fact(row.unreached > 0, t("receipt.unreached", count=row.unreached), "warn"),
    )


def _fact(there: Any, text: Any, look: str = "") -> rx.Component:
    return rx.cond(there, rx.el.span(text, class_name=look))


def receipt_details(detail: Any, *, open: Any, on_close: Any) -> rx.Component:
    """Return the dialog that lists the tasks of a deletion (a ``DetailRow``)."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(t("receipt.receipts")),
            rx.el.ul(
                rx.foreach(detail.lines, _line),
                rx.cond(
                    detail.more > 0,
                    rx.el.li(t("receipt.more", count=detail.more), class_name="t3"),
                ),
                class_name="meant tall num",
                aria_label=t("deletion.meant"),
                tab_index=0,
            ),
            rx.el.div(button(t("common.close"), live=False, on_click=on_close), class_name="acts"),
            class_name="dlg wide",
            aria_describedby="",
            on_close_auto_focus=return_focus(),
        ),
        open=open,
        on_open_change=lambda _opened: on_close,
    )


def _line(line: Any) -> rx.Component:
    said = rx.el.span(reason(line.problem.code, line.problem.args), class_name="l2 warn")
    facts = rx.el.span(
        rx.cond(
            line.kept,
            rx.el.span(t("receipt.kept", place=line.folder)),
            rx.cond(line.files > 0, t("receipt.files", files=line.files, bytes=line.bytes), ""),
        ),
        class_name="l2",
    )
    return rx.el.li(
        rx.el.span(
            rx.el.span(line.name, class_name="l1 cut", title=line.name),
            rx.cond(line.problem.code != "", said, facts),
            class_name="grow",
        ),
        rx.el.span(one_of("receipt", "state_" + line.state.to(str)), class_name="t2 nw"),
        rx.el.span(line.owner, class_name="t2 cut who", title=line.owner),
        key=line.id,
    )
