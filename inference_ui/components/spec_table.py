"""Compute specs to choose one of: a table whose rows are radio buttons."""

from __future__ import annotations

from typing import Any

import reflex as rx

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
) -> rx.Component:
    """Return the table of ``SpecRow``s as a field of a form, named ``id`` there.

    ``on_choose`` is called with a spec's id; ``kinds`` stands above the table.
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
            class_name=rx.cond(error != "", "panel err", "panel"),
            role="radiogroup",
            aria_labelledby=f"{id}-label",
            aria_required="true",
            **described(id, error),
        ),
        field_message(id, error, hint),
        class_name="f",
    )


def _head(name: str) -> rx.Component:
    word = t(f"create.spec_{name}")
    return rx.el.th(rx.el.span(word, class_name="sr") if name == "choose" else word, scope="col")


def _row(id: str, row: Any, on: Any, on_choose: Any) -> rx.Component:
    own = f"spec-{row.id}"
    cards = rx.cond(row.cards > 0, t("create.cards", count=row.cards, model=row.card), "—")
    room = rx.cond(
        row.fits > 0, t("create.room", free=row.free, fits=row.fits), t("create.room_none")
    )
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
