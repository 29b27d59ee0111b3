"""The contract of ``ports.Cluster`` where it seats workloads and starts what was lost, as all do
but Kubernetes: who gets room and cards, and what the others are told."""

from __future__ import annotations

from dataclasses import replace

from inference_ui.backend.capacity.cards import cards_in_use
from inference_ui.backend.capacity.queue import PATIENCE_S, queued_cards
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    AcceleratorType,
    PhysicalCard,
    Placement,
    Resources,
    Slice,
    Taint,
    Tenant,
    VirtualCard,
)
from inference_ui.backend.ports import GONE, ClientWorkload, Phase, RestartPolicy
from inference_ui.backend.records import BatchJob
from tests.support.drivers import GIB, SMALL, Build, Driver, machine, puppet, with_cards

WHOLE = Resources(cpu_millis=4000, memory_bytes=GIB)
THREE_QUARTERS = Resources(cpu_millis=3000, memory_bytes=GIB)


def waited_for(driver: Driver) -> dict[str, int]:
    return queued_cards(one.demand for one in driver.cluster.queue())


WHOLE_CARD = with_cards(1)
ONE_SLICE = with_cards(1).model_copy(update={"slice": Slice(memory_bytes=GIB)})


def whole(slot: int) -> PhysicalCard:
    return PhysicalCard(slot, str(slot - 1), "MLU370-X8", AcceleratorType.MLU)


def cut(slot: int, parts: int) -> PhysicalCard:
    slices = tuple(VirtualCard(n, memory_bytes=8 * GIB) for n in range(1, parts + 1))
    return replace(whole(slot), slices=slices)


def client(name: str, server: str) -> ClientWorkload:
    """A batch client that has nothing to do, and fails at it for good."""
    job = BatchJob(dataset="/nowhere", output="/nowhere", service_type="SELDON")
    return ClientWorkload(name, f"app-{name}", job, SMALL, server)


