"""The page of one task."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.chart import rate_chart
from inference_ui.components.clock import Clock, Every
from inference_ui.components.controls import button, link_button
from inference_ui.components.feedback import confirm, empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.log_view import LogView
from inference_ui.components.plan import plan_panels
from inference_ui.components.status import status_badge
from inference_ui.components.task_parts import (
    causes_list,
    figures,
    replicas_table,
    speed,
    task_bar,
)
from inference_ui.components.timeline import timeline
from inference_ui.components.verdict import remedies, verdict_note
from inference_ui.i18n.live import fmt_time, t
from inference_ui.pages.shell import Page, shell
from inference_ui.state.live import Live
from inference_ui.state.task import TaskState

LOOK_AGAIN_S = 2
"""Logs and replicas change without the task changing: look at them so often while it runs."""

_ADDRESS = rx.Var(
    "address.task_id",
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useParams"]}, hooks={"const address = useParams()": None}
    ),
)
"""The id in the browser's address: until the rows are those of this task, none are shown."""

READY = TaskState.shown == _ADDRESS
PLAN, STAND, VERDICT = TaskState.plan, TaskState.stand, TaskState.verdict
EMPTY_END = STAND.ended & (STAND.done == 0)
"""It ended before anything was inferred: there is nothing to draw or count."""


def task() -> rx.Component:
    """Return the page."""
    return shell(
        Clock.create(now=TaskState.server_now),
        OnRevision.create(revision=Live.revision, on_change=TaskState.reload),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=READY & ~STAND.ended & ~has_connection_errors,
            on_tick=TaskState.reload,
        ),
        rx.cond(
            READY,
            rx.cond(TaskState.missing, _missing(), rx.fragment(_facts(), _tabs(), _question())),
            skeleton_rows(),
        ),
        heading=_heading(),
        current=routes.TASKS,
        actions=(rx.cond(READY & ~TaskState.missing, _actions()),),
    )


def _heading() -> rx.Component:
    known = READY & ~TaskState.missing
    return rx.el.div(
        rx.el.div(
            ReactRouterLink.create(t("tasks.title"), to=routes.TASKS),
            icon("right"),
            class_name="crumb",
        ),
        rx.el.h1(
            rx.cond(known, PLAN.name, t("task.title")),
            class_name=rx.cond(known, "cut", "sr"),
            title=rx.cond(known, PLAN.name, ""),
        ),
        rx.cond(known, status_badge(STAND.status, word=STAND.word, pill=True)),
        class_name="who",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        link_button(t("task.results"), href=routes.task_results(PLAN.id), symbol="picture"),
        rx.cond(
            STAND.ended,
            rx.fragment(),
            button(
                t("task.stop"),
                symbol="stop",
                on_click=TaskState.ask,
                disabled=~STAND.may_stop | STAND.stop_requested,
                title=rx.cond(
                    STAND.stop_requested,
                    t("task.stop_asked"),
                    rx.cond(STAND.may_stop, "", t("task.stop_only_owner")),
                ),
            ),
        ),
    )


def _facts() -> rx.Component:
    return rx.el.div(
        _fact(t("task.fact_data"), PLAN.dataset),
        _fact(t("task.fact_package"), f"{PLAN.package} {PLAN.version}"),
        _fact(t("task.fact_spec"), t("task.fact_times", spec=PLAN.spec, nodes=PLAN.nodes)),
        _fact(t("task.fact_output"), f"{PLAN.volume} / {PLAN.name}"),
        rx.el.span(
            t("task.fact_created", owner=PLAN.owner, time=fmt_time(PLAN.created_at)),
            title=fmt_time(PLAN.created_at, "full"),
            class_name="nw",
        ),
        class_name="sub2 num",
        data_testid="facts",
    )


def _fact(name: Any, value: Any) -> rx.Component:
    return rx.el.span(name, " ", rx.el.b(value), class_name="cut", title=value)


def _tabs() -> rx.Component:
    names = ("overview", "logs", "plan")
    return rx.tabs.root(
        rx.tabs.list(
            *(rx.tabs.trigger(t(f"task.tab_{name}"), value=name) for name in names),
            class_name="tabs",
        ),
        rx.tabs.content(_overview(), value="overview"),
        rx.tabs.content(rx.el.div(_logs(), class_name="body one"), value="logs"),
        rx.tabs.content(rx.el.div(plan_panels(PLAN), class_name="body"), value="plan"),
        value=TaskState.tab,
        on_change=TaskState.show_tab,
        class_name="parts",
    )


