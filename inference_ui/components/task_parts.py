"""Parts of a task's page: figures, replicas of the server."""

from __future__ import annotations

from functools import partial
from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.components.icons import icon
from inference_ui.components.status import progress_bar
from inference_ui.i18n.live import (
    fmt_clock,
    fmt_duration,
    fmt_number,
    fmt_percent,
    fmt_rate,
    one_of,
    reason,
    t,
)


def figures(stand: Any, *, results: Any, failed: Any) -> rx.Component:
    """Return how far a ``StandRow`` is: done, failed, how fast, and when it ends. ``results`` leads
    to the results in numbers, ``failed`` to the items that failed."""
    return rx.el.div(
        _figure(
            rx.fragment(fmt_number(stand.done), rx.el.small(" ", _total(stand))),
            None,
            class_name="fig big",
            data_testid="done",
        ),
        rx.cond(
            stand.failed > 0,
            _figure(
                fmt_number(stand.failed),
                t("task.failed_share", share=fmt_percent(stand.failed_share)),
                to=failed,
                value_class="bad",
                data_testid="failed",
            ),
            _figure(fmt_number(stand.failed), t("task.failed_none"), data_testid="failed"),
        ),
        _figure(
            fmt_rate(stand.rate),
            rx.cond(stand.ended, t("task.rate_average"), t("task.rate")),
            data_testid="rate",
        ),
        rx.cond(
            stand.ended,
            _figure(fmt_duration(stand.took_s), t("task.took"), data_testid="took"),
            _figure(fmt_clock(stand.left_s), t("task.left"), data_testid="left"),
        ),
        ReactRouterLink.create(
            t("task.results_overview"), icon("right", class_name="s"), to=results, class_name="to"
        ),
        class_name="figs num",
    )


def task_bar(stand: Any) -> rx.Component:
    """Return the progress bar of a ``StandRow``."""
    return progress_bar(
        t("task.progress"),
        succeeded=stand.succeeded_width,
        failed=stand.failed_width,
        percent=stand.percent,
        running=~stand.ended,
    )


def speed(stand: Any) -> rx.Component:
    """Return requests in flight and latencies, where they are known."""
    return rx.el.span(
        rx.cond(
            stand.in_flight != None,  # noqa: E711 - a Var
            rx.el.span(t("task.in_flight", count=stand.in_flight), data_testid="in-flight"),
        ),
        rx.cond(
            stand.p50_ms != None,  # noqa: E711
            rx.el.span(
                t("task.latency", p50=fmt_rate(stand.p50_ms), p95=fmt_rate(stand.p95_ms)),
                data_testid="latency",
            ),
        ),
        class_name="facts num",
    )


def replicas_table(replicas: Any) -> rx.Component:
    """Return the replicas of a server, a Var of ``ReplicaRow``s."""
    return rx.el.table(
        rx.el.colgroup(
            *(
                rx.el.col(style={"width": width})
                for width in ("104px", "84px", "22%", "26%", "60px")
            ),
            rx.el.col(),
        ),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("task.replica")),
                rx.el.th(t("task.replica_state")),
                rx.el.th(t("task.replica_node")),
                rx.el.th(t("task.replica_endpoint")),
                rx.el.th(t("task.replica_restarts"), class_name="r"),
                rx.el.th(t("task.replica_reason")),
            )
        ),
        rx.el.tbody(rx.foreach(replicas, _replica)),
        data_testid="replicas",
    )


def _figure(
    value: Any, label: Any, value_class: Any = "", to: Any = None, **props: Any
) -> rx.Component:
    element = rx.el.div if to is None else partial(ReactRouterLink.create, to=to)
    return element(
        rx.el.b(value, class_name=value_class),
        *([] if label is None else [rx.el.span(label)]),
        class_name=props.pop("class_name", "fig"),
        **props,
    )


def _total(stand: Any) -> rx.Var[Any]:
    counting = rx.cond(
        stand.ended,
        t("task.total_uncounted", found=stand.found),
        t("task.total_so_far", found=stand.found),
    )
    known = rx.cond(stand.counted, t("task.total", found=stand.found), counting)
    return rx.cond(stand.found != None, known, t("task.total_unknown"))  # noqa: E711


def _replica(replica: Any) -> rx.Component:
    cards = rx.cond(
        replica.cards != "", rx.el.span(" · ", t("task.replica_cards", cards=replica.cards))
    )
    return rx.el.tr(
        rx.el.td(replica.name, class_name="mono cut", title=replica.whole_name),
        rx.el.td(
            rx.el.span(one_of("task.phase", replica.phase), class_name=f"ph {replica.phase}"),
        ),
        rx.el.td(rx.el.span(replica.node, class_name="mono"), cards, class_name="cut"),
        rx.el.td(replica.endpoint, class_name="mono cut", title=replica.endpoint),
        rx.el.td(
            fmt_number(replica.restarts),
            class_name=rx.cond(replica.restarts > 0, "num r warn", "num r"),
        ),
        rx.el.td(
            reason(replica.reason.code, replica.reason.args),
            class_name="t2 why",
        ),
    )