class TestRoom:
    def test_a_workload_waits_for_room_and_gets_it(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=THREE_QUARTERS))
        driver.cluster.apply(puppet("second", resources=THREE_QUARTERS))
        waiting = driver.cluster.observe("second")
        assert waiting.phase is Phase.WAITING
        assert waiting.replicas == ()
        assert waiting.reason == Message(
            "QUEUED_NO_ROOM",
            {"among": "all", "resource": "cpu", "needed": 3000, "free": 1000, "node": "here"},
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
            "QUEUED_FEW_SEATS",
            {"among": "all", "replicas": 5, "fitting": 4, "resource": "cpu", "model": "any"},
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
        assert sorted(given) == ["1", "2", "3"]
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
            "QUEUED_NO_CARDS",
            {"among": "all", "model": "MLU370-X8", "needed": 2, "free": 1, "node": "here"},
        )
        assert waited_for(driver) == {"MLU370-X8": 2, "any": 4}
        driver.end("first")
        driver.cluster.apply(puppet("second", resources=with_cards(2)))
        assert waited_for(driver) == {"any": 4}

    def test_a_slice_is_given_once_and_told_by_its_number(self, build: Build) -> None:
        driver = build(replace(machine(cards=2), cards=(whole(1), cut(2, parts=2))))
        for name in ("first", "second", "third"):
            driver.cluster.apply(puppet(name, resources=ONE_SLICE))
        assert [one.label for one in cards_in_use(driver.cluster.nodes()[0])] == [
            "2(1):app-first",
            "2(2):app-second",
        ]
        assert driver.cluster.observe("first").replicas[0].cards == ("2(1)",)
        waiting = driver.cluster.observe("third")
        assert waiting.phase is Phase.WAITING
        assert waiting.reason is not None
        assert waiting.reason.code == "QUEUED_NO_SLICES"
        driver.end("first")
        driver.cluster.apply(puppet("third", resources=ONE_SLICE))
        assert [one.label for one in cards_in_use(driver.cluster.nodes()[0])] == [
            "2(1):app-third",
            "2(2):app-second",
        ]

    def test_a_divisible_card_is_cut_as_it_is_asked_for(self, build: Build) -> None:
        card = replace(whole(1), divisible=10, memory_bytes=48 * GIB)
        driver = build(replace(machine(), cards=(card,)))
        third = with_cards(1).model_copy(update={"slice": Slice(memory_bytes=16 * GIB, share=30)})
        for name in ("first", "second", "third", "fourth"):
            driver.cluster.apply(puppet(name, resources=third))
        [seen] = driver.cluster.nodes()[0].cards
        assert [(part.number, part.share, part.used_by) for part in seen.slices] == [
            (1, 30, "app-first"),
            (2, 30, "app-second"),
            (3, 30, "app-third"),
        ]
        assert driver.cluster.observe("fourth").phase is Phase.WAITING
        driver.end("second")
        driver.cluster.apply(puppet("fourth", resources=third))
        [seen] = driver.cluster.nodes()[0].cards
        assert {part.number: part.used_by for part in seen.slices}[2] == "app-fourth"

    def test_a_card_that_breaks_while_it_is_used_stays_with_who_has_it(self, build: Build) -> None:
        driver = build(machine(cards=1))
        driver.cluster.apply(puppet("first", resources=with_cards(1)))
        driver.offer(replace(machine(), cards=(replace(whole(1), healthy=False),)))
        [card] = driver.cluster.nodes()[0].cards
        assert (card.healthy, card.used_by) == (False, "app-first")
        driver.end("first")
        driver.cluster.apply(puppet("second", resources=with_cards(1)))
        assert driver.cluster.observe("second").phase is Phase.WAITING
        driver.offer(machine(cards=1))
        driver.cluster.apply(puppet("second", resources=with_cards(1)))
        assert driver.cluster.observe("second").phase is Phase.STARTING

    def test_what_runs_on_a_node_that_vanishes_goes_on_and_counts_when_it_is_back(
        self, build: Build
    ) -> None:
        driver = build(machine(cards=1), machine(name="there", cards=1))
        driver.cluster.apply(puppet("first", resources=with_cards(1)))
        driver.cluster.apply(puppet("second", resources=with_cards(1)))
        driver.offer(machine(name="there", cards=1))
        assert driver.cluster.observe("first").phase is Phase.STARTING
        assert [node.name for node in driver.cluster.nodes()] == ["there"]
        driver.offer(machine(cards=1), machine(name="there", cards=1))
        assert [node.cards[0].used_by for node in driver.cluster.nodes()] == [
            "app-first",
            "app-second",
        ]

    def test_a_card_that_is_cut_otherwise_while_it_is_used_goes_to_nobody_else(
        self, build: Build
    ) -> None:
        divisible = replace(whole(1), divisible=4, memory_bytes=48 * GIB)
        shapes = {"whole": (whole(1), WHOLE_CARD), "cut": (cut(1, parts=2), ONE_SLICE),
                  "divisible": (divisible, ONE_SLICE)}  # fmt: skip
        for before, (card, wanted) in shapes.items():
            for after, (other, asked) in shapes.items():
                if after == before:
                    continue
                driver = build(replace(machine(), cards=(card,)))
                first, second = f"{before}-{after}", f"{before}-{after}-late"
                driver.cluster.apply(puppet(first, resources=wanted))
                assert driver.cluster.observe(first).phase is Phase.STARTING
                driver.offer(replace(machine(), cards=(other,)))
                # Of slices others may still be free; the card as a whole is not.
                late = WHOLE_CARD if "whole" not in (before, after) else asked
                driver.cluster.apply(puppet(second, resources=late))
                assert driver.cluster.observe(second).phase is Phase.WAITING, (before, after)
                driver.end(first)
                driver.end(second)


class TestCompanions:
    def test_a_server_without_room_for_its_client_waits(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=WHOLE, companion=SMALL))
        assert driver.cluster.observe("first").reason == Message(
            "QUEUED_NO_ROOM_FOR_CLIENT", {"resource": "cpu", "needed": 1000, "free": 0}
        )

    def test_a_client_sits_in_the_place_that_its_server_kept(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("first", resources=THREE_QUARTERS, companion=SMALL))
        used = driver.cluster.nodes()[0]
        assert used.used_cpu_millis == 4000
        driver.cluster.apply(client("its-client", "first"))
        assert driver.cluster.observe("its-client").phase is not Phase.WAITING
        assert driver.cluster.nodes()[0].used_cpu_millis == 4000
        driver.end("first")
        assert driver.cluster.nodes()[0].used_cpu_millis == 1000
        driver.end("its-client")
        assert driver.cluster.nodes() == (machine(),)

    def test_a_client_of_a_server_that_keeps_no_place_waits_for_its_own(
        self, driver: Driver
    ) -> None:
        driver.cluster.apply(puppet("first", resources=WHOLE))
        driver.cluster.apply(client("its-client", "first"))
        waiting = driver.cluster.observe("its-client")
        assert (waiting.phase, waiting.reason and waiting.reason.code) == (
            Phase.WAITING,
            "QUEUED_NO_ROOM",
        )

    def test_named_nodes_bind_the_client_too(self, build: Build) -> None:
        driver = build(machine(), machine(name="there"))
        here = Placement(kind="NODES", nodes=("here",))
        driver.cluster.apply(puppet("first", resources=WHOLE, companion=SMALL, placement=here))
        assert driver.cluster.observe("first").phase is Phase.WAITING
        driver.cluster.apply(puppet("other", resources=WHOLE, companion=SMALL))
        assert driver.cluster.observe("other").phase is Phase.STARTING
        assert {node.name: node.used_cpu_millis for node in driver.cluster.nodes()} == {
            "here": 4000,
            "there": 1000,
        }


