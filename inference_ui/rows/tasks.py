"""Rows of the task list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from inference_ui import routes
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import SearchField, SortKey, TaskOrder
from inference_ui.backend.services.again import can_resume
from inference_ui.backend.services.task_list import TaskPage
from inference_ui.rows.cards import card_label
from inference_ui.rows.common import (
    MessageRow,
    deleting,
    message_row,
    share_width,
    shown_status,
    status_word,
    stopping,
)
from inference_ui.rows.task_filter import PAGE_SIZE, TaskFilter

MOST_NEWS = 15
"""Rows that are sent one by one; when more changed, the list is sent anew."""

Show = Literal["WAITING", "RUNNING", "FINISHING", "DONE", "PARTLY", "FAILED"]
"""What stands in the column of the progress: a reason to wait for, a bar with rate and time left,
what is done, the numbers alone, a bar with why it ended, the reason why it failed."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in the list. ``word`` is the code of the status' word; ``found`` is None until all
    inputs are counted; widths are CSS lengths; ``rate`` is items per second. ``end`` is the code
    of why it ended, ``who`` the user who stopped it, ``note`` what the backend says about it.
    Times are seconds since 1970, ``took_s`` is None while the task lives."""

    id: str
    name: str
    href: str
    results_href: str
    dataset: str
    status: str
    word: str
    show: Show
    done: int
    failed: int
    found: int | None
    left: int | None
    succeeded_width: str
    failed_width: str
    percent: int
    rate: float
    left_s: float | None
    note: MessageRow
    end: str
    who: str
    package: str
    service_type: str
    spec: str
    service: str
    nodes: int
    card: str
    cpus: float
    memory_bytes: int
    owner: str
    created_at: float
    took_s: float | None
    has_results: bool
    may_stop: bool
    may_resume: bool
    may_retry: bool
    may_run_again: bool
    may_delete: bool
    copy_href: str


@dataclass(frozen=True, slots=True)
class TabRow:
    """A status to choose (``""``: all), with how many tasks are in it."""

    status: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class PagerRow:
    """Which tasks of how many are shown, counted from 1; links are ``""`` where there is none."""

    first: int = 0
    last: int = 0
    count: int = 0
    previous: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The head of a column (a ``SortKey``): what sorts by it, and how it is sorted by now
    (``ascending``, ``descending`` or ``none``)."""

    key: str
    href: str
    sorted: str


@dataclass(frozen=True, slots=True)
class WayOutRow:
    """A condition (``status``, ``owner``, …, with its ``values``) that leaves ``count`` tasks when
    it is taken away."""

    about: str
    given: list[str]
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class ListRows:
    """All that the page shows of the list. ``total`` counts all statuses, ``narrowed``: tasks may
    be out of sight. ``place`` is what is shown, ``page_place`` the same in whatever order."""

    rows: list[TaskRow] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tabs: list[TabRow] = field(default_factory=list)
    heads: list[HeadRow] = field(default_factory=list)
    pager: PagerRow = field(default_factory=PagerRow)
    ways_out: list[WayOutRow] = field(default_factory=list)
    total: int = 0
    narrowed: bool = False
    mine: bool = False
    all_href: str = routes.TASKS
    mine_href: str = routes.TASKS
    place: str = ""
    page_place: str = ""


def list_rows(
    page: TaskPage,
    chosen: TaskFilter,
    actor: Actor,
    left: Mapping[SearchField, int] | None = None,
) -> ListRows:
    """Return the rows of a page of tasks as ``actor`` sees it. ``left``: how many tasks there would
    be without the conditions about each field, where nothing meets all of them."""
    return ListRows(
        rows=[task_row(task, page.people, actor) for task in page.tasks],
        ids=[task.id for task in page.tasks],
        tabs=tab_rows(page, chosen),
        heads=[_head(key, chosen) for key in SortKey],
        pager=pager_row(page, chosen),
        ways_out=[_way_out(about, count, chosen) for about, count in (left or {}).items() if count],
        total=page.total,
        narrowed=chosen.narrowed,
        mine=chosen.mine,
        all_href=chosen.but(mine=False).href,
        mine_href=chosen.but(mine=True).href,
        place=chosen.href,
        page_place=replace(chosen, order=TaskOrder()).href,
    )


def changed_rows(before: Sequence[TaskRow], now: Sequence[TaskRow]) -> dict[str, TaskRow] | None:
    """Return which rows say something else than before, by id; None where they are of other tasks,
    or so many differ that all may as well be sent."""
    if [row.id for row in before] != [row.id for row in now]:
        return None
    news = {row.id: row for old, row in zip(before, now, strict=True) if row != old}
    return news if len(news) <= MOST_NEWS else None


