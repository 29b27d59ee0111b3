"""What a package's container may do beyond what every container may: granting it in the form, and
the warning on the page of the package."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.services.package_drafts import TICKED
from inference_ui.components.controls import described, field_message
from inference_ui.components.feedback import note
from inference_ui.i18n.live import reason, t
from inference_ui.state.package import PackageState
from inference_ui.state.package_form import PackageFormState as Form

ROW = PackageState.package


def exceptions_fields(*, administrator: Any) -> rx.Component:
    """Return the boxes of the form. Others than administrators see one only where the package that
    they began from has it, to take it away."""
    return rx.el.div(
        *(_box(name, shown=administrator) for name in ("as_root", "writable")),
        class_name="two",
    )


def exceptions_note() -> rx.Component:
    """Return the warning that a package's container is kept in fewer bounds than others."""
    return rx.cond(
        ROW.as_root | ROW.writable,
        rx.el.div(
            note(
                t("package.exceptions"),
                rx.cond(ROW.as_root, rx.el.p(t("package.as_root"))),
                rx.cond(ROW.writable, rx.el.p(t("package.writable"))),
                kind="warn",
            ),
            data_testid="exceptions",
        ),
    )


def _box(name: str, *, shown: Any) -> rx.Component:
    value, problem = Form.values[name], Form.problems[name]
    error = reason(problem.code, problem.args)
    return rx.cond(
        shown | (value != ""),
        rx.el.div(
            rx.el.label(
                rx.el.input(
                    type="checkbox",
                    name=name,
                    default_checked=value != "",
                    on_change=lambda on: Form.leave(name, rx.cond(on, TICKED, "")),
                    class_name="box",
                    **described(name, error),
                ),
                t(f"package_field.{name}"),
                class_name="tick",
            ),
            field_message(name, error, t(f"package_hint.{name}")),
            class_name="f",
        ),
    )
