"""500 tasks on a Kubernetes cluster: what the product asks of the API server for them, what they
cost it while they run, and how soon the screen says what changed in the cluster.

The API server is the tests' double, in this process, with controllers that only say that pods run
(`bench.kubernetes_controllers`). The web server is a process of its own.
"""

import statistics
import time
from typing import Any

from bench.harness import BenchError, Options, say
from bench.kubernetes_tasks_pages import Lag, lags, p95
from bench.kubernetes_tasks_world import (
    WRITES,
    World,
    cpu_of,
    of_tasks,
    world,
    writes_by_change,
)
from bench.report import Row, save
from inference_ui.backend.models.task import TaskStatus
from inference_ui.web.build import ensure_built
from tests.support.server import Served

TASKS = 500
NODES = 50
HELD = 7
MOVED = 4
STEADY_S = 30.0
SETTLE_S = 3.0
PASSES = 20
MOST_WRITES = 2.0
MOST_LAG_MS = 2_000.0


def run(options: Options) -> str:
    """Measure; return the table."""
    ensure_built()
    count = options.items or TASKS
    with world(options.folder("kubernetes-tasks"), NODES, "held") as one:
        rows = _measure(one, count)
    context = f"{count:,} tasks with a setting each on {NODES} nodes of the tests' API server."
    return save("kubernetes-tasks", "500 tasks on Kubernetes", rows, context)


def _measure(one: World, count: int) -> list[Row]:
    begun = time.perf_counter()
    running = one.create(count, "night")
    held = one.create(HELD, "held")
    say(f"  {count + HELD:,} tasks are there after {time.perf_counter() - begun:.0f} s")
    one.inside.reopen()  # what creating them watched is not what the server asks
    one.log.clear()
    with one.serving() as served:
        started_s = _until(one, TaskStatus.RUNNING, count)
        _until(one, TaskStatus.QUEUED, HELD)
        say(f"  all run after {started_s:.0f} s: {dict(one.log.since(0))}")
        quiet = _steady(one, served, "quiet")
        with one.progressing(running):
            busy = _steady(one, served, "with progress")
            found = lags(one, served, held, running[:MOVED])
    for what, values in found.items():
        say(f"  {what}: {[(round(lag.written), round(lag.shown)) for lag in values]}")
    seen = len(one.log)
    again = one.engine(PASSES)
    asked = one.log[seen:]
    say(f"  an engine starts: {dict(one.log.since(seen))}, {again}")
    with one.progressing(running):
        pressed = one.engine(PASSES)
    with one.serving():
        actor, tasks = one.inside.administrator, one.inside.product.tasks
        for task_id in (*running, *held):
            tasks.stop(actor, task_id)
        stopped_s = _until(one, TaskStatus.STOPPED, count + HELD)
    left = one.store.list("deployments", "apps") + one.store.list("secrets", "apps")
    if left or again["changed"]:
        raise BenchError(f"left: {len(left)}; changed by an engine that started: {again}")
    return [
        *_writes(one, count + HELD),
        *_steadily(quiet, "nothing happens"),
        *_steadily(busy, "all write their progress"),
        *_lagging(found),
        Row("an engine starts beside them: until it knows all", "s", [again["synced_s"]]),
        Row("… requests until then and for 20 passes", "", [float(len(asked))],
            note="lists and watches of four kinds"),
        Row("… of which about one task", "", [float(of_tasks(asked))], target=0, at_most=True),
        Row("a pass over all tasks, first", "s", [again["passes"][0]]),
        Row("… and then", "s", [statistics.median(again["passes"][1:])],
            target=1.0, at_most=True),
        Row("… while all write their progress", "s", [statistics.median(pressed["passes"][1:])],
            target=1.0, at_most=True),
        Row("from the start of the server until all run", "s", [started_s]),
        Row("from its start until all are stopped and gone", "s", [stopped_s]),
    ]  # fmt: skip


def _until(one: World, status: TaskStatus, count: int) -> float:
    return one.until(lambda: one.statuses()[status] >= count, f"{count} are {status}")


def _steady(one: World, served: Served, when: str) -> dict[str, Any]:
    """Look at some time in which no state changes."""
    time.sleep(SETTLE_S)
    seen, cpu, begun = len(one.log), cpu_of(served.process.pid), time.monotonic()
    time.sleep(STEADY_S)
    took = time.monotonic() - begun
    share = (cpu_of(served.process.pid) - cpu) / took
    asked = one.log[seen:]
    say(f"  {when}: {share:.2f} of a core, {dict(one.log.since(seen))}")
    return {"asked": asked, "share": share}


def _steadily(found: dict[str, Any], when: str) -> list[Row]:
    asked = found["asked"]
    return [
        Row(f"{STEADY_S:.0f} s in which {when}: requests about one task", "",
            [float(of_tasks(asked))], target=0, at_most=True,
            note=f"{len(asked)} requests in all, of watches"),
        Row("… CPU of the web server", "cores", [found["share"]]),
    ]  # fmt: skip


def _writes(one: World, tasks: int) -> list[Row]:
    by_change = writes_by_change(one)
    events = sum(map(len, one.state_changes().values()))
    writes = sum(asked.verb in WRITES for asked in one.log)
    most = max(by_change.values())
    which = sorted({code for (_, code), count in by_change.items() if count == most})
    kinds = {key: n for key, n in one.log.since(0).items() if key.split()[0] in WRITES}
    reads = {key: n for key, n in one.log.since(0).items() if key.split()[0] not in WRITES}
    say(f"  writes {kinds}, other requests {reads}, by change {_means(by_change, tasks)}")
    return [
        Row("writes a task and state change, over their life", "", [writes / events],
            target=MOST_WRITES, at_most=True, note=f"{writes:,} writes, {events:,} changes"),
        Row("… the most of one task at one change", "", [float(most)],
            target=MOST_WRITES, at_most=True, note=f"after {', '.join(which)}"),
        Row("reads of logs a task", "", [one.log.since(0)["get pods/log"] / tasks],
            note="saved as a task ends"),
    ]  # fmt: skip


def _means(by_change: dict[tuple[str, str], int], tasks: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for (_, code), count in by_change.items():
        found[code] = found.get(code, 0.0) + count / tasks
    return found


def _lagging(found: dict[str, list[Lag]]) -> list[Row]:
    everything = [lag for values in found.values() for lag in values]
    written, shown = [one.written for one in everything], [one.shown for one in everything]
    medians = ", ".join(
        f"{what} {statistics.median(one.shown for one in values):.0f}"
        for what, values in found.items()
    )
    return [
        Row("a change in the cluster until the database says it, p95", "ms", [p95(written)],
            note=f"median {statistics.median(written):.0f}, most {max(written):.0f}"),
        Row("… until a browser shows it, p95", "ms", [p95(shown)], target=MOST_LAG_MS,
            at_most=True, note=f"most {max(shown):.0f}; medians: {medians}"),
    ]  # fmt: skip
