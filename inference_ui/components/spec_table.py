"""Compute specs to choose one of: a table whose rows are radio buttons."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.cards import cards_of
from inference_ui.components.controls import described, field_message, required_mark
from inference_ui.i18n.live import fmt_size, t

COLUMNS = ("choose", "name", "cards", "cpus", "memory", "room")


def spec_table(
    id: str,
    specs: Any,
    *,
    label: Any,
    chosen: Any,
    on_choose: Any,
    error: Any,
    hint: Any,
    kinds: rx.Component | None = None,
    below: rx.Component | None = None,
) -> rx.Component:
    """Return the table of ``SpecRow``s as a field of a form, named ``id`` there.

    ``on_choose`` is called with a spec's id; ``kinds`` stands above the table, ``below`` in its
    frame under it.
    """
    table = rx.el.table(
        rx.el.colgroup(*(rx.el.col(class_name=f"s-{name}") for name in COLUMNS)),
        rx.el.thead(rx.el.tr(*(_head(name) for name in COLUMNS))),
        rx.el.tbody(rx.foreach(specs, lambda row: _row(id, row, chosen == row.id, on_choose))),
        class_name="spec",
    )
    return rx.el.div(
        rx.el.p(label, required_mark(), id=f"{id}-label", class_name="lab"),
        *([kinds] if kinds else []),
        rx.el.div(
            table,
            *([below] if below else []),
            class_name=rx.cond(error != "", "panel err", "panel"),
            role="radiogroup",
            aria_labelledby=f"{id}-label",
            aria_required="true",
            **described(id, error),
        ),
        field_message(id, error, hint),
        class_name="f",
    )


def spec_filters(
    *,
    kinds: Any,
    shown: Any,
    on_kind: Any,
    models: Any,
    on_model: Any,
    left: Any,
    total: Any,
) -> rx.Component:
    """Return what stands above the table: types, where there are several, the card models of the
    one ``shown`` (Var of ``CardModelRow``s), and how many of all specs are ``left``."""
    return rx.el.div(
        rx.cond(kinds.length() > 1, _kinds(kinds, shown, on_kind)),
        rx.el.div(
            rx.foreach(models, lambda row: _model(row, on_model)),
            class_name="models",
            role="group",
            aria_label=t("create.card_models"),
        ),
        rx.el.span(class_name="grow"),
        rx.el.span(t("create.specs_of", all=total, count=left), class_name="t3 s12 num nw"),
        class_name="row kinds",
    )


def _kinds(kinds: Any, shown: Any, on_kind: Any) -> rx.Component:
    return rx.el.div(
        rx.foreach(
            kinds,
            lambda kind: rx.el.button(
                kind,
                type="button",
                class_name=rx.cond(kind == shown, "on", ""),
                aria_pressed=rx.cond(kind == shown, "true", "false"),
                on_click=on_kind(kind),
            ),
        ),
        class_name="seg",
        role="group",
        aria_label=t("create.accelerator"),
    )


def _model(row: Any, on_model: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            checked=row.chosen,
            on_change=lambda _on: on_model(row.model),
            class_name="box",
        ),
        rx.el.span(row.model, class_name="cut", title=row.model),
        rx.el.span(
            t("create.queued_cards", count=row.queued),
            class_name=rx.cond(row.queued > 0, "q some num", "q num"),
        ),
        class_name=rx.cond(row.chosen, "model on", "model"),
    )


def _head(name: str) -> rx.Component:
    word = t(f"create.spec_{name}")
    return rx.el.th(rx.el.span(word, class_name="sr") if name == "choose" else word, scope="col")


def _row(id: str, row: Any, on: Any, on_choose: Any) -> rx.Component:
    own = f"spec-{row.id}"
    cards = rx.cond(row.cards > 0, cards_of(row.asked), "—")
    some = t("create.room", free=row.free, fits=row.fits)
    room = rx.cond(row.fits > 0, some, rx.cond(row.fits == 0, t("create.room_none"), "—"))
    cells = (cards, t("create.cpus", count=row.cpus), fmt_size(row.memory_bytes), room)
    box = rx.el.input(
        type="radio",
        id=own,
        name=id,
        value=row.id,
        checked=on,
        on_change=on_choose(row.id),
        class_name="radio",
    )
    return rx.el.tr(
        rx.el.td(box),
        rx.el.td(rx.el.label(row.name, html_for=own, class_name="mono cut", title=row.name)),
        *(rx.el.td(rx.el.label(cell, html_for=own, class_name="num cut")) for cell in cells),
        class_name=rx.cond(on, "sel-row", ""),
    )
