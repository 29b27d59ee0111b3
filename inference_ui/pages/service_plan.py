"""What an online service was deployed or registered with. Secrets are named, never shown."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.controls import button, field_message, text_input
from inference_ui.components.icons import icon
from inference_ui.i18n.live import fmt_duration, fmt_number, one_of, reason, t
from inference_ui.state.service import ServiceState

ROW, PLAN = ServiceState.row, ServiceState.plan


def plan() -> rx.Component:
    """Return the part of the page."""
    return rx.el.div(
        _calls(),
        rx.cond(ROW.url != "", _elsewhere(), _compute()),
        rx.cond(ROW.url != "", None, _settings("plan_variables", ServiceState.variables)),
        rx.cond(
            ServiceState.parameters.length() > 0,
            _settings("plan_parameters", ServiceState.parameters),
        ),
        class_name="plan",
    )


def _calls() -> rx.Component:
    return _panel(
        t("service.plan_calls"),
        _entry(t("task.plan_service_type"), one_of("service_type", PLAN.service_type)),
        _optional(PLAN.model_name, t("task.plan_model_name"), PLAN.model_name, mono=True),
        _entry(t("service.predict_path"), PLAN.predict_path, mono=True),
        _entry(t("service.readiness_path"), PLAN.readiness_path, mono=True),
        _entry(t("task.plan_box_format"), one_of("box_format", PLAN.box_format)),
        _optional(PLAN.prompt, t("service.prompt"), PLAN.prompt),
        _entry(t("service.limit"), _limit()),
        _entry(t("service.id"), ROW.id, mono=True),
    )


def _limit() -> rx.Component:
    problem = ServiceState.limit_problem
    shown = rx.cond(ROW.limit > 0, fmt_number(ROW.limit), t("service.limit_none"))
    form = rx.el.form(
        rx.el.div(
            text_input(
                "limit",
                error=rx.cond(problem.code != "", reason(problem.code, problem.args), ""),
                name="limit",
                default_value=rx.cond(ROW.limit > 0, ROW.limit.to(str), ""),
                key=ROW.limit,
                placeholder=t("service.limit_none"),
                input_mode="numeric",
                aria_label=t("service.limit"),
            ),
            button(t("service.limit_save"), type="submit", small=True),
            class_name="row",
        ),
        field_message(
            "limit",
            rx.cond(problem.code != "", reason(problem.code, problem.args), ""),
            rx.cond(ServiceState.limit_saved, t("service.limit_saved"), t("service.limit_hint")),
            ServiceState.limit_saved,
        ),
        on_submit=ServiceState.set_limit,
        no_validate=True,
    )
    return rx.cond(ROW.may_delete, form, shown)


def _compute() -> rx.Component:
    package = ReactRouterLink.create(ROW.package, to=routes.package(PLAN.package_id))
    return _panel(
        t("service.plan_compute"),
        _entry(t("task.plan_package"), package),
        _optional(PLAN.command, t("task.plan_command"), PLAN.command, mono=True),
        _entry(t("task.plan_spec"), ROW.spec),
        _entry(
            t("task.plan_size"), t("task.plan_size_text", cpus=ROW.cpus, memory=ROW.memory_bytes)
        ),
        _optional(ROW.card, t("task.plan_cards"), ROW.card),
        _entry(t("task.plan_nodes"), fmt_number(ROW.replicas)),
        _entry(
            t("task.plan_placement"),
            rx.fragment(
                one_of("task.placement", PLAN.placement),
                rx.cond(PLAN.placed_on != "", rx.el.span(" ", PLAN.placed_on, class_name="mono")),
            ),
        ),
        _entry(t("task.plan_ready"), fmt_duration(PLAN.ready_timeout_s)),
    )


def _elsewhere() -> rx.Component:
    headers = t("service.headers_text", names=PLAN.headers)
    return _panel(
        t("service.plan_elsewhere"),
        _entry(t("service.url"), ROW.url, mono=True),
        _entry(
            t("service.token"),
            rx.cond(PLAN.token, _hidden(t("service.secret_set")), t("service.none")),
        ),
        _entry(t("service.headers"), rx.cond(PLAN.headers != "", headers, t("service.none"))),
        _entry(t("service.ca"), rx.cond(PLAN.ca, t("service.ca_own"), t("service.ca_system"))),
    )


def _settings(title: str, rows: Any) -> rx.Component:
    def line(row: Any) -> rx.Component:
        secret = rx.cond(
            row.set, _hidden(t("service.secret_set")), rx.el.span(t("service.secret_none"))
        )
        value = rx.el.span(row.value, class_name="mono cut", title=row.value)
        return rx.el.tr(
            rx.el.td(rx.el.span(row.name, class_name="mono"), class_name="cut", title=row.name),
            rx.el.td(
                rx.el.div(
                    rx.cond(row.secret, secret, value),
                    rx.cond(row.own, rx.el.span(t("service.own"), class_name="tag")),
                    class_name="row",
                )
            ),
            key=row.name,
        )

    return rx.el.section(
        rx.el.header(rx.el.h2(t(f"service.{title}"))),
        rx.cond(
            rows.length() > 0,
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("service.column_setting"), scope="col"),
                        rx.el.th(t("service.column_value"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(rows, line)),
                data_testid=title,
            ),
            rx.el.p(t("service.no_settings"), class_name="none"),
        ),
        class_name="panel",
    )


def _hidden(word: Any) -> rx.Component:
    return rx.el.span(icon("lock", class_name="s"), word, class_name="t3 lk")


def _panel(title: Any, *entries: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title)), rx.el.dl(*entries, class_name="num"), class_name="panel"
    )


def _entry(name: Any, value: Any, *, mono: bool = False) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value, class_name="mono" if mono else ""))


def _optional(given: Any, name: Any, value: Any, *, mono: bool = False) -> rx.Component:
    return rx.cond(given != "", _entry(name, value, mono=mono))
