"""The two tables of the package form: environment variables, and run parameters."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.components.controls import button, icon_button
from inference_ui.components.icons import icon
from inference_ui.i18n.live import reason, t
from inference_ui.state.package_form import PackageFormState as Form


def variables_table() -> rx.Component:
    """Return the editable table of variables."""
    return _table("variables", Form.variables, secrets=True)


def parameters_table() -> rx.Component:
    """Return the editable table of run parameters."""
    return _table("parameters", Form.parameters, secrets=False)


def _table(table: str, rows: Any, *, secrets: bool) -> rx.Component:
    columns = ("name", "default", "secret", "description", "remove")
    shown = [name for name in columns if secrets or name != "secret"]
    add = button(
        t(f"package_form.add_{table}"),
        symbol="plus",
        small=True,
        on_click=Form.add_row(table),
        data_testid=f"add-{table}",
    )
    problem = Form.problems[table]
    return rx.el.div(
        rx.cond(
            rows.length() > 0,
            rx.el.table(
                rx.el.colgroup(*(rx.el.col(class_name=f"v-{name}") for name in shown)),
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(_head(name), scope="col", class_name=f"v-{name}")
                            for name in shown
                        )
                    )
                ),
                rx.el.tbody(rx.foreach(rows, lambda row: _row(row, secrets=secrets))),
                aria_label=t(f"package_form.{table}"),
            ),
        ),
        rx.el.div(
            add,
            rx.cond(
                problem.code != "",
                rx.el.span(reason(problem.code, problem.args), class_name="bad", role="alert"),
            ),
            class_name="add",
        ),
        class_name="panel edit",
        data_testid=table,
    )


def _head(name: str) -> Any:
    if name == "remove":
        return rx.el.span(t("package_form.remove"), class_name="sr")
    return t(f"package_form.column_{name}")


def _row(row: Any, *, secrets: bool) -> rx.Component:
    wrong = row.problem.code != ""
    cells = [
        rx.el.td(
            _cell(row, "name", "mono"),
            rx.cond(
                wrong,
                rx.el.p(
                    icon("warning"),
                    reason(row.problem.code, row.problem.args),
                    class_name="e",
                    role="alert",
                    id=f"{row.key}-message",
                ),
            ),
            class_name="v-name",
        ),
        rx.el.td(
            rx.cond(row.secret, _secret_cell(row), _cell(row, "default", "mono"))
            if secrets
            else _cell(row, "default", "mono"),
            class_name="v-default",
        ),
    ]
    if secrets:
        cells.append(
            rx.el.td(
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=row.secret,
                        on_change=lambda _on: Form.switch_secret(row.key),
                    ),
                    rx.el.span(t("package_form.secret"), class_name="sr"),
                    class_name="check",
                ),
                class_name="v-secret",
            )
        )
    cells += [
        rx.el.td(_cell(row, "description", ""), class_name="v-description"),
        rx.el.td(
            icon_button(
                "delete",
                t("package_form.remove_row", name=row.name),
                small=True,
                on_click=Form.remove_row(row.key),
            ),
            class_name="v-remove",
        ),
    ]
    return rx.el.tr(*cells, key=row.key, class_name=rx.cond(wrong, "wrong", ""))


def _cell(row: Any, column: str, look: str) -> rx.Component:
    values = {"name": row.name, "default": row.default, "description": row.description}
    name_wrong = (row.problem.code != "") if column == "name" else False
    return rx.el.input(
        class_name=f"inp {look}",
        name=f"{row.key}.{column}",
        default_value=values[column],
        on_blur=lambda value: Form.leave_cell(row.key, column, value),
        aria_label=t(f"package_form.column_{column}"),
        aria_invalid=rx.cond(name_wrong, "true", "false"),
        auto_complete="off",
        spell_check=False,
    )


def _secret_cell(row: Any) -> rx.Component:
    return rx.el.input(
        type="password",
        class_name="inp mono",
        name=f"{row.key}.default",
        default_value="",
        placeholder=rx.cond(
            row.typed | row.kept, t("package_form.secret_set"), t("package_form.secret_empty")
        ),
        on_blur=lambda value: Form.leave_cell(row.key, "default", value),
        aria_label=t("package_form.column_default"),
        auto_complete="new-password",
    )
