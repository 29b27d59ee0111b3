"""The table of the task list: its heads, its rows, and what can be done with a task."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.react_router.dom import ReactRouterLink

from inference_ui.components.clock import elapsed
from inference_ui.components.controls import icon_button
from inference_ui.components.icons import icon
from inference_ui.components.live import KeepPlace
from inference_ui.components.progress_cell import progress_cell
from inference_ui.components.status import status_badge
from inference_ui.components.task_list import PickOne, PickPage
from inference_ui.i18n.live import fmt_duration, fmt_time, one_of, t
from inference_ui.rows.tasks import HeadRow, TaskRow
from inference_ui.state.deleting import DeletingState
from inference_ui.state.tasks import TasksState
from inference_ui.state.tasks_again import TasksAgainState

COLUMNS = (
    "name",
    "status",
    "progress",
    "service_type",
    "package",
    "spec",
    "owner",
    "created",
    "duration",
)
"""The columns in their order: the keys of ``SortKey``. They differ in place alone."""


def table() -> rx.Component:
    """Return the table of the tasks that are shown."""
    names = ("pick", *COLUMNS, "actions")
    return rx.el.div(
        KeepPlace.create(key=TasksState.place),
        rx.el.table(
            rx.el.colgroup(*(rx.el.col(class_name=f"c-{name}") for name in names)),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(PickPage.create(page=TasksState.ids), class_name="c-pick"),
                    rx.foreach(TasksState.heads, _head),
                    rx.el.th(t("tasks.column_actions"), scope="col", class_name="c-actions"),
                )
            ),
            rx.el.tbody(rx.foreach(TasksState.rows, _line)),
            aria_label=t("tasks.title"),
        ),
        class_name="list",
        key=TasksState.page_place,
    )


def _line(row: rx.Var[TaskRow]) -> rx.Component:
    news = TasksState.news
    return task_line(row=rx.cond(news.contains(row.id), news[row.id], row), key=row.id)


def _head(head: rx.Var[HeadRow]) -> rx.Component:
    on = head.sorted != "none"
    arrow = rx.cond(head.sorted == "ascending", "up", "arrow-down")
    return rx.el.th(
        ReactRouterLink.create(
            one_of("tasks.column", head.key),
            rx.cond(on, icon(arrow, class_name="s")),
            to=head.href,
            class_name="sort",
            title=t("tasks.sort_by", column=one_of("tasks.column", head.key)),
        ),
        scope="col",
        class_name=f"c-{head.key}",
        aria_sort=head.sorted,
    )


@rx.memo
def task_line(row: rx.Var[TaskRow]) -> rx.Component:
    """Return a row of the table."""
    own = t("tasks.times", spec=row.spec, nodes=row.nodes)
    spec = rx.cond(row.service != "", row.service, own)
    size = rx.cond(row.service != "", t("tasks.through_service"), _size(row))
    kind = one_of("service_type", row.service_type)
    return rx.el.tr(
        rx.el.td(PickOne.create(task=row.id, name=row.name), class_name="c-pick"),
        _two(
            "name",
            ReactRouterLink.create(row.name, to=row.href, class_name="l1 cut nm", title=row.name),
            row.dataset,
        ),
        rx.el.td(status_badge(row.status, word=row.word), class_name="c-status"),
        rx.el.td(progress_cell(row), class_name="c-progress"),
        rx.el.td(kind, class_name="c-service_type cut", title=kind),
        _two("package", _first(row.package), kind),
        _two("spec", _first(spec), size),
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
        rx.el.td(_lasted(row), class_name="c-duration cut num"),
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
    more = row.may_stop | row.may_resume | row.may_retry | row.may_run_again
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            icon_button("more", t("tasks.actions_of", name=row.name), live=False, small=True)
        ),
        rx.dropdown_menu.content(
            _link(t("tasks.open"), "eye", row.href),
            rx.cond(row.has_results, _link(t("tasks.results"), "picture", row.results_href)),
            rx.cond(more, rx.dropdown_menu.separator()),
            rx.cond(row.may_stop, _entry("stop", "stop", TasksState.ask(row.id))),
            rx.cond(row.may_resume, _entry("resume", "again", TasksAgainState.resume(row.id))),
            rx.cond(row.may_retry, _entry("retry", "undo", TasksAgainState.retry_failed(row.id))),
            rx.cond(
                row.may_run_again,
                rx.fragment(
                    _entry("run_again", "again", TasksAgainState.run_again(row.id)),
                    _link(t("tasks.copy"), "copy", row.copy_href),
                ),
            ),
            rx.cond(
                row.may_delete,
                rx.fragment(
                    rx.dropdown_menu.separator(),
                    _entry("delete", "delete", DeletingState.ask(row.id), class_name="del"),
                ),
            ),
            class_name="acts-menu",
            align="end",
        ),
        modal=False,
    )


def _entry(word: str, symbol: str, on_select: Any, **props: Any) -> rx.Component:
    return rx.dropdown_menu.item(
        icon(symbol, class_name="s"),
        t(f"tasks.{word}"),
        disabled=has_connection_errors,
        on_select=on_select,
        **props,
    )


def _link(word: Any, symbol: str, href: Any) -> rx.Component:
    entry = ReactRouterLink.create(icon(symbol, class_name="s"), word, to=href)
    return rx.dropdown_menu.item(entry, as_child=True)
