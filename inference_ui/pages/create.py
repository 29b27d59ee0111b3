"""The create form: the manual's fields in the manual's order, two columns read left to right."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.canary import canary_panel
from inference_ui.components.clock import Every
from inference_ui.components.controls import button, link_button, text_input
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.i18n.live import fmt_time, reason, t
from inference_ui.pages.create_outlook import outlook
from inference_ui.pages.create_parts import (
    VALUES,
    dataset,
    error,
    labelled,
    leave,
    more,
    output,
    service,
)
from inference_ui.pages.create_server import compute, own_server
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
            revision=Live.revision,
            on_change=[
                CreateState.look_again,
                CanaryState.look,
            ],
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
        t("create.draft_saved", time=fmt_time(CreateState.saved_at, "minute")),
        rx.el.button(
            t("create.clear"), type="button", class_name="lnk", on_click=CreateState.clear
        ),
        class_name="t3 saved num",
    )


def _other_mode() -> rx.Component:
    to_package = [CreateState.leave("service_id", ""), CreateState.leave("mode", "PACKAGE")]
    return rx.cond(
        THROUGH,
        button(t("create.by_package"), kind="gho", symbol="packages", on_click=to_package),
        button(
            t("create.by_service"),
            kind="gho",
            symbol="services",
            on_click=CreateState.leave("mode", "SERVICE"),
        ),
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
            rx.cond(THROUGH, rx.el.div(service(), more(), class_name="two"), own_server()),
            rx.cond(
                THROUGH,
                rx.fragment(rx.el.h2(t("create.output")), rx.el.div(output(), class_name="two")),
                compute(),
            ),
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