class TestDistinctNodes:
    def test_replicas_wait_for_nodes_of_their_own_where_there_are_enough(
        self, build: Build
    ) -> None:
        driver = build(machine(name="a"), machine(name="b"))
        only_a = Placement(kind="NODES", nodes=("a",))
        driver.cluster.apply(puppet("busy", resources=WHOLE, placement=only_a))
        driver.cluster.apply(puppet("two", replicas=2))
        waiting = driver.cluster.observe("two")
        assert waiting.reason == Message(
            "QUEUED_FEW_SEATS",
            {"among": "all", "replicas": 2, "fitting": 1, "resource": "cpu", "model": "any"},
        )
        driver.end("busy")
        driver.cluster.apply(puppet("two", replicas=2))
        assert {one.node for one in driver.cluster.observe("two").replicas} == {"a", "b"}

    def test_what_is_closed_gets_nothing_new(self, build: Build) -> None:
        driver = build(replace(machine(), cordoned=True, why="repair"))
        driver.cluster.apply(puppet("one"))
        assert driver.cluster.observe("one").reason == Message(
            "NODE_CORDONED", {"node": "here", "why": "repair"}
        )
        driver.offer(replace(machine(), taints=(Taint("dedicated", "vision"),)))
        driver.cluster.apply(puppet("one"))
        assert driver.cluster.observe("one").reason == Message(
            "NODE_TAINTED", {"node": "here", "taint": "dedicated=vision"}
        )
        driver.offer(machine())
        driver.cluster.apply(puppet("one"))
        assert driver.cluster.observe("one").phase is Phase.STARTING


class TestPatience:
    def test_nothing_overtakes_one_that_has_waited_for_long(self, build: Build) -> None:
        driver = build(machine())
        driver.cluster.apply(puppet("first", resources=SMALL))
        driver.cluster.apply(puppet("large", resources=WHOLE))
        driver.pass_time(PATIENCE_S + 1)
        driver.cluster.apply(puppet("small", resources=SMALL))
        assert driver.cluster.observe("large").phase is Phase.WAITING
        assert driver.cluster.observe("small").reason == Message(
            "QUEUED_HELD", {"node": "here", "task": "app-large"}
        )
        driver.end("first")
        driver.cluster.apply(puppet("small", resources=SMALL))
        assert driver.cluster.observe("large").phase is Phase.STARTING
        assert driver.cluster.observe("small").phase is Phase.WAITING

    def test_what_could_not_hold_it_anyhow_is_kept_for_nobody(self, build: Build) -> None:
        driver = build(machine(cards=1), machine(name="there"))
        driver.cluster.apply(puppet("first", resources=with_cards(1)))
        driver.cluster.apply(puppet("second", resources=with_cards(1)))
        driver.pass_time(PATIENCE_S + 1)
        driver.cluster.apply(puppet("plain", resources=SMALL))
        assert driver.cluster.observe("second").phase is Phase.WAITING
        [replica] = driver.cluster.observe("plain").replicas
        assert replica.node == "there"


class TestDoingByItself:
    def test_observing_changes_nothing(self, driver: Driver) -> None:
        driver.cluster.apply(puppet("big", resources=WHOLE))
        driver.cluster.apply(puppet("waits"))
        driver.let_ready("big")
        driver.reaches("big", Phase.READY)
        driver.end("big")
        for _ in range(3):
            assert driver.cluster.observe("waits").phase is Phase.WAITING
        assert driver.cluster.nodes() == (machine(),)

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
