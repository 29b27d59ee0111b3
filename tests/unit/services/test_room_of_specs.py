"""Where a spec may go, and who waits for what: what people are told of the cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inference_ui.backend.capacity.fit import Demand
from inference_ui.backend.capacity.nodes import Lack, NodeFit
from inference_ui.backend.capacity.queue import Waiting
from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    ComputeSpec,
    Node,
    PhysicalCard,
    Tenant,
    VirtualCard,
)
from inference_ui.backend.models.servers import SpecSnapshot
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.services.capacity import Capacity, NodeFilter
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.queueing import Queueing
from inference_ui.backend.services.workloads import server_workload
from inference_ui.backend.store.database import Store
from inference_ui.rows.cluster import cluster_rows
from tests.support.samples import a_plan, a_task, through

GIB = 1 << 30
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MLU = AcceleratorType.MLU


def card(slot: int, used_by: str | None = None, **values: object) -> PhysicalCard:
    return PhysicalCard(slot, str(slot - 1), "X8", MLU, used_by=used_by, **values)  # type: ignore[arg-type]


def node(name: str, *cards: PhysicalCard, cpu: int = 8000, **values: object) -> Node:
    tenants = tuple(
        Tenant(one.used_by, cpu_millis=1000) for one in cards if one.used_by is not None
    )
    given: dict[str, object] = {
        "driver_version": "v5.10.27" if cards else None,
        "tenants": tenants,
        "used_cpu_millis": 1000 * len(tenants),
        **values,
    }
    return Node(name, True, "Ubuntu", "5.15", cpu, 64 * GIB, cards=cards, **given)  # type: ignore[arg-type]


IDLE = node("idle", card(1), card(2), card(3, "ocr"))
TIGHT = node("tight", card(1), card(2, "ocr"))
SMALL = node("small", card(1))
CORDONED = node("cordoned", card(1), card(2), cordoned=True)
PLAIN = node("plain")


class SharedCluster(MemoryCluster):
    """One on which pods of others wait as well, which are named with their namespaces."""

    others: tuple[Waiting, ...] = ()

    def queue(self) -> tuple[Waiting, ...]:
        found = (*self.others, *super().queue())
        return tuple(sorted(found, key=lambda one: one.demand.since))


class World:
    """Nodes, two specs, and hands that queue tasks."""

    def __init__(self, store: Store, user: Actor, *nodes: Node) -> None:
        self.store, self.user = store, user
        self.now = START.timestamp()
        self.cluster = SharedCluster(nodes, now=lambda: self.now)
        self.changes = Changes()
        self.capacity = Capacity(store, self.cluster, self.changes)
        self.queueing = Queueing(store, self.cluster, self.changes, now=lambda: START)
        self.pair = ComputeSpec(
            name="pair", owner_id=user.id, cpu_millis=2000, memory_bytes=GIB, accelerator=MLU,
            card_model="X8", cards=2,
        )  # fmt: skip
        self.cpu = ComputeSpec(name="cpu", owner_id=user.id, cpu_millis=500, memory_bytes=GIB)
        with store.write() as session:
            session.add_all([self.pair, self.cpu])

    def offer(self, *nodes: Node) -> None:
        """Let these be the nodes, as the cluster tells."""
        self.cluster.offer(nodes)
        self.changes.publish(frozenset({"cluster:nodes"}))

    def queue(self, number: int, **values: object) -> InferenceTask:
        """Queue a task that asks for a pair of cards; one waits a minute longer than the next."""
        self.now += 60
        spec = SpecSnapshot(id=self.pair.id, name="pair", resources=self.pair.resources)
        task = a_task(
            id=f"{number:016x}", name=f"task-{number}", owner_id=self.user.id,
            plan=values.pop("plan", None) or a_plan(spec=spec), **values,
        )  # fmt: skip
        with self.store.write() as session:
            session.add(task)
        if task.service_id is None:
            self.cluster.apply(server_workload(task))
        self.changes.publish(frozenset({task.id}))
        return task


@pytest.fixture
def world(sqlite_store: Store, administrator: Actor) -> World:
    return World(sqlite_store, administrator, IDLE, TIGHT, SMALL, CORDONED, PLAIN)


def test_nodes_that_a_spec_can_be_scheduled_on_are_idle_or_tight_by_what_is_short(
    world: World,
) -> None:
    found = world.capacity.of_spec(world.user, world.pair.id, NodeFilter())
    assert (found.spec, found.idle, found.tight, found.count) == ("pair", 1, 1, 2)
    idle, tight = found.nodes
    assert (idle.node.name, idle.fit, idle.lacks) == ("idle", NodeFit.IDLE, ())
    assert (tight.node.name, tight.fit) == ("tight", NodeFit.TIGHT)
    assert tight.lacks == (Lack("cards", needed=2, free=1),)
    assert tight.lacks[0].missing == 1
    assert (idle.used, idle.total) == (1, 3)
    assert idle.specs == ("pair", "cpu")
    assert idle.uses == ("3:ocr",)


def test_cpus_of_a_spec_without_cards_may_be_short(world: World) -> None:
    busy = node("busy", cpu=1000, tenants=(Tenant("web", 800),), used_cpu_millis=800)
    world.offer(busy)
    [row] = world.capacity.of_spec(world.user, world.cpu.id, NodeFilter()).nodes
    assert row.lacks == (Lack("cpu", needed=500, free=200),)
    assert row.uses == ("web",)
    assert (row.used, row.total) == (0, 0)


def test_slices_are_told_with_their_numbers_and_slots_only_where_they_are_known(
    world: World,
) -> None:
    parts = (VirtualCard(1, "a"), VirtualCard(2))
    cut = node("cut", card(2, slices=parts), card(1))
    loose = replace(node("loose", card(0), card(0)), unplaced=(CardUse("b", 1, MLU, "X8"),))
    world.offer(cut, loose)
    page = world.capacity.nodes(world.user, NodeFilter())
    assert [one.name for one in page.nodes] == ["cut", "loose"]
    [totals] = page.totals
    assert (totals.cards, totals.used, totals.slices, totals.used_slices) == (3, 1.0, 2, 1)
    single = ComputeSpec(
        name="one", owner_id=world.user.id, cpu_millis=1, memory_bytes=1, accelerator=MLU, cards=1
    )
    with world.store.write() as session:
        session.add(single)
    rows = world.capacity.of_spec(world.user, single.id, NodeFilter()).nodes
    assert {row.node.name: row.uses for row in rows} == {"cut": ("2(1):a",), "loose": ("?:b",)}


def test_filters_leave_what_was_asked_for(world: World) -> None:
    def names(**wanted: object) -> list[str]:
        found = world.capacity.nodes(world.user, NodeFilter(**wanted))  # type: ignore[arg-type]
        return [one.name for one in found.nodes]

    assert names(kind=AcceleratorType.CPU) == ["plain"]
    assert names(kind=MLU) == ["cordoned", "idle", "small", "tight"]
    assert names(kind=AcceleratorType.GPU) == []
    assert names(text="OCR") == ["idle", "tight"]
    assert names(text="v5.10") == ["cordoned", "idle", "small", "tight"]
    assert names(text="plai") == ["plain"]
    tight = NodeFilter(fit=NodeFit.TIGHT)
    found = world.capacity.of_spec(world.user, world.pair.id, tight)
    assert ([one.node.name for one in found.nodes], found.count, found.idle) == (["tight"], 1, 1)


def test_many_nodes_come_in_pages(world: World) -> None:
    world.offer(*[node(f"n-{number:03}") for number in range(120)])
    third = world.capacity.nodes(world.user, NodeFilter(page=3))
    assert (len(third.nodes), third.nodes[0].name, third.count) == (20, "n-100", 120)


def test_a_page_that_has_vanished_is_the_last_one(world: World) -> None:
    world.offer(*[node(f"n-{number:03}") for number in range(60)])
    assert len(world.capacity.nodes(world.user, NodeFilter(page=3)).nodes) == 10
    world.offer(IDLE, TIGHT)
    found = world.capacity.nodes(world.user, NodeFilter(page=2))
    assert ([one.name for one in found.nodes], found.page) == (["idle", "tight"], 1)
    assert world.capacity.of_spec(world.user, world.pair.id, NodeFilter(page=9)).page == 1


def test_a_spec_that_is_gone_goes_nowhere(world: World) -> None:
    assert world.capacity.of_spec(world.user, "gone", NodeFilter()).nodes == ()


def test_the_queue_tells_who_waits_for_what_since_when_and_why(world: World) -> None:
    world.offer(node("one", card(1), card(2), card(3)), CORDONED)
    first = world.queue(1, status=TaskStatus.RUNNING, left_s=120.0)
    world.queue(2)
    world.queue(3)
    queue = world.queueing.look(world.user)
    assert [one.application for one in queue.queued] == ["task-2", "task-3"]
    second = queue.queued[0]
    assert second.since == START + timedelta(minutes=2)
    assert second.reason == Message(
        "QUEUED_NO_CARDS", {"among": "all", "model": "X8", "needed": 2, "free": 1, "node": "one"}
    )
    assert second.shut == (Message("NODE_CORDONED", {"node": "cordoned", "why": "none"}),)
    assert second.release is not None
    assert (second.release.applications, second.release.left_s) == (("task-1",), 120.0)
    assert second.owner.kind == "task"
    assert world.capacity.queued(world.user) == {"X8": 4}
    [ending] = queue.ending
    assert (ending.task_id, ending.cards, ending.nodes) == (first.id, 2, ("one",))


def test_a_task_that_waits_for_a_service_stands_in_the_queue_without_cards(world: World) -> None:
    waiting = Message("SERVICE_BUSY", {"service": "detect", "task": "other"})
    world.queue(1, plan=through("s"), service_id="s", waiting_for=waiting.to_json())
    [queued] = world.queueing.look(world.user).queued
    assert (queued.application, queued.demand, queued.reason) == ("task-1", None, waiting)


def test_replicas_that_wait_do_not_wait_for_those_of_the_same_task(world: World) -> None:
    world.offer(node("one", card(1, "task-1"), card(2, "task-1")))
    task = world.queue(1, status=TaskStatus.RUNNING, left_s=120.0)
    rest = Demand(f"task-{task.id}-1-server", task.name, world.pair.resources, since=world.now)
    other = Demand("team-a/task-1", task.name, world.pair.resources, since=world.now)
    world.cluster.remove(rest.name)
    world.cluster.finish_removal(rest.name)
    for waiting, frees in ((rest, None), (other, ("task-1",))):
        world.cluster.others = (Waiting(waiting),)
        world.changes.publish(frozenset({"cluster:nodes"}))
        [queued] = world.queueing.look(world.user).queued
        assert (queued.release and queued.release.applications) == frees


def test_who_waits_for_more_than_room_is_not_told_who_frees_some(world: World) -> None:
    world.offer(node("one", card(1, "task-1"), card(2, "task-1")), CORDONED)
    world.queue(1, status=TaskStatus.RUNNING, left_s=120.0)
    asked = Demand("team-a/web-1", "web", world.pair.resources, since=world.now)
    for code in ("K8S_UNSCHEDULABLE", "K8S_QUOTA", "K8S_NODE_LOST"):
        frees = code == "K8S_UNSCHEDULABLE"
        world.cluster.others = (Waiting(asked, Message(code)),)
        world.changes.publish(frozenset({"cluster:nodes"}))
        queued = next(one for one in world.queueing.look(world.user).queued if one.reason)
        assert queued.reason == Message(code)
        assert (queued.release is not None, bool(queued.shut)) == (frees, frees)


def test_cards_are_freed_where_they_are_and_not_on_the_clients_node(world: World) -> None:
    tenants = (Tenant("task-1", cpu_millis=1000),)
    world.offer(node("one", card(1, "task-1")), node("two", tenants=tenants))
    world.queue(1, status=TaskStatus.RUNNING)
    [ending] = world.queueing.look(world.user).ending
    assert (ending.cards, ending.nodes) == (1, ("one",))
    world.offer(node("one", tenants=tenants), node("two", tenants=tenants))
    [ending] = world.queueing.look(world.user).ending
    assert (ending.cards, ending.nodes) == (0, ("one", "two"))


def test_what_nobody_here_started_frees_nothing(world: World) -> None:
    world.offer(node("one", card(1, "foreign"), card(2, "foreign")))
    world.queue(1)
    [queued] = world.queueing.look(world.user).queued
    assert queued.release is None


def test_pods_that_others_ask_for_alike_share_a_place_and_each_counts_once(world: World) -> None:
    world.offer(node("one", card(1, "ocr")))
    pair = world.pair.resources
    world.cluster.others = tuple(
        Waiting(Demand(f"{place}/web-{number}", "web", pair, since=world.now + number))
        for place in ("team-a", "team-b")
        for number in range(3)
    )
    world.queue(1)
    queue = world.queueing.look(world.user).queued
    told = [(one.application, one.demand.replicas) for one in queue if one.demand is not None]
    assert told == [("web", 3), ("web", 3), ("task-1", 1)]
    assert world.capacity.queued(world.user) == {"X8": 14}


def test_a_pod_of_others_that_is_called_like_a_task_is_not_that_task(world: World) -> None:
    world.offer(node("one", card(1, "ocr")))
    world.queue(1)
    twin = Demand("elsewhere/task-1-x5nsk", "task-1", world.pair.resources, since=world.now + 1)
    world.cluster.others = (Waiting(twin),)
    own, other = world.queueing.look(world.user).queued
    assert (own.application, own.owner.kind) == ("task-1", "task")
    assert (other.application, other.owner.kind) == ("task-1", "")


def test_the_page_says_that_of_some_cards_nothing_states_which_they_are(world: World) -> None:
    loose = replace(node("loose", card(0), card(0)), unplaced=(CardUse("b", 1, MLU, "X8"),))
    for nodes, told in (((IDLE,), False), ((IDLE, loose), True)):
        world.offer(*nodes)
        found = world.capacity.nodes(world.user, NodeFilter())
        assert cluster_rows(found, world.queueing.look(world.user), START).unplaced == told
