"""Variables and run parameters of a package as they were given, beside the package's defaults."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.icons import icon
from inference_ui.i18n.live import t


def settings_panel(title: Any, rows: Any, *, none: Any, testid: str) -> rx.Component:
    """Return the table of ``SettingRow``s (a Var)."""
    return rx.el.section(
        rx.el.header(rx.el.h2(title)),
        rx.cond(
            rows.length() > 0,
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(t(f"task.setting_{name}"), scope="col")
                            for name in ("name", "value", "default")
                        )
                    )
                ),
                rx.el.tbody(rx.foreach(rows, _line)),
                data_testid=testid,
            ),
            rx.el.p(none, class_name="none"),
        ),
        class_name="panel given",
    )


def _line(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span(row.name, class_name="mono cut b", title=row.name),
            rx.cond(
                row.description != "",
                rx.el.span(row.description, class_name="l2 cut b", title=row.description),
            ),
        ),
        rx.el.td(
            rx.el.div(
                rx.cond(row.secret, _hidden(row.set), _text(row.value)),
                rx.cond(row.own, rx.el.span(t("task.overridden"), class_name="tag own")),
                class_name="row",
            )
        ),
        rx.el.td(
            rx.cond(row.secret, rx.el.span("–", class_name="t3"), _text(row.default)),
            class_name="t2",
        ),
        class_name=rx.cond(row.own, "own", ""),
        key=row.name,
    )


def _text(value: Any) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.span(value, class_name="mono cut", title=value),
        rx.el.span(t("task.setting_empty"), class_name="t3"),
    )


def _hidden(is_set: Any) -> rx.Component:
    return rx.cond(
        is_set,
        rx.el.span(icon("lock", class_name="s"), t("task.secret_set"), class_name="t2 hid"),
        rx.el.span(t("task.setting_empty"), class_name="t3"),
    )
