"""The task list."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui import routes
from inference_ui.components.clock import Clock
from inference_ui.components.controls import button, link_button
from inference_ui.components.feedback import empty, note, skeleton_rows, step, steps
from inference_ui.components.icons import icon, status_mark
from inference_ui.components.live import OnRevision
from inference_ui.components.stop import stop_question
from inference_ui.components.task_list import ColumnChoice, PickBar, PickButton, SearchBox
from inference_ui.i18n.live import fmt_number, fmt_size, one_of, reason, t
from inference_ui.pages.deleting import deletion_question, deletion_receipts
from inference_ui.pages.shell import Page, shell
from inference_ui.pages.tasks_table import table
from inference_ui.rows.tasks import WayOutRow
from inference_ui.state.base import SignedIn
from inference_ui.state.deleting import DeletingState
from inference_ui.state.live import Live
from inference_ui.state.tasks import TasksState

MAY_CREATE = SignedIn.role != "VIEWER"


def tasks() -> rx.Component:
    """Return the page."""
    return shell(
        Clock.create(now=TasksState.server_now),
        OnRevision.create(revision=Live.revision, on_change=TasksState.reload),
        rx.cond(TasksState.loaded, _loaded(), rx.cond(_FAILED, _unreadable(), skeleton_rows(12))),
        _question(),
        deletion_question(),
        heading=rx.fragment(
            rx.el.h1(t("tasks.title")),
            rx.cond(
                TasksState.loaded & ~_NOTHING_YET,
                SearchBox.create(choices=TasksState.choices, on_open=TasksState.offer),
            ),
        ),
        current=routes.TASKS,
        actions=(
            rx.cond(TasksState.loaded & MAY_CREATE & ~_NOTHING_YET, PickButton.create()),
            rx.cond(
                MAY_CREATE,
                link_button(t("tasks.create"), href=routes.NEW_TASK, kind="pri", symbol="plus"),
            ),
        ),
    )


_FAILED = TasksState.problem.code != ""
_NOTHING_YET = (TasksState.total == 0) & ~TasksState.narrowed


def _loaded() -> rx.Component:
    return rx.cond(
        _NOTHING_YET,
        rx.fragment(_first_steps(), deletion_receipts()),
        rx.fragment(
            _tabs(),
            PickBar.create(
                page=TasksState.ids,
                total=TasksState.pager.count,
                done=DeletingState.confirmed,
                held=TasksState.picking,
                off=has_connection_errors,
                on_pick=TasksState.pick,
                on_delete=TasksState.ask_delete,
            ),
            rx.cond(TasksState.ids.length() > 0, table(), _no_match()),
            deletion_receipts(),
            rx.cond(TasksState.pager.count > 0, _pager()),
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
        ColumnChoice.create(),
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
            TasksState.ways_out.length() > 0,
            _ways_out(),
            rx.cond(TasksState.place == routes.tasks([("mine", "1")]), t("tasks.none_mine"), ""),
        ),
        rx.el.div(link_button(t("tasks.show_all"), href=routes.TASKS), class_name="acts"),
    )


def _ways_out() -> rx.Component:
    """Say of each condition how many tasks there are without it."""
    return rx.el.span(rx.foreach(TasksState.ways_out, _way_out), class_name="outs")


def _way_out(way: rx.Var[WayOutRow]) -> rx.Component:
    names = rx.cond(
        way.about == "status",
        rx.foreach(way.given, lambda one: rx.el.i(one_of("status", one))),
        rx.foreach(way.given, rx.el.i),
    )
    return rx.el.span(
        ReactRouterLink.create(
            t("tasks.without", about=one_of("search", way.about)), " ", names, to=way.href
        ),
        " ",
        t("tasks.without_left", count=way.count),
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
        held=asked.status != "QUEUED",
        open=TasksState.asking,
        on_confirm=TasksState.stop,
        on_close=TasksState.dismiss,
        more=(rx.cond(problem.code != "", note(reason(problem.code, problem.args))),),
    )


PAGE = Page(routes.TASKS, t("tasks.title"), tasks, on_load=TasksState.load)