def _overview() -> rx.Component:
    return rx.el.div(
        rx.el.div(verdict_note(VERDICT, STAND), class_name="full", data_testid="verdict"),
        rx.cond(
            VERDICT.remedies.length() > 0,
            remedies(
                VERDICT,
                TaskState.evidence_of,
                TaskState.evidence,
                TaskState.show_tab("logs"),
            ),
        ),
        rx.el.section(
            rx.cond(EMPTY_END, rx.el.span(), figures(STAND)),
            timeline(TaskState.steps),
            rx.cond(EMPTY_END, rx.fragment(), task_bar(STAND)),
            class_name="top",
        ),
        rx.cond(EMPTY_END, rx.fragment(), rx.fragment(_rate(), _causes())),
        rx.cond(STAND.ended, rx.fragment(), _replicas()),
        _logs(),
        class_name="body",
    )


def _rate() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.chart")),
            rx.el.span(t("task.chart_unit"), class_name="t3 s"),
            rx.el.span(class_name="grow"),
            speed(STAND),
            rx.el.span(
                rx.el.span(rx.el.i(), t("task.chart_done")),
                rx.el.span(rx.el.i(class_name="f"), t("task.chart_failed")),
                class_name="key",
            ),
        ),
        rx.cond(
            TaskState.chart.line != "",
            rate_chart(TaskState.chart),
            rx.el.p(t("task.chart_empty"), class_name="none"),
        ),
        class_name="panel rate",
    )


def _causes() -> rx.Component:
    kinds = TaskState.causes.length()
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.causes")),
            rx.cond(
                kinds > 0,
                rx.el.span(
                    t("task.causes_count", failed=STAND.failed, kinds=kinds),
                    class_name="t3 s num",
                ),
            ),
        ),
        rx.cond(
            kinds > 0,
            causes_list(TaskState.causes),
            rx.el.p(t("task.causes_none"), class_name="none"),
        ),
        class_name="panel causes",
    )


def _replicas() -> rx.Component:
    count = TaskState.replicas.length()
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("task.replicas")),
            rx.cond(
                count > 0,
                rx.el.span(
                    t("task.replicas_ready", ready=TaskState.ready, count=count),
                    class_name="t3 s num",
                ),
            ),
        ),
        rx.cond(
            count > 0,
            replicas_table(TaskState.replicas),
            rx.el.p(t("task.replicas_none"), class_name="none"),
        ),
        class_name="panel full",
    )


def _logs() -> rx.Component:
    return LogView.create(
        rx.cond(
            TaskState.logs.length() > 0,
            rx.el.div(
                rx.foreach(TaskState.logs, _log_choice),
                class_name="seg sm",
                role="group",
                aria_label=t("task.log_choice"),
            ),
        ),
        log=TaskState.log_key,
        text=TaskState.log_text,
        title=t("task.logs"),
        follow=t("task.log_follow"),
        waiting=t("task.log_waiting"),
        empty=t("task.log_empty"),
    )


def _log_choice(tab: Any) -> rx.Component:
    on = tab.key == TaskState.log_key
    return rx.el.button(
        rx.cond(tab.label != "", tab.label, t("task.log_client")),
        type="button",
        class_name=rx.cond(on, "on", ""),
        aria_pressed=rx.cond(on, "true", "false"),
        on_click=TaskState.show_log(tab.key),
    )


def _question() -> rx.Component:
    freed = t("task.ask_freed_text", spec=PLAN.spec, nodes=PLAN.nodes)
    return confirm(
        t("task.ask_title", name=PLAN.name),
        rx.cond(STAND.left.to(int) > 0, t("task.ask_left", left=STAND.left), t("task.ask_text")),
        rx.el.dl(
            _consequence(t("task.ask_kept"), t("task.ask_kept_text", done=STAND.done)),
            _consequence(t("task.ask_freed"), freed),
            _consequence(t("task.ask_rest"), t("task.ask_rest_text")),
            class_name="kv num",
        ),
        open=TaskState.asking,
        verb=t("task.ask_verb"),
        symbol="stop",
        on_confirm=TaskState.stop,
        on_close=TaskState.dismiss,
    )


def _consequence(name: Any, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(name), rx.el.dd(value))


def _missing() -> rx.Component:
    return empty(
        t("task.missing"),
        t("task.missing_text"),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


PAGE = Page(
    routes.TASK,
    rx.cond(TaskState.plan.name != "", TaskState.plan.name, t("task.title")),
    task,
    on_load=TaskState.load,
)
