"""The question before tasks are deleted: one or thousands, the same wherever it is asked."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.feedback import confirm, note
from inference_ui.components.icons import status_mark
from inference_ui.i18n.live import reason, t


def delete_question(
    row: Any,
    *,
    with_output: Any,
    refused: Any,
    open: Any,
    on_output: Any,
    on_show_all: Any,
    on_confirm: Any,
    on_close: Any,
) -> rx.Component:
    """Return the dialog about a ``QuestionRow``. ``refused`` is the ``MessageRow`` of what kept it
    from being done; ``on_output`` gets whether the output folders shall go, too."""
    one = row.name != ""
    title = rx.cond(
        row.count == 0,
        t("deletion.ask_none"),
        rx.cond(one, t("deletion.ask_one", name=row.name), t("deletion.ask", count=row.count)),
    )
    return confirm(
        title,
        _consequence(row, one),
        rx.cond((row.count > 0) & ~one, _meant(row, on_show_all)),
        _left_out(row),
        rx.cond(row.folders > 0, _output(row, with_output, on_output)),
        rx.cond(refused.code != "", note(reason(refused.code, refused.args))),
        open=open,
        verb=rx.cond(one, t("deletion.verb_one"), t("deletion.verb", count=row.count)),
        symbol="delete",
        on_confirm=on_confirm,
        on_close=on_close,
        disabled=row.count == 0,
    )


def _consequence(row: Any, one: Any) -> rx.Component:
    runs = rx.cond(one, t("deletion.it_runs"), t("deletion.running", count=row.running))
    running = rx.fragment(
        rx.cond(one, "", t("deletion.of_which")),
        rx.el.span(runs, class_name="bad num"),
        t("deletion.stopped_first"),
    )
    return rx.cond(
        row.count > 0,
        rx.fragment(rx.cond(row.running > 0, running), t("deletion.for_good")),
        "",
    )


def _meant(row: Any, on_show_all: Any) -> rx.Component:
    more = rx.el.li(
        rx.el.span(t("deletion.more", count=row.more), class_name="t3 num"),
        rx.cond(
            row.first.length() <= 3,
            rx.fragment(
                rx.el.span(" · ", class_name="t3"),
                rx.el.button(
                    t("deletion.show_all"), type="button", class_name="lnk", on_click=on_show_all
                ),
            ),
        ),
        class_name="rest",
    )
    return rx.el.ul(
        rx.foreach(row.first, _task),
        rx.cond(row.more > 0, more),
        class_name="meant",
        aria_label=t("deletion.meant"),
        tab_index=0,
    )


def _task(task: Any) -> rx.Component:
    return rx.el.li(
        status_mark(task.status),
        rx.el.span(task.name, class_name="cut grow", title=task.name),
        rx.el.span(task.owner, class_name="t2 cut who", title=task.owner),
        key=task.id,
    )


def _left_out(row: Any) -> rx.Component:
    return rx.el.div(
        *(
            rx.cond(count > 0, rx.el.p(t(key, count=count)))
            for key, count in (
                ("deletion.others", row.others),
                ("deletion.leaving", row.leaving),
                ("deletion.missing", row.missing),
            )
        ),
        class_name="left-out num",
    )


def _output(row: Any, with_output: Any, on_output: Any) -> rx.Component:
    facts = {"volume": row.volume, "folders": row.folders, "results": row.results}
    needed = rx.el.span(
        t("deletion.needed", count=row.needed_count),
        rx.el.span(reason(row.needed.code, row.needed.args), class_name="l2"),
        class_name="warn",
    )
    return rx.el.label(
        rx.el.input(type="checkbox", checked=with_output, on_change=on_output, class_name="box"),
        rx.el.span(
            rx.el.span(t("deletion.output"), class_name="l1"),
            rx.cond(
                with_output,
                rx.el.span(t("deletion.output_gone", **facts), class_name="l2 warn"),
                rx.el.span(t("deletion.output_kept", **facts), class_name="l2"),
            ),
            rx.cond(with_output & (row.needed_count > 0), needed),
        ),
        class_name="also num",
    )
