"""Nodes and pods as watches keep them: always what the objects, read anew, would say."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inference_ui.backend.cluster.kubernetes.caches import NodePods
from inference_ui.backend.cluster.kubernetes.inventory import inventory
from inference_ui.backend.cluster.kubernetes.nodes import node_base
from inference_ui.backend.cluster.kubernetes.pods import pod_use
from inference_ui.backend.cluster.kubernetes.sinks import Sink, Tee
from tests.support.kubernetes import node_object, pod_object

Json = dict[str, Any]

NAMES = st.sampled_from(["a", "b", "c"])
CARDS = {"nvidia.com/gpu": "8"}
NODE_LABELS = {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}


def pod(name: str, requests: Json | None = None, **more: Any) -> Json:
    """A pod of this name."""
    made = pod_object(name, requests or {"cpu": "1"}, **more)
    made["metadata"]["name"] = name
    return made


@st.composite
def pods(draw: st.DrawFn) -> Json:
    """A pod: on a node (known or not), waiting, gated, being deleted, or ended."""
    requests = {"cpu": draw(st.sampled_from(["500m", "2"]))}
    if draw(st.booleans()):
        requests["nvidia.com/gpu"] = draw(st.sampled_from(["1", "2"]))
    made = pod(
        draw(NAMES),
        requests,
        node=draw(st.sampled_from(["a", "b", "elsewhere", None])),
        phase=draw(st.sampled_from([None, "Succeeded", "Failed"])),
    )
    made["metadata"]["labels"]["app"] = draw(st.sampled_from(["x", "y"]))
    if draw(st.booleans()):
        made["metadata"]["deletionTimestamp"] = "2026-01-02T00:00:00Z"
    return made


@st.composite
def nodes(draw: st.DrawFn) -> Json:
    """A node with cards, or one without."""
    return node_object(draw(NAMES), draw(st.sampled_from([CARDS, {}])), NODE_LABELS)


STEPS = st.one_of(
    st.tuples(st.just("put"), st.one_of(pods(), nodes())),
    st.tuples(st.just("drop"), st.one_of(pods(), nodes())),
    st.tuples(st.just("list"), st.lists(pods(), max_size=4)),
    st.tuples(st.just("cut"), st.lists(pods(), max_size=4)),
    st.tuples(st.just("ask"), st.none()),
)


class World:
    """The cache, and beside it the objects as the API server has them."""

    def __init__(self) -> None:
        self.cache = NodePods()
        self.objects: dict[str, dict[str, Json]] = {"nodes": {}, "pods": {}}

    def step(self, what: str, about: Any) -> None:
        """Do one thing to both."""
        if what in ("put", "drop"):
            kind = "pods" if "containers" in about["spec"] else "nodes"
            sink = self.cache.pod_sink if kind == "pods" else self.cache.node_sink
            name = about["metadata"]["name"]
            if what == "put":
                sink.put(about)
                self.objects[kind][name] = about
            else:
                sink.drop(about)
                self.objects[kind].pop(name, None)
        elif what == "ask":
            self.cache.nodes()
        else:
            self._list(what, {one["metadata"]["name"]: one for one in about})

    def _list(self, what: str, listed: dict[str, Json]) -> None:
        sink = self.cache.pod_sink
        sink.begin()
        for one in listed.values():
            sink.add(one)
        if what == "list":
            sink.finish()
            self.objects["pods"] = listed
        else:  # a list that is cut off keeps what there was before
            self.objects["pods"] |= listed


@settings(deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_after_any_changes_the_nodes_are_what_all_objects_read_anew_say(steps: Any) -> None:
    world = World()
    for what, about in steps:
        world.step(what, about)
    by_name = [world.objects["nodes"][name] for name in sorted(world.objects["nodes"])]
    uses = [pod_use(world.objects["pods"][name]) for name in sorted(world.objects["pods"])]
    assert world.cache.nodes() == inventory([node_base(one) for one in by_name], uses)
    assert {one.name for one in world.cache.waiting()} == {
        one.name for one in uses if one.demand is not None
    }


def test_a_heartbeat_of_a_node_changes_nothing() -> None:
    cache = NodePods()
    node = node_object("a", CARDS)
    assert cache.node_sink.put(node)
    before = cache.nodes()
    beating = node_object("a", CARDS)
    beating["status"]["conditions"][0]["lastHeartbeatTime"] = "2026-01-01T00:05:00Z"
    beating["metadata"]["resourceVersion"] = "2"
    assert not cache.node_sink.put(beating)
    assert cache.nodes() is before


def test_a_pod_whose_status_alone_changed_changes_nothing() -> None:
    cache = NodePods()
    cache.node_sink.put(node_object("a"))
    assert cache.pod_sink.put(pod("x", node="a"))
    before = cache.nodes()
    told = pod("x", node="a")
    told["status"]["containerStatuses"] = [{"name": "main", "restartCount": 3}]
    assert not cache.pod_sink.put(told)
    assert cache.nodes() is before


def test_only_the_node_of_a_changed_pod_is_summed_anew() -> None:
    cache = NodePods()
    for name in ("a", "b"):
        cache.node_sink.put(node_object(name))
        cache.pod_sink.put(pod(f"on-{name}", node=name))
    first = cache.nodes()
    cache.pod_sink.put(pod("another", {"cpu": "2"}, node="b"))
    second = cache.nodes()
    assert second[0] is first[0]
    assert (first[1].used_cpu_millis, second[1].used_cpu_millis) == (1000, 3000)


def test_a_pod_that_ended_gives_back_what_it_held() -> None:
    cache = NodePods()
    cache.node_sink.put(node_object("a"))
    cache.pod_sink.put(pod("x", node="a"))
    assert cache.nodes()[0].used_cpu_millis == 1000
    assert cache.pod_sink.put(pod("x", node="a", phase="Succeeded"))
    assert cache.nodes()[0].used_cpu_millis == 0


def test_pods_that_wait_are_told_the_longest_waiting_first() -> None:
    cache = NodePods()
    for name, since in (("late", "2026-01-01T00:00:09Z"), ("early", "2026-01-01T00:00:01Z")):
        waiting = pod(name, node=None)
        waiting["metadata"]["creationTimestamp"] = since
        cache.pod_sink.put(waiting)
    assert [one.name for one in cache.waiting()] == ["early", "late"]
    cache.pod_sink.put(pod("early", node="a"))
    assert [one.name for one in cache.waiting()] == ["late"]


def test_pods_on_a_node_that_is_not_known_yet_count_as_soon_as_it_is() -> None:
    cache = NodePods()
    cache.pod_sink.put(pod("x", node="a"))
    assert cache.nodes() == ()
    cache.node_sink.put(node_object("a"))
    assert cache.nodes()[0].used_cpu_millis == 1000


def test_one_watch_feeds_two_caches_and_tells_if_either_changed() -> None:
    first, second = NodePods(), NodePods()
    both: Sink = Tee(first.pod_sink, second.pod_sink)
    waiting = pod("x", node=None)
    first.pod_sink.put(waiting)
    both.begin()
    assert both.add(waiting)
    assert not both.finish()
    assert [one.name for one in second.waiting()] == ["x"]
    assert both.drop(waiting)
    assert (first.waiting(), second.waiting()) == ((), ())
    assert not both.put(pod("ended", node="a", phase="Failed"))
