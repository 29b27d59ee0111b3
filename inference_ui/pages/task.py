"""The page of one task."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.again import again_buttons, again_menu
from inference_ui.components.clock import Clock, Every
from inference_ui.components.controls import button, link_button
from inference_ui.components.copy import Copy
from inference_ui.components.failures import failures_tab
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.history import history_panels
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.plan import plan_panels
from inference_ui.components.status import status_badge
from inference_ui.components.stop import stop_question
from inference_ui.i18n.live import fmt_time, reason, t
from inference_ui.pages.deleting import deletion_question
from inference_ui.pages.shell import Page, shell
from inference_ui.pages.task_overview import failures, logs, overview
from inference_ui.state.deleting import DeletingState
from inference_ui.state.live import Live
from inference_ui.state.task import TaskState
from inference_ui.state.task_again import TaskAgainState

LOOK_AGAIN_S = 1
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
GONE = TaskState.gone
PLAN, STAND = TaskState.plan, TaskState.stand


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
                rx.el.div(_facts(), _parts(), _question(), deletion_question(), class_name="tk"),
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
            again_menu(
                rx.cond(
                    STAND.may_delete,
                    rx.fragment(
                        rx.dropdown_menu.separator(),
                        rx.dropdown_menu.item(
                            icon("delete", class_name="s"),
                            t("tasks.delete"),
                            disabled=has_connection_errors,
                            on_select=DeletingState.ask_on_page(PLAN.id),
                            class_name="del",
                        ),
                    ),
                ),
                on_run_again=TaskAgainState.run_again,
                copy=routes.new_task(copy=_ADDRESS),
            ),
        ),
    )


def _facts() -> rx.Component:
    """Return what the task is made of, each with the way to it."""
    spec = t("task.fact_times", spec=PLAN.spec, nodes=PLAN.nodes)
    return rx.el.div(
        _fact(t("task.fact_data"), PLAN.dataset, to=routes.dataset(PLAN.dataset_id)),
        _fact(
            t("task.fact_package"),
            f"{PLAN.package} {PLAN.version}",
            to=routes.package(PLAN.package_id),
            known=PLAN.package_id != "",
        ),
        rx.cond(
            PLAN.service != "",
            _fact(t("task.fact_service"), PLAN.service, to=routes.service(PLAN.service_id)),
            _fact(t("task.fact_spec"), spec),
        ),
        rx.el.span(
            _fact(t("task.fact_output"), f"{PLAN.volume} / {PLAN.name}", to=routes.VOLUMES),
            Copy.create(text=PLAN.output_folder, what=t("task.copy_path")),
            class_name="out",
            title=PLAN.output_folder,
        ),
        rx.el.span(
            t("task.fact_created", owner=PLAN.owner, time=fmt_time(PLAN.created_at)),
            title=fmt_time(PLAN.created_at, "full"),
            class_name="nw",
        ),
        class_name="sub2 num",
        data_testid="facts",
    )


def _fact(name: Any, value: Any, to: Any = None, known: Any = True) -> rx.Component:
    plain = rx.el.b(value)
    shown = plain if to is None else rx.cond(known, ReactRouterLink.create(value, to=to), plain)
    return rx.el.span(name, " ", shown, class_name="cut", title=value)


def _parts() -> rx.Component:
    """Return the tabs, which are links, and what the chosen one shows."""
    overrides = rx.cond(
        PLAN.overrides > 0,
        rx.el.span(t("task.tab_overrides", count=PLAN.overrides), class_name="n"),
    )
    return rx.fragment(
        rx.el.nav(
            _tab("overview"),
            _tab("logs"),
            failures_tab(
                STAND, href=routes.task(_ADDRESS, "failures"), current=_PART == "failures"
            ),
            _tab("plan", overrides),
            _tab("history"),
            class_name="tabs",
            aria_label=t("task.parts"),
        ),
        rx.match(
            _PART,
            ("logs", rx.el.div(logs(), class_name="body")),
            ("failures", rx.el.div(failures(_ADDRESS), class_name="body")),
            ("plan", rx.el.div(plan_panels(PLAN), class_name="body")),
            ("history", rx.el.div(history_panels(TaskState.history), class_name="body")),
            rx.el.div(overview(_ADDRESS), class_name="body"),
        ),
    )


def _tab(part: str, *more: rx.Component) -> rx.Component:
    return ReactRouterLink.create(
        t(f"task.tab_{part}"),
        *more,
        to=routes.task(_ADDRESS, "" if part == "overview" else part),
        aria_current=rx.cond(part == _PART, "page", "false"),
    )


def _question() -> rx.Component:
    return stop_question(
        name=PLAN.name,
        left=STAND.left,
        done=STAND.succeeded,
        spec=PLAN.spec,
        nodes=PLAN.nodes,
        service=PLAN.service,
        held=STAND.held,
        open=TaskState.asking,
        on_confirm=TaskState.stop,
        on_close=TaskState.dismiss,
    )


def _missing() -> rx.Component:
    return empty(
        t("task.missing"),
        rx.cond(GONE.code == "TASK_DELETED", reason(GONE.code, GONE.args), t("task.missing_text")),
        rx.el.div(link_button(t("common.to_tasks"), href=routes.TASKS), class_name="acts"),
    )


PAGE = Page(
    routes.TASK,
    rx.cond(TaskState.plan.name != "", TaskState.plan.name, t("task.title")).to(str),
    task,
    on_load=TaskState.load,
)
