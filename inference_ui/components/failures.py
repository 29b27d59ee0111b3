"""The failures of a task by what made them fail: all of them, and a few beside the chart."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.controls import button
from inference_ui.components.feedback import note
from inference_ui.components.icons import icon
from inference_ui.i18n.live import fmt_number, fmt_percent, one_of, reason, t

FEW = 4
"""Groups that the overview shows."""


def failures_tab(stand: Any, *, href: Any, current: Any) -> rx.Component:
    """Return the tab that leads to the failures, with their number."""
    return ReactRouterLink.create(
        t("failures.title"),
        rx.cond(stand.failed > 0, rx.el.span(fmt_number(stand.failed), class_name="n failed num")),
        to=href,
        aria_current=rx.cond(current, "page", "false"),
    )


def failures_panel(
    groups: Any,
    stand: Any,
    *,
    task_id: Any,
    opened: Any,
    detail: Any,
    refused: Any,
    on_retry: Any,
    on_show: Any,
) -> rx.Component:
    """Return all groups, a Var of ``FailureRow``s. ``opened`` is the key of the one whose
    ``OpenedRow`` is ``detail``, ``refused`` what kept the last retry from being done."""
    return rx.el.section(
        _header(t("failures.title"), groups, stand, on_retry),
        refused_note(refused),
        rx.cond(
            groups.length() > 0,
            rx.el.ul(
                rx.foreach(
                    groups,
                    lambda row: _group(
                        row,
                        stand,
                        is_open=opened == row.key,
                        more=_detail(row, detail, task_id),
                        on_retry=on_retry,
                        on_show=on_show,
                    ),
                ),
                class_name="fls",
                data_testid="failures",
            ),
            _none(stand),
        ),
        class_name="panel",
    )


def causes_panel(
    groups: Any, stand: Any, *, href: Any, refused: Any, on_retry: Any
) -> rx.Component:
    """Return the largest groups, each with its button, and the link to all."""
    return rx.el.section(
        _header(t("failures.causes"), groups, stand, on_retry),
        refused_note(refused),
        rx.cond(
            groups.length() > 0,
            rx.el.ul(
                rx.foreach(groups[:FEW], lambda row: _cause(row, stand, on_retry)),
                class_name="fc",
                data_testid="causes",
            ),
            _none(stand),
        ),
        rx.cond(
            groups.length() > 0,
            ReactRouterLink.create(
                t("failures.all", kinds=groups.length()), icon("right"), to=href, class_name="more"
            ),
        ),
        class_name="panel causes",
    )


def refused_note(refused: Any) -> rx.Component:
    """Return what kept a retry from being done, where it was asked for."""
    return rx.cond(
        refused.code != "",
        rx.el.div(
            note(t("failures.refused"), rx.el.p(reason(refused.code, refused.args))),
            class_name="refused",
        ),
    )


def _none(stand: Any) -> rx.Component:
    text = rx.cond(stand.failed > 0, t("failures.unknown"), t("failures.none"))
    return rx.el.p(text, class_name="none")


def _header(title: Any, groups: Any, stand: Any, on_retry: Any) -> rx.Component:
    kinds = groups.length()
    return rx.el.header(
        rx.el.h2(title),
        rx.cond(
            kinds > 0,
            rx.el.span(
                t("failures.count", failed=stand.failed, kinds=kinds), class_name="t3 s num cut"
            ),
        ),
        rx.el.span(class_name="grow"),
        rx.cond(
            kinds > 0,
            _retry(
                t("failures.retry_all"),
                t("failures.retry_all_why", count=stand.failed),
                stand,
                on_click=on_retry(""),
            ),
        ),
    )


def _retry(label: Any, why: Any, stand: Any, **props: Any) -> rx.Component:
    """Return a button for who may try again: its owner and administrators."""
    return rx.cond(
        stand.may_retry | stand.may_stop,
        button(
            label,
            small=True,
            disabled=~stand.may_retry,
            title=rx.cond(stand.may_retry, why, t("failures.retry_later")),
            **props,
        ),
    )


def _retry_these(row: Any, stand: Any, on_retry: Any, label: Any) -> rx.Component:
    return _retry(
        label,
        t("failures.retry_why", count=row.count),
        stand,
        on_click=on_retry(row.key),
    )


def _words(row: Any) -> rx.Component:
    """Return the server's words in one line, and below what it was, and with which input."""
    return rx.el.div(
        rx.el.span(
            rx.cond(row.others, rx.el.em(t("failures.others"), " ")),
            row.message,
            class_name="mono cut",
            title=row.message,
        ),
        rx.el.span(
            rx.el.span(one_of("cause", row.cause), class_name="code"),
            rx.el.span(row.head, class_name="cut"),
            rx.el.span(row.tail),
            class_name="l2 mid",
            title=row.head + row.tail,
        ),
        class_name="grow",
    )


def _cause(row: Any, stand: Any, on_retry: Any) -> rx.Component:
    return rx.el.li(
        rx.el.b(fmt_number(row.count), class_name="num"),
        _words(row),
        _retry_these(row, stand, on_retry, t("failures.retry")),
    )


def _group(
    row: Any, stand: Any, *, is_open: Any, more: rx.Component, on_retry: Any, on_show: Any
) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.b(fmt_number(row.count), class_name="num"),
                rx.el.span(fmt_percent(row.share), class_name="num l2"),
                class_name="many",
            ),
            rx.el.button(
                icon(rx.cond(is_open, "down", "right")),
                _words(row),
                type="button",
                aria_expanded=rx.cond(is_open, "true", "false"),
                on_click=on_show(row.key),
                class_name="open",
            ),
            _retry_these(row, stand, on_retry, t("failures.retry_these")),
            class_name="row",
        ),
        rx.cond(is_open, more),
    )


def _detail(row: Any, detail: Any, task_id: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h3(t("failures.words")),
            rx.el.pre(
                rx.cond(detail.error != "", detail.error, row.message),
                class_name="mono",
                tab_index=0,
            ),
            rx.cond(
                detail.request != "",
                rx.fragment(
                    rx.el.h3(t("failures.request")),
                    rx.el.pre(detail.request, class_name="mono", tab_index=0),
                ),
            ),
        ),
        rx.el.div(
            rx.el.h3(t("failures.examples")),
            rx.cond(
                detail.read,
                _examples(detail, task_id),
                rx.el.p(t("common.loading"), class_name="t3"),
            ),
        ),
        class_name="detail",
        data_testid="failure-detail",
    )


def _examples(detail: Any, task_id: Any) -> rx.Component:
    count = detail.rows.length()
    return rx.fragment(
        rx.el.ul(
            rx.foreach(
                detail.rows,
                lambda item: rx.el.li(
                    ReactRouterLink.create(
                        rx.el.span(item.head, class_name="cut"),
                        rx.el.span(item.tail),
                        to=routes.task_item(task_id, item.number),
                        class_name="mid mono",
                        title=item.head + item.tail,
                    )
                ),
            ),
            tab_index=0,
        ),
        rx.cond(
            count == 0,
            rx.el.p(t("failures.examples_none"), class_name="t3"),
            rx.cond(
                detail.whole,
                None,
                rx.el.p(t("failures.examples_first", count=count), class_name="t3"),
            ),
        ),
    )
