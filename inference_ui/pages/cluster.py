"""The cluster: nodes with their cards as rows of slots, who uses what."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from inference_ui import routes
from inference_ui.components.clock import Every
from inference_ui.components.feedback import empty, note, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.pager import pager
from inference_ui.i18n.live import fmt_duration, fmt_number, reason, t
from inference_ui.pages.cluster_queue import queue_panel
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.cluster import CellRow, NodeRow, SlotRow, TotalRow
from inference_ui.state.cluster import ClusterState
from inference_ui.state.live import Live

VIEW = ClusterState.view
LIT = ClusterState.lit
UNSEEN = ClusterState.unseen
LOOK_AGAIN_S = 5


def cluster() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=ClusterState.look_again),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=((VIEW.queued.length() > 0) | (UNSEEN.code != "")) & ~has_connection_errors,
            on_tick=ClusterState.look_again,
        ),
        rx.cond(UNSEEN.code != "", _unseen()),
        rx.cond(
            ClusterState.loaded,
            rx.cond((UNSEEN.code == "") | (VIEW.all_nodes > 0), _content()),
            skeleton_rows(6),
        ),
        heading=rx.fragment(
            rx.el.h1(t("cluster.title")),
            rx.cond(
                ClusterState.loaded & ((UNSEEN.code == "") | (VIEW.all_nodes > 0)),
                rx.el.span(
                    t("cluster.size", nodes=VIEW.all_nodes, cards=VIEW.cards), class_name="t3 num"
                ),
            ),
        ),
        current=routes.CLUSTER,
    )


def _unseen() -> rx.Component:
    last = rx.cond(VIEW.all_nodes > 0, t("cluster.unseen_text"), t("cluster.unseen_yet"))
    return rx.el.div(
        note(reason(UNSEEN.code, UNSEEN.args), rx.el.p(last), kind="warn"),
        class_name="unseen",
        data_testid="unseen",
    )


def _content() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(VIEW.totals.length() > 0, _totals()),
            _filters(),
            rx.cond(
                VIEW.count > 0,
                rx.el.div(
                    rx.foreach(
                        VIEW.nodes, lambda node: node_line(node=node, lit=LIT, key=node.name)
                    ),
                    pager(
                        page=VIEW.page,
                        pages=VIEW.pages,
                        count=VIEW.count,
                        on_turn=ClusterState.turn,
                    ),
                    class_name="nodes",
                ),
                empty(
                    t("cluster.none"),
                    rx.cond(VIEW.all_nodes > 0, t("cluster.none_left"), t("cluster.none_text")),
                ),
            ),
            class_name="left",
        ),
        queue_panel(),
        class_name="cluster",
    )


def _totals() -> rx.Component:
    return rx.el.ul(
        rx.foreach(VIEW.totals, _total), class_name="sums num", aria_label=t("cluster.sums")
    )


def _total(row: rx.Var[TotalRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(row.model, class_name="k cut", title=row.model),
        rx.el.div(
            rx.cond(
                row.cards > 0,
                rx.el.span(
                    rx.el.b(fmt_number(row.used)),
                    rx.cond(
                        row.slices > 0,
                        t("cluster.whole_of", cards=row.cards),
                        t("cluster.cards_of", cards=row.cards),
                    ),
                ),
            ),
            rx.cond(
                row.slices > 0,
                rx.el.span(
                    rx.el.b(fmt_number(row.used_slices)), t("cluster.slices_of", slices=row.slices)
                ),
            ),
            class_name="of",
        ),
        rx.el.div(rx.el.i(style={"width": row.width}), class_name="bar"),
        rx.el.div(
            rx.cond(
                row.waited_for > 0,
                rx.el.span(
                    t(
                        "cluster.waited_for",
                        cards=row.waited_for,
                        count=row.waiting,
                        time=fmt_duration(row.longest_s, 1),
                    ),
                    class_name="warn",
                ),
            ),
            rx.cond(
                row.broken > 0,
                rx.el.span(t("cluster.broken", count=row.broken), class_name="bad"),
            ),
            class_name="notes",
        ),
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            icon("search"),
            rx.el.input(
                type="search",
                placeholder=t("cluster.search"),
                aria_label=t("cluster.search"),
                default_value=ClusterState.text,
                on_change=ClusterState.search.debounce(40),
            ),
            class_name="inp sm find",
        ),
        rx.el.div(
            *(_kind(kind) for kind in ("", "MLU", "GPU", "CPU")),
            class_name="seg sm",
            role="group",
            aria_label=t("cluster.kind"),
        ),
        rx.cond(
            LIT != "",
            rx.el.span(
                rx.el.span(t("cluster.lit"), class_name="k"),
                rx.el.span(LIT, class_name="cut", title=LIT),
                rx.el.button(
                    icon("cross"),
                    type="button",
                    class_name="x",
                    aria_label=t("cluster.unlit"),
                    on_click=ClusterState.light(LIT),
                ),
                class_name="chip",
            ),
        ),
        rx.el.span(class_name="grow"),
        rx.el.span(t("cluster.by_slot"), class_name="t3 s12 nw by-slot"),
        class_name="fil",
    )


def _kind(kind: str) -> rx.Component:
    on = ClusterState.kind == kind
    return rx.el.button(
        kind or t("cluster.all"),
        type="button",
        class_name=rx.cond(on, "on", ""),
        aria_pressed=rx.cond(on, "true", "false"),
        on_click=ClusterState.show_kind(kind),
    )


@rx.memo
def node_line(node: rx.Var[NodeRow], lit: rx.Var[str]) -> rx.Component:
    """Return a node with its cards; those of the application ``lit`` are highlighted."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2(
                rx.el.span(node.name, class_name="cut", title=node.name),
                rx.cond(
                    node.broken > 0,
                    rx.el.span(t("cluster.broken", count=node.broken), class_name="tag bad"),
                ),
                rx.cond(
                    ~node.ready,
                    rx.el.span(t("cluster.not_ready"), class_name="tag bad", title=node.why),
                    rx.cond(
                        node.cordoned,
                        rx.el.span(t("cluster.cordoned"), class_name="tag warn", title=node.why),
                    ),
                ),
            ),
            rx.cond(node.why != "", rx.el.p(node.why, class_name="cut", title=node.why)),
            rx.el.p(
                rx.cond(node.line != "", node.line, t("cluster.no_cards")),
                class_name="cut",
                title=node.os,
            ),
            _meter("CPU", node.cpu_width, node.used_cpus, node.cpus, ""),
            _meter(t("cluster.memory"), node.memory_width, node.used_gib, node.gib, " GiB"),
        ),
        rx.cond(
            node.slots.length() > 0,
            rx.el.div(
                rx.el.ul(
                    rx.foreach(node.slots, lambda slot: _slot(slot, lit)),
                    class_name="slots",
                    aria_label=t("cluster.cards_of_node", node=node.name),
                ),
                rx.cond(node.plain.length() > 0, _plain(node, lit)),
            ),
            rx.cond(
                node.plain.length() > 0,
                _plain(node, lit),
                rx.el.p(t("cluster.unused"), class_name="cpu"),
            ),
        ),
        class_name=rx.cond(node.ready & ~node.cordoned, "nd", "nd off"),
    )


