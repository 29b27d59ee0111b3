"""Logs of tasks: of what runs, of what is gone, of earlier attempts, and whole ones."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import NotFound
from inference_ui.backend.models.account import Actor, Role, User
from inference_ui.backend.models.task import InferenceTask, TaskLog, TaskStatus
from inference_ui.backend.ports import workload_name
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.task_logs import CHARACTERS, LINES, TaskLogs
from inference_ui.backend.services.tasks import Tasks
from inference_ui.backend.services.workloads import server_workload
from inference_ui.backend.store.database import Store
from tests.support.samples import NOW, a_task

READER = Actor("reader", "陈牧", Role.VIEWER)


@dataclass
class World:
    """A task in its second attempt, whose server runs; logs of the first one were saved."""

    store: Store
    cluster: MemoryCluster
    logs: TaskLogs
    task: InferenceTask

    @property
    def server(self) -> str:
        return workload_name(self.task.id, 2, "server")

    def say(self, *lines: str) -> None:
        for line in lines:
            self.cluster.write_line(self.server, line)

    def save(self, attempt: int, role: str, text: str) -> str:
        replica = f"{workload_name(self.task.id, attempt, role)}-0"
        with self.store.write() as session:
            session.merge(
                TaskLog(
                    task_id=self.task.id,
                    attempt=attempt,
                    role=role,
                    replica=replica,
                    owner_id="owner",
                    text=text,
                )
            )
        return replica

    def whole(self, replica: str) -> tuple[str, str]:
        found = self.logs.whole(READER, self.task.id, replica)
        return found.name, b"".join(found.pieces).decode()


@pytest.fixture
def world(sqlite_store: Store) -> World:
    cluster = MemoryCluster(now=NOW.timestamp)
    task = a_task(attempt=2, status=TaskStatus.RUNNING)
    with sqlite_store.write() as session:
        session.add(User(id="owner", name="owner", role="USER"))
        session.flush()
        session.add(task)
    cluster.apply(server_workload(task))
    tasks = Tasks(sqlite_store, cluster, Changes())
    found = World(sqlite_store, cluster, TaskLogs(sqlite_store, cluster, tasks), task)
    found.save(1, "server", "out of memory")
    found.save(1, "client", "1 of 2 done")
    return found


def test_of_what_runs_the_end_is_shown_and_that_there_is_more(world: World) -> None:
    world.say("one")
    [log] = world.logs.of(READER, world.task.id).logs
    assert (log.role, log.replica, log.text) == ("server", f"{world.server}-0", "one")
    assert (log.live, log.cut) == (True, False)
    world.say(*(f"line {number}" for number in range(LINES)))
    [log] = world.logs.of(READER, world.task.id).logs
    assert log.cut
    assert log.text.startswith("line 0\n")
    world.say("x" * CHARACTERS, "end")
    [log] = world.logs.of(READER, world.task.id).logs
    assert (log.text, log.cut) == ("end", True)


def test_logs_that_cannot_be_read_now_say_why_and_saved_ones_are_there(world: World) -> None:
    world.say("one")
    saved = world.save(2, "client", "1 of 2 done")
    world.cluster.unreachable = True
    away = world.logs.of(READER, world.task.id)
    assert away.unseen is not None
    assert away.unseen.code == "CLUSTER_UNREACHABLE"
    assert [log.replica for log in away.logs] == [saved]
    assert world.logs.of(READER, world.task.id, 1).unseen is None, "all of it was saved"
    world.cluster.unreachable = False
    assert world.logs.of(READER, world.task.id).unseen is None


def test_logs_of_earlier_attempts_can_be_chosen(world: World) -> None:
    now = world.logs.of(READER, world.task.id)
    assert (now.attempt, now.attempts) == (2, (1, 2))
    before = world.logs.of(READER, world.task.id, 1)
    assert {log.role: log.text for log in before.logs} == {
        "server": "out of memory",
        "client": "1 of 2 done",
    }
    assert before.attempt == 1
    assert world.logs.of(READER, world.task.id, 7).attempt == 2, "there is no such attempt"


def test_the_whole_log_is_what_is_there_or_what_was_saved(world: World) -> None:
    world.say(*(f"line {number}" for number in range(2 * LINES)))
    name, text = world.whole(f"{world.server}-0")
    assert name == "night-2-server-0.log"
    assert text.count("\n") == 2 * LINES
    assert world.whole(f"{workload_name(world.task.id, 1, 'server')}-0") == (
        "night-1-server-0.log",
        "out of memory",
    )
    replica = world.save(2, "server", "saved")
    assert "line 7\n" in world.whole(replica)[1], "it is still there"
    world.cluster.finish_removal(world.server)
    assert world.whole(replica)[1] == "saved"


def test_of_other_names_there_is_no_log(world: World) -> None:
    other = a_task(id="fedcba9876543210", name="day", status=TaskStatus.RUNNING)
    world.cluster.apply(server_workload(other))
    theirs = f"{workload_name(other.id, 1, 'server')}-0"
    world.cluster.write_line(workload_name(other.id, 1, "server"), "theirs")
    for replica in ("", "../../etc/passwd", theirs, f"{world.server}-7"):
        with pytest.raises(NotFound, match="LOG_UNKNOWN"):
            world.logs.whole(READER, world.task.id, replica)
    with pytest.raises(NotFound, match="TASK_UNKNOWN"):
        world.logs.of(READER, other.id)
