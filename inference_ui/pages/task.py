"""The page of one task."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.again import again_buttons, again_menu
from inference_ui.components.chart import rate_chart
from inference_ui.components.clock import Clock, Every
from inference_ui.components.controls import button, link_button
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.log_view import log_panel
from inference_ui.components.plan import plan_panels
from inference_ui.components.status import status_badge
from inference_ui.components.stop import stop_question
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
from inference_ui.state.task_again import TaskAgainState

LOOK_AGAIN_S = 2
"""Logs and replicas change without the task changing: look at them so often while it runs."""

_ADDRESS = rx.Var(
    "address.task_id",
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useParams"]}, hooks={"const address = useParams()": None}
    ),
).to(str)
"""The id in the browser's address: until the rows are those of this task, none are shown."""

_PART = rx.Var(
    '(query.get("part") ?? "overview")',
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useSearchParams"]},
        hooks={"const [query] = useSearchParams()": None},
    ),
).to(str)
"""Which part of the page is shown. It is in the address, so a reload and a link keep it."""

READY = TaskState.shown == _ADDRESS
PLAN, STAND, VERDICT = TaskState.plan, TaskState.stand, TaskState.verdict


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
            rx.cond(
                TaskState.missing,
                _missing(),
                rx.el.div(_facts(), _parts(), _question(), class_name="tk"),
            ),
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
            rx.cond(known, icon("right")),
            class_name="crumb",
        ),
        rx.el.h1(
            rx.cond(known, PLAN.name, t("task.title")),
            class_name=rx.cond(known, "cut", "sr"),
            title=rx.cond(known, PLAN.name, ""),
        ),
        rx.cond(known, status_badge(STAND.status, word=STAND.word, pill=True)),
        class_name="tk-head",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(
            STAND.begun,
            link_button(t("task.results"), href=routes.task_results(PLAN.id), symbol="picture"),
        ),
        again_buttons(
            STAND,
            on_resume=TaskAgainState.resume,
            on_retry=TaskAgainState.retry_failed,
        ),
        rx.cond(
            STAND.ended,
            None,
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
        rx.cond(
            STAND.may_run_again,
            again_menu(on_run_again=TaskAgainState.run_again, copy=routes.new_task(copy=_ADDRESS)),
        ),
    )


def _facts() -> rx.Component:
    return rx.el.div(
        _fact(t("task.fact_data"), PLAN.dataset),
        _fact(t("task.fact_package"), f"{PLAN.package} {PLAN.version}"),
        rx.cond(
            PLAN.service != "",
            _fact(t("task.fact_service"), PLAN.service),
            _fact(t("task.fact_spec"), t("task.fact_times", spec=PLAN.spec, nodes=PLAN.nodes)),
        ),
        _fact(t("task.fact_output"), f"{PLAN.volume} / {PLAN.name}", class_name="cut out"),
        rx.el.span(
            t("task.fact_created", owner=PLAN.owner, time=fmt_time(PLAN.created_at)),
            title=fmt_time(PLAN.created_at, "full"),
            class_name="nw",
        ),
        class_name="sub2 num",
        data_testid="facts",
    )


def _fact(name: Any, value: Any, class_name: str = "cut") -> rx.Component:
    return rx.el.span(name, " ", rx.el.b(value), class_name=class_name, title=value)


def _parts() -> rx.Component:
    """Return the tabs, which are links, and what the chosen one shows."""
    return rx.fragment(
        rx.el.nav(
            *(_tab(part) for part in ("overview", "logs", "plan")),
            class_name="tabs",
            aria_label=t("task.parts"),
        ),
        rx.match(
            _PART,
            ("logs", rx.el.div(_logs(), class_name="body")),
            ("plan", rx.el.div(plan_panels(PLAN), class_name="body")),
            _overview(),
        ),
    )


def _tab(part: str) -> rx.Component:
    return ReactRouterLink.create(
        t(f"task.tab_{part}"),
        to=routes.task(_ADDRESS, "" if part == "overview" else part),
        aria_current=rx.cond(part == _PART, "page", "false"),
    )


def _overview() -> rx.Component:
    steps = timeline(TaskState.steps)
    return rx.el.div(
        rx.el.div(verdict_note(VERDICT, STAND), class_name="told", data_testid="verdict"),
        rx.cond(
            VERDICT.remedies.length() > 0,
            remedies(
                VERDICT,
                TaskState.evidence_of,
                TaskState.evidence,
                routes.task(_ADDRESS, "logs"),
            ),
        ),
        rx.cond(
            STAND.begun,
            rx.fragment(
                rx.el.section(figures(STAND), steps, task_bar(STAND), class_name="top"),
                rx.el.div(_rate(), _causes(), class_name="pair"),
            ),
            rx.el.section(steps, class_name="top alone"),
        ),
        rx.cond(STAND.ended, None, _replicas()),
        rx.cond(TaskState.evidence == "", _logs()),
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
            rx.el.p(
                rx.cond(STAND.ended, t("task.chart_none"), t("task.chart_empty")), class_name="none"
            ),
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
        class_name="panel",
    )


def _logs() -> rx.Component:
    return log_panel(
        TaskState.logs, key=TaskState.log_key, text=TaskState.log_text, on_show=TaskState.show_log
    )


def _question() -> rx.Component:
    return stop_question(
        name=PLAN.name,
        left=STAND.left,
        done=STAND.succeeded,
        spec=PLAN.spec,
        nodes=PLAN.nodes,
        service=PLAN.service,
        open=TaskState.asking,
        on_confirm=TaskState.stop,
        on_close=TaskState.dismiss,
    )


def _missing() -> rx.Component:
    return empty(
        t("task.missing"),
        t("task.missing_text"),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


PAGE = Page(
    routes.TASK,
    rx.cond(TaskState.plan.name != "", TaskState.plan.name, t("task.title")).to(str),
    task,
    on_load=TaskState.load,
)
