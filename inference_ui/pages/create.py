"""The create form: the manual's fields in the manual's order, two columns read left to right."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.backend.services.server_drafts import MAX_NODES
from inference_ui.components.canary import canary_panel
from inference_ui.components.clock import Every
from inference_ui.components.controls import button, link_button, text_input
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.overrides import overrides_table
from inference_ui.components.placement import placement_fields
from inference_ui.components.spec_table import spec_table
from inference_ui.components.stepper import stepper
from inference_ui.i18n.live import fmt_time_of_day, reason, t
from inference_ui.pages.create_outlook import outlook
from inference_ui.pages.create_parts import (
    CHOICES,
    VALUES,
    dataset,
    error,
    labelled,
    leave,
    more,
    output,
    package,
    service,
    service_type,
)
from inference_ui.pages.shell import Page, shell
from inference_ui.state.base import SignedIn
from inference_ui.state.canary import CanaryState
from inference_ui.state.create import CreateState
from inference_ui.state.live import Live

LOOK_AGAIN_S = 1
THROUGH = VALUES["mode"] == "SERVICE"
CANARY = CanaryState.canary


def create() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(
            revision=Live.revision, on_change=[CreateState.look_again, CanaryState.look]
        ),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=(CANARY.id != "") & ~CANARY.ended & ~has_connection_errors,
            on_tick=CanaryState.look,
        ),
        rx.cond(
            CreateState.ready,
            rx.cond(SignedIn.role == "VIEWER", _only_looking(), _form()),
            skeleton_rows(),
        ),
        heading=rx.fragment(
            rx.el.div(
                ReactRouterLink.create(t("tasks.title"), to=routes.TASKS),
                icon("right"),
                class_name="crumb",
            ),
            rx.el.h1(t("create.title")),
            rx.cond(CreateState.saved_at > 0, _saved()),
        ),
        current=routes.TASKS,
        actions=(rx.cond(CreateState.ready & (SignedIn.role != "VIEWER"), _other_mode()),),
    )


def _saved() -> rx.Component:
    return rx.el.span(
        t("create.draft_saved", time=fmt_time_of_day(CreateState.saved_at)),
        rx.el.button(
            t("create.clear"), type="button", class_name="lnk", on_click=CreateState.clear
        ),
        class_name="t3 saved num",
    )


def _other_mode() -> rx.Component:
    return button(
        rx.cond(THROUGH, t("create.by_package"), t("create.by_service")),
        kind="gho",
        symbol="services",
        on_click=CreateState.leave("mode", rx.cond(THROUGH, "PACKAGE", "SERVICE")),
    )


def _only_looking() -> rx.Component:
    return empty(
        t("create.not_allowed"),
        reason("VIEWERS_ONLY_LOOK", {}),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            rx.el.h2(t("create.data_and_model")),
            rx.el.div(_name(), dataset(), class_name="two"),
            rx.cond(THROUGH, rx.el.div(service(), more(), class_name="two"), _own_server()),
            rx.cond(THROUGH, None, _compute()),
            rx.el.h2(t("create.output")),
            rx.el.div(output(), class_name="two"),
            rx.cond(
                CANARY.id != "",
                canary_panel(CANARY, on_stop=CanaryState.stop, on_discard=CanaryState.discard),
            ),
            class_name="form",
        ),
        _footer(),
        on_submit=CreateState.submit,
        no_validate=True,
        class_name="create",
        aria_label=t("create.title"),
    )


def _name() -> rx.Component:
    free = CreateState.free_name != ""
    volume = CreateState.volume_name
    where = t("create.name_free", volume=volume, name=CreateState.free_name)
    return labelled(
        "name",
        text_input(
            "name",
            error=error("name"),
            name="name",
            default_value=VALUES["name"],
            key=rx.cond(CreateState.ready, "name", "no-name"),
            on_blur=leave("name"),
            required=True,
            auto_focus=True,
        ),
        good=free,
        hint=rx.cond(
            free, rx.cond(volume != "", where, t("create.name_free_only")), t("create.name_hint")
        ),
    )


def _own_server() -> rx.Component:
    return rx.fragment(
        rx.el.div(service_type(), package(), class_name="two"),
        rx.el.div(
            rx.cond(CreateState.variables.length() > 0, _environment(), more()),
            rx.el.div(
                _parameters(),
                rx.cond(CreateState.variables.length() > 0, more()),
                class_name="column",
            ),
            class_name="two",
        ),
    )


def _environment() -> rx.Component:
    return overrides_table(
        "environment",
        "variable",
        CreateState.variables,
        label=t("create.environment"),
        hint=t("create.environment_hint"),
        error=error("environment"),
        on_set=CreateState.override,
        on_reset=CreateState.reset_override,
    )


def _parameters() -> rx.Component:
    why = rx.cond(
        VALUES["service_type"] == "CUSTOM",
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
        rx.el.div(
            rx.el.p(t("create.parameters"), class_name="lab"),
            rx.el.div(icon("info"), rx.el.span(why), class_name="inp off"),
            class_name="f",
        ),
    )


def _compute() -> rx.Component:
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
        rx.el.div(_node_count(), class_name="two"),
    )


def _spec() -> rx.Component:
    return spec_table(
        "spec_id",
        CreateState.specs,
        label=t("create_field.spec_id"),
        chosen=VALUES["spec_id"],
        on_choose=lambda spec: CreateState.leave("spec_id", spec),
        error=error("spec_id"),
        hint=rx.cond(CHOICES.specs.length() == 0, t("create.no_specs"), ""),
        kinds=rx.cond(CHOICES.accelerators.length() > 1, _accelerators()),
    )


def _accelerators() -> rx.Component:
    chosen = CreateState.shown_accelerator
    return rx.el.div(
        rx.el.div(
            rx.foreach(
                CHOICES.accelerators,
                lambda kind: rx.el.button(
                    kind,
                    type="button",
                    class_name=rx.cond(kind == chosen, "on", ""),
                    aria_pressed=rx.cond(kind == chosen, "true", "false"),
                    on_click=CreateState.choose_accelerator(kind),
                ),
            ),
            class_name="seg",
            role="group",
            aria_label=t("create.accelerator"),
        ),
        rx.el.span(class_name="grow"),
        rx.el.span(
            t(
                "create.specs_of",
                all=CHOICES.specs.length(),
                count=CreateState.specs.length(),
            ),
            class_name="t3 s12 num",
        ),
        class_name="row kinds",
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


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(outlook(), class_name="say num", role="status"),
        rx.el.span(class_name="grow"),
        link_button(t("common.cancel"), href=routes.TASKS, kind="gho"),
        button(
            rx.cond(CanaryState.starting, t("create.trying"), t("create.try")),
            on_click=CanaryState.start,
            disabled=CreateState.submitting
            | CanaryState.starting
            | ((CANARY.id != "") & ~CANARY.ended),
        ),
        button(
            rx.cond(CreateState.submitting, t("create.creating"), t("create.create")),
            kind="pri",
            type="submit",
            disabled=CreateState.submitting,
        ),
        class_name="foot2",
    )


PAGE = Page(
    routes.NEW_TASK, t("create.title"), create, on_load=[CreateState.load, CanaryState.load]
)
