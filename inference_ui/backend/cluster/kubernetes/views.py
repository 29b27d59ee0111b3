"""What is seen of the cluster: the watches, and what they keep up to date."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from operator import attrgetter

from inference_ui.backend.capacity.queue import Waiting
from inference_ui.backend.cluster.kubernetes import names, objects
from inference_ui.backend.cluster.kubernetes.caches import NodePods
from inference_ui.backend.cluster.kubernetes.connection import Connection
from inference_ui.backend.cluster.kubernetes.kinds import (
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    NODES,
    PODS,
    Kind,
)
from inference_ui.backend.cluster.kubernetes.nodes import NodeBase
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.observing import Around
from inference_ui.backend.cluster.kubernetes.own import Owners, OwnPods, Said
from inference_ui.backend.cluster.kubernetes.sightings import OwnerSeen, PodSeen
from inference_ui.backend.cluster.kubernetes.sinks import Sink, Tee
from inference_ui.backend.cluster.kubernetes.watching import Watch
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import Node
from inference_ui.backend.ports import Observation

_FIRST_LOOK_S = 10.0
"""Whoever asks before the first lists are in waits so long for them."""

_STALE_S = 15.0
"""Nothing is told any more when nothing was heard of the cluster for so long."""


class Views:
    """Six watches and what they know. They begin when somebody first asks: a command that only
    reads the database needs none."""

    def __init__(self, connection: Connection) -> None:
        self._api = connection
        self._beginning = threading.Lock()
        self._begun = False
        self._changed = threading.Condition()
        self._revision = 0
        self._seen = -1
        self._deployments, self._jobs = Owners(), Owners()
        self._pods = OwnPods(connection.namespace)
        self._inventory = NodePods()
        self._filtered, self._not_created = Said(), Said()
        self.around = Around(self._inventory.is_lost, self._filtered.of, self._not_created.of)
        self._children: dict[Kind, frozenset[tuple[str, str]]] = {}
        self._own_watches = (
            self._watch_own(DEPLOYMENTS, self._deployments),
            self._watch_own(JOBS, self._jobs),
            Watch(connection, PODS, Tee(self._pods, self._inventory.pod_sink), self.note_change),
        )
        self._inventory_watches = (
            *self._own_watches,
            Watch(connection, NODES, self._inventory.node_sink, self.note_change),
        )
        self._watches = (
            *self._inventory_watches,
            self._watch_events(names.HAMI_FILTERING_EVENT, "Pod", self._filtered),
            self._watch_events(names.NOT_CREATED_EVENT, JOBS.name, self._not_created),
        )

    def _watch_own(self, kind: Kind, sink: Sink) -> Watch:
        return Watch(
            self._api,
            kind,
            sink,
            self.note_change,
            namespace=self._api.namespace,
            labels=names.SELECTOR,
        )

    def _watch_events(self, reason: str, kind: str, sink: Said) -> Watch:
        return Watch(
            self._api,
            EVENTS,
            sink,
            self.note_change,
            namespace=self._api.namespace,
            fields=f"reason={reason},involvedObject.kind={kind}",
        )

    def stop(self) -> None:
        """End all watches and requests, for good."""
        with self._beginning:
            self._begun, begun = True, self._begun
        if begun:
            for one in self._watches:
                one.stop()
        self._api.close()

    def _begin(self) -> None:
        with self._beginning:
            if not self._begun:
                self._begun = True
                for one in self._watches:
                    one.start()

    def ask(self) -> None:
        """Return when what is known of the product's own objects is whole, and not older than a
        while: who goes by an old picture gives up what has long been well. Raises
        :class:`ClusterError` otherwise."""
        self._ask(self._own_watches)

    def ask_nodes(self) -> None:
        """The same for the whole cluster."""
        self._ask(self._inventory_watches)

    def _ask(self, watches: Collection[Watch]) -> None:
        self._begin()
        deadline = time.monotonic() + _FIRST_LOOK_S
        for one in watches:
            while not one.wait_synced(0.05):
                if one.problem is not None:
                    raise one.problem
                if time.monotonic() > deadline:
                    raise ClusterError("CLUSTER_NOT_SYNCED")
            if (blind := one.blind_for(_STALE_S)) is not None:
                raise blind

    def note_change(self) -> None:
        """Something may have changed."""
        with self._changed:
            self._revision += 1
            self._changed.notify_all()

    def changes(self, timeout_s: float) -> bool:
        """See ``Cluster.changes``."""
        self._begin()
        with self._changed:
            changed = self._changed.wait_for(lambda: self._revision != self._seen, timeout_s)
            self._seen = self._revision
            return changed

    def owner(self, name: str) -> OwnerSeen | None:
        """Return the Deployment or Job of a workload."""
        return self._deployments.get(name) or self._jobs.get(name)

    def owners(self) -> Collection[OwnerSeen]:
        """Return all Deployments and Jobs."""
        return (*self._deployments.all(), *self._jobs.all())

    def wrote(self, kind: Kind, owner: Json) -> None:
        """Take up an owner that was just created."""
        (self._deployments if kind is DEPLOYMENTS else self._jobs).wrote(owner)
        self.note_change()

    def names(self) -> frozenset[str]:
        """Return the names of all workloads of which anything is left."""
        return frozenset(one.name for one in self.owners()) | self._pods.workloads()

    def pods(self, workload: str) -> Collection[PodSeen]:
        """Return the pods of a workload."""
        return self._pods.of(workload)

    def pods_by_age(self, workload: str) -> list[PodSeen]:
        """Return those of its pods that have a node, the oldest first."""
        placed = (pod for pod in self._pods.of(workload) if pod.node)
        return sorted(placed, key=attrgetter("created", "name"))

    def pod(self, workload: str, name: str) -> PodSeen | None:
        """Return the pod of this name, if it is one of the workload."""
        return next((pod for pod in self.pods_by_age(workload) if pod.name == name), None)

    def had_child(self, kind: Kind, name: str, owner: str) -> bool:
        """Tell whether an earlier life of the product has made this Service or Secret for the owner
        of this uid."""
        if kind not in self._children:
            self._children[kind] = self._list_children(kind, names.SELECTOR)
        return (name, owner) in self._children[kind]

    def has_child(self, kind: Kind, name: str, owner: str) -> bool:
        """Ask whether there is this Service or Secret of the owner of this uid now."""
        return (name, owner) in self._list_children(kind, f"{names.INSTANCE_LABEL}={name}")

    def _list_children(self, kind: Kind, selector: str) -> frozenset[tuple[str, str]]:
        found = self._api.get_json(kind.path(self._api.namespace), labelSelector=selector)
        return frozenset(
            (objects.text(metadata, "name"), objects.text(owner, "uid"))
            for one in objects.parts(found, "items")
            for metadata in [objects.part(one, "metadata")]
            for owner in objects.parts(metadata, "ownerReferences")
        )

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes with what is used of them."""
        return self._inventory.nodes()

    def bases(self) -> Collection[NodeBase]:
        """Return the nodes as they are without their pods."""
        return self._inventory.bases()

    def with_cards(self, seen: Observation) -> Observation:
        """Add the cards that replicas were given, as far as anything states them."""
        replicas = tuple(
            replace(one, cards=self._inventory.cards_of(self._api.namespace, one.name, one.node))
            if one.node
            else one
            for one in seen.replicas
        )
        return replace(seen, replicas=replicas)

    def waiting_of_others(self) -> Iterable[Waiting]:
        """Yield what waits for room that is not the product's."""
        own = {
            (self._api.namespace, pod.name)
            for workload in self._pods.workloads()
            for pod in self._pods.of(workload)
        }
        for pod in self._inventory.waiting():
            if pod.demand is not None and (pod.namespace, pod.name) not in own:
                yield Waiting(pod.demand)
