"""集群可用资源: opens under the specs of a form, with the nodes that the chosen one may go to."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.icons import icon
from inference_ui.components.pager import pager
from inference_ui.i18n.live import fmt_number, t
from inference_ui.state.available import AvailableState

VIEW = AvailableState.view
COLUMNS = ("name", "fit", "os", "memory", "cpus", "cards", "driver", "specs", "uses")
FEW = 8
"""So many nodes are seen at a glance, without filters."""


def available_panel() -> rx.Component:
    """Return the link and, when it is open, the table for the spec that the form has chosen."""
    return rx.el.div(
        rx.el.div(
            rx.el.button(
                t("available.title"),
                icon(rx.cond(AvailableState.shown, "up", "down"), class_name="s"),
                type="button",
                class_name="opens",
                aria_expanded=rx.cond(AvailableState.shown, "true", "false"),
                aria_controls="available",
                on_click=AvailableState.toggle,
            ),
            rx.cond(AvailableState.shown & (VIEW.spec != ""), _summary()),
            class_name="avail-head",
        ),
        rx.cond(AvailableState.shown, _opened()),
        class_name="avail",
    )


def _summary() -> rx.Component:
    return rx.fragment(
        rx.el.span(
            t(
                "available.summary",
                spec=VIEW.spec,
                count=VIEW.idle + VIEW.tight,
                idle=VIEW.idle,
                tight=VIEW.tight,
            ),
            class_name="t3 s12 num cut",
            role="status",
        ),
        rx.el.span(t("available.used_of"), class_name="t3 s12 nw"),
        rx.el.span(class_name="grow"),
        rx.cond(VIEW.idle + VIEW.tight > FEW, _filters()),
    )


def _filters() -> rx.Component:
    return rx.fragment(
        rx.el.input(
            type="search",
            class_name="inp sm",
            placeholder=t("available.search"),
            aria_label=t("available.search"),
            default_value=AvailableState.text,
            on_change=AvailableState.search.debounce(40),
        ),
        rx.el.div(
            *(_fit(code, t(f"available.only_{code or 'all'}")) for code in ("", "IDLE", "TIGHT")),
            class_name="seg sm",
            role="group",
            aria_label=t("available.column_fit"),
        ),
    )


def _fit(code: str, label: Any) -> rx.Component:
    on = AvailableState.fit == code
    return rx.el.button(
        label,
        type="button",
        class_name=rx.cond(on, "on", ""),
        aria_pressed=rx.cond(on, "true", "false"),
        on_click=AvailableState.show_fit(code),
    )


def _opened() -> rx.Component:
    return rx.el.div(
        rx.cond(
            ~AvailableState.has_spec,
            rx.el.p(t("available.choose_spec"), class_name="t3 none"),
            rx.cond(
                VIEW.idle + VIEW.tight == 0,
                rx.el.p(t("available.nowhere"), class_name="t3 none"),
                rx.cond(
                    VIEW.count == 0,
                    rx.el.p(t("available.no_match"), class_name="t3 none"),
                    _table(),
                ),
            ),
        ),
        id="available",
    )


def _table() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.table(
                rx.el.colgroup(*(rx.el.col(class_name=f"a-{name}") for name in COLUMNS)),
                rx.el.thead(
                    rx.el.tr(
                        *(rx.el.th(t(f"available.column_{name}"), scope="col") for name in COLUMNS)
                    )
                ),
                rx.el.tbody(rx.foreach(VIEW.nodes, _row)),
                aria_label=t("available.title"),
            ),
            class_name="avail-rows",
            tab_index=0,
            role="region",
            aria_label=t("available.title"),
        ),
        pager(
            page=VIEW.page,
            pages=VIEW.pages,
            count=VIEW.count,
            on_turn=AvailableState.turn,
        ),
    )


def _row(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.span(row.name, class_name="mono cut", title=row.name)),
        rx.el.td(_state(row)),
        rx.el.td(
            rx.el.span(row.os, class_name="l1 cut", title=row.os),
            rx.el.span(row.kernel, class_name="l2 mono cut", title=row.kernel),
        ),
        rx.el.td(
            _of(row.used_gib, row.gib, row.short.contains("memory")),
            rx.el.span(" GiB"),
            class_name="num",
        ),
        rx.el.td(_of(row.used_cpus, row.cpus, row.short.contains("cpu")), class_name="num"),
        rx.el.td(
            rx.cond(
                row.cards > 0, _of(row.used_cards, row.cards, row.short.contains("cards")), "—"
            ),
            class_name="num",
        ),
        rx.el.td(rx.cond(row.driver != "", rx.el.span(row.driver, class_name="mono cut"), "—")),
        rx.el.td(rx.el.span(row.specs, class_name="two-lines", title=row.specs)),
        rx.el.td(_uses(row)),
    )


def _state(row: Any) -> rx.Component:
    return rx.cond(
        row.idle,
        rx.el.span(icon("idle", class_name="s"), t("available.idle"), class_name="fit ok"),
        rx.fragment(
            rx.el.span(
                icon("warning", class_name="s"), t("available.tight"), class_name="fit warn"
            ),
            rx.foreach(row.lacks, lambda lack: rx.el.span(_lack(lack), class_name="l2 num")),
            rx.cond(
                row.broken > 0,
                rx.el.span(t("cluster.broken", count=row.broken), class_name="l2 num bad"),
            ),
        ),
    )


def _lack(lack: Any) -> Any:
    return rx.match(
        lack.kind,
        ("cpu", t("available.lack_cpu", missing=lack.missing)),
        ("memory", t("available.lack_memory", missing=lack.missing)),
        t("available.lack_cards", missing=lack.missing, model=lack.model),
    )


def _of(used: Any, total: Any, short: Any) -> rx.Component:
    return rx.el.span(
        rx.el.b(fmt_number(used)), " / ", fmt_number(total), class_name=rx.cond(short, "bad", "")
    )


def _uses(row: Any) -> rx.Component:
    return rx.cond(
        row.uses.length() > 0,
        rx.el.div(
            rx.foreach(row.uses, lambda use: rx.el.span(use, class_name="tag mono cut", title=use)),
            rx.cond(
                row.more > 0, rx.el.span(f"+{row.more}", class_name="tag num", title=row.all_uses)
            ),
            class_name="uses",
        ),
        rx.el.span(t("available.unused"), class_name="t3"),
    )
