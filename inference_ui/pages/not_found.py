"""What stands where there is no page."""

from __future__ import annotations

import reflex as rx

from inference_ui import routes
from inference_ui.components.controls import link_button
from inference_ui.components.feedback import empty
from inference_ui.i18n.live import t
from inference_ui.pages.shell import Page, shell


def not_found() -> rx.Component:
    """Return the page."""
    return shell(
        empty(
            t("common.not_found"),
            t("common.not_found_text"),
            rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
        ),
        heading=t("nav.tasks"),
        current="",
    )


PAGE = Page(routes.NOT_FOUND, t("common.not_found"), not_found)
