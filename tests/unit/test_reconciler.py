"""The reconciler over a cluster in memory: what it does when things come in an odd order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from inference_ui.backend.cluster.memory import ONE_NODE, MemoryCluster
from inference_ui.backend.models.account import User
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.ports import Phase, workload_name
from inference_ui.backend.reconciler import GAP, Reconciler
from inference_ui.backend.records import (
    JOURNAL,
    PROGRESS,
    SUMMARY,
    Outcome,
    Progress,
    Summary,
    WalkState,
    write_record,
)
from inference_ui.backend.services.last_seen import LastSeen, last_seen
from inference_ui.backend.store import tasks as queries
from tests.support.samples import NOW, a_plan, a_task


class World:
    """One queued task, a cluster that tests move, and a clock."""

    def __init__(self, store, folder: Path):
        self.store = store
        self.now = NOW
        self.cluster = MemoryCluster(now=self.unix_time)
        self.output = folder / "output"
        (self.output / ".inference").mkdir(parents=True)
        self.task = a_task(plan=a_plan(folder))
        with store.write() as session:
            session.add(User(id="owner", name="owner", role="USER"))
            session.flush()
            session.add(self.task)
        self.server, self.client = (
            workload_name(self.task.id, 1, role) for role in ("server", "client")
        )
        self.restart()

    def unix_time(self) -> float:
        return self.now.timestamp()

    def restart(self):
        self.reconciler = Reconciler(self.store, self.cluster, now=lambda: self.now)

    def read(self) -> InferenceTask:
        with self.store.read() as session:
            return session.get_one(InferenceTask, self.task.id)

    def events(self) -> list[str]:
        with self.store.read() as session:
            return [event.code for event in queries.events(session, self.task.id)]

    def step(self) -> str:
        self.reconciler.run_once()
        return self.read().status

    def run_until(self, status: str) -> InferenceTask:
        for _ in range(20):
            if self.step() == status:
                return self.read()
        raise AssertionError(f"{self.read()} never became {status}")

    def run(self) -> None:
        self.run_until("STARTING")
        self.cluster.become_ready(self.server)
        self.run_until("RUNNING")

    def progress(self, succeeded: int) -> None:
        record = Progress(
            self.now.timestamp(), 1, WalkState.RUNNING, 10, True, succeeded, 0, 2.5, 4, 3.0
        )
        write_record(self.output / PROGRESS, record)

    def finish_client(self, attempt: int = 1) -> None:
        record = Summary(Outcome.COMPLETE, attempt, 10, 9, 1, 0, 0.0, 1.0)
        write_record(self.output / SUMMARY, record)
        self.cluster.exit(self.client, 0)


@pytest.fixture
def world(sqlite_store, tmp_path):
    return World(sqlite_store, tmp_path)


def test_a_task_walks_through_its_life_with_an_event_for_each_status(world):
    world.run()
    world.cluster.write_line(world.server, "ready")
    world.finish_client()
    ended = world.run_until("SUCCEEDED")
    assert (ended.found, ended.succeeded, ended.failed) == (10, 9, 1)
    assert world.events() == ["STARTING", "RUNNING", "FINISHING", "SUCCEEDED"]
    assert world.cluster.names() == frozenset()
    with world.store.read() as session:
        logs = queries.saved_logs(session, world.task.id, 1)
    assert [(log.role, log.text) for log in logs] == [("server", "ready")]


def test_what_ran_is_known_after_its_teardown(world):
    world.run()
    world.cluster.exit(world.server, 9)
    world.cluster.become_ready(world.server)
    world.finish_client()
    world.run_until("SUCCEEDED")
    with world.store.read() as session:
        seen = last_seen(queries.events(session, world.task.id), 1)
    [server], [client] = seen.server, seen.client
    assert (server.name, server.node, server.restarts) == (f"{world.server}-0", "node-1", 1)
    assert (client.name, client.phase, client.exit_code) == (f"{world.client}-0", Phase.DONE, 0)
    assert last_seen([], 1) == LastSeen()


def test_nothing_is_known_of_what_never_ran(world):
    world.cluster.offer([])
    world.step()
    with world.store.write() as session:
        queries.request_stop(session, world.task.id, {"stop_requested_at": world.now})
    world.run_until("STOPPED")
    with world.store.read() as session:
        assert last_seen(queries.events(session, world.task.id), 1) == LastSeen()


def test_progress_of_the_client_is_written_to_the_task(world):
    world.run()
    world.progress(succeeded=4)
    world.step()
    task = world.read()
    assert (task.found, task.succeeded, task.rate, task.left_s) == (10, 4, 2.5, 3.0)
    assert world.reconciler.run_once() == frozenset(), "nothing changed, nothing is told"
    world.progress(succeeded=5)
    assert world.reconciler.run_once() == {world.task.id}


def test_progress_of_many_tasks_is_one_transaction(world, tmp_path):
    others = [
        a_task(
            id=f"{number:016x}", name=f"task-{number}", status="RUNNING",
            plan=a_plan(tmp_path / f"{number}"),
        )
        for number in range(5)
    ]  # fmt: skip
    with world.store.write() as session:
        session.add_all(others)
    for number, other in enumerate(others):
        folder = Path(other.plan.output_folder) / ".inference"
        folder.mkdir(parents=True)
        progress = Progress(NOW.timestamp(), 1, WalkState.RUNNING, 10, True, number + 1)
        write_record(folder / "progress.json", progress)
    commits: list[object] = []
    note = commits.append
    event.listen(Engine, "commit", note)
    try:
        told = world.reconciler.run_once()
    finally:
        event.remove(Engine, "commit", note)
    with world.store.read() as session:
        done = [session.get_one(InferenceTask, other.id).succeeded for other in others]
    assert done == [1, 2, 3, 4, 5]
    assert told >= {other.id for other in others}
    assert len(commits) == 1


def test_a_torn_progress_file_changes_nothing(world):
    world.run()
    world.progress(succeeded=4)
    world.step()
    (world.output / PROGRESS).write_bytes(b'{"updated_at": 1')
    assert world.step() == "RUNNING"
    assert world.read().succeeded == 4


def test_a_summary_of_an_earlier_attempt_does_not_end_the_task_well(world):
    world.run()
    world.finish_client(attempt=0)
    assert world.run_until("FAILED").end_reason == "CLIENT_FAILED"


def test_a_waiting_task_says_why_and_starts_when_there_is_room(world):
    world.cluster.offer([])
    assert world.step() == "QUEUED"
    world.step()
    assert world.read().waiting.code == "QUEUED_NO_NODE_READY"
    world.cluster.offer([ONE_NODE])
    world.run_until("STARTING")
    world.step()
    assert world.read().waiting.code == "SERVER_STARTING"


def test_a_restarted_web_server_goes_on_from_every_status(world):
    for status in ("STARTING", "RUNNING", "FINISHING", "SUCCEEDED"):
        world.restart()
        if status == "RUNNING":
            world.cluster.become_ready(world.server)
        if status == "FINISHING":
            world.finish_client()
        world.run_until(status)


def test_a_long_absence_counts_in_no_timeout(world):
    world.run_until("STARTING")
    world.now += timedelta(hours=8)
    world.restart()
    assert world.step() == "STARTING"
    world.now += GAP + timedelta(hours=3)
    assert world.step() == "STARTING", "the machine slept"
    for _ in range(4):
        world.now += timedelta(seconds=20)
        world.step()
    assert world.run_until("FAILED").end_reason == "SERVER_NOT_READY"


def test_the_teardown_waits_until_all_is_really_gone(world):
    world.run()
    world.cluster.linger = True
    world.finish_client()
    world.run_until("FINISHING")
    for _ in range(3):
        assert world.step() == "FINISHING"
    world.cluster.finish_removal(world.client)
    assert world.step() == "FINISHING"
    assert world.step() == "FINISHING"
    world.cluster.finish_removal(world.server)
    assert world.run_until("SUCCEEDED")


def test_a_server_gets_a_place_only_together_with_its_client(world, tmp_path):
    """Were clients to wait for room, two tasks could keep each other out for ever."""
    world.cluster.offer([replace(ONE_NODE, cpu_millis=1000)])
    for _ in range(3):
        assert world.step() == "QUEUED"
    assert world.read().waiting.code == "QUEUED_NO_ROOM_FOR_CLIENT"


def test_two_tasks_fill_a_machine_and_both_clients_have_their_place(world, tmp_path):
    other = a_task(id="f" * 16, name="other", plan=a_plan(tmp_path / "other"))
    world.cluster.offer([replace(ONE_NODE, cpu_millis=2200)])
    with world.store.write() as session:
        session.add(other)
    world.run_until("STARTING")
    for task_id in (world.task.id, other.id):
        world.cluster.become_ready(workload_name(task_id, 1, "server"))
    world.run_until("RUNNING")
    world.step()
    for task_id in (world.task.id, other.id):
        client = world.cluster.observe(workload_name(task_id, 1, "client"))
        assert client.phase is Phase.READY, client
    assert world.cluster.nodes()[0].used_cpu_millis == 2200


def test_a_client_that_crashes_is_started_again_and_ends_nothing(world):
    world.run()
    world.cluster.exit(world.client, 1)
    assert world.step() == "RUNNING"
    assert world.cluster.observe(world.client).replicas[0].restarts == 1
    world.finish_client()
    assert world.run_until("SUCCEEDED")


def test_a_stopped_task_is_counted_by_its_journal_not_by_an_older_summary(world):
    world.run()
    old = Summary(Outcome.INTERRUPTED, 1, 10, 1, 0, 9, 0.0, 1.0)
    write_record(world.output / SUMMARY, old)
    line = b'{"source":"/workspace/dataset/%d.json","status":"SUCCEEDED","resultLocation":"x"}\n'
    (world.output / JOURNAL).write_bytes(b"".join(line % number for number in range(4)))
    with world.store.write() as session:
        values = {"stop_requested_at": NOW, "stop_requested_by": "owner"}
        queries.request_stop(session, world.task.id, values)
    ended = world.run_until("STOPPED")
    assert (ended.found, ended.succeeded, ended.failed) == (10, 4, 0)


def test_leftovers_that_no_unfinished_task_owns_are_swept_away(world):
    world.run()
    with world.store.write() as session:
        queries.change(session, world.read(), {"status": TaskStatus.STOPPED})
    world.reconciler.run_once()
    assert world.cluster.names() == frozenset()


def test_an_unreachable_cluster_holds_everything_and_ends_nothing(world):
    world.run()
    world.cluster.unreachable = True
    for _ in range(3):
        assert world.step() == "RUNNING"
    assert world.read().waiting_for["code"] == "CLUSTER_UNREACHABLE"
    world.cluster.unreachable = False
    world.step()
    assert world.read().waiting_for is None
    world.finish_client()
    assert world.run_until("SUCCEEDED")


def test_one_task_that_cannot_be_moved_holds_up_no_other(world, tmp_path):
    other = a_task(id="f" * 16, name="other", plan=a_plan(tmp_path / "other"), created_at=NOW)
    broken = a_plan(tmp_path, output_folder="/no\x00such")
    with world.store.write() as session:
        queries.change(session, world.task, {"plan": broken})
        session.add(other)
    world.reconciler.run_once()
    world.reconciler.run_once()
    with world.store.read() as session:
        assert session.get_one(InferenceTask, other.id).status == "STARTING"


def test_a_task_stopped_before_it_started_ends_without_having_run(world):
    with world.store.write() as session:
        queries.request_stop(
            session, world.task.id, {"stop_requested_at": NOW, "stop_requested_by": "owner"}
        )
    assert world.run_until("STOPPED").running_since is None
    assert world.events() == ["FINISHING", "STOPPED"]
