"""A canary below the create form: how it goes, what came of its items, how long all would take."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.components.controls import button, icon_button, link_button
from inference_ui.components.icons import icon
from inference_ui.components.status import status_badge
from inference_ui.i18n.live import (
    fmt_duration,
    fmt_number,
    fmt_rate,
    one_of,
    reason,
    t,
)


def canary_panel(row: Any, *, on_stop: Any, on_discard: Any) -> rx.Component:
    """Return the panel of a ``CanaryRow`` (a Var)."""
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("canary.title")),
            status_badge(row.status, word=row.word),
            rx.el.span(class_name="grow"),
            rx.cond(
                row.tried.length() > 0,
                link_button(t("canary.results"), href=row.href, symbol="picture"),
            ),
            rx.cond(
                row.ended,
                icon_button("cross", t("canary.discard"), small=True, on_click=on_discard),
                button(t("task.stop"), symbol="stop", small=True, on_click=on_stop),
            ),
        ),
        rx.el.div(_said(row), class_name="said", role="status"),
        rx.cond(row.tried.length() > 0, _items(row.tried)),
        id="canary",
        class_name="panel canary",
        data_testid="canary",
    )


def _said(row: Any) -> rx.Component:
    estimate = t(
        "canary.estimate",
        inputs=row.inputs,
        nodes=row.nodes,
        took=fmt_duration(row.estimate_s),
        rate=fmt_rate(row.rate),
    )
    told = reason(row.note.code, row.note.args)
    return rx.cond(
        row.ended,
        rx.cond(
            row.rate != None,  # noqa: E711 - a Var
            rx.el.p(estimate),
            rx.el.p(
                one_of("end", row.end),
                rx.cond(row.note.code != "", rx.fragment(t("canary.colon"), told)),
                " ",
                ReactRouterLink.create(t("canary.logs"), to=row.logs),
                class_name="bad",
            ),
        ),
        rx.el.p(rx.cond(row.note.code != "", told, t("canary.runs")), class_name="t2"),
    )


def _items(items: Any) -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("canary.item"), scope="col"),
                rx.el.th(t("canary.outcome"), scope="col"),
                rx.el.th(t("canary.ms"), scope="col", class_name="r"),
            )
        ),
        rx.el.tbody(rx.foreach(items, _item)),
    )


def _item(row: Any) -> rx.Component:
    outcome = rx.cond(
        row.succeeded,
        rx.el.span(
            icon("check", class_name="s ok"),
            rx.cond(
                row.objects != None,  # noqa: E711 - a Var
                t("canary.objects", count=row.objects),
                t("canary.answered"),
            ),
            class_name="row",
        ),
        rx.el.span(row.said, class_name="bad cut", title=row.said),
    )
    return rx.el.tr(
        rx.el.td(row.name, class_name="mono cut", title=row.name),
        rx.el.td(outcome),
        rx.el.td(
            rx.cond(row.ms != None, t("canary.took", ms=fmt_number(row.ms)), "—"),  # noqa: E711
            class_name="r num",
        ),
    )
