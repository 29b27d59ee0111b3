"""The local cluster when things are killed, misbehave, or come back: real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inference_ui.backend.capacity.queue import queued_cards
from inference_ui.backend.cluster.local import LocalCluster, files
from inference_ui.backend.cluster.local.processes import Identity, identify, marked
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import Phase, RestartPolicy
from tests.support.drivers import LocalDriver, machine, puppet, with_cards
from tests.support.waiting import wait_for


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LocalDriver]:
    """A local cluster of one machine with two cards; all is ended after the test."""
    driver = LocalDriver(tmp_path / "runs", machine(cards=2))
    yield driver
    driver.close()


def ready(driver: LocalDriver, name: str, *traits: str) -> int:
    """Apply a server, wait until it is ready, return the pid of its process."""
    driver.cluster.apply(puppet(name, *traits))
    driver.let_ready(name)
    driver.reaches(name, Phase.READY)
    return driver.child(name)


def accepts(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("http://").split(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def ended(pid: int) -> bool:
    return identify(pid) is None


class TestKills:
    def test_a_killed_server_is_started_again_on_a_port_of_its_own(
        self, driver: LocalDriver
    ) -> None:
        first = ready(driver, "one")
        os.kill(first, signal.SIGKILL)
        seen = wait_for(
            lambda: [one for one in driver.cluster.observe("one").replicas if one.restarts],
            "started again",
        )
        assert seen[0].reason == Message("PROCESS_KILLED", {"signal": "SIGKILL", "restarts": 1})
        assert seen[0].exit_code == 137
        again = driver.reaches("one", Phase.READY)
        assert driver.child("one") != first
        assert accepts(again.endpoints[0])

    def test_endpoints_are_files_while_a_replica_is_ready(self, driver: LocalDriver) -> None:
        once = RestartPolicy(done=frozenset({0}))
        driver.cluster.apply(puppet("two", replicas=2, restart=once))
        for index in (0, 1):
            driver.let_ready("two", index)
        wait_for(lambda: len(driver.cluster.observe("two").endpoints) == 2, "both ready")
        folder = driver.runs / "two" / files.ENDPOINTS

        def published() -> dict[str, str]:
            return {file.name: file.read_text() for file in folder.glob("*.url")}

        first, second = driver.cluster.observe("two").endpoints
        assert published() == {"0.url": first, "1.url": second}
        assert first != second
        driver.let_exit("two", 0, 0)
        wait_for(lambda: published() == {"1.url": second}, "the first is withdrawn")

    def test_a_killed_shim_takes_its_server_with_it(self, driver: LocalDriver) -> None:
        child = ready(driver, "one")
        driver.lose("one")
        wait_for(lambda: ended(child), "the server dies with its shim")
        assert driver.cluster.observe("one").endpoints == ()

    def test_restarts_before_a_shim_was_killed_still_count(self, driver: LocalDriver) -> None:
        twice = puppet("one", restart=RestartPolicy(limit=2))
        driver.cluster.apply(twice)
        driver.let_exit("one", 3)
        wait_for(lambda: driver.state("one").restarts == 1, "restarted once")
        driver.lose("one")
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        driver.cluster.apply(twice)
        wait_for(lambda: driver.state("one").restarts == 2, "restarted twice")
        driver.let_exit("one", 3)
        assert driver.reaches("one", Phase.FAILED).reason == Message(
            "PROCESS_EXITED", {"exit_code": 3, "restarts": 2}
        )

    def test_what_a_killed_shim_left_behind_is_ended_before_its_successor_starts(
        self, driver: LocalDriver
    ) -> None:
        ready(driver, "one", "strays")
        stray = int((driver.work("one") / "stray").read_text())
        driver.lose("one")
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        assert not ended(stray)
        driver.cluster.apply(puppet("one", "strays"))
        wait_for(lambda: ended(stray), "the stray is dead")
        driver.reaches("one", Phase.READY)

    def test_daemons_of_a_server_that_exits_are_ended_before_it_is_started_again(
        self, driver: LocalDriver
    ) -> None:
        ready(driver, "one", "strays")
        stray = int((driver.work("one") / "stray").read_text())
        driver.let_exit("one", 3)
        wait_for(lambda: driver.state("one").restarts == 1, "started again")
        assert ended(stray)


class TestRemoval:
    @pytest.mark.parametrize("traits", [(), ("stubborn",), ("strays",)])
    def test_nothing_is_left_of_a_removed_server(
        self, driver: LocalDriver, traits: tuple[str, ...]
    ) -> None:
        ready(driver, "one", *traits)
        endpoint = driver.cluster.observe("one").endpoints[0]
        run = driver.runs / "one"
        assert len(marked(str(run))) >= 2
        started = time.monotonic()
        driver.cluster.remove("one", 0.5)
        assert time.monotonic() - started < 0.4
        driver.end("one", 0.5)
        assert marked(str(run)) == []
        assert not accepts(endpoint)
        assert list(driver.runs.iterdir()) == []
        assert driver.cluster.nodes() == (machine(cards=2),)

    def test_a_server_is_asked_first_and_killed_only_after_the_grace(
        self, driver: LocalDriver
    ) -> None:
        child = ready(driver, "one", "stubborn")
        started = time.monotonic()
        driver.end("one", grace_s=1.0)
        assert 1.0 <= time.monotonic() - started < 5
        assert ended(child)

    def test_a_killed_shim_does_not_hinder_the_removal(self, driver: LocalDriver) -> None:
        ready(driver, "one", "strays")
        stray = int((driver.work("one") / "stray").read_text())
        driver.lose("one")
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        driver.end("one", grace_s=0.3)
        assert ended(stray)

    def test_a_stopped_shim_is_ended_all_the_same(
        self, driver: LocalDriver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        child = ready(driver, "one")
        os.kill(driver.shim("one"), signal.SIGSTOP)
        driver.end("one", grace_s=0)
        assert ended(child)

    def test_logs_can_be_read_until_the_last_moment(self, driver: LocalDriver) -> None:
        ready(driver, "one")
        driver.cluster.remove("one", 5)
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        assert "EXITED code=143" in driver.cluster.logs("one")[0].text
        driver.end("one")
        assert driver.cluster.logs("one") == ()


class TestRestartOfTheWebServer:
    def test_what_runs_is_adopted(self, driver: LocalDriver) -> None:
        child = ready(driver, "one")
        before = driver.cluster.observe("one")
        nodes = driver.cluster.nodes()
        driver.restarted()
        assert driver.cluster.names() == {"one"}
        assert driver.cluster.observe("one") == before
        assert driver.cluster.nodes() == nodes
        driver.cluster.apply(puppet("one"))
        assert driver.child("one") == child
        driver.end("one")
        assert ended(child)

    def test_how_something_ended_meanwhile_is_known(self, driver: LocalDriver) -> None:
        driver.cluster.apply(puppet("one", restart=RestartPolicy(fatal=frozenset({9}))))
        driver.let_exit("one", 9)
        wait_for(lambda: driver.state("one").ended, "it has ended")
        driver.restarted()
        assert driver.cluster.observe("one").exit_code == 9

    def test_cards_stay_given_and_who_waits_keeps_its_turn(self, driver: LocalDriver) -> None:
        driver.cluster.apply(puppet("first", resources=with_cards(1)))
        driver.cluster.apply(puppet("older", resources=with_cards(2)))
        driver.cluster.apply(puppet("younger", resources=with_cards(2)))
        driver.restarted()
        assert [card.used_by for card in driver.cluster.nodes()[0].cards] == ["app-first", None]
        assert queued_cards(one.demand for one in driver.cluster.queue()) == {"MLU370-X8": 4}
        driver.end("first")
        driver.cluster.apply(puppet("younger", resources=with_cards(2)))
        assert driver.cluster.observe("older").phase is Phase.STARTING
        assert driver.cluster.observe("younger").phase is Phase.WAITING

    def test_a_removal_that_was_begun_goes_on(self, driver: LocalDriver) -> None:
        ready(driver, "one", "stubborn")
        driver.cluster.remove("one", 1.0)
        driver.restarted()
        assert driver.cluster.observe("one").reason == Message("REMOVING")
        driver.end("one")

    def test_servers_survive_the_death_of_the_process_that_started_them(
        self, driver: LocalDriver
    ) -> None:
        script = (
            "import sys, signal, pathlib\n"
            "from tests.support.drivers import LocalDriver, machine, puppet\n"
            "driver = LocalDriver(pathlib.Path(sys.argv[1]), machine(cards=2))\n"
            "driver.cluster.apply(puppet('one'))\n"
            "print('applied', flush=True)\n"
            "signal.pause()\n"
        )
        root = Path(__file__).parents[2]
        web_server = subprocess.Popen(
            [sys.executable, "-c", script, str(driver.runs)], stdout=subprocess.PIPE, cwd=root
        )
        assert web_server.stdout is not None
        assert web_server.stdout.readline() == b"applied\n"
        os.kill(web_server.pid, signal.SIGKILL)
        web_server.wait()
        web_server.stdout.close()
        driver.restarted()
        driver.let_ready("one")
        assert driver.reaches("one", Phase.READY).replicas[0].restarts == 0

    def test_what_a_crash_left_half_done_is_cleared_away(self, driver: LocalDriver) -> None:
        (driver.runs / ".new-one").mkdir()
        (driver.runs / ".trash-two-1" / "0").mkdir(parents=True)
        driver.restarted()
        assert list(driver.runs.iterdir()) == []
        assert driver.cluster.names() == frozenset()

    def test_a_run_that_cannot_be_read_has_failed_and_can_be_removed(
        self, driver: LocalDriver
    ) -> None:
        child = ready(driver, "one")
        (driver.runs / "one" / files.SPEC).write_text("{")
        driver.restarted()
        seen = driver.cluster.observe("one")
        assert (seen.phase, seen.reason) == (Phase.FAILED, Message("RUN_FOLDER_UNREADABLE"))
        driver.cluster.apply(puppet("one"))
        driver.end("one")
        assert ended(child)

    def test_after_a_reboot_everything_is_started_again(self, driver: LocalDriver) -> None:
        """A reboot leaves the files, and other processes with the same pids."""
        ready(driver, "one")
        driver.lose("one")
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        folder = str(driver.replica("one"))
        with subprocess.Popen(["sleep", "60"]) as stranger:
            files.write_shim(folder, Identity(stranger.pid, "before the boot:1"))
            driver.restarted()
            assert driver.cluster.observe("one").reason == Message("REPLICA_LOST", {"restarts": 0})
            driver.cluster.apply(puppet("one"))
            assert driver.reaches("one", Phase.READY).replicas[0].restarts == 1
            driver.end("one")
            assert stranger.poll() is None
            stranger.kill()


class TestStrangers:
    def test_a_stranger_that_got_the_pid_is_never_signalled(self, driver: LocalDriver) -> None:
        ready(driver, "one")
        driver.lose("one")
        wait_for(lambda: ended(driver.shim("one")), "the shim is dead")
        folder = str(driver.replica("one"))
        with subprocess.Popen(["sleep", "60"]) as stranger:
            known = identify(stranger.pid)
            assert known is not None
            state = driver.state("one")
            fake = Identity(stranger.pid, known.start + "0")
            files.write_shim(folder, fake)
            files.write_json(f"{folder}/{files.STATE}", state._replace(child=fake)._asdict())
            driver.end("one", grace_s=0)
            assert stranger.poll() is None
            stranger.kill()

    def test_a_server_is_not_ready_because_a_stranger_answers_on_its_port(
        self, driver: LocalDriver
    ) -> None:
        driver.cluster.apply(puppet("one", "deaf"))
        port = wait_for(lambda: driver.state("one").port, "it has a port")
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        with socket.create_server(("127.0.0.1", port)) as stranger:
            stranger.settimeout(10)

            def doubted() -> bool:
                connection, _ = stranger.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)
                return driver.cluster.observe("one").reason == Message("PORT_TAKEN", {"port": port})

            wait_for(doubted, "the stranger is recognised")
        assert driver.cluster.observe("one").phase is Phase.STARTING

    def test_a_second_shim_of_a_replica_leaves_at_once(self, driver: LocalDriver) -> None:
        child = ready(driver, "one")
        before = files.read_shim(str(driver.replica("one")))
        module = "inference_ui.backend.cluster.local.shim"
        second = [sys.executable, "-m", module, str(driver.replica("one"))]
        assert subprocess.run(second, timeout=20, check=False).returncode == 0
        assert files.read_shim(str(driver.replica("one"))) == before
        assert driver.child("one") == child

    def test_a_run_folder_deleted_by_hand_is_gone(self, driver: LocalDriver) -> None:
        driver.cluster.apply(replace(puppet("big"), replicas=4))
        driver.cluster.apply(puppet("waits"))
        shutil.rmtree(driver.runs / "waits")
        assert driver.cluster.observe("waits").phase is Phase.GONE
        assert driver.cluster.names() == {"big"}


def test_two_clusters_over_one_folder_tell_the_same(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    driver = LocalDriver(runs, machine())
    ready(driver, "one")
    assert LocalCluster(runs, lambda: [machine()]).observe("one") == driver.cluster.observe("one")
    driver.close()


def test_a_card_is_known_by_its_driver_when_slots_change(driver: LocalDriver) -> None:
    node = machine(cards=1)
    driver.offer(node)
    driver.cluster.apply(puppet("first", resources=with_cards(1)))
    [old] = node.cards
    new = replace(old, index="7")
    driver.offer(replace(node, cards=(new, replace(old, slot=2))))
    cards = driver.cluster.nodes()[0].cards
    assert [(card.index, card.used_by) for card in cards] == [("7", None), ("0", "app-first")]
    driver.cluster.apply(puppet("second", resources=with_cards(1)))
    assert driver.cluster.observe("second").replicas[0].cards == ("1",)
    assert driver.cluster.observe("first").replicas[0].cards == ("2",)


def test_one_that_cannot_be_given_its_place_holds_up_no_other(driver: LocalDriver) -> None:
    driver.cluster.apply(puppet("blocks", resources=Resources(cpu_millis=4000, memory_bytes=1)))
    driver.cluster.apply(puppet("broken"))
    (driver.runs / "broken" / "0").write_text("a file where a folder should be")
    driver.cluster.apply(puppet("late"))
    driver.end("blocks")
    driver.cluster.apply(puppet("late"))
    assert driver.cluster.observe("late").phase is Phase.STARTING
    waiting = driver.cluster.observe("broken")
    assert (waiting.phase, waiting.reason and waiting.reason.code) == (
        Phase.WAITING,
        "LOCAL_CLUSTER_IO",
    )
    (driver.runs / "broken" / "0").unlink()
    driver.cluster.apply(puppet("broken"))
    assert driver.cluster.observe("broken").phase is Phase.STARTING


def test_an_end_that_nobody_saw_through_is_seen_through_by_who_wants_it_to_run(
    driver: LocalDriver,
) -> None:
    driver.cluster.apply(puppet("one"))
    driver.let_ready("one")
    driver.reaches("one", Phase.READY)
    before = driver.child("one")
    driver.cluster.remove("one", grace_s=5)
    driver.restarted()  # whoever asked for the end is gone

    def runs_anew() -> bool:
        driver.cluster.apply(puppet("one"))
        seen = driver.cluster.observe("one")
        return seen.phase is Phase.STARTING and seen.reason != Message("REMOVING")

    wait_for(runs_anew, "one runs anew")
    assert driver.child("one") != before
