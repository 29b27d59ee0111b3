"""The form that registers a service which runs elsewhere."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui import routes
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.components.controls import (
    button,
    field,
    link_button,
    select_input,
    text_input,
)
from inference_ui.components.feedback import note
from inference_ui.components.text_area import text_area
from inference_ui.i18n.live import one_of, reason, t
from inference_ui.rows.service_form import URL_FIELDS, URL_SECRETS
from inference_ui.state.service_url import ServiceUrlState as Form

VALUES = Form.values
TYPE = VALUES["service_type"]


def url_form() -> rx.Component:
    """Return the form."""
    return rx.el.form(
        rx.el.div(
            rx.el.h2(t("service_form.server")),
            rx.el.div(
                _text("name", required=True, hint=t("service_form.name_hint"), auto_focus=True),
                _text(
                    "url",
                    required=True,
                    hint=t("service_form.url_hint"),
                    placeholder="https://models.example.com:8443",
                ),
                class_name="two",
            ),
            rx.el.h2(t("service_form.calls")),
            rx.el.div(
                _type(),
                _text("model_name", hint=t("service_form.model_name_hint")),
                _text("predict_path", hint=t("service_form.path_hint"), placeholder="/…"),
                _text("readiness_path", hint=t("service_form.path_hint"), placeholder="/…"),
                _boxes(),
                rx.cond(
                    TYPE == ServiceType.OPENAI,
                    _text("prompt", hint=t("service_form.prompt_hint")),
                    _limit(),
                ),
                rx.cond(TYPE == ServiceType.OPENAI, _limit()),
                class_name="two",
            ),
            rx.el.h2(t("service_form.access")),
            rx.el.div(
                _text("token", hint=t("service_form.token_hint"), type="password"),
                _area("headers", rows="3", hint=t("service_form.headers_hint")),
                class_name="two",
            ),
            _area("ca", rows="4", hint=t("service_form.ca_hint"), default_value=VALUES["ca"]),
            _tried(),
            class_name="form",
        ),
        _footer(),
        on_submit=Form.submit,
        no_validate=True,
        class_name="create",
        aria_label=t("service_form.url_title"),
    )


def _error(name: str) -> Any:
    problem = Form.problems[name]
    return rx.cond(problem.code != "", reason(problem.code, problem.args), "")


def _leave(name: str) -> Any:
    assert name in (*URL_FIELDS, *URL_SECRETS)  # noqa: S101 - a slip must not compile
    return lambda value: Form.leave(name, value)


def _labelled(name: str, control: rx.Component, required: bool = False, hint: Any = "") -> Any:
    label = t(f"service_field.{name}")
    return field(label, control, id=name, error=_error(name), required=required, hint=hint)


def _text(name: str, *, required: bool = False, hint: Any = "", **props: Any) -> rx.Component:
    kept = {} if name in URL_SECRETS else {"default_value": VALUES[name]}
    control = text_input(
        name,
        error=_error(name),
        name=name,
        on_blur=_leave(name),
        required=required,
        **kept,
        **props,
    )
    return _labelled(name, control, required, hint)


def _area(name: str, *, hint: Any, **props: Any) -> rx.Component:
    control = text_area(
        name, error=_error(name), code=True, name=name, on_blur=_leave(name), **props
    )
    return _labelled(name, control, hint=hint)


def _type() -> rx.Component:
    return _labelled(
        "service_type",
        select_input(
            "service_type",
            rx.el.option(t("create.choose"), value=""),
            *(rx.el.option(t(f"service_type.{kind}"), value=str(kind)) for kind in ServiceType),
            error=_error("service_type"),
            beside=one_of("served_by", TYPE),
            name="service_type",
            value=TYPE,
            on_change=_leave("service_type"),
            required=True,
        ),
        True,
    )


def _boxes() -> rx.Component:
    return _labelled(
        "box_format",
        select_input(
            "box_format",
            *(rx.el.option(t(f"box_format.{one}"), value=str(one)) for one in BoxFormat),
            error=_error("box_format"),
            name="box_format",
            value=VALUES["box_format"],
            on_change=_leave("box_format"),
        ),
        hint=t("service_form.box_hint"),
    )


def _limit() -> rx.Component:
    return _text(
        "max_in_flight",
        hint=t("service_form.limit_hint"),
        placeholder=t("service_form.limit_ph"),
        input_mode="numeric",
    )


def _tried() -> rx.Component:
    told = Form.told
    bad = t("service_form.tried_bad", reason=reason(told.code, told.args))
    return rx.el.div(
        rx.cond(
            Form.tried,
            rx.cond(
                told.code == "",
                note(t("service_form.tried_ok"), kind="ok"),
                note(bad, rx.el.p(t("service_form.tried_save")), kind="warn"),
            ),
        ),
        role="status",
        data_testid="tried",
    )


def _footer() -> rx.Component:
    names = rx.foreach(Form.missing, lambda name: rx.el.li(one_of("service_field", name)))
    outlook = rx.cond(
        Form.missing.length() > 0,
        rx.fragment(
            rx.el.i(class_name="off"),
            rx.el.span(t("service_form.missing")),
            rx.el.ul(names, class_name="cut"),
        ),
        rx.cond(
            Form.wrong > 0,
            rx.fragment(
                rx.el.i(class_name="bad"), rx.el.span(t("service_form.wrong", count=Form.wrong))
            ),
            rx.fragment(rx.el.i(), rx.el.span(t("service_form.saves"))),
        ),
    )
    return rx.el.footer(
        rx.el.div(outlook, class_name="say num", role="status"),
        rx.el.span(class_name="grow"),
        link_button(t("common.cancel"), href=routes.SERVICES, kind="gho"),
        button(
            rx.cond(Form.trying, t("service_form.trying"), t("service_form.try")),
            symbol="bolt",
            on_click=Form.try_out,
            disabled=Form.trying | (VALUES["url"] == "") | (TYPE == ""),
        ),
        button(
            rx.cond(Form.submitting, t("service_form.registering"), t("service_form.register")),
            kind="pri",
            type="submit",
            disabled=Form.submitting,
        ),
        class_name="foot2",
    )
