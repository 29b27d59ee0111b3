"""The task list."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.clock import Clock, elapsed
from inference_ui.components.controls import button, icon_button, link_button
from inference_ui.components.feedback import empty, note, skeleton_rows, step, steps
from inference_ui.components.icons import icon, status_mark
from inference_ui.components.live import KeepPlace, OnRevision
from inference_ui.components.progress_cell import progress_cell
from inference_ui.components.status import status_badge
from inference_ui.components.stop import stop_question
from inference_ui.i18n.live import (
    fmt_duration,
    fmt_number,
    fmt_size,
    fmt_time,
    one_of,
    reason,
    t,
)
from inference_ui.pages.shell import Page, shell
from inference_ui.rows.tasks import TaskRow
from inference_ui.state.base import SignedIn
from inference_ui.state.live import Live
from inference_ui.state.tasks import TasksState

COLUMNS = ("name", "status", "progress", "package", "spec", "owner", "created", "actions")
MAY_CREATE = SignedIn.role != "VIEWER"


def tasks() -> rx.Component:
    """Return the page."""
    return shell(
        Clock.create(now=TasksState.server_now),
        OnRevision.create(revision=Live.revision, on_change=TasksState.reload),
        rx.cond(TasksState.loaded, _loaded(), rx.cond(_FAILED, _unreadable(), skeleton_rows(12))),
        _question(),
        heading=t("tasks.title"),
        current=routes.TASKS,
        actions=(
            rx.cond(
                MAY_CREATE,
                link_button(t("tasks.create"), href=routes.NEW_TASK, kind="pri", symbol="plus"),
            ),
        ),
    )


_FAILED = TasksState.problem.code != ""
_NOTHING_YET = (TasksState.total == 0) & ~TasksState.mine


def _loaded() -> rx.Component:
    return rx.cond(
        _NOTHING_YET,
        _first_steps(),
        rx.fragment(
            _tabs(),
            rx.cond(TasksState.pager.count > 0, rx.fragment(_table(), _pager()), _no_match()),
        ),
    )


def _tabs() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            rx.foreach(TasksState.tabs, _tab), class_name="tabs", aria_label=t("tasks.by_status")
        ),
        rx.el.div(
            _side(t("tasks.all"), TasksState.all_href, ~TasksState.mine),
            _side(t("tasks.mine"), TasksState.mine_href, TasksState.mine),
            class_name="seg sm",
            role="group",
            aria_label=t("tasks.whose"),
        ),
        class_name="tabline",
    )


def _tab(tab: Any) -> rx.Component:
    return ReactRouterLink.create(
        rx.cond(
            tab.status == "",
            t("tasks.all"),
            rx.fragment(status_mark(tab.status), one_of("status", tab.status)),
        ),
        rx.el.span(fmt_number(tab.count), class_name="n"),
        to=tab.href,
        aria_current=rx.cond(tab.current, "page", "false"),
        data_testid=f"tab-{tab.status}",
    )


def _side(word: Any, href: Any, on: Any) -> rx.Component:
    return ReactRouterLink.create(
        word,
        to=href,
        class_name=rx.cond(on, "on", ""),
        aria_current=rx.cond(on, "true", "false"),
    )


def _table() -> rx.Component:
    return rx.el.div(
        KeepPlace.create(),
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"c-{name}") for name in COLUMNS)),
            rx.el.thead(rx.el.tr(*(_head(name) for name in COLUMNS))),
            rx.el.tbody(rx.foreach(TasksState.rows, lambda row: task_line(row=row, key=row.id))),
            aria_label=t("tasks.title"),
        ),
        class_name="list",
        key=f"{TasksState.status} {TasksState.mine} {TasksState.pager.first}",
    )


def _head(name: str) -> rx.Component:
    arrow = icon("arrow-down", class_name="s") if name == "created" else rx.fragment()
    order = {"aria_sort": "descending"} if name == "created" else {}
    return rx.el.th(t(f"tasks.column_{name}"), arrow, scope="col", class_name=f"c-{name}", **order)


@rx.memo
def task_line(row: rx.Var[TaskRow]) -> rx.Component:
    """Return a row of the table."""
    own = t("tasks.times", spec=row.spec, nodes=row.nodes)
    spec = rx.cond(row.service != "", row.service, own)
    return rx.el.tr(
        _two(
            "name",
            ReactRouterLink.create(row.name, to=row.href, class_name="l1 cut nm", title=row.name),
            row.dataset,
        ),
        rx.el.td(status_badge(row.status, word=row.word), class_name="c-status"),
        rx.el.td(progress_cell(row), class_name="c-progress"),
        _two("package", _first(row.package), one_of("service_type", row.service_type)),
        _two(
            "spec",
            _first(spec),
            rx.cond(row.service != "", t("tasks.through_service"), _size(row)),
        ),
        rx.el.td(row.owner, class_name="c-owner cut", title=row.owner),
        rx.el.td(
            rx.el.span(
                fmt_time(row.created_at),
                class_name="l1 cut",
                title=fmt_time(row.created_at, "full"),
            ),
            rx.el.span(_lasted(row), class_name="l2 cut"),
            class_name="c-created num",
        ),
        rx.el.td(_menu(row), class_name="c-actions"),
        data_testid="task-row",
        data_status=row.word,
    )


def _two(name: str, first: rx.Component, second: Any) -> rx.Component:
    below = rx.el.span(second, class_name="l2 cut", title=second)
    return rx.el.td(first, below, class_name=f"c-{name} num")


def _first(text: Any) -> rx.Component:
    return rx.el.span(text, class_name="l1 cut", title=text)


def _size(row: Any) -> Any:
    cpu = t("tasks.size", cpus=row.cpus, memory=row.memory_bytes)
    return rx.cond(row.card != "", row.card, cpu)


def _lasted(row: Any) -> rx.Component:
    return rx.cond(
        row.took_s != None,  # noqa: E711 - a Var
        fmt_duration(row.took_s),
        rx.cond(
            row.status == "QUEUED",
            elapsed("tasks.queued_for", row.created_at),
            elapsed("tasks.lasts", row.created_at),
        ),
    )


def _menu(row: Any) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            icon_button("more", t("tasks.actions_of", name=row.name), live=False, small=True)
        ),
        rx.dropdown_menu.content(
            _link(t("tasks.open"), "eye", row.href),
            rx.cond(row.has_results, _link(t("tasks.results"), "picture", row.results_href)),
            rx.cond(
                row.may_stop,
                rx.fragment(
                    rx.dropdown_menu.separator(),
                    rx.dropdown_menu.item(
                        icon("stop", class_name="s"),
                        t("tasks.stop"),
                        disabled=has_connection_errors,
                        on_select=TasksState.ask(row.id),
                    ),
                ),
            ),
            class_name="acts-menu",
            align="end",
        ),
    )


def _link(word: Any, symbol: str, href: Any) -> rx.Component:
    entry = ReactRouterLink.create(icon(symbol, class_name="s"), word, to=href)
    return rx.dropdown_menu.item(entry, as_child=True)


def _pager() -> rx.Component:
    pager = TasksState.pager
    return rx.el.nav(
        rx.el.span(t("tasks.range", first=pager.first, last=pager.last, count=pager.count)),
        rx.el.span(class_name="grow"),
        _turn("left", t("tasks.previous"), pager.previous),
        _turn("right", t("tasks.following"), pager.following),
        class_name="pager num",
        aria_label=t("tasks.pages"),
    )


def _turn(symbol: str, label: Any, href: Any) -> rx.Component:
    look = "btn sm sq"
    return rx.cond(
        href != "",
        ReactRouterLink.create(
            icon(symbol), to=href, class_name=look, aria_label=label, title=label
        ),
        rx.el.button(icon(symbol), type="button", disabled=True, class_name=look, aria_label=label),
    )


def _no_match() -> rx.Component:
    return empty(
        t("tasks.no_match"),
        rx.cond(
            TasksState.status == "",
            t("tasks.none_mine"),
            t(
                "tasks.none_in_status",
                status=one_of("status", TasksState.status),
                total=TasksState.total,
            ),
        ),
        rx.el.div(link_button(t("tasks.show_all"), href=routes.TASKS), class_name="acts"),
    )


def _unreadable() -> rx.Component:
    said = reason(TasksState.problem.code, TasksState.problem.args)
    again = button(t("tasks.again"), symbol="again", on_click=TasksState.load)
    return rx.el.div(note(t("tasks.unreadable"), rx.el.p(said)), again, class_name="em")


def _first_steps() -> rx.Component:
    start = TasksState.start
    sample = link_button(
        t("tasks.try_sample", items=start.inputs), href=routes.new_sample_task(), kind="pri"
    )
    return empty(
        t("tasks.empty"),
        t("tasks.empty_text"),
        steps(
            step(1, t("tasks.step_volume"), start.volume != "", _fact(start.volume, _free())),
            step(2, t("tasks.step_dataset"), start.dataset != "", _fact(start.dataset, _items())),
            step(3, t("tasks.step_package"), start.package != "", _fact(start.package, "")),
            step(4, t("tasks.step_task"), False),
        ),
        rx.cond(start.sample & MAY_CREATE, rx.el.div(sample, class_name="acts")),
        rx.cond(MAY_CREATE, rx.fragment(), rx.el.p(reason("VIEWERS_ONLY_LOOK", {}))),
    )


def _fact(name: Any, more: Any) -> rx.Component:
    return rx.cond(name != "", rx.el.span(name, more, class_name="m num"), rx.fragment())


def _free() -> Any:
    free = TasksState.start.free_bytes
    return rx.cond(free != None, t("tasks.free", size=fmt_size(free)), "")  # noqa: E711 - a Var


def _items() -> Any:
    items = TasksState.start.inputs
    return rx.cond(items != None, t("tasks.items", count=items), "")  # noqa: E711 - a Var


def _question() -> rx.Component:
    asked = TasksState.asked
    problem = TasksState.stop_problem
    return stop_question(
        name=asked.name,
        left=asked.left,
        done=asked.done,
        spec=asked.spec,
        nodes=asked.nodes,
        service=asked.service,
        open=TasksState.asking,
        on_confirm=TasksState.stop,
        on_close=TasksState.dismiss,
        more=(rx.cond(problem.code != "", note(reason(problem.code, problem.args))),),
    )


PAGE = Page(routes.TASKS, t("tasks.title"), tasks, on_load=TasksState.load)
