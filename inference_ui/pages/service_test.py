"""The online test of a service: a question, and what it answers."""

from __future__ import annotations

import reflex as rx

from inference_ui import routes
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.components.ask import AskForm
from inference_ui.components.controls import select_input
from inference_ui.components.feedback import note
from inference_ui.i18n.live import reason, t
from inference_ui.state.base import SignedIn
from inference_ui.state.service import ServiceState

ROW, PLAN = ServiceState.row, ServiceState.plan


def test() -> rx.Component:
    """Return the part of the page."""
    return rx.cond(
        SignedIn.role == "VIEWER",
        rx.el.p(reason("VIEWERS_ONLY_LOOK", {}), class_name="t3"),
        rx.fragment(_why_not(), _boxes(), _form()),
    )


def _why_not() -> rx.Component:
    return rx.cond(
        ROW.ready > 0,
        None,
        note(
            rx.cond(ROW.running, t("service.test_not_ready"), t("service.test_stopped")),
            kind="warn",
        ),
    )


def _boxes() -> rx.Component:
    own = t("service.boxes_own", format=PLAN.box_format)
    return rx.el.div(
        rx.el.label(t("service.boxes"), html_for="boxes"),
        select_input(
            "boxes",
            rx.el.option(own, value=""),
            *(rx.el.option(t(f"box_format.{one}"), value=str(one)) for one in BoxFormat),
            value=ServiceState.box_format,
            on_change=ServiceState.choose_boxes,
        ),
        class_name="f boxes",
    )


def _form() -> rx.Component:
    return AskForm.create(
        url=routes.ask_service(ROW.id),
        verb=t("service.ask"),
        example=PLAN.example,
        prompts=PLAN.prompts,
        prompt=PLAN.prompt,
        query=rx.Var.create({"box_format": ServiceState.box_format}),
        disabled=ROW.ready == 0,
        quiet=True,
    )
