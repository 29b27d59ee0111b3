"""The contract of ``ports.Cluster``, told once for every cluster."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Node, Placement, Resources
from inference_ui.backend.ports import GONE, Phase, RestartPolicy
from tests.support.drivers import (
    GIB,
    SMALL,
    Driver,
    LocalDriver,
    MemoryDriver,
    machine,
    puppet,
    with_cards,
)
from tests.support.waiting import wait_for

WHOLE = Resources(cpu_millis=4000, memory_bytes=GIB)
THREE_QUARTERS = Resources(cpu_millis=3000, memory_bytes=GIB)

Build = Callable[..., Driver]


@pytest.fixture(params=["memory", "local"])
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Build]:
    """Make a cluster over these nodes; everything on it is ended after the test."""
    drivers: list[Driver] = []

    def made(*nodes: Node) -> Driver:
        memory = request.param == "memory"
        drivers.append(MemoryDriver(*nodes) if memory else LocalDriver(tmp_path / "runs", *nodes))
        return drivers[-1]

    yield made
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(build: Build) -> Driver:
    """A cluster of one machine with four CPUs, 8 GiB and no card."""
    return build(machine())


class TestExistence:
    def test_what_was_never_applied_is_gone_and_may_be_removed(self, driver: Driver) -> None:
        assert driver.cluster.observe("nothing") == GONE
        driver.cluster.remove("nothing")
        assert driver.cluster.logs("nothing") == ()
        assert list(driver.cluster.follow("nothing", "nothing-0")) == []
        assert driver.cluster.names() == frozenset()

    def test_a_name_that_is_no_label_is_refused(self, driver: Driver) -> None:
        for name in ("", "..", "a/b", "Upper", "-a", "a" * 64):
            with pytest.raises(ClusterError):
                driver.cluster.apply(puppet(name))
        assert driver.cluster.names() == frozenset()

    def test_applied_workloads_are_named_until_they_are_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.cluster.apply(puppet("two", resources=WHOLE))
        assert driver.cluster.names() == {"one", "two"}
        driver.end("one")
        assert driver.cluster.names() == {"two"}

    def test_removing_again_and_again_ends_in_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        driver.end("one")
        driver.end("one")
        assert driver.cluster.observe("one") == GONE
        driver.cluster.apply(puppet("one"))
        assert driver.reaches("one", Phase.STARTING).replicas[0].restarts == 0

    def test_what_is_being_removed_is_not_ready_and_not_revived(self, driver: Driver) -> None:
        driver.linger()
        driver.cluster.apply(puppet("one", "stubborn"))
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        driver.cluster.remove("one", 60)
        seen = driver.cluster.observe("one")
        assert (seen.phase, seen.endpoints) == (Phase.STARTING, ())
        assert seen.reason == Message("REMOVING")
        driver.cluster.apply(puppet("one", "stubborn"))
        assert driver.cluster.observe("one").reason == Message("REMOVING")
        assert driver.cluster.names() == {"one"}


class TestReadiness:
    def test_a_server_is_ready_when_its_probe_says_so(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        starting = driver.reaches("one", Phase.STARTING)
        assert starting.endpoints == ()
        assert starting.replicas[0].node == "here"
        driver.let_ready("one")
        ready = driver.reaches("one", Phase.READY)
        assert ready.endpoints[0].startswith("http://")
        assert ready.reason is None

    def test_a_server_that_denies_its_probe_is_not_ready_any_more(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        driver.let_unready("one")
        assert driver.reaches("one", Phase.STARTING).endpoints == ()

    def test_one_ready_replica_makes_a_server_ready(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("two", replicas=2))
        driver.let_ready("two", 1)
        first = driver.reaches("two", Phase.READY)
        assert [replica.phase for replica in first.replicas] == [Phase.STARTING, Phase.READY]
        assert [replica.name for replica in first.replicas] == ["two-0", "two-1"]
        driver.let_ready("two", 0)
        wait_for(lambda: len(set(driver.cluster.observe("two").endpoints)) == 2, "both ready")

    def test_applying_twice_is_applying_once(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.let_ready("one")
        before = driver.reaches("one", Phase.READY)
        nodes = driver.cluster.nodes()
        for _ in range(3):
            driver.cluster.apply(puppet("one", resources=WHOLE, replicas=2))
        assert driver.cluster.observe("one") == before
        assert driver.cluster.nodes() == nodes

    def test_observing_changes_nothing(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("big", resources=WHOLE))
        driver.cluster.apply(puppet("waits"))
        driver.let_ready("big")
        driver.reaches("big", Phase.READY)
        driver.end("big")
        for _ in range(3):
            assert driver.cluster.observe("waits").phase is Phase.WAITING
        assert driver.cluster.nodes() == (machine(),)


class TestEnding:
    def test_an_exit_that_counts_as_done_ends_it(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(done=frozenset({0, 7}))))
        driver.let_exit("one", 7)
        seen = driver.reaches("one", Phase.DONE)
        assert (seen.exit_code, seen.reason, seen.replicas[0].restarts) == (7, None, 0)

    def test_a_fatal_exit_is_not_tried_again(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(fatal=frozenset({2}))))
        driver.let_exit("one", 2)
        seen = driver.reaches("one", Phase.FAILED)
        assert seen.exit_code == 2
        assert seen.reason == Message("PROCESS_EXITED", {"exit_code": 2, "restarts": 0})

    def test_a_server_that_exits_is_started_again_up_to_the_limit(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(limit=1)))
        driver.let_exit("one", 3)
        again = wait_for(
            lambda: [one for one in driver.cluster.observe("one").replicas if one.restarts],
            "started again",
        )
        assert again[0].reason == Message("PROCESS_EXITED", {"exit_code": 3, "restarts": 1})
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        driver.let_exit("one", 4)
        seen = driver.reaches("one", Phase.FAILED)
        assert seen.reason == Message("PROCESS_EXITED", {"exit_code": 4, "restarts": 1})
        driver.cluster.apply(puppet("one"))
        assert driver.cluster.observe("one").phase is Phase.FAILED

    def test_a_replica_whose_supervisor_was_killed_is_started_by_apply(
        self, driver: Driver
    ) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(limit=1)))
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        driver.lose("one")
        lost = driver.reaches("one", Phase.STARTING)
        assert lost.reason == Message("REPLICA_LOST", {"restarts": 0})
        assert lost.endpoints == ()
        driver.cluster.apply(puppet("one"))
        driver.let_ready("one")
        assert driver.reaches("one", Phase.READY).replicas[0].restarts == 1
        driver.lose("one")
        driver.reaches("one", Phase.STARTING)
        driver.cluster.apply(puppet("one"))
        assert driver.reaches("one", Phase.FAILED).reason == Message(
            "REPLICA_LOST", {"restarts": 1}
        )

    def test_a_failed_replica_does_not_end_a_server_while_another_is_ready(
        self, driver: Driver
    ) -> None:
        once = RestartPolicy(fatal=frozenset({2}))
        driver.cluster.apply(puppet("two", replicas=2, restart=once))
        driver.let_ready("two", 1)
        driver.reaches("two", Phase.READY)
        driver.let_exit("two", 2, 0)
        wait_for(
            lambda: driver.cluster.observe("two").replicas[0].phase is Phase.FAILED, "one failed"
        )
        assert driver.cluster.observe("two").phase is Phase.READY
        driver.let_exit("two", 2, 1)
        driver.reaches("two", Phase.FAILED)


class TestRoom:
    def test_a_workload_waits_for_room_and_gets_it(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=THREE_QUARTERS))
        driver.cluster.apply(puppet("second", resources=THREE_QUARTERS))
        waiting = driver.cluster.observe("second")
        assert waiting.phase is Phase.WAITING
        assert waiting.replicas == ()
        assert waiting.reason == Message(
            "QUEUED_NO_ROOM", {"resource": "cpu", "needed": 3000, "free": 1000}
        )
        driver.end("first")
        driver.cluster.apply(puppet("second", resources=THREE_QUARTERS))
        assert driver.cluster.observe("second").phase is Phase.STARTING

    def test_a_waiting_workload_can_be_removed(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=WHOLE))
        driver.cluster.apply(puppet("second"))
        driver.cluster.remove("second")
        assert driver.cluster.observe("second") == GONE

    def test_one_that_does_not_fit_holds_up_none_that_does(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=SMALL))
        driver.cluster.apply(puppet("large", resources=WHOLE))
        driver.cluster.apply(puppet("small", resources=SMALL))
        assert driver.cluster.observe("large").phase is Phase.WAITING
        assert driver.cluster.observe("small").phase is Phase.STARTING

    def test_who_waits_longest_is_seated_first(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=WHOLE))
        driver.cluster.apply(puppet("older", resources=THREE_QUARTERS))
        driver.cluster.apply(puppet("younger", resources=THREE_QUARTERS))
        driver.end("first")
        driver.cluster.apply(puppet("younger", resources=THREE_QUARTERS))
        assert driver.cluster.observe("older").phase is Phase.STARTING
        assert driver.cluster.observe("younger").phase is Phase.WAITING

    def test_replicas_are_seated_all_or_none(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("five", replicas=5))
        assert driver.cluster.observe("five").reason == Message(
            "QUEUED_NO_ROOM", {"resource": "cpu", "needed": 5000, "free": 4000}
        )
        assert driver.cluster.nodes() == (machine(),)

    def test_what_has_ended_holds_no_room(self, driver: Driver) -> None:
        done = RestartPolicy(done=frozenset({0}))
        driver.cluster.apply(puppet("first", resources=WHOLE, restart=done))
        used = driver.cluster.nodes()[0]
        assert (used.used_cpu_millis, used.used_memory_bytes) == (4000, GIB)
        assert used.workloads == ("app-first",)
        driver.let_exit("first", 0)
        driver.reaches("first", Phase.DONE)
        assert driver.cluster.nodes() == (machine(),)

    def test_a_placement_that_no_node_meets_waits_and_says_so(self, driver: Driver) -> None:
        elsewhere = Placement(kind="NODES", nodes=("there",))
        driver.cluster.apply(puppet("one", placement=elsewhere))
        assert driver.cluster.observe("one").reason == Message(
            "QUEUED_NO_NODE_NAMED", {"nodes": "there"}
        )
        driver.cluster.apply(
            puppet("two", placement=Placement(kind="DRIVER", driver_version="v5.10.27"))
        )
        assert driver.cluster.observe("two").phase is Phase.STARTING

    def test_replicas_spread_over_nodes(self, build: Build) -> None:
        driver = build(machine(name="a"), machine(name="b"))
        driver.cluster.apply(puppet("two", replicas=2))
        assert {one.node for one in driver.cluster.observe("two").replicas} == {"a", "b"}


class TestCards:
    def test_a_card_is_given_once(self, build: Build) -> None:
        driver = build(machine(cards=4))
        driver.cluster.apply(puppet("first", resources=with_cards(1), replicas=2))
        driver.cluster.apply(puppet("second", resources=with_cards(1)))
        given = [
            card
            for name in ("first", "second")
            for replica in driver.cluster.observe(name).replicas
            for card in replica.cards
        ]
        assert sorted(given) == ["0", "1", "2"]
        assert [card.used_by for card in driver.cluster.nodes()[0].cards] == [
            "app-first",
            "app-first",
            "app-second",
            None,
        ]

    def test_cards_that_are_short_are_named_and_counted(self, build: Build) -> None:
        driver = build(machine(cards=2))
        driver.cluster.apply(puppet("first", resources=with_cards(1)))
        driver.cluster.apply(puppet("second", resources=with_cards(2)))
        driver.cluster.apply(puppet("third", resources=with_cards(2, None), replicas=2))
        assert driver.cluster.observe("second").reason == Message(
            "QUEUED_NO_CARDS", {"model": "MLU370-X8", "needed": 2, "free": 1}
        )
        assert driver.cluster.queued() == {"MLU370-X8": 2, "any": 4}
        driver.end("first")
        driver.cluster.apply(puppet("second", resources=with_cards(2)))
        assert driver.cluster.queued() == {"any": 4}


class TestWatching:
    def test_logs_stay_until_it_is_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(done=frozenset({0}))))
        driver.let_say("one", "model loaded")
        wait_for(lambda: "model loaded" in _log(driver, "one"), "the line is logged")
        driver.let_say("one", "fertig \N{CHECK MARK}")
        wait_for(lambda: "fertig \N{CHECK MARK}" in _log(driver, "one", 1), "the last line")
        assert "model loaded" not in _log(driver, "one", 1)
        assert driver.cluster.logs("one")[0].replica == "one-0"
        driver.let_exit("one", 0)
        driver.reaches("one", Phase.DONE)
        assert "model loaded" in _log(driver, "one")
        driver.end("one")
        assert driver.cluster.logs("one") == ()

    def test_following_yields_lines_as_they_come_until_it_is_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.let_say("one", "before")
        wait_for(lambda: "before" in _log(driver, "one"), "the first line is logged")
        lines: list[str] = []
        follower = threading.Thread(
            target=lambda: lines.extend(driver.cluster.follow("one", "one-0")), daemon=True
        )
        follower.start()
        number = iter(range(10_000))

        def said() -> bool:
            driver.let_say("one", f"line {next(number)}")
            return any(line.startswith("line ") for line in lines)

        # extend() takes line by line from the generator, so ``lines`` grows while it follows
        wait_for(said, "a line is followed")
        assert "before" not in lines
        driver.end("one")
        follower.join(10)
        assert not follower.is_alive()

    def test_a_change_wakes_who_waits_for_one(self, driver: Driver) -> None:
        def quiet() -> bool:
            return not driver.cluster.changes(0.3)

        driver.cluster.apply(puppet("one"))
        driver.let_ready("one")
        driver.reaches("one", Phase.READY)
        wait_for(quiet, "nothing changes")
        driver.let_unready("one")
        assert driver.cluster.changes(15)
        wait_for(quiet, "nothing changes")
        driver.end("one")
        assert driver.cluster.changes(5)


def _log(driver: Driver, name: str, lines: int = 200) -> str:
    return "\n".join(tail.text for tail in driver.cluster.logs(name, lines))
