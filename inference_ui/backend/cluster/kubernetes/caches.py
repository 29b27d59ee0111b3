"""Nodes and pods of the whole cluster, as far as the arithmetic needs them, kept by watches.

A record is a few hundred bytes where its object has ten thousand. Most updates change nothing of
it (heartbeats, conditions, statuses): they are read, compared, and forgotten.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Generic, TypeAlias, TypeVar

from inference_ui.backend.cluster.kubernetes import objects
from inference_ui.backend.cluster.kubernetes.inventory import with_pods
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase, node_base
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.pods import PodUse, pod_use
from inference_ui.backend.cluster.kubernetes.sinks import Breath
from inference_ui.backend.models.compute import Node

R = TypeVar("R")
Key: TypeAlias = tuple[str, str]
"""Namespace (empty for nodes) and name."""


def key_of(thing: Json) -> Key:
    """Return the key of an object."""
    metadata = objects.part(thing, "metadata")
    return sys.intern(objects.text(metadata, "namespace")), objects.text(metadata, "name")


class Records(Generic[R]):
    """A sink that keeps a record of each object, as ``read`` makes it; None is not kept.

    ``moved`` is called with the key and the records before and after (None: there is none) for
    each change, while ``lock`` is held. An object that is listed counts at once; one that is no
    longer in a list, when the list is whole. So nothing is ever missing in between.
    """

    def __init__(
        self,
        read: Callable[[Json], R | None],
        moved: Callable[[Key, R | None, R | None], None],
        lock: threading.Lock,
    ) -> None:
        self._read = read
        self._moved = moved
        self._lock = lock
        self._kept: dict[Key, R] = {}
        self._listed: set[Key] = set()

    def begin(self) -> None:
        """See ``sinks.Sink``."""
        self._listed = set()

    def add(self, thing: Json) -> bool:
        """See ``sinks.Sink``."""
        key = key_of(thing)
        self._listed.add(key)
        return self._set(key, self._read(thing))

    def finish(self) -> bool:
        """See ``sinks.Sink``."""
        gone = [key for key in self._kept if key not in self._listed]
        for key in gone:
            self._set(key, None)
        self._listed = set()
        return bool(gone)

    def put(self, thing: Json) -> bool:
        """See ``sinks.Sink``."""
        return self._set(key_of(thing), self._read(thing))

    def drop(self, thing: Json) -> bool:
        """See ``sinks.Sink``."""
        return self._set(key_of(thing), None)

    def _set(self, key: Key, after: R | None) -> bool:
        before = self._kept.get(key)
        if before == after:
            return False
        with self._lock:
            if after is None:
                del self._kept[key]
            else:
                self._kept[key] = after
            self._moved(key, before, after)
        return True


class NodePods:
    """The nodes with what their pods use, and the pods that wait for a node.

    ``node_sink`` takes v1 Nodes, ``pod_sink`` v1 Pods of all namespaces, each from one thread. What
    is asked for may be asked from any thread, and is never changed afterwards.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._summing = threading.Lock()
        self._bases: dict[str, NodeBase] = {}
        self._pods: dict[str, dict[Key, PodUse]] = {}
        self._waiting: dict[Key, PodUse] = {}
        self._stale: set[str] = set()
        self._summed: dict[str, Node] = {}
        self._nodes: tuple[Node, ...] = ()
        self.node_sink: Records[NodeBase] = Records(node_base, self._node_moved, self._lock)
        self.pod_sink: Records[PodUse] = Records(_held_or_waiting, self._pod_moved, self._lock)

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes by name. Only those are summed anew that changed since the last call; if
        none did, the very same tuple is returned."""
        with self._summing:
            with self._lock:
                stale, self._stale = self._stale, set()
            if stale:
                breath = Breath()
                for name in stale:
                    self._sum(name)
                    breath.take()
                self._nodes = tuple(self._summed[name] for name in sorted(self._summed))
            return self._nodes

    def bases(self) -> tuple[NodeBase, ...]:
        """Return the nodes as they are without their pods."""
        with self._lock:
            return tuple(self._bases.values())

    def cards_of(self, namespace: str, name: str, node: str) -> tuple[str, ...]:
        """Return the slots of the cards that a pod was given, as far as anything states them."""
        with self._lock:
            base = self._bases.get(node)
            pod = self._pods.get(node, {}).get((namespace, name))
        if base is None or pod is None:
            return ()
        at = [base.devices[one.device] for one in pod.parts if one.device in base.devices]
        slots = sorted({base.node.cards[index].slot for index in at} - {0})
        return tuple(map(str, slots))

    def is_lost(self, node: str) -> bool:
        """Tell whether a node is known not to work."""
        with self._lock:
            base = self._bases.get(node)
        return base is not None and not base.node.ready

    def waiting(self) -> tuple[PodUse, ...]:
        """Return the pods that wait for a node, the longest waiting first."""
        with self._lock:
            found = list(self._waiting.values())
        return tuple(sorted(found, key=attrgetter("given_at", "namespace", "name")))

    def _sum(self, name: str) -> None:
        with self._lock:
            base = self._bases.get(name)
            pods: Mapping[Key, PodUse] = self._pods.get(name, {})
            held = [pods[key] for key in sorted(pods)]
        if base is None:
            self._summed.pop(name, None)
        else:
            self._summed[name] = with_pods(base, held) if held else base.node

    def _node_moved(self, key: Key, before: NodeBase | None, after: NodeBase | None) -> None:
        name = key[1]
        if after is None:
            del self._bases[name]
        else:
            self._bases[name] = after
        self._stale.add(name)

    def _pod_moved(self, key: Key, before: PodUse | None, after: PodUse | None) -> None:
        if before is not None:
            self._take_out(key, before)
        if after is None:
            return
        if after.node is None:
            self._waiting[key] = after
        else:
            self._pods.setdefault(after.node, {})[key] = after
            self._stale.add(after.node)

    def _take_out(self, key: Key, pod: PodUse) -> None:
        if pod.node is None:
            del self._waiting[key]
            return
        there = self._pods[pod.node]
        del there[key]
        if not there:
            del self._pods[pod.node]
        self._stale.add(pod.node)


def _held_or_waiting(pod: Json) -> PodUse | None:
    """Read a pod; None for one that has ended, or that is deleted before it had a node."""
    use = pod_use(pod)
    if use.ended or (use.node is None and use.demand is None):
        return None
    # many pods share these: one text of each is enough
    return replace(
        use,
        namespace=sys.intern(use.namespace),
        application=sys.intern(use.application),
        node=None if use.node is None else sys.intern(use.node),
    )
