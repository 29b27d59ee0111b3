"""Beside the cluster's nodes: the queue that explains itself, and what ends next."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.components.cards import cards_of
from inference_ui.i18n.live import fmt_duration, fmt_size, reason, t
from inference_ui.rows.cluster import EndingRow, QueuedRow
from inference_ui.state.cluster import ClusterState

VIEW = ClusterState.view


def queue_panel() -> rx.Component:
    """Return the queue, what ends next, and the legend."""
    return rx.el.aside(
        rx.el.div(
            rx.el.h2(t("cluster.queue")),
            rx.cond(
                VIEW.queued.length() > 0,
                rx.el.span(
                    t("cluster.queue_size", count=VIEW.queued.length(), cards=VIEW.queued_cards),
                    class_name="t3 num",
                ),
            ),
            class_name="q2",
        ),
        rx.cond(
            VIEW.queued.length() > 0,
            rx.el.ol(rx.foreach(VIEW.queued, _queued), class_name="qs"),
            rx.el.p(t("cluster.queue_empty"), class_name="t3 none"),
        ),
        rx.cond(
            VIEW.ending.length() > 0,
            rx.fragment(
                rx.el.div(
                    rx.el.h2(t("cluster.ends_next")),
                    rx.el.span(t("cluster.by_rate"), class_name="t3"),
                    class_name="q2 next",
                ),
                rx.el.ul(rx.foreach(VIEW.ending, _ending), class_name="qs"),
            ),
        ),
        _legend(),
        class_name="queue",
        aria_label=t("cluster.queue"),
    )


def _queued(row: rx.Var[QueuedRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.place, class_name="o num"),
        rx.el.div(
            rx.el.h3(
                _named(row),
                rx.el.span(fmt_duration(row.waited_s, 1), class_name="num nw", title=row.user),
            ),
            rx.cond(row.nodes > 0, _need(row)),
            rx.cond(row.reason.code != "", rx.el.p(reason(row.reason.code, row.reason.args))),
            rx.foreach(row.shut, lambda why: rx.el.p(reason(why.code, why.args))),
            rx.cond(row.frees != "", _frees(row)),
        ),
        class_name="qi",
    )


def _named(row: Any) -> rx.Component:
    return rx.cond(
        row.href != "",
        ReactRouterLink.create(
            row.application, to=row.href, class_name="cut nm", title=row.application
        ),
        rx.el.span(row.application, class_name="cut nm", title=row.application),
    )


def _need(row: Any) -> rx.Component:
    sizes = rx.fragment(t("create.cpus", count=row.cpus), " · ", fmt_size(row.memory_bytes))
    return rx.el.div(
        rx.el.span(rx.cond(row.cards > 0, cards_of(row.asked), sizes), class_name="tag num"),
        rx.el.span(t("cluster.on_nodes", count=row.nodes), class_name="tag num"),
        class_name="need",
    )


def _frees(row: Any) -> rx.Component:
    return rx.el.p(
        rx.el.b(row.frees),
        rx.cond(
            row.left_s == None,  # noqa: E711 - a Var
            t("cluster.frees"),
            t("cluster.frees_in", time=fmt_duration(row.left_s, 1)),
        ),
    )


def _ending(row: rx.Var[EndingRow]) -> rx.Component:
    where = rx.cond(
        row.nodes > 1, t("cluster.on_nodes_each", count=row.nodes), t("cluster.on", node=row.first)
    )
    lit = ClusterState.lit == row.application
    return rx.el.li(
        rx.el.div(
            rx.el.h3(
                _named(row),
                rx.cond(
                    row.left_s == None,  # noqa: E711 - a Var
                    "",
                    rx.el.span(
                        t("cluster.left", time=fmt_duration(row.left_s, 1)), class_name="num nw"
                    ),
                ),
            ),
            rx.el.p(
                rx.cond(row.cards > 0, rx.fragment(t("cluster.cards", count=row.cards), " · "), ""),
                where,
            ),
        ),
        rx.el.button(
            t("cluster.light"),
            type="button",
            class_name="lnk s12",
            aria_pressed=rx.cond(lit, "true", "false"),
            on_click=ClusterState.light(row.application),
        ),
        class_name=rx.cond(lit, "qi end on", "qi end"),
    )


def _legend() -> rx.Component:
    kinds = ("free", "used", "mine", "unhealthy", "cut")
    return rx.el.div(
        *(
            rx.el.span(rx.el.i(class_name=f"l-{kind}"), t(f"cluster.legend_{kind}"))
            for kind in kinds
        ),
        rx.cond(
            VIEW.unplaced,
            rx.el.span(rx.el.i("?", class_name="l-used"), t("cluster.legend_unplaced")),
        ),
        class_name="leg",
    )
