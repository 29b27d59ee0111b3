"""The check of a dataset: in a line, and in full."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button
from inference_ui.components.icons import icon
from inference_ui.i18n.live import (
    fmt_duration,
    fmt_number,
    fmt_rate,
    fmt_size,
    fmt_time,
    reason,
    t,
)


def check_summary(check: Any) -> rx.Component:
    """Return how the last check of a dataset (a ``CheckRow``) is or ended, in a line."""
    return rx.match(
        check.state,
        ("RUNNING", rx.el.span(t("check.runs", files=check.files), class_name="run num")),
        (
            "DONE",
            rx.cond(
                check.bad > 0,
                rx.el.span(
                    icon("warning", class_name="s"),
                    t("check.bad", count=check.bad),
                    class_name="warn row num",
                ),
                rx.el.span(icon("check", class_name="s"), t("check.good"), class_name="ok row"),
            ),
        ),
        ("CANCELLED", rx.el.span(t("check.cancelled"), class_name="t3")),
        ("FAILED", rx.el.span(t("check.failed"), class_name="bad")),
        rx.el.span(t("check.none"), class_name="t3"),
    )


def check_panel(
    check: Any, *, may: Any, on_check: Any, on_cancel: Any, disabled: Any = False
) -> rx.Component:
    """Return the panel; ``may``: the user may begin and end a check."""
    running = check.state == "RUNNING"
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("check.title")),
            check_summary(check),
            rx.el.span(class_name="grow"),
            rx.cond(
                may,
                rx.cond(
                    running,
                    button(t("check.cancel"), small=True, on_click=on_cancel),
                    button(
                        rx.cond(check.state == "NONE", t("check.start"), t("check.again")),
                        small=True,
                        symbol="check",
                        on_click=on_check,
                        disabled=disabled,
                    ),
                ),
            ),
        ),
        rx.cond(
            check.state == "NONE",
            rx.el.p(t("check.about"), class_name="none"),
            rx.fragment(_figures(check), _when(check)),
        ),
        rx.cond(check.first_bad.length() > 0, _bad(check)),
        class_name="panel check",
        data_testid="check",
    )


def _figures(check: Any) -> rx.Component:
    return rx.el.dl(
        _figure("json", check.json_files, t("check.valid", count=check.json_valid)),
        _figure("images", check.images, t("check.readable", count=check.images_valid)),
        _figure("others", check.files - check.json_files - check.images),
        rx.el.div(
            rx.el.dt(t("check.bytes")),
            rx.el.dd(fmt_size(check.bytes)),
        ),
        class_name="figs num",
    )


def _figure(name: str, count: Any, more: Any = None) -> rx.Component:
    return rx.el.div(
        rx.el.dt(t(f"check.{name}")),
        rx.el.dd(fmt_number(count), data_testid=f"check-{name}"),
        *([] if more is None else [rx.cond(count > 0, rx.el.dd(more, class_name="l2"))]),
    )


def _when(check: Any) -> rx.Component:
    return rx.el.p(
        rx.cond(
            check.state == "RUNNING",
            t("check.running_for", took=fmt_duration(check.seconds), rate=fmt_rate(check.rate)),
            t(
                "check.took",
                at=fmt_time(check.at),
                took=fmt_duration(check.seconds),
                rate=fmt_rate(check.rate),
            ),
        ),
        class_name="t3 s12 when num",
    )


def _bad(check: Any) -> rx.Component:
    return rx.el.div(
        rx.el.h3(
            t("check.first_bad", shown=check.first_bad.length(), all=check.bad), class_name="num"
        ),
        rx.el.ul(
            rx.foreach(
                check.first_bad,
                lambda bad: rx.el.li(
                    rx.el.span(bad.path, class_name="mono cut", title=bad.path),
                    rx.el.span(reason(bad.why.code, bad.why.args), class_name="bad"),
                ),
            )
        ),
        class_name="bads",
        tab_index=0,
        role="region",
        aria_label=t("check.bad_list"),
    )
