"""The page of one task: how it goes, why, and what of it runs; and its logs."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.bounds import bounds_panel
from inference_ui.components.chart import rate_chart
from inference_ui.components.controls import button, link_button
from inference_ui.components.failures import causes_panel, failures_panel
from inference_ui.components.icons import icon
from inference_ui.components.log_view import log_panel
from inference_ui.components.task_parts import figures, task_bar
from inference_ui.components.timeline import timeline
from inference_ui.components.verdict import remedies, verdict_note
from inference_ui.components.workloads import workloads_table
from inference_ui.i18n.live import t
from inference_ui.rows.common import MessageRow
from inference_ui.state.task import TaskState
from inference_ui.state.task_again import TaskAgainState
from inference_ui.state.task_failures import TaskFailuresState

PLAN, STAND, VERDICT, LOG = TaskState.plan, TaskState.stand, TaskState.verdict, TaskState.log
UNSEEN = VERDICT.code == "UNSEEN"


def overview(address: Any) -> rx.Component:
    """Return the part that is shown first; ``address`` is the task's id."""
    steps = timeline(TaskState.steps)
    to_logs = routes.task(address, "logs")
    return rx.fragment(
        rx.el.div(verdict_note(VERDICT, STAND), class_name="told", data_testid="verdict"),
        rx.cond(VERDICT.remedies.length() > 0, _remedies(to_logs)),
        rx.cond(
            STAND.begun,
            rx.fragment(
                rx.el.section(
                    figures(
                        STAND,
                        results=routes.task_results_overview(address),
                        failed=routes.task_failed_items(address),
                    ),
                    steps,
                    task_bar(STAND),
                    class_name="top",
                ),
                rx.el.div(_rate(), bounds_panel(TaskState.bound, STAND), class_name="pair"),
                rx.el.div(_workloads(to_logs), _causes(address), class_name="pair"),
            ),
            rx.fragment(
                rx.el.section(steps, class_name="top alone"),
                rx.cond(
                    ~STAND.ended | (TaskState.replicas.length() > 0),
                    _workloads(to_logs),
                ),
            ),
        ),
        logs(),
    )


def logs() -> rx.Component:
    """Return the log that is read, and which others there are."""
    attempts = rx.el.div(
        rx.el.select(
            rx.foreach(
                LOG.attempts,
                lambda number: rx.el.option(
                    t("task.attempt", attempt=number.to(int)), value=number
                ),
            ),
            value=LOG.attempt,
            on_change=TaskState.show_attempt,
            class_name="inp sm",
            aria_label=t("task.log_attempt"),
        ),
        icon("down"),
        class_name="sel attempts",
    )
    return log_panel(
        LOG.tabs,
        key=LOG.key,
        text=LOG.text,
        on_show=TaskState.show_log,
        unseen=LOG.unseen,
        before=rx.cond(LOG.attempts.length() > 1, attempts),
        href=LOG.href,
        note=rx.cond(LOG.cut, t("task.log_cut"), ""),
    )


def _remedies(to_logs: Any) -> rx.Component:
    """Return what helps after a failure, with the buttons for it."""

    def helps(code: str) -> Any:
        return VERDICT.remedies.contains(code)

    return remedies(
        VERDICT,
        TaskState.evidence_of,
        TaskState.evidence,
        rx.cond(
            helps("RETRY") & STAND.may_retry,
            button(
                t("task.retry"), symbol="undo", kind="pri", on_click=TaskAgainState.retry_failed
            ),
        ),
        rx.cond(
            (helps("RESUME") | helps("RESUME_OR_COPY")) & STAND.may_resume,
            button(t("task.resume"), symbol="again", kind="pri", on_click=TaskAgainState.resume),
        ),
        rx.cond(
            helps("COPY_WITH_PACKAGE"),
            rx.fragment(
                rx.cond(
                    STAND.may_run_again,
                    button(
                        t("task.run_again"),
                        symbol="again",
                        kind="pri",
                        on_click=TaskAgainState.run_again,
                    ),
                ),
                rx.cond(
                    PLAN.package_id != "",
                    link_button(t("task.open_package"), href=routes.package(PLAN.package_id)),
                ),
            ),
        ),
        link_button(t("task.whole_log"), href=to_logs, kind="gho"),
    )


def _rate() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.chart")),
            rx.el.span(t("task.chart_unit"), class_name="t3 s"),
            rx.el.span(class_name="grow"),
            rx.el.span(
                rx.el.span(rx.el.i(), t("task.chart_done")),
                rx.el.span(rx.el.i(class_name="f"), t("task.chart_failed")),
                class_name="key",
            ),
        ),
        rx.cond(
            TaskState.chart.line != "",
            rate_chart(TaskState.chart),
            rx.el.p(
                rx.cond(STAND.ended, t("task.chart_none"), t("task.chart_empty")), class_name="none"
            ),
        ),
        class_name="panel rate",
    )


def _causes(address: Any) -> rx.Component:
    return causes_panel(
        TaskState.causes,
        STAND,
        href=routes.task(address, "failures"),
        refused=_refused(address),
        on_retry=TaskFailuresState.retry,
    )


def failures(address: Any) -> rx.Component:
    """Return the failed items by what made them fail."""
    return failures_panel(
        TaskState.causes,
        STAND,
        task_id=address,
        opened=rx.cond(TaskFailuresState.of == address, TaskFailuresState.opened, ""),
        detail=TaskFailuresState.detail,
        refused=_refused(address),
        on_retry=TaskFailuresState.retry,
        on_show=TaskFailuresState.show,
    )


def _refused(address: Any) -> Any:
    """Return what kept the last retry of this very task from being done."""
    mine = TaskFailuresState.of == address
    return rx.cond(mine, TaskFailuresState.refused, MessageRow()).to(MessageRow)


def _workloads(to_logs: Any) -> rx.Component:
    ready = t("task.replicas_ready", ready=TaskState.ready, count=PLAN.nodes)
    cards = t("task.workloads_cards", count=PLAN.cards * PLAN.nodes, model=PLAN.card)
    through = rx.el.p(
        t("task.workloads_service", service=PLAN.service),
        " ",
        ReactRouterLink.create(t("task.service_logs"), to=routes.service(PLAN.service_id, "logs")),
        class_name="none",
    )
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.workloads")),
            rx.el.span(
                rx.cond((PLAN.service == "") & ~STAND.ended & ~UNSEEN, ready, ""),
                rx.cond((PLAN.cards > 0) & ~STAND.ended & ~UNSEEN, " · ", ""),
                rx.cond(PLAN.cards > 0, cards, ""),
                class_name="t3 s num",
            ),
        ),
        rx.cond(
            TaskState.replicas.length() > 0,
            workloads_table(TaskState.replicas, logs=to_logs, on_log=TaskState.show_log),
            rx.el.p(
                rx.cond(
                    STAND.ended,
                    t("task.replicas_unknown"),
                    rx.cond(UNSEEN, t("task.replicas_unseen"), t("task.replicas_none")),
                ),
                class_name="none",
            ),
        ),
        rx.cond(PLAN.service != "", through),
        class_name="panel workloads",
    )
