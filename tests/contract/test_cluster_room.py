"""The contract of ``ports.Cluster``: who gets room and cards, and what the others are told."""

from __future__ import annotations

from inference_ui.backend.capacity.queue import queued_cards
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import Placement, Resources, Tenant
from inference_ui.backend.ports import GONE, Phase, RestartPolicy
from tests.support.drivers import GIB, SMALL, Build, Driver, machine, puppet, with_cards

WHOLE = Resources(cpu_millis=4000, memory_bytes=GIB)
THREE_QUARTERS = Resources(cpu_millis=3000, memory_bytes=GIB)


def waited_for(driver: Driver) -> dict[str, int]:
    return queued_cards(one.demand for one in driver.cluster.queue())


class TestRoom:
    def test_a_workload_waits_for_room_and_gets_it(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=THREE_QUARTERS))
        driver.cluster.apply(puppet("second", resources=THREE_QUARTERS))
        waiting = driver.cluster.observe("second")
        assert waiting.phase is Phase.WAITING
        assert waiting.replicas == ()
        assert waiting.reason == Message(
            "QUEUED_NO_ROOM", {"resource": "cpu", "needed": 3000, "free": 1000, "node": "here"}
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
            "QUEUED_FEW_SEATS", {"replicas": 5, "fitting": 4, "resource": "cpu", "model": "any"}
        )
        assert driver.cluster.nodes() == (machine(),)

    def test_what_has_ended_holds_no_room(self, driver: Driver) -> None:
        done = RestartPolicy(done=frozenset({0}))
        driver.cluster.apply(puppet("first", resources=WHOLE, restart=done))
        used = driver.cluster.nodes()[0]
        assert (used.used_cpu_millis, used.used_memory_bytes) == (4000, GIB)
        assert used.tenants == (Tenant("app-first", 4000, GIB),)
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
            "QUEUED_NO_CARDS", {"model": "MLU370-X8", "needed": 2, "free": 1, "node": "here"}
        )
        assert waited_for(driver) == {"MLU370-X8": 2, "any": 4}
        driver.end("first")
        driver.cluster.apply(puppet("second", resources=with_cards(2)))
        assert waited_for(driver) == {"any": 4}
