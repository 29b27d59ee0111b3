"""Deleting 10,000 tasks in one go, and what others feel of it meanwhile.

The server is a process of its own, whose engine carries the deletion out; it is asked for from
beside it, over the same database. Meanwhile other tabs, sockets that do what a browser does, load
the list again and again: how long until each is answered is what is measured.
"""

import asyncio
import statistics
import time
from datetime import timedelta
from pathlib import Path

from bench.harness import Options, say
from bench.report import Row, save
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.task import EndReason, InferenceTask, TaskStatus
from inference_ui.backend.models.task_search import TaskSearch, TaskSelection
from inference_ui.state.tasks import TasksState
from tests.support.inside import Tab, tab
from tests.support.samples import a_plan
from tests.support.site import Site, site

TASKS = 10_000
FILES = 4
OTHERS = 5
PAUSE_S = 0.5
TARGET_MS = 300.0
PASSWORD = "correct horse"  # noqa: S105 - of the bench's own users


def run(options: Options) -> str:
    """Measure how others are answered before and during the deletion; return the table."""
    count = options.items or TASKS
    with site(options.folder("deletion", "product")) as served:
        accounts = served.inside.product.accounts
        owner = accounts.create_user(served.inside.administrator, "owner", None, Role.USER)
        fill(served, owner, count)
        say(f"  {count:,} tasks with {FILES} files each are there")
        calm, busy, asked_s, gone_s, all_s = asyncio.run(_measure(served, owner, count))
    rows = [
        _p95("events of other tabs while 10,000 tasks are deleted", busy, TARGET_MS),
        _p95("… and before", calm),
        Row("asked for: all intents written", "s", [asked_s]),
        Row("all tasks gone from the list", "s", [gone_s]),
        Row("all files gone", "s", [all_s]),
    ]
    context_text = f"{count:,} ended tasks with {FILES} files each on SQLite, {OTHERS} other tabs."
    return save("deletion", "Deleting many tasks", rows, context_text)


def fill(served: Site, owner: Actor, count: int) -> None:
    """Put so many ended tasks with output folders there."""
    results = served.inside.folder / "volumes" / "results"
    now = utc_now()
    for start in range(0, count, 1_000):
        with served.inside.product.store.write() as session:
            for number in range(start, min(count, start + 1_000)):
                at = now - timedelta(minutes=count - number)
                name = f"night-{number:06d}"
                _write_files(results / name)
                session.add(
                    InferenceTask(
                        name=name,
                        owner_id=owner.id,
                        plan=a_plan(output_folder=str(results / name)),
                        created_at=at,
                        status_since=at,
                        status=TaskStatus.SUCCEEDED,
                        end_reason=EndReason.COMPLETED,
                        ended_at=at + timedelta(seconds=60),
                        found=FILES,
                        succeeded=FILES,
                    )
                )


def _write_files(folder: Path) -> None:
    folder.mkdir()
    for number in range(FILES):
        (folder / f"{number}.json").write_bytes(b"{}")


async def _measure(
    served: Site, owner: Actor, count: int
) -> tuple[list[float], list[float], float, float, float]:
    accounts = served.inside.product.accounts
    accounts.create_user(served.inside.administrator, "other", PASSWORD, Role.USER)
    session = accounts.sign_in("other", PASSWORD, "127.0.0.1")
    cookie = f"inference_ui_{served.address.rpartition(':')[2]}={session.token}"
    over = asyncio.Event()
    calm: list[float] = []
    others = [asyncio.create_task(_use(served, cookie, calm, over)) for _ in range(OTHERS)]
    await asyncio.sleep(5)
    over.set()
    await asyncio.gather(*others)

    over.clear()
    busy: list[float] = []
    others = [asyncio.create_task(_use(served, cookie, busy, over)) for _ in range(OTHERS)]
    begun = time.perf_counter()
    deletions, meant = served.inside.product.deletions, TaskSelection(search=TaskSearch())
    deletion = await asyncio.to_thread(lambda: deletions.request(owner, meant, with_output=True))
    asked_s = time.perf_counter() - begun
    gone_s = 0.0
    while True:
        view = (await asyncio.to_thread(lambda: deletions.view(owner, deletion.id))).view
        if view.gone == count and not gone_s:
            gone_s = time.perf_counter() - begun
        if view.ended_at:
            break
        await asyncio.sleep(0.2)
    all_s = time.perf_counter() - begun
    over.set()
    await asyncio.gather(*others)
    if (view.gone, view.removed, view.files) != (count, count, count * FILES):
        raise SystemExit(f"not all is gone: {view}")
    return calm, busy, asked_s, gone_s, all_s


async def _use(served: Site, cookie: str, took: list[float], over: asyncio.Event) -> None:
    """Load the list of tasks again and again, a moment after each answer."""
    state = TasksState.get_full_name()
    async with tab(served, cookie) as one:
        await _load(one, state)  # the first one brings all rows
        while not over.is_set():
            begun = time.perf_counter()
            await _load(one, state)
            took.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(PAUSE_S)


async def _load(one: Tab, state: str) -> None:
    """Load the list; every answer tells the server's time."""
    one.updates.clear()
    await one.send(f"{state}.load")
    async with asyncio.timeout(60):
        while not one.values(state, "server_now"):
            await one.news.wait()
            one.news.clear()


def _p95(what: str, values: list[float], target: float | None = None) -> Row:
    worst = statistics.quantiles(values, n=20)[-1]
    note = (
        f"p95 of {len(values)}; median {statistics.median(values):.0f} ms, most {max(values):.0f}"
    )
    return Row(what, "ms", [worst], target=target, at_most=True, note=note)