def task_row(task: InferenceTask, people: Mapping[str, str], actor: Actor) -> TaskRow:
    """Return the row of a task; ``people`` are names by user id."""
    plan, spec = task.plan, task.plan.spec
    resources = spec.resources if spec else Resources(cpu_millis=0, memory_bytes=0)
    ended = TaskStatus(task.status).ended
    owns = actor.owns(task.owner_id) and not deleting(task)
    done = task.succeeded + task.failed
    whole = task.found or 0
    return TaskRow(
        id=task.id,
        name=task.name,
        href=routes.task(task.id),
        results_href=routes.task_results(task.id),
        dataset=plan.dataset_name,
        status=shown_status(task),
        word=status_word(task),
        show=_show(task),
        done=done,
        failed=task.failed,
        found=task.found,
        left=max(0, task.found - done) if task.found is not None else None,
        succeeded_width=share_width(task.succeeded, whole),
        failed_width=share_width(task.failed, whole),
        percent=min(100, 100 * done // whole) if whole else 0,
        rate=task.rate,
        left_s=task.left_s,
        note=message_row(task.detail if task.end_reason else task.waiting),
        end=str(task.end_reason or ""),
        who=people.get(task.stop_requested_by or "", ""),
        package=f"{plan.package.name} {plan.package.version}",
        service_type=str(plan.package.service_type),
        spec=spec.name if spec else "",
        service=plan.server.service_name if isinstance(plan.server, Shared) else "",
        nodes=plan.node_count,
        card=card_label(resources),
        cpus=resources.cpu_millis / 1000,
        memory_bytes=resources.memory_bytes,
        owner=people.get(task.owner_id, ""),
        created_at=task.created_at.timestamp(),
        took_s=_took(task) if ended else None,
        has_results=done > 0,
        may_stop=owns and not _ending(task),
        may_resume=owns and can_resume(task) and not task.failed,
        may_retry=owns and ended and task.failed > 0,
        may_run_again=actor.may_create,
        may_delete=owns,
        copy_href=routes.new_task(copy=task.id),
    )


def tab_rows(page: TaskPage, chosen: TaskFilter) -> list[TabRow]:
    """Return a tab for all tasks and one for each status."""
    statuses: Sequence[TaskStatus | None] = (None, *TaskStatus)
    return [_tab(page, chosen, status) for status in statuses]


def pager_row(page: TaskPage, chosen: TaskFilter) -> PagerRow:
    """Return where in the list the page stands."""
    count = matching(page, chosen)
    number = page.offset // PAGE_SIZE + 1
    last = page.offset + len(page.tasks)
    before = replace(chosen, page=number - 1).href if number > 1 else ""
    after = replace(chosen, page=number + 1).href if last < count else ""
    return PagerRow(page.offset + 1 if page.tasks else 0, last, count, before, after)


def matching(page: TaskPage, chosen: TaskFilter) -> int:
    """Return how many tasks there are on all pages."""
    statuses = chosen.search.statuses
    return sum(page.counts.get(status, 0) for status in statuses) if statuses else page.total


def _tab(page: TaskPage, chosen: TaskFilter, status: TaskStatus | None) -> TabRow:
    statuses = (status,) if status else ()
    return TabRow(
        status=status or "",
        count=page.counts.get(status, 0) if status else page.total,
        href=chosen.but(search=replace(chosen.search, statuses=statuses)).href,
        current=chosen.search.statuses == statuses,
    )


def _head(key: SortKey, chosen: TaskFilter) -> HeadRow:
    way = "descending" if chosen.order.descending else "ascending"
    return HeadRow(
        key=str(key),
        href=chosen.sorted_by(key).href,
        sorted=way if chosen.order.key is key else "none",
    )


def _way_out(about: SearchField, count: int, chosen: TaskFilter) -> WayOutRow:
    search = chosen.wanted
    values: dict[SearchField, Sequence[str]] = {
        SearchField.NAME: search.names,
        SearchField.STATUS: search.statuses,
        SearchField.OWNER: search.owners,
        SearchField.SPEC: search.specs,
        SearchField.PACKAGE: search.packages,
    }
    return WayOutRow(
        about=str(about),
        given=[str(value) for value in values[about]],
        count=count,
        href=chosen.without(about).href,
    )


def _ending(task: InferenceTask) -> bool:
    status = TaskStatus(task.status)
    return status.ended or status is TaskStatus.FINISHING or stopping(task)


def _show(task: InferenceTask) -> Show:
    status = TaskStatus(task.status)
    if status is TaskStatus.FINISHING or stopping(task):
        return "FINISHING"
    if status in (TaskStatus.QUEUED, TaskStatus.STARTING):
        return "WAITING"
    if status is TaskStatus.RUNNING:
        return "RUNNING"
    if status is TaskStatus.SUCCEEDED:
        return "DONE"
    told_by_reason = task.end_reason == EndReason.NO_ITEM_SUCCEEDED
    nothing_done = not task.succeeded + task.failed
    return (
        "FAILED" if status is TaskStatus.FAILED and (nothing_done or told_by_reason) else "PARTLY"
    )


def _took(task: InferenceTask) -> float | None:
    return (task.ended_at - task.created_at).total_seconds() if task.ended_at else None
