"""The page of one online service: how it stands, its replicas, what uses it, and testing it."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.clock import Clock, Every
from inference_ui.components.controls import button, icon_button, link_button
from inference_ui.components.feedback import empty, skeleton_rows
from inference_ui.components.icons import icon
from inference_ui.components.live import OnRevision
from inference_ui.components.log_view import log_panel
from inference_ui.components.service_question import service_question
from inference_ui.components.status import status_badge
from inference_ui.components.task_parts import replicas_table
from inference_ui.i18n.live import fmt_number, fmt_time, one_of, t
from inference_ui.pages.service_plan import plan
from inference_ui.pages.service_test import test
from inference_ui.pages.service_told import told
from inference_ui.pages.shell import Page, shell
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.service import ServiceState

LOOK_AGAIN_S = 2
"""Logs, replicas and tasks change without the service changing: look at them so often."""

_ADDRESS = rx.Var(
    "address.service_id",
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useParams"]}, hooks={"const address = useParams()": None}
    ),
).to(str)
"""The id in the browser's address: until the rows are those of this service, none are shown."""

_PART = rx.Var(
    '(query.get("part") ?? "overview")',
    _var_type=str,
    _var_data=VarData(
        imports={"react-router": ["useSearchParams"]},
        hooks={"const [query] = useSearchParams()": None},
    ),
).to(str)
"""Which part of the page is shown. It is in the address, so a reload and a link keep it."""

READY = (ServiceState.shown == _ADDRESS) & ~ServiceState.missing
ROW, PLAN = ServiceState.row, ServiceState.plan
MAY_CREATE = SignedIn.role != "VIEWER"


def service() -> rx.Component:
    """Return the page."""
    return shell(
        Clock.create(now=ServiceState.server_now),
        OnRevision.create(revision=Live.revision, on_change=ServiceState.reload),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=READY & (ROW.word != "STOPPED") & ~has_connection_errors,
            on_tick=ServiceState.reload,
        ),
        rx.cond(
            ServiceState.shown == _ADDRESS,
            rx.cond(
                ServiceState.missing, _missing(), rx.el.div(_facts(), _parts(), class_name="tk")
            ),
            skeleton_rows(),
        ),
        service_question(
            ROW,
            end=ServiceState.end,
            refused=ServiceState.refused,
            open=ServiceState.asking,
            on_confirm=ServiceState.confirm,
            on_close=ServiceState.dismiss,
        ),
        heading=_heading(),
        current=routes.SERVICES,
        actions=(rx.cond(READY, _actions()),),
    )


def _heading() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            ReactRouterLink.create(t("services.title"), to=routes.SERVICES),
            rx.cond(READY, icon("right")),
            class_name="crumb",
        ),
        rx.el.h1(
            rx.cond(READY, ROW.name, t("service.title")),
            class_name=rx.cond(READY, "cut", "sr"),
            title=rx.cond(READY, ROW.name, ""),
        ),
        rx.cond(READY, status_badge(ROW.status, word=ROW.word, pill=True)),
        class_name="tk-head",
    )


def _actions() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ROW.may_delete,
            icon_button(
                "delete", t("service.delete"), on_click=ServiceState.ask_end(ROW.id, "delete")
            ),
        ),
        rx.cond(
            ROW.running,
            button(
                t("service.stop"),
                symbol="stop",
                on_click=ServiceState.ask_end(ROW.id, "stop"),
                disabled=~ROW.may_stop,
                title=rx.cond(ROW.may_stop, "", t("service.only_owner")),
            ),
        ),
        rx.cond(
            ROW.may_start,
            button(
                t("service.start"),
                kind="pri",
                symbol="again",
                on_click=ServiceState.start(ROW.id),
            ),
        ),
        rx.cond(
            MAY_CREATE & ROW.running,
            link_button(t("service.create_task"), href=ROW.task_href, kind="pri"),
        ),
    )


