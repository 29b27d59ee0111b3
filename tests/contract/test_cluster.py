"""The contract of ``ports.Cluster``, told once for every cluster; room has a file of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import GONE, Phase, RestartPolicy
from tests.support.drivers import GIB, Driver, LocalDriver, MemoryDriver, machine, puppet
from tests.support.kubernetes_world import driven_cluster, driven_double
from tests.support.waiting import wait_for

WHOLE = Resources(cpu_millis=4000, memory_bytes=GIB)


@pytest.fixture(
    params=[
        "memory",
        "local",
        "double",
        pytest.param("kubernetes", marks=pytest.mark.kubernetes),
    ]
)
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    """A cluster of one machine; of Kubernetes the double, and a real one if it is asked for."""
    kubernetes = {"double": lambda: driven_double(tmp_path), "kubernetes": driven_cluster}
    if request.param in kubernetes:
        with kubernetes[request.param]() as driven:
            yield driven
        return
    here = machine()
    made = MemoryDriver(here) if request.param == "memory" else LocalDriver(tmp_path / "runs", here)
    yield made
    made.close()


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
        assert starting.replicas[0].node in {node.name for node in driver.cluster.nodes()}
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
        assert len({replica.name for replica in first.replicas}) == 2
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


class TestWatching:
    def test_logs_stay_until_it_is_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(done=frozenset({0}))))
        driver.let_say("one", "model loaded")
        wait_for(lambda: "model loaded" in _log(driver, "one"), "the line is logged")
        driver.let_say("one", "fertig \N{CHECK MARK}")
        wait_for(lambda: "fertig \N{CHECK MARK}" in _log(driver, "one", 1), "the last line")
        assert "model loaded" not in _log(driver, "one", 1)
        [replica] = driver.cluster.observe("one").replicas
        assert driver.cluster.logs("one")[0].replica == replica.name
        driver.let_exit("one", 0)
        driver.reaches("one", Phase.DONE)
        assert "model loaded" in _log(driver, "one")
        driver.end("one")
        assert driver.cluster.logs("one") == ()

    def test_the_whole_log_is_more_than_its_last_lines(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        for line in ("first", "last"):
            driver.let_say("one", line)
            wait_for(lambda line=line: line in _log(driver, "one", 1), f"{line} is logged")
        [replica] = driver.cluster.observe("one").replicas
        whole = driver.cluster.whole_log("one", replica.name)
        driver.end("one")
        text = b"".join(whole).decode()
        assert text.index("first") < text.index("last")
        assert list(driver.cluster.whole_log("one", replica.name)) == []
        assert list(driver.cluster.whole_log("nothing", "nothing-0")) == []

    def test_following_yields_lines_as_they_come_until_it_is_gone(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("one"))
        driver.let_say("one", "before")
        wait_for(lambda: "before" in _log(driver, "one"), "the first line is logged")
        lines: list[str] = []
        [replica] = driver.cluster.observe("one").replicas
        follower = threading.Thread(
            target=lambda: lines.extend(driver.cluster.follow("one", replica.name)), daemon=True
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
