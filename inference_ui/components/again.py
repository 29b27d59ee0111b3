"""What can be done again with a task: go on, retry, run anew, copy."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.components.controls import button, icon_button
from inference_ui.components.icons import icon
from inference_ui.i18n.live import t


def again_buttons(stand: Any, *, on_resume: Any, on_retry: Any) -> rx.Component:
    """Return the buttons that go on with the very task whose ``StandRow`` this is."""
    return rx.fragment(
        rx.cond(
            stand.may_resume,
            button(
                t("task.resume"), symbol="again", on_click=on_resume, title=t("task.resume_why")
            ),
        ),
        rx.cond(
            stand.may_retry,
            button(t("task.retry"), symbol="undo", on_click=on_retry, title=t("task.retry_why")),
        ),
    )


def again_menu(*more: rx.Component, on_run_again: Any, copy: Any) -> rx.Component:
    """Return the menu of what makes another task of one; ``copy`` leads to the create form. At its
    end stands what ``more`` can be done."""
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(icon_button("more", t("task.more"), kind="", live=False)),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                icon("again", class_name="s"), t("task.run_again"), on_select=on_run_again
            ),
            rx.dropdown_menu.item(
                ReactRouterLink.create(icon("copy", class_name="s"), t("task.copy"), to=copy),
                as_child=True,
            ),
            *more,
            class_name="acts-menu",
            align="end",
        ),
        modal=False,
    )
