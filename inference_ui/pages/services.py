"""The list of online services."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.clock import Clock, Every, elapsed
from inference_ui.components.controls import icon_button, link_button
from inference_ui.components.feedback import empty, skeleton_rows, step, steps
from inference_ui.components.icons import icon
from inference_ui.components.live import KeepPlace, OnRevision
from inference_ui.components.service_question import service_question
from inference_ui.components.status import status_badge
from inference_ui.i18n.live import fmt_number, fmt_time, one_of, reason, t
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.services import ServiceRow
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.services import ServicesState

COLUMNS = ("name", "status", "package", "spec", "ready", "use", "owner", "created", "actions")
MAY_CREATE = SignedIn.role != "VIEWER"
ADMINISTRATOR = SignedIn.role == "ADMINISTRATOR"

LOOK_AGAIN_S = 5
"""Replicas, and tasks that go through a service, change without the service changing."""


def services() -> rx.Component:
    """Return the page."""
    return shell(
        Clock.create(now=ServicesState.server_now),
        OnRevision.create(revision=Live.revision, on_change=ServicesState.reload),
        Every.create(
            seconds=LOOK_AGAIN_S,
            active=(ServicesState.rows.length() > 0) & ~has_connection_errors,
            on_tick=ServicesState.reload,
        ),
        rx.cond(
            ServicesState.loaded,
            rx.cond(ServicesState.rows.length() > 0, _table(), _nothing_yet()),
            skeleton_rows(8),
        ),
        service_question(
            ServicesState.asked,
            end=ServicesState.end,
            refused=ServicesState.refused,
            open=ServicesState.asking,
            on_confirm=ServicesState.confirm,
            on_close=ServicesState.dismiss,
        ),
        heading=t("services.title"),
        current=routes.SERVICES,
        actions=(rx.cond(MAY_CREATE, _ways()),),
    )


def _ways() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ADMINISTRATOR,
            link_button(t("services.register"), href=routes.new_service(registered=True)),
        ),
        link_button(t("services.deploy"), href=routes.NEW_SERVICE, kind="pri", symbol="plus"),
    )


def _table() -> rx.Component:
    return rx.el.div(
        KeepPlace.create(),
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"v-{name}") for name in COLUMNS)),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"services.column_{name}"), scope="col", class_name=f"v-{name}")
                        for name in COLUMNS
                    )
                )
            ),
            rx.el.tbody(
                rx.foreach(ServicesState.rows, lambda row: service_line(row=row, key=row.id))
            ),
            aria_label=t("services.title"),
        ),
        class_name="list svl",
    )


@rx.memo
def service_line(row: rx.Var[ServiceRow]) -> rx.Component:
    """Return a row of the table."""
    said = reason(row.said.code, row.said.args)
    return rx.el.tr(
        rx.el.td(
            ReactRouterLink.create(row.name, to=row.href, class_name="l1 cut nm", title=row.name),
            rx.el.span(
                rx.cond(row.url != "", row.url, row.package),
                class_name="l2 cut",
                title=rx.cond(row.url != "", row.url, row.package),
            ),
            class_name="v-name",
        ),
        rx.el.td(
            status_badge(row.status, word=row.word),
            rx.cond(
                row.said.code != "",
                rx.el.span(
                    said,
                    class_name=rx.cond(row.word == "FAILED", "l2 cut bad", "l2 cut"),
                    title=said,
                ),
            ),
            class_name="v-status",
        ),
        rx.el.td(one_of("service_type", row.service_type), class_name="v-package cut"),
        rx.el.td(_place(row), class_name="v-spec num"),
        rx.el.td(_ready(row), class_name="v-ready num"),
        rx.el.td(_use(row), class_name="v-use num"),
        rx.el.td(row.owner, class_name="v-owner cut", title=row.owner),
        rx.el.td(
            rx.el.span(
                fmt_time(row.created_at),
                class_name="l1 cut",
                title=fmt_time(row.created_at, "full"),
            ),
            rx.cond(
                row.running,
                rx.el.span(elapsed("services.lasts", row.since), class_name="l2 cut"),
            ),
            class_name="v-created num",
        ),
        rx.el.td(_menu(row), class_name="v-actions"),
        data_testid="service-row",
        data_status=row.word,
    )


def _place(row: Any) -> rx.Component:
    size = t("tasks.size", cpus=row.cpus, memory=row.memory_bytes)
    spec = t("tasks.times", spec=row.spec, nodes=row.replicas)
    return rx.cond(
        row.spec != "",
        rx.fragment(
            rx.el.span(spec, class_name="l1 cut", title=spec),
            rx.el.span(rx.cond(row.card != "", row.card, size), class_name="l2 cut"),
        ),
        rx.el.span(t("services.elsewhere"), class_name="t3"),
    )


def _ready(row: Any) -> rx.Component:
    return rx.cond(
        (row.spec != "") & row.running & ~row.unseen,
        rx.el.span(
            rx.el.b(fmt_number(row.ready)),
            rx.el.span(" / ", fmt_number(row.replicas)),
            class_name="of",
        ),
        rx.el.span("—", class_name="t3"),
    )


def _use(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.span(
            rx.cond(row.tasks > 0, t("services.tasks", count=row.tasks), t("services.no_tasks")),
            class_name=rx.cond(row.tasks > 0, "l1 cut", "l1 cut t3"),
            title=row.first_task,
        ),
        rx.el.span(
            rx.cond(row.limit > 0, t("services.limit", count=row.limit), t("services.no_limit")),
            class_name="l2 cut",
        ),
    )


def _menu(row: Any) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            icon_button("more", t("tasks.actions_of", name=row.name), live=False, small=True)
        ),
        rx.dropdown_menu.content(
            _link(t("services.open"), "eye", row.href),
            rx.cond(
                MAY_CREATE & row.running,
                rx.fragment(
                    _link(t("services.test"), "bolt", row.test_href),
                    _link(t("services.task"), "tasks", row.task_href),
                ),
            ),
            rx.cond(row.may_start | row.may_stop | row.may_delete, rx.dropdown_menu.separator()),
            rx.cond(
                row.may_start,
                _act(t("services.start"), "again", ServicesState.start(row.id)),
            ),
            rx.cond(
                row.may_stop,
                _act(t("services.stop"), "stop", ServicesState.ask_end(row.id, "stop")),
            ),
            rx.cond(
                row.may_delete,
                _act(t("services.delete"), "delete", ServicesState.ask_end(row.id, "delete")),
            ),
            class_name="acts-menu",
            align="end",
        ),
    )


def _link(word: Any, symbol: str, href: Any) -> rx.Component:
    entry = ReactRouterLink.create(icon(symbol, class_name="s"), word, to=href)
    return rx.dropdown_menu.item(entry, as_child=True)


def _act(word: Any, symbol: str, event: Any) -> rx.Component:
    return rx.dropdown_menu.item(
        icon(symbol, class_name="s"), word, disabled=has_connection_errors, on_select=event
    )


def _nothing_yet() -> rx.Component:
    packages = ServicesState.packages
    return empty(
        t("services.empty"),
        t("services.empty_text"),
        steps(
            step(1, t("services.step_package"), packages > 0),
            step(2, t("services.step_deploy"), False),
            step(3, t("services.step_use"), False),
        ),
        rx.cond(
            MAY_CREATE,
            rx.el.div(
                rx.cond(
                    packages > 0,
                    link_button(t("services.deploy"), href=routes.NEW_SERVICE, kind="pri"),
                    link_button(t("packages.register"), href=routes.NEW_PACKAGE, kind="pri"),
                ),
                class_name="acts",
            ),
            rx.el.p(reason("VIEWERS_ONLY_LOOK", {})),
        ),
    )


PAGE = Page(routes.SERVICES, t("services.title"), services, on_load=ServicesState.load)