def _facts() -> rx.Component:
    spec = t("task.fact_times", spec=ROW.spec, nodes=ROW.replicas)
    return rx.el.div(
        rx.cond(
            ROW.url != "",
            _fact(t("service.fact_url"), ROW.url),
            rx.fragment(
                _fact(t("service.fact_package"), ROW.package),
                _fact(t("service.fact_spec"), spec),
            ),
        ),
        _fact(t("service.fact_type"), one_of("service_type", ROW.service_type)),
        rx.el.span(
            t("task.fact_created", owner=ROW.owner, time=fmt_time(ROW.created_at)),
            title=fmt_time(ROW.created_at, "full"),
            class_name="nw",
        ),
        class_name="sub2 num",
        data_testid="facts",
    )


def _fact(name: Any, value: Any) -> rx.Component:
    return rx.el.span(name, " ", rx.el.b(value), class_name="cut", title=value)


def _parts() -> rx.Component:
    """Return the tabs, which are links, and what the chosen one shows."""
    deployed = ROW.url == ""
    return rx.fragment(
        rx.el.nav(
            _tab("overview"),
            _tab("test"),
            rx.cond(deployed, _tab("logs")),
            _tab("plan"),
            class_name="tabs",
            aria_label=t("service.parts"),
        ),
        rx.match(
            _PART,
            ("test", rx.el.div(test(), class_name="body sv-test")),
            ("logs", rx.el.div(rx.cond(deployed, _logs()), class_name="body")),
            ("plan", rx.el.div(plan(), class_name="body")),
            rx.el.div(
                told(),
                rx.cond(deployed & (ROW.running | (ROW.status == "FINISHING")), _replicas()),
                _tasks(),
                rx.cond(deployed & (ServiceState.evidence == ""), _logs()),
                class_name="body",
            ),
        ),
    )


def _tab(part: str) -> rx.Component:
    return ReactRouterLink.create(
        t(f"service.tab_{part}"),
        to=routes.service(_ADDRESS, "" if part == "overview" else part),
        aria_current=rx.cond(part == _PART, "page", "false"),
        data_testid=f"tab-{part}",
    )


def _replicas() -> rx.Component:
    count = ServiceState.replicas.length()
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("service.replicas")),
            rx.cond(
                count > 0,
                rx.el.span(
                    t("task.replicas_ready", ready=ServiceState.ready, count=ROW.replicas),
                    class_name="t3 s num",
                ),
            ),
        ),
        rx.cond(
            count > 0,
            replicas_table(ServiceState.replicas),
            rx.el.p(t("task.replicas_none"), class_name="none"),
        ),
        class_name="panel",
    )


def _tasks() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.td(
                ReactRouterLink.create(row.name, to=row.href, class_name="nm"),
                class_name="cut",
                title=row.name,
            ),
            rx.el.td(status_badge(row.status, word=row.word)),
            rx.el.td(fmt_number(row.succeeded), class_name="num r"),
            rx.el.td(fmt_time(row.created_at), class_name="num"),
            key=row.id,
        )

    columns = (("name", ""), ("status", ""), ("done", "r"), ("created", ""))
    count = ServiceState.tasks.length()
    return rx.el.section(
        rx.el.header(
            rx.el.h2(t("service.tasks")),
            rx.cond(
                count > 0,
                rx.el.span(t("service.tasks_count", count=count), class_name="t3 s num"),
            ),
        ),
        rx.cond(
            count > 0,
            rx.el.table(
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(t(f"service.task_{name}"), scope="col", class_name=look)
                            for name, look in columns
                        )
                    )
                ),
                rx.el.tbody(rx.foreach(ServiceState.tasks, line)),
                data_testid="tasks",
            ),
            rx.el.p(t("service.tasks_none"), class_name="none"),
        ),
        class_name="panel",
    )


def _logs() -> rx.Component:
    return log_panel(
        ServiceState.logs,
        key=ServiceState.log_key,
        text=ServiceState.log_text,
        on_show=ServiceState.show_log,
        unseen=ServiceState.log_unseen,
    )


def _missing() -> rx.Component:
    return empty(
        t("service.missing"),
        t("service.missing_text"),
        rx.el.div(link_button(t("service.to_list"), href=routes.SERVICES), class_name="acts"),
    )


PAGE = Page(
    routes.SERVICE,
    rx.cond(ServiceState.row.name != "", ServiceState.row.name, t("service.title")).to(str),
    service,
    on_load=ServiceState.load,
)
