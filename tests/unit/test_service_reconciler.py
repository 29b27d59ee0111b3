"""The reconciler of services over a cluster in memory: what it does in which order, and after
crashes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inference_ui.backend.cluster.memory import ONE_NODE, MemoryCluster
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import User
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.ports import workload_name
from inference_ui.backend.reconciler import GAP
from inference_ui.backend.service_reconciler import ServiceReconciler
from inference_ui.backend.services.probing import Probes
from inference_ui.backend.services.workloads import owned_server, service_workload_name
from inference_ui.backend.store import online as queries
from tests.support.samples import NOW, a_service, elsewhere
from tests.support.waiting import wait_for


class World:
    """One service that is wished to run, a cluster that tests move, a clock, and an answer."""

    def __init__(self, store, service: OnlineService):
        self.store = store
        self.now = NOW
        self.cluster = MemoryCluster(now=self.now.timestamp)
        self.answer: Message | None = None
        self.asked = 0
        self.seconds = 0.0
        self.probes = Probes(self.ask, monotonic=lambda: self.seconds)
        self.id = service.id
        with store.write() as session:
            session.add(User(id="owner", name="owner", role="USER"))
            session.flush()
            session.add(service)
        self.server = workload_name(self.id, 1, "server", kind="service")
        self.restart()

    def ask(self, service: OnlineService) -> Message | None:
        self.asked += 1
        return self.answer

    def restart(self):
        self.reconciler = ServiceReconciler(
            self.store, self.cluster, self.probes, now=lambda: self.now
        )

    def read(self) -> OnlineService | None:
        with self.store.read() as session:
            return session.get(OnlineService, self.id)

    def wish(self, **values) -> None:
        with self.store.write() as session:
            service = session.get_one(OnlineService, self.id)
            for name, value in values.items():
                setattr(service, name, value)
            session.add(service)

    def step(self) -> str | None:
        self.reconciler.run_once()
        found = self.read()
        return found.status if found else None

    def run_until(self, status: str | None) -> OnlineService | None:
        for _ in range(20):
            if self.step() == status:
                return self.read()
        raise AssertionError(f"{self.read()} never became {status}")

    def run(self) -> None:
        self.run_until("STARTING")
        self.cluster.become_ready(self.server)
        self.run_until("RUNNING")

    def log(self, attempt: int = 1) -> str:
        with self.store.read() as session:
            return "".join(log.text for log in queries.saved_logs(session, self.id, attempt))


@pytest.fixture
def world(store):
    made = World(store, a_service())
    yield made
    made.probes.close()


@pytest.fixture
def outside(store):
    made = World(store, elsewhere(status="STARTING"))
    yield made
    made.probes.close()


def test_a_service_waits_for_room_says_for_what_and_runs_from_its_first_ready_replica(world):
    world.cluster.offer([])
    world.step()
    world.step()
    queued = world.read()
    assert (queued.status, queued.waiting.code) == ("QUEUED", "QUEUED_NO_NODE_READY")
    world.cluster.offer([ONE_NODE])
    world.run()
    assert world.read().waiting is None


def test_stopping_saves_the_log_before_the_workload_goes(world):
    world.run()
    world.cluster.write_line(world.server, "model loaded")
    world.wish(wish="STOP")
    world.run_until("STOPPED")
    assert "model loaded" in world.log()
    assert world.cluster.names() == frozenset()


def test_deleting_removes_the_workload_then_the_row_and_its_logs(world):
    world.run()
    world.wish(wish="DELETE")
    world.run_until(None)
    assert world.cluster.names() == frozenset()
    assert world.log() == ""


def test_a_service_whose_restarts_are_used_up_stays_failed_until_somebody_starts_it(world):
    world.run()
    world.cluster.write_line(world.server, "no such file")
    for _ in range(4):
        world.cluster.exit(world.server, 3)
    failed = world.run_until("FAILED")
    assert (failed.wish, failed.detail.code) == ("STOP", "PROCESS_EXITED")
    assert "no such file" in world.log()
    for _ in range(5):
        assert world.step() == "FAILED"
    assert world.cluster.names() == frozenset()
    world.wish(wish="RUN", attempt=2)
    started = world.run_until("STARTING")
    assert started.detail is None
    assert world.cluster.names() == {service_workload_name(started)}


def test_a_service_that_runs_survives_a_restart_of_the_web_server(world):
    world.run()
    since = world.read().status_since
    world.now += timedelta(hours=1)
    world.restart()
    assert world.step() == "RUNNING"
    assert world.read().status_since == since


def test_what_lasted_while_nobody_looked_is_in_no_timeout(world):
    world.run_until("STARTING")
    world.now += GAP + timedelta(hours=3)
    assert world.step() == "STARTING"
    world.now += timedelta(seconds=59)
    assert world.step() == "STARTING"
    world.now += timedelta(seconds=2)
    assert world.step() == "FAILED"


def test_leftovers_without_a_row_or_of_an_earlier_start_are_swept_and_nothing_else(world):
    world.run()
    server = world.read().server
    names = ("service-gone-1-server", "task-any-1-server")
    for name in names:
        world.cluster.apply(owned_server(server, name=name, application="left"))
    world.step()
    assert world.cluster.names() == {world.server, "task-any-1-server"}


def test_a_wish_that_comes_while_a_step_is_taken_is_not_overwritten(world):
    world.run_until("STARTING")
    world.cluster.become_ready(world.server)
    before = world.read()
    world.wish(wish="STOP")
    with world.store.write() as session:
        assert not queries.change(session, before, {"status": "RUNNING"})
    world.run_until("STOPPED")


def asked(world: World, times: int) -> None:
    wait_for(lambda: world.step() and world.asked == times, f"{times} questions")


def test_a_service_elsewhere_is_asked_sooner_while_it_does_not_answer(outside):
    outside.answer = Message("NO_CONNECTION", {"error": "refused"})
    asked(outside, 1)
    wait_for(lambda: outside.step() and outside.read().waiting, "what it said")
    outside.seconds = 1.9
    outside.step()
    assert outside.asked == 1
    outside.answer = None
    outside.seconds = 2.1
    asked(outside, 2)
    wait_for(lambda: outside.step() == "RUNNING", "running")
    outside.seconds = 12.0
    outside.step()
    assert outside.asked == 2
    outside.seconds = 12.2
    asked(outside, 3)


def test_a_service_elsewhere_that_is_stopped_is_asked_no_more_until_it_is_started(outside):
    wait_for(lambda: outside.step() == "RUNNING", "running")
    outside.wish(wish="STOP")
    assert outside.step() == "STOPPED"
    known, outside.seconds = outside.asked, 100.0
    outside.step()
    assert outside.asked == known
    outside.wish(wish="RUN", attempt=2)
    outside.answer = Message("NO_CONNECTION", {"error": "refused"})
    assert outside.step() == "STARTING"
    wait_for(lambda: outside.step() and outside.read().waiting, "what it said")


def test_a_probe_that_breaks_says_so_and_hurts_no_other(outside):
    def broken(service):
        raise RuntimeError("out of order")

    outside.probes = Probes(broken)
    outside.restart()
    wait_for(lambda: outside.step() and outside.read().waiting, "what it said")
    assert outside.read().waiting == Message("NO_CONNECTION", {"error": "out of order"})
