"""The task list."""

from __future__ import annotations

import reflex as rx

from inference_ui import routes
from inference_ui.components.feedback import empty, skeleton_rows, step, steps
from inference_ui.components.live import OnRevision
from inference_ui.i18n.live import fmt_number, t
from inference_ui.pages.shell import Page, shell
from inference_ui.state.live import Live
from inference_ui.state.tasks import TasksState


def tasks() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=TasksState.reload),
        rx.cond(
            TasksState.loaded,
            rx.cond(TasksState.total == 0, _first_steps(), fmt_number(TasksState.total)),
            skeleton_rows(),
        ),
        heading=t("tasks.title"),
        current=routes.TASKS,
    )


def _first_steps() -> rx.Component:
    return empty(
        t("tasks.empty"),
        t("tasks.empty_text"),
        steps(
            step(1, t("tasks.step_volume"), TasksState.volumes > 0),
            step(2, t("tasks.step_dataset"), TasksState.datasets > 0),
            step(3, t("tasks.step_package"), TasksState.packages > 0),
            step(4, t("tasks.step_task"), TasksState.total > 0),
        ),
    )


PAGE = Page(routes.TASKS, t("tasks.title"), tasks, on_load=TasksState.load)
