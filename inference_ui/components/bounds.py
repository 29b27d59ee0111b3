"""What holds a task back: the verdict as a sentence, and bars as its proof."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.icons import icon
from inference_ui.components.task_parts import speed
from inference_ui.i18n.live import fmt_percent, one_of, t


def bounds_panel(bound: Any, stand: Any) -> rx.Component:
    """Return the panel of a ``BoundRow`` beside its ``StandRow``."""
    period = rx.cond(bound.whole, t("task.bound_whole"), t("task.bound_recent"))
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.bounds")),
            rx.el.span(class_name="grow"),
            rx.cond(bound.by != "", rx.el.span(period, class_name="t3 s")),
        ),
        rx.el.div(
            rx.cond(bound.by != "", _verdict(bound), _none(stand)),
            speed(stand),
            class_name="vd",
        ),
        class_name="panel bounds",
        data_testid="bounds",
    )


def _verdict(bound: Any) -> rx.Component:
    return rx.fragment(
        rx.el.h3(icon("bolt"), one_of("task.bound_by", bound.by)),
        rx.el.p(one_of("task.bound_why", bound.by)),
        rx.el.ul(
            rx.foreach(
                bound.shares,
                lambda row: rx.el.li(
                    rx.el.span(one_of("task.bound", row.code), class_name="k"),
                    rx.el.div(
                        rx.el.i(style={"width": row.width}),
                        class_name=rx.cond(row.code == bound.by, "bar run", "bar"),
                        aria_hidden="true",
                    ),
                    rx.el.span(fmt_percent(row.share)),
                    class_name=rx.cond(row.code == bound.by, "hot", ""),
                ),
            ),
            class_name="lim num",
            aria_label=t("task.bound_shares"),
        ),
    )


def _none(stand: Any) -> rx.Component:
    return rx.el.p(
        rx.cond(stand.ended, t("task.bound_unknown"), t("task.bound_unseen")), class_name="t3"
    )
