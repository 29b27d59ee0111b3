"""Fields of the create form about a server of the task's own: package, overrides, size, place."""

from __future__ import annotations

from typing import Any

import reflex as rx

from inference_ui.backend.services.server_drafts import MAX_NODES
from inference_ui.components.icons import icon
from inference_ui.components.overrides import overrides_table
from inference_ui.components.placement import placement_fields
from inference_ui.components.spec_table import spec_filters, spec_table
from inference_ui.components.stepper import stepper
from inference_ui.i18n.live import t
from inference_ui.pages.available import available_panel
from inference_ui.pages.create_parts import (
    VALUES,
    error,
    labelled,
    leave,
    more,
    output,
    package,
    service_type,
)
from inference_ui.state.create import CreateState


def own_server() -> rx.Component:
    """Return the fields of what is deployed."""
    return rx.fragment(
        _whence(),
        rx.el.div(service_type(), package(), class_name="two"),
        rx.el.div(
            _environment(),
            rx.el.div(_parameters(), more(), class_name="column"),
            class_name="two",
        ),
    )


def _whence() -> rx.Component:
    """Say which service was copied, and offer to use that one instead."""
    return rx.cond(
        CreateState.service.id != "",
        rx.el.div(
            icon("services"),
            rx.el.span(t("create.service_copied", service=CreateState.service.name)),
            rx.el.button(
                t("create.service_use_it"),
                type="button",
                class_name="lnk",
                on_click=CreateState.leave("mode", "SERVICE"),
            ),
            class_name="note",
            role="note",
        ),
    )


def _environment() -> rx.Component:
    why = rx.cond(
        VALUES["package_id"] == "", t("create.package_first"), t("create.environment_none")
    )
    return rx.cond(
        CreateState.variables.length() > 0,
        overrides_table(
            "environment",
            "variable",
            CreateState.variables,
            label=t("create.environment"),
            hint=t("create.environment_hint"),
            error=error("environment"),
            on_set=CreateState.override,
            on_reset=CreateState.reset_override,
        ),
        _nothing(t("create.environment"), why),
    )


def _nothing(label: Any, why: Any) -> rx.Component:
    """Return a field that has nothing to fill in, with the reason."""
    return rx.el.div(
        rx.el.p(label, class_name="lab"),
        rx.el.div(icon("info"), rx.el.span(why, class_name="cut"), class_name="inp off"),
        class_name="f",
    )


def _parameters() -> rx.Component:
    why = rx.cond(
        (VALUES["service_type"] == "CUSTOM") & (VALUES["package_id"] != ""),
        t("create.parameters_none"),
        t("create.parameters_other"),
    )
    return rx.cond(
        CreateState.parameters.length() > 0,
        overrides_table(
            "parameters",
            "parameter",
            CreateState.parameters,
            label=t("create.parameters"),
            hint=t("create.parameters_hint"),
            error=error("parameters"),
            on_set=CreateState.override,
            on_reset=CreateState.reset_override,
        ),
        _nothing(t("create.parameters"), why),
    )


def compute() -> rx.Component:
    """Return the fields of its size and place, and of where the results go."""
    nodes, driver = placement_fields(
        nodes=CreateState.nodes,
        chosen=CreateState.chosen_nodes,
        drivers=CreateState.drivers,
        driver=VALUES["driver_version"],
        has_cards=CreateState.spec.accelerator != "CPU",
        errors=(error("nodes"), error("driver_version")),
        on_toggle=CreateState.toggle_node,
        on_clear_nodes=CreateState.clear_nodes,
        on_driver=lambda version: CreateState.leave("driver_version", version),
    )
    return rx.fragment(
        rx.el.h2(t("create.compute")),
        _spec(),
        rx.el.div(nodes, driver, class_name="two"),
        rx.el.div(_node_count(), output(), class_name="two"),
    )


def _spec() -> rx.Component:
    return spec_table(
        "spec_id",
        CreateState.specs,
        label=t("create_field.spec_id"),
        chosen=VALUES["spec_id"],
        on_choose=lambda spec: CreateState.leave("spec_id", spec),
        error=error("spec_id"),
        hint=rx.cond(CreateState.all_specs.length() == 0, t("create.no_specs"), ""),
        kinds=spec_filters(
            kinds=CreateState.accelerators,
            shown=CreateState.shown_accelerator,
            on_kind=CreateState.choose_accelerator,
            models=CreateState.models,
            on_model=CreateState.toggle_model,
            left=CreateState.specs.length(),
            total=CreateState.all_specs.length(),
        ),
        below=available_panel(),
    )


def _node_count() -> rx.Component:
    name = "node_count"
    control = stepper(
        name,
        value=VALUES[name],
        most=MAX_NODES,
        fewer=t("create.fewer_nodes"),
        more=t("create.more_nodes"),
        error=error(name),
        on_leave=leave(name),
    )
    beside = rx.el.span(_in_all(), class_name="t3 num s12")
    return labelled(name, rx.el.div(control, beside, class_name="row"))


def _in_all() -> Any:
    spec, nodes = CreateState.spec, CreateState.node_total
    return rx.cond(
        (spec.id == "") | (nodes < 1) | (error("node_count") != ""),
        "",
        rx.cond(
            spec.cards > 0,
            t("create.all_cards", count=spec.cards * nodes, model=spec.card),
            t("create.all_cpus", cpus=spec.cpus * nodes, memory=spec.memory_bytes * nodes),
        ),
    )
