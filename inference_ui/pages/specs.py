"""Compute specs: what they are made of, where they fit, who uses them, and what is suggested."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from inference_ui import routes
from inference_ui.components.cards import cards_of
from inference_ui.components.clock import Every
from inference_ui.components.controls import button, icon_button
from inference_ui.components.feedback import confirm, empty, note, skeleton_rows
from inference_ui.components.live import OnRevision
from inference_ui.i18n.live import fmt_size, fmt_time, one_of, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.pages.spec_form import spec_form
from inference_ui.rows.specs import SpecRow
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.specs import SpecsState

COLUMNS = ("name", "cards", "cpus", "memory", "room", "use", "owner", "actions")
ADMINISTRATOR = SignedIn.role == "ADMINISTRATOR"

LOOK_AGAIN_S = 10
"""Nodes change, and services come and go, without any task changing."""


def specs() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=SpecsState.reload),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=SpecsState.loaded & ~has_connection_errors,
            on_tick=SpecsState.reload,
        ),
        rx.cond(
            SpecsState.loaded,
            rx.el.div(
                rx.cond(SpecsState.rows.length() > 0, _table(), _nothing()),
                rx.cond(SpecsState.offers.length() > 0, _suggested()),
                class_name="list spl",
                role="region",
                aria_label=t("specs.title"),
                tab_index=rx.cond(ADMINISTRATOR, -1, 0),
            ),
            skeleton_rows(6),
        ),
        spec_form(),
        _question(),
        heading=t("specs.title"),
        current=routes.SPECS,
        actions=(
            rx.cond(
                ADMINISTRATOR,
                button(t("specs.add"), kind="pri", symbol="plus", on_click=SpecsState.begin),
                rx.el.span(t("specs.administrators"), class_name="t3 s12"),
            ),
        ),
    )


def _nothing() -> rx.Component:
    return empty(t("specs.none"), t("specs.none_text"))


def _table() -> rx.Component:
    return rx.el.table(
        _columns(),
        rx.el.thead(rx.el.tr(*(_head(name) for name in COLUMNS))),
        rx.el.tbody(rx.foreach(SpecsState.rows, lambda row: spec_line(row=row, key=row.id))),
        aria_label=t("specs.title"),
    )


def _head(name: str) -> rx.Component:
    word: Any = t(f"specs.column_{name}")
    if name == "actions":
        word = rx.el.span(word, class_name=rx.cond(ADMINISTRATOR, "", "sr"))
    return rx.el.th(word, scope="col", class_name=f"p-{name}")


def _columns() -> rx.Component:
    return rx.el.colgroup(*(rx.el.col(class_name=f"p-{name}") for name in COLUMNS))


@rx.memo
def spec_line(row: rx.Var[SpecRow]) -> rx.Component:
    """Return a spec."""
    return rx.el.tr(
        rx.el.td(rx.el.span(row.name, class_name="mono cut l1", title=row.name)),
        *_amounts(row),
        rx.el.td(_use(row), class_name="num"),
        rx.el.td(
            rx.el.span(row.owner, class_name="cut l1", title=row.owner),
            rx.el.span(fmt_time(row.created_at), class_name="l2 cut num"),
            class_name="p-owner",
        ),
        rx.el.td(rx.cond(ADMINISTRATOR, _actions(row)), class_name="p-actions"),
    )


def _actions(row: Any) -> rx.Component:
    def act(symbol: str, word: str, event: Any) -> rx.Component:
        return icon_button(symbol, t(f"specs.{word}", name=row.name), small=True, on_click=event)

    return rx.el.div(
        act("pencil", "edit_of", SpecsState.edit(row.id)),
        act("copy", "copy_of", SpecsState.duplicate(row.id)),
        act("delete", "remove_of", SpecsState.ask(row.id, row.name)),
        class_name="p-acts",
    )


def _amounts(row: Any) -> tuple[rx.Component, ...]:
    return (
        rx.el.td(
            rx.cond(
                row.asked.amount != "",
                rx.el.span(cards_of(row.asked), class_name="cut l1 num"),
                rx.el.span("—", class_name="t3"),
            )
        ),
        rx.el.td(t("specs.cpus", count=row.cpus), class_name="num cut"),
        rx.el.td(fmt_size(row.memory_bytes), class_name="num cut"),
        rx.el.td(_room(row), class_name="num"),
    )


def _room(row: Any) -> rx.Component:
    short = one_of("spec_short", row.short)
    return rx.cond(
        row.known,
        rx.cond(
            row.fits > 0,
            rx.el.span(t("specs.room", free=row.free, fits=row.fits), class_name="cut l1"),
            rx.el.span(short, class_name="cut l1 warn", title=short),
        ),
        rx.el.span(t("specs.room_unknown"), class_name="cut l1 t3"),
    )


def _use(row: Any) -> rx.Component:
    return rx.cond(
        row.tasks + row.services > 0,
        rx.fragment(
            rx.cond(
                row.tasks > 0, rx.el.span(t("specs.tasks", count=row.tasks), class_name="l1 cut")
            ),
            rx.cond(
                row.services > 0,
                rx.el.span(
                    t("specs.services", count=row.services),
                    class_name=rx.cond(row.tasks > 0, "l2 cut", "l1 cut"),
                ),
            ),
        ),
        rx.el.span(t("specs.unused"), class_name="t3"),
    )


def _suggested() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("specs.suggested"), id="suggested"),
            rx.el.span(t("specs.suggested_hint"), class_name="t3 s12 cut"),
            rx.el.span(class_name="grow"),
            button(t("specs.accept_all"), small=True, on_click=SpecsState.accept("")),
        ),
        rx.el.table(
            _columns(),
            rx.el.thead(
                rx.el.tr(
                    *(rx.el.th(t(f"specs.column_{name}"), scope="col") for name in COLUMNS[:5]),
                    rx.el.th(
                        rx.el.span(t("specs.column_actions"), class_name="sr"),
                        scope="col",
                        col_span=3,
                    ),
                ),
                class_name="sr",
            ),
            rx.el.tbody(
                rx.foreach(SpecsState.offers, lambda row: offer_line(row=row, key=row.name))
            ),
            aria_labelledby="suggested",
        ),
        class_name="offers",
    )


@rx.memo
def offer_line(row: rx.Var[SpecRow]) -> rx.Component:
    """Return a spec that is suggested."""
    add = button(
        t("specs.accept"),
        symbol="plus",
        small=True,
        aria_label=t("specs.accept_of", name=row.name),
        on_click=SpecsState.accept(row.name),
    )
    return rx.el.tr(
        rx.el.td(rx.el.span(row.name, class_name="mono cut l1", title=row.name)),
        *_amounts(row),
        rx.el.td(add, col_span=3, class_name="p-actions"),
    )


def _question() -> rx.Component:
    problem = SpecsState.remove_problem
    return confirm(
        t("specs.ask_title", name=SpecsState.asked_name),
        t("specs.ask_text"),
        rx.cond(problem.code != "", note(reason(problem.code, problem.args))),
        open=SpecsState.asked != "",
        verb=t("specs.ask_verb"),
        symbol="delete",
        on_confirm=SpecsState.remove,
        on_close=SpecsState.dismiss,
    )


PAGE = Page(routes.SPECS, t("specs.title"), specs, on_load=SpecsState.load)
