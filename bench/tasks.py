"""The task list at 100,000 tasks: what the server needs for a page, and what a browser feels of it,
alone and with 50 tabs that follow the list.

The other tabs are sockets that do what a browser does: load the list, and load it again whenever
they are told that something changed. The lag of a change runs from when the engine wrote a task's
status down to when the page shows it.
"""

import random
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from bench.harness import Options, say
from bench.report import Row, save
from bench.tasks_pages import in_a_browser
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskPlan, TaskStatus
from inference_ui.backend.models.task_search import SortKey, TaskOrder, TaskSearch
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.task_list import TaskList
from inference_ui.rows.task_filter import PAGE_SIZE
from tests.support.samples import a_plan
from tests.support.site import Site, site

TASKS = 100_000
USERS = 40
SEARCHES = 300
PAGE_TARGET_MS = 50.0

ENDS = [EndReason.COMPLETED] * 8 + [EndReason.STOPPED_BY_USER, EndReason.SERVER_FAILED]
WORDS = ("night", "day", "路口抓拍", "票据识别", "recheck")


def run(options: Options) -> str:
    """Measure all, and return the table."""
    count = options.items or TASKS
    drawn = random.Random(options.seed)  # noqa: S311 - nothing secret
    with site(options.folder("tasks", "product")) as served:
        people = fill(served, count, drawn)
        say(f"  {count:,} tasks are there")
        rows = [_server(served, people, drawn), *in_a_browser(served)]
    context = f"{count:,} tasks of {USERS} users on SQLite, {PAGE_SIZE} rows a page."
    return save("tasks", "The task list", rows, context)


def fill(served: Site, count: int, drawn: random.Random) -> list[Actor]:
    """Put so many ended tasks of several users into the database; return the users."""
    inside = served.inside
    accounts = inside.product.accounts
    people = [
        accounts.create_user(inside.administrator, f"person-{number}", None, Role.USER)
        for number in range(USERS)
    ]
    plans = list(_plans())
    now = utc_now()
    for start in range(0, count, 5_000):
        with inside.product.store.write() as session:
            for number in range(start, min(count, start + 5_000)):
                at = now - timedelta(minutes=count - number)
                end = drawn.choice(ENDS)
                session.add(
                    InferenceTask(
                        name=f"{drawn.choice(WORDS)}-{number:06d}",
                        owner_id=drawn.choice(people).id,
                        plan=drawn.choice(plans),
                        created_at=at,
                        status_since=at,
                        status=end.final_status,
                        end_reason=end,
                        ended_at=at + timedelta(seconds=drawn.random() * 5_000),
                        found=100_000,
                        succeeded=drawn.randrange(100_000),
                        failed=drawn.randrange(100),
                    )
                )
    return people


def _plans() -> Iterator[TaskPlan]:
    base = a_plan()
    for number in range(300):
        name, version = f"yolo-{number % 60}", f"1.{number % 5}.0"
        package = base.package.model_copy(update={"name": name, "version": version})
        spec = base.spec and base.spec.model_copy(update={"name": f"spec-{number % 25}"})
        server = base.server.model_copy(update={"package": package, "spec": spec})
        yield base.model_copy(update={"server": server})


def _server(served: Site, people: list[Actor], drawn: random.Random) -> Row:
    tasks = TaskList(served.inside.product.store, Changes())
    took = []
    for _ in range(SEARCHES):
        search, order, mine = _search(people, drawn)
        begun = time.perf_counter()
        tasks.page(
            drawn.choice(people),
            search,
            mine=mine,
            order=order,
            offset=drawn.choice((0, 0, 0, PAGE_SIZE, 10 * PAGE_SIZE)),
        )
        took.append((time.perf_counter() - begun) * 1000)
    worst = statistics.quantiles(took, n=20)[-1]
    note = f"p95 of {SEARCHES} searches; median {statistics.median(took):.0f} ms"
    return Row(
        "a page with any search, server", "ms", [worst], target=PAGE_TARGET_MS, at_most=True,
        note=note,
    )  # fmt: skip


def _search(people: list[Actor], drawn: random.Random) -> tuple[TaskSearch, TaskOrder, bool]:
    """Draw what somebody may look for; half of the time in another order than the usual one."""
    some = drawn.random
    search = TaskSearch(
        names=(drawn.choice((*WORDS, "0042", "none")),) if some() < 0.5 else (),
        statuses=(drawn.choice(list(TaskStatus)),) if some() < 0.3 else (),
        owners=tuple(one.name for one in drawn.sample(people, 2)) if some() < 0.3 else (),
        specs=(f"spec-{drawn.randrange(25)}",) if some() < 0.2 else (),
        packages=("yolo-1 1.1.0", "yolo-2 1.2.0") if some() < 0.2 else (),
    )
    order = TaskOrder(drawn.choice(list(SortKey)), some() < 0.5) if some() < 0.5 else TaskOrder()
    return search, order, some() < 0.1
