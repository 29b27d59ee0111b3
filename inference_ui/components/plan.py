"""What a task was created with, all of it: model, compute, data."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.settings import settings_panel
from inference_ui.i18n.live import fmt_duration, fmt_number, one_of, t


def plan_panels(plan: Any) -> rx.Component:
    """Return the panels of a ``PlanRow`` (a Var)."""
    return rx.fragment(
        rx.cond(plan.service == "", _settings(plan)),
        rx.el.div(_model(plan), _compute(plan), _data(plan), class_name="plan"),
    )


def _settings(plan: Any) -> rx.Component:
    return rx.el.div(
        settings_panel(
            t("task.variables"), plan.variables, none=t("task.variables_none"), testid="variables"
        ),
        settings_panel(
            t("task.parameters"),
            plan.parameters,
            none=t("task.parameters_none"),
            testid="parameters",
        ),
        class_name="givens",
    )


def _model(plan: Any) -> rx.Component:
    return _panel(
        t("task.plan_model"),
        _entry(
            t("task.plan_package"),
            _link(
                plan.package_id, routes.package(plan.package_id), f"{plan.package} {plan.version}"
            ),
        ),
        _entry(t("task.plan_service_type"), one_of("service_type", plan.service_type)),
        _optional(plan.model_name, t("task.plan_model_name"), plan.model_name, mono=True),
        _entry(t("task.plan_box_format"), plan.box_format, mono=True),
        _entry(t("task.plan_command"), rx.foreach(plan.command, _argument), mono=True),
        _optional(plan.model_folder, t("task.plan_model_folder"), plan.model_folder, mono=True),
        _entry(t("task.plan_predict_path"), plan.predict_path, mono=True),
        _entry(t("task.plan_readiness_path"), plan.readiness_path, mono=True),
        _entry(t("task.plan_ready"), fmt_duration(plan.ready_timeout_s)),
    )


def _compute(plan: Any) -> rx.Component:
    return rx.cond(plan.service != "", _service(plan), _own_server(plan))


def _service(plan: Any) -> rx.Component:
    link = ReactRouterLink.create(plan.service, to=routes.service(plan.service_id))
    return _panel(
        t("task.plan_compute"),
        _entry(t("task.plan_service"), link),
        _entry(t("task.plan_nodes"), t("task.plan_service_text")),
        rx.cond(
            plan.max_in_flight != None,  # noqa: E711 - a Var
            _entry(t("task.plan_in_flight"), fmt_number(plan.max_in_flight)),
        ),
    )


def _own_server(plan: Any) -> rx.Component:
    return _panel(
        t("task.plan_compute"),
        _entry(t("task.plan_spec"), plan.spec),
        _entry(
            t("task.plan_size"),
            t("task.plan_size_text", cpus=plan.cpus, memory=plan.memory_bytes),
        ),
        rx.cond(
            plan.cards > 0,
            _entry(
                t("task.plan_cards"),
                t("task.plan_cards_text", count=plan.cards, model=plan.card),
            ),
        ),
        _entry(t("task.plan_nodes"), fmt_number(plan.nodes)),
        _entry(
            t("task.plan_placement"),
            rx.fragment(
                one_of("task.placement", plan.placement),
                rx.cond(plan.placed_on != "", rx.el.span(" ", plan.placed_on, class_name="mono")),
            ),
        ),
    )


def _data(plan: Any) -> rx.Component:
    return _panel(
        t("task.plan_data"),
        _entry(
            t("task.plan_dataset"),
            _link(plan.dataset_id, routes.dataset(plan.dataset_id), plan.dataset),
        ),
        _entry(t("task.plan_dataset_folder"), plan.dataset_folder, mono=True),
        _entry(t("task.plan_input"), one_of("task.input", plan.input_kind)),
        _optional(plan.prompt, t("task.plan_prompt"), plan.prompt),
        rx.cond(
            plan.limit != None,  # noqa: E711 - a Var
            _entry(t("task.plan_limit"), t("task.plan_limit_text", count=plan.limit)),
        ),
        _optional(
            plan.since,
            t("task.plan_since"),
            _link(plan.since_id, routes.task(plan.since_id), plan.since),
        ),
        _entry(t("task.plan_volume"), _link(plan.volume, routes.VOLUMES, plan.volume)),
        _entry(t("task.plan_output_folder"), plan.output_folder, mono=True),
        _entry(t("task.plan_timeout"), fmt_duration(plan.item_timeout_s)),
        _entry(t("task.plan_retries"), t("task.plan_retries_text", count=plan.retries)),
        _entry(
            t("task.plan_max_failed"),
            rx.cond(plan.max_failed != "", plan.max_failed, t("task.plan_max_failed_none")),
        ),
        _entry(t("task.plan_id"), plan.id, mono=True),
    )


def _panel(title: Any, *entries: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title)), rx.el.dl(*entries, class_name="num"), class_name="panel"
    )


def _entry(name: Any, value: Any, *, mono: bool = False) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value, class_name="mono" if mono else ""))


def _link(given: Any, to: Any, word: Any) -> rx.Component:
    """Return a link where there is something to lead to, which may have been deleted since."""
    return rx.cond(given != "", ReactRouterLink.create(word, to=to), rx.el.span(word))


def _argument(part: Any) -> rx.Component:
    """A line breaks between the parts of a command, not at the hyphens in them."""
    return rx.fragment(rx.el.span(part, class_name="arg"), " ")


def _optional(given: Any, name: Any, value: Any, *, mono: bool = False) -> rx.Component:
    return rx.cond(given != "", _entry(name, value, mono=mono))
