"""Variables or parameters of a package, to be set to something else one by one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import field_message, icon_button
from inference_ui.components.icons import icon
from inference_ui.i18n.live import t


def overrides_table(
    id: str, kind: str, rows: Any, *, label: Any, hint: Any, error: Any, on_set: Any, on_reset: Any
) -> rx.Component:
    """Return the table of ``OverrideRow``s (a Var) as a field of a form.

    ``kind``: ``variable`` or ``parameter``, with which ``on_set(kind, name, value)`` and
    ``on_reset(kind, name)`` are called.
    """
    return rx.el.div(
        rx.el.p(
            label, rx.el.span(hint, class_name="beside-label"), id=f"{id}-label", class_name="lab"
        ),
        rx.el.div(
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t(f"server.{kind}"), scope="col"),
                        rx.el.th(t("server.default"), scope="col"),
                        rx.el.th(t("server.own_value"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(rows, lambda row: _row(id, kind, row, on_set, on_reset))),
                class_name="over",
                aria_labelledby=f"{id}-label",
            ),
            class_name=rx.cond(error != "", "panel err", "panel"),
        ),
        field_message(id, error),
        class_name="f",
    )


def _row(id: str, kind: str, row: Any, on_set: Any, on_reset: Any) -> rx.Component:
    name = rx.el.span(row.name, class_name="mono cut", title=row.name)
    return rx.el.tr(
        rx.el.td(
            rx.el.div(
                rx.el.i(class_name=rx.cond(row.changed, "dot on", "dot"), aria_hidden="true"),
                name,
                class_name="row",
            ),
            rx.cond(
                row.description != "",
                rx.el.span(row.description, class_name="l2 cut", title=row.description),
            ),
        ),
        rx.el.td(_default(row)),
        rx.el.td(
            rx.el.div(
                _input(id, kind, row, on_set),
                rx.cond(
                    row.changed,
                    icon_button(
                        "undo",
                        t("server.reset", name=row.name),
                        small=True,
                        on_click=on_reset(kind, row.name),
                    ),
                    rx.el.span(class_name="no-undo"),
                ),
                class_name="row",
            )
        ),
        key=row.name,
    )


def _default(row: Any) -> rx.Component:
    return rx.cond(
        row.secret,
        rx.cond(
            row.has_default,
            rx.el.span(icon("lock", class_name="s"), t("server.secret_set"), class_name="t3 lk"),
            rx.el.span(t("server.none"), class_name="t3"),
        ),
        rx.cond(
            row.has_default,
            rx.el.span(row.default, class_name="mono cut", title=row.default),
            rx.el.span(t("server.none"), class_name="t3"),
        ),
    )


def _input(id: str, kind: str, row: Any, on_set: Any) -> rx.Component:
    plain = rx.el.input(
        default_value=row.value,
        placeholder=row.default,
        key=rx.cond(row.changed, f"set-{row.value}", "plain"),
        **_common(id, kind, row, on_set),
    )
    secret = rx.el.input(
        type="password",
        placeholder=rx.cond(
            row.changed | row.has_default, t("server.secret_hint"), t("server.secret_new")
        ),
        key=rx.cond(row.changed, "set", "plain"),
        **_common(id, kind, row, on_set),
    )
    return rx.cond(row.secret, secret, plain)


def _common(id: str, kind: str, row: Any, on_set: Any) -> dict[str, Any]:
    return {
        "class_name": "inp sm mono",
        "auto_complete": "off" if kind == "parameter" else "new-password",
        "spell_check": False,
        "aria_label": t("server.value_of", name=row.name),
        "aria_describedby": f"{id}-message",
        "on_blur": lambda value: on_set(kind, row.name, value),
        "name": f"{kind}:{row.name}",
        "data_name": row.name,
        "data_testid": f"{kind}-{row.name}",
    }
