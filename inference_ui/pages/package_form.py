"""The form of a model package, for a new one and for a new version."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.package_drafts import NAMED
from inference_ui.components.controls import (
    button,
    field,
    link_button,
    select_input,
    text_input,
)
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.text_area import text_area
from inference_ui.i18n.live import one_of, reason, t
from inference_ui.pages.package_exceptions import exceptions_fields
from inference_ui.pages.package_tables import parameters_table, variables_table
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.package_form import FIELDS
from inference_ui.state.base import SignedIn
from inference_ui.state.package_form import PackageFormState as Form

VALUES = Form.values
TYPE = VALUES["service_type"]
ADMINISTRATOR = SignedIn.role == "ADMINISTRATOR"


def package_form() -> rx.Component:
    """Return the page."""
    return shell(
        rx.cond(
            Form.ready,
            rx.cond(SignedIn.role == "VIEWER", _only_looking(), _form()),
            skeleton_rows(),
        ),
        heading=rx.fragment(
            rx.el.div(
                ReactRouterLink.create(t("packages.title"), to=routes.PACKAGES),
                icon("right"),
                class_name="crumb",
            ),
            rx.el.h1(
                rx.cond(Form.source != "", t("package_form.version_title"), t("package_form.title"))
            ),
        ),
        current=routes.PACKAGES,
    )


def _only_looking() -> rx.Component:
    return empty(
        t("package_form.not_allowed"),
        reason("VIEWERS_ONLY_LOOK", {}),
        rx.el.div(link_button(t("package_form.to_list"), href=routes.PACKAGES), class_name="acts"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            *_identity(),
            *_calls(),
            *_starts(),
            *_model_files(),
            rx.el.h2(t("package_form.variables"), _aside(t("package_form.variables_hint"))),
            variables_table(),
            rx.cond(
                TYPE == ServiceType.CUSTOM,
                rx.fragment(
                    rx.el.h2(
                        t("package_form.parameters"), _aside(t("package_form.parameters_hint"))
                    ),
                    parameters_table(),
                ),
            ),
            *_results(),
            class_name="form",
        ),
        _footer(),
        on_submit=Form.submit,
        key=Form.opened,
        no_validate=True,
        class_name="create pkf",
        aria_label=t("package_form.title"),
    )


def _aside(text: Any) -> rx.Component:
    return rx.el.span(text, class_name="t3 aside")


def _identity() -> tuple[rx.Component, ...]:
    return (
        rx.el.h2(t("package_form.identity")),
        rx.el.div(
            _text("name", required=True, auto_focus=True),
            _text("version", required=True, mono=True),
            class_name="two",
        ),
        _area("description", rows=2),
    )


def _calls() -> tuple[rx.Component, ...]:
    custom = TYPE == ServiceType.CUSTOM
    named = _is_one_of(*sorted(NAMED))
    return (
        rx.el.h2(t("package_form.calls")),
        rx.el.div(
            _labelled(
                "service_type",
                select_input(
                    "service_type",
                    rx.el.option(t("create.choose"), value=""),
                    *(
                        rx.el.option(t(f"service_type.{kind}"), value=str(kind))
                        for kind in ServiceType
                    ),
                    error=_error("service_type"),
                    beside=one_of("served_by", TYPE),
                    name="service_type",
                    value=TYPE,
                    on_change=_leave("service_type"),
                    required=True,
                ),
                required=True,
            ),
            rx.cond(named, _text("model_name", mono=True, required=True)),
            rx.cond(TYPE == ServiceType.OPENAI, _text("model_name", mono=True)),
            class_name="two",
        ),
        rx.cond(
            TYPE != "",
            rx.el.div(
                _path("predict_path", Form.paths[0], custom),
                _path("readiness_path", Form.paths[1], custom),
                class_name="two",
            ),
        ),
    )


def _path(name: str, default: Any, needed: Any) -> rx.Component:
    return _text(
        name,
        mono=True,
        placeholder=rx.cond(default != "", default, "/…"),
        hint=rx.cond(needed, t(f"package_form.{name}_custom"), t("package_form.path_hint")),
    )


def _starts() -> tuple[rx.Component, ...]:
    return (
        rx.el.h2(
            t("package_form.starts"),
            _aside(
                rx.cond(
                    ADMINISTRATOR,
                    t("package_form.starts_hint"),
                    t("package_form.starts_hint_user"),
                )
            ),
        ),
        rx.cond(
            ADMINISTRATOR,
            rx.el.div(
                _text(
                    "command",
                    mono=True,
                    hint=t("package_hint.command", a="{port}", b="{python}", c="{model}"),
                ),
                _words(),
                class_name="stack",
            ),
        ),
        rx.el.div(
            _text("image", mono=True, placeholder="registry.example.com/team/model:1.0.0"),
            _text("port", mono=True, placeholder="8080", input_mode="numeric"),
            _text("image_command", mono=True),
            _text("image_arguments", mono=True),
            _text("pull_secret", mono=True),
            _text("shm_mib", mono=True, input_mode="numeric"),
            _text("ready_timeout_s", mono=True, placeholder="600", input_mode="numeric"),
            class_name="two",
        ),
        exceptions_fields(administrator=ADMINISTRATOR),
    )


def _words() -> rx.Component:
    """Return the command as it is split."""
    return rx.cond(
        Form.words.length() > 0,
        rx.el.div(
            rx.el.span(t("package_form.words"), class_name="t3"),
            rx.foreach(Form.words, lambda word: rx.el.code(word, class_name="tag")),
            class_name="words",
            data_testid="words",
        ),
    )


def _model_files() -> tuple[rx.Component, ...]:
    return (
        rx.el.h2(t("package_form.model"), _aside(t("package_form.model_hint"))),
        rx.el.div(
            _labelled(
                "model_volume_id",
                select_input(
                    "model_volume_id",
                    rx.el.option(t("package_form.no_volume"), value=""),
                    rx.foreach(Form.volumes, lambda row: rx.el.option(row.name, value=row.id)),
                    error=_error("model_volume_id"),
                    name="model_volume_id",
                    value=VALUES["model_volume_id"],
                    on_change=_leave("model_volume_id"),
                ),
            ),
            rx.cond(VALUES["model_volume_id"] != "", _text("model_path", mono=True)),
            class_name="two",
        ),
    )


def _results() -> tuple[rx.Component, ...]:
    return (
        rx.el.h2(t("package_form.results")),
        rx.el.div(
            _labelled(
                "box_format",
                select_input(
                    "box_format",
                    *(
                        rx.el.option(t(f"box_format.{order}"), value=str(order))
                        for order in BoxFormat
                    ),
                    error=_error("box_format"),
                    name="box_format",
                    value=VALUES["box_format"],
                    on_change=_leave("box_format"),
                ),
                hint=t("package_form.box_format_hint"),
            ),
            class_name="two",
        ),
        rx.cond(TYPE == ServiceType.OPENAI, _area("prompt", rows=3)),
        rx.cond(
            TYPE == ServiceType.CUSTOM,
            _area(
                "image_template",
                rows=3,
                code=True,
                placeholder='{"image":"{image}"}',
                hint=t("package_form.image_template_hint", word="{image}"),
            ),
        ),
    )


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.cond(
                Form.wrong > 0,
                rx.fragment(
                    rx.el.i(class_name="off"),
                    rx.el.span(t("package_form.wrong", count=Form.wrong)),
                ),
                rx.fragment(rx.el.i(), rx.el.span(t("package_form.good"))),
            ),
            class_name="say num",
            role="status",
        ),
        rx.el.span(class_name="grow"),
        link_button(t("common.cancel"), href=routes.PACKAGES, kind="gho"),
        button(
            rx.cond(Form.submitting, t("package_form.registering"), t("package_form.register")),
            kind="pri",
            type="submit",
            disabled=Form.submitting,
        ),
        class_name="foot2",
    )


def _is_one_of(*kinds: str) -> Any:
    found = kinds[0] == TYPE
    for kind in kinds[1:]:
        found = found | (kind == TYPE)
    return found


def _error(name: str) -> Any:
    problem = Form.problems[name]
    return reason(problem.code, problem.args)


def _leave(name: str) -> Any:
    assert name in FIELDS  # noqa: S101 - a slip of the pen must not compile
    return lambda value: Form.leave(name, value)


def _labelled(name: str, control: rx.Component, **props: Any) -> rx.Component:
    return field(t(f"package_field.{name}"), control, id=name, error=_error(name), **props)


def _text(
    name: str, *, required: bool = False, mono: bool = False, hint: Any = None, **props: Any
) -> rx.Component:
    control = text_input(
        name,
        error=_error(name),
        name=name,
        default_value=VALUES[name],
        on_blur=_leave(name),
        required=required,
        spell_check=False,
        **props,
    )
    told = hint if hint is not None else t(f"package_hint.{name}")
    look = rx.el.div(control, class_name="code") if mono else control
    return _labelled(name, look, required=required, hint=told)


def _area(name: str, *, hint: Any = None, **props: Any) -> rx.Component:
    control = text_area(
        name,
        error=_error(name),
        name=name,
        default_value=VALUES[name],
        on_blur=_leave(name),
        **props,
    )
    told = hint if hint is not None else t(f"package_hint.{name}")
    return _labelled(name, control, hint=told)


PAGE = Page(routes.NEW_PACKAGE, t("package_form.title"), package_form, on_load=Form.load)
