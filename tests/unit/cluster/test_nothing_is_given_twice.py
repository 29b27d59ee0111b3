"""Whatever is created, stopped, crashes or breaks, in any order: nothing is given twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inference_ui.backend.cluster.memory import MemoryCluster
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import ClientWorkload, Phase, Probe, RestartPolicy, ServerWorkload
from inference_ui.backend.records import BatchJob
from tests.support.book import REQUESTS, assert_given_once, assert_within, some_nodes

SMALL = Resources(cpu_millis=100, memory_bytes=1 << 27)
NODES = some_nodes()


class Cluster(RuleBasedStateMachine):
    """Moves a cluster at random; a clock of its own lets some wait for long."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.cluster = MemoryCluster(NODES, now=lambda: self.now)
        self.count = 0

    @rule(
        resources=st.sampled_from(REQUESTS),
        replicas=st.integers(1, 3),
        with_client=st.booleans(),
    )
    def create(self, resources: Resources, replicas: int, with_client: bool) -> None:
        self.count += 1
        self._apply(resources, replicas, f"w{self.count}", with_client)

    @precondition(lambda self: self._some())
    @rule(data=st.data())
    def start_its_client(self, data: st.DataObject) -> None:
        server = data.draw(st.sampled_from(self._some()))
        if not server.endswith("-client"):
            job = BatchJob(dataset="/d", output="/o", service_type="SELDON")
            self.cluster.apply(ClientWorkload(f"{server}-client", server, job, SMALL, server))

    @precondition(lambda self: self._some())
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        self.cluster.remove(data.draw(st.sampled_from(self._some())))

    @precondition(lambda self: self._some())
    @rule(data=st.data(), code=st.sampled_from([0, 1, 2]))
    def exit(self, data: st.DataObject, code: int) -> None:
        name = data.draw(st.sampled_from(self._some()))
        living = [
            index
            for index, one in enumerate(self.cluster.observe(name).replicas)
            if one.phase not in (Phase.DONE, Phase.FAILED)
        ]
        if living:
            self.cluster.exit(name, code, data.draw(st.sampled_from(living)))

    @rule(data=st.data())
    def break_or_mend(self, data: st.DataObject) -> None:
        node = data.draw(st.sampled_from(range(len(NODES))))
        broken = data.draw(st.sets(st.sampled_from([1, 2, 3])))
        cards = tuple(replace(card, healthy=card.slot not in broken) for card in NODES[node].cards)
        closed = data.draw(st.booleans())
        changed = replace(NODES[node], cards=cards, cordoned=closed)
        self.cluster.offer([changed if one.name == changed.name else one for one in NODES])

    @rule(name=st.sampled_from([node.name for node in NODES]))
    def a_node_vanishes(self, name: str) -> None:
        self.cluster.offer([node for node in NODES if node.name != name])

    @rule()
    def time_passes(self) -> None:
        self.now += 1000

    @rule()
    def everything_is_back(self) -> None:
        self.cluster.offer(NODES)

    @invariant()
    def nothing_beyond_what_there_is(self) -> None:
        assert_within(self.cluster.nodes(), NODES)

    @invariant()
    def nothing_twice(self) -> None:
        assert_given_once(
            (seat.node, one.slot, one.number) for seat in self.cluster.seats() for one in seat.cards
        )

    def teardown(self) -> None:
        for name in self._some():
            self.cluster.remove(name)
        self.cluster.offer(NODES)
        assert self.cluster.nodes() == NODES

    def _some(self) -> list[str]:
        return sorted(self.cluster.names())

    def _apply(self, resources: Resources, replicas: int, name: str, with_client: bool) -> None:
        self.cluster.apply(
            ServerWorkload(
                name=name,
                application=name,
                command=("serve",),
                resources=resources,
                probe=Probe("/"),
                replicas=replicas,
                companion=SMALL if with_client else None,
                restart=RestartPolicy(done=frozenset({0}), fatal=frozenset({2})),
            )
        )


TestCluster = Cluster.TestCase
TestCluster.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