def _meter(label: Any, width: Any, used: Any, total: Any, unit: str) -> rx.Component:
    return rx.el.div(
        rx.el.span(label),
        rx.el.div(rx.el.i(style={"width": width}), class_name="bar"),
        rx.el.span(fmt_number(used), " / ", fmt_number(total), unit),
        class_name="mini num",
    )


def _slot(slot: rx.Var[SlotRow], lit: Any) -> rx.Component:
    mine = (lit != "") & (slot.application == lit)
    return rx.el.li(
        rx.match(
            slot.kind,
            (
                "CUT",
                rx.el.div(
                    rx.el.i(slot.slot),
                    rx.el.div(
                        rx.foreach(slot.cells, lambda cell: _cell(cell, lit)), class_name="cells"
                    ),
                    class_name="slot cut2",
                ),
            ),
            ("FREE", rx.el.div(rx.el.i(slot.slot), class_name="slot", title=slot.title)),
            (
                "BROKEN",
                rx.el.div(
                    rx.el.i(slot.slot),
                    rx.el.span(t("cluster.unhealthy")),
                    rx.cond(slot.application != "", rx.el.span(slot.application, class_name="cut")),
                    class_name="slot x",
                    title=slot.title,
                ),
            ),
            rx.el.button(
                rx.el.i(slot.slot),
                rx.el.span(slot.application),
                type="button",
                class_name=rx.cond(mine, "slot u me", "slot u"),
                title=slot.title,
                aria_pressed=rx.cond(mine, "true", "false"),
                on_click=ClusterState.light(slot.application),
            ),
        )
    )


def _cell(cell: rx.Var[CellRow], lit: Any) -> rx.Component:
    mine = (lit != "") & (cell.application == lit)
    return rx.cond(
        cell.application != "",
        rx.el.button(
            cell.number,
            type="button",
            class_name=rx.cond(mine, "u me", "u"),
            title=cell.title,
            aria_label=cell.title,
            aria_pressed=rx.cond(mine, "true", "false"),
            style={"flex_grow": cell.grow},
            on_click=ClusterState.light(cell.application),
        ),
        rx.el.em(cell.number, title=cell.title, style={"flex_grow": cell.grow}),
    )


def _plain(node: Any, lit: Any) -> rx.Component:
    return rx.el.p(
        rx.cond(node.slots.length() > 0, t("cluster.without_cards"), t("cluster.cpu_only")),
        rx.foreach(
            node.plain,
            lambda name: rx.el.button(
                name,
                type="button",
                class_name=rx.cond((lit != "") & (name == lit), "tag cut me", "tag cut"),
                aria_pressed=rx.cond((lit != "") & (name == lit), "true", "false"),
                on_click=ClusterState.light(name),
            ),
        ),
        class_name="cpu",
    )


PAGE = Page(routes.CLUSTER, t("cluster.title"), cluster, on_load=ClusterState.load)
