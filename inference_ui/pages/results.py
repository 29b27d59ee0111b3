"""The results of a task."""

from __future__ import annotations

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.controls import link_button
from inference_ui.components.feedback import empty
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.results_viewer import (
    ExportButton,
    ResultsCount,
    ResultsSegments,
    ResultsView,
)
from inference_ui.components.status import status_badge
from inference_ui.i18n.live import t
from inference_ui.pages.shell import Page, shell
from inference_ui.state.live import Live
from inference_ui.state.results import ResultsState

_ADDRESS = rx.Var(
    "address.task_id",
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useParams"]}, hooks={"const address = useParams()": None}
    ),
)
"""The id in the browser's address: the items come by it, before the state knows the task."""

READY = ResultsState.shown == _ADDRESS
KNOWN = READY & ~ResultsState.missing


def results() -> rx.Component:
    """Return the page."""
    return shell(
        OnRevision.create(revision=Live.revision, on_change=ResultsState.reload),
        rx.cond(READY & ResultsState.missing, _missing(), ResultsView.create(task_id=_ADDRESS)),
        heading=_heading(),
        current=routes.TASKS,
        actions=(
            rx.cond(KNOWN, ExportButton.create(task_id=_ADDRESS)),
            rx.cond(KNOWN, ResultsSegments.create(task_id=_ADDRESS)),
        ),
    )


def _heading() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            ReactRouterLink.create(t("tasks.title"), to=routes.TASKS),
            icon("right"),
            rx.cond(
                KNOWN,
                rx.fragment(
                    ReactRouterLink.create(
                        ResultsState.name,
                        to=routes.task(_ADDRESS),
                        class_name="cut",
                        title=ResultsState.name,
                    ),
                    icon("right"),
                ),
            ),
            class_name="crumb",
        ),
        rx.el.h1(t("results.title")),
        rx.cond(
            KNOWN,
            rx.fragment(
                status_badge(ResultsState.status, word=ResultsState.word),
                ResultsCount.create(task_id=_ADDRESS),
            ),
        ),
        class_name="rv-head",
    )


def _missing() -> rx.Component:
    return empty(
        t("task.missing"),
        t("task.missing_text"),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


PAGE = Page(
    routes.TASK_RESULTS,
    rx.cond(
        ResultsState.name != "",
        t("results.title_of", name=ResultsState.name),
        t("results.title"),
    ),
    results,
    on_load=ResultsState.load,
)
