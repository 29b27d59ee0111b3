"""The Kubernetes cluster: writes objects, and tells what watches saw of them.

Nothing here asks the API server to learn a state: watches keep it. What the contract leaves open,
here: the scheduler is Kubernetes', so a workload's pods are placed one by one, and a server of
which only some replicas have a node is STARTING or READY with the others WAITING, each with its
reason. A pod that is lost is replaced by its controller and counts as no restart. A workload that
is being removed is not revived by ``apply``; how long it may take to end is a property of its pods
(``manifests.GRACE_S``).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from inference_ui.backend.capacity.fit import Demand
from inference_ui.backend.capacity.queue import Waiting
from inference_ui.backend.cluster.kubernetes import logs, objects
from inference_ui.backend.cluster.kubernetes.cards import card_need
from inference_ui.backend.cluster.kubernetes.connection import Connection
from inference_ui.backend.cluster.kubernetes.containers import Manifest
from inference_ui.backend.cluster.kubernetes.kinds import (
    DEPLOYMENTS,
    JOBS,
    SECRETS,
    SERVICES,
    Kind,
)
from inference_ui.backend.cluster.kubernetes.manifests import (
    Site,
    client_objects,
    owned,
    server_objects,
)
from inference_ui.backend.cluster.kubernetes.observing import (
    leaving,
    observation,
    without_a_part,
)
from inference_ui.backend.cluster.kubernetes.sightings import OwnerSeen
from inference_ui.backend.cluster.kubernetes.transport import Access
from inference_ui.backend.cluster.kubernetes.views import Views
from inference_ui.backend.cluster.replicas import checked
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.compute import Node
from inference_ui.backend.ports import (
    GONE,
    LogTail,
    Observation,
    Phase,
    ServerWorkload,
    Workload,
)

_log = logging.getLogger(__name__)

_ASK_AGAIN_S = 15.0
"""A deletion of which nothing is seen for so long is asked for again."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
"""What was refused is asked for again after a pause that doubles."""

_FOR_GOOD = frozenset({"K8S_NO_IMAGE", "K8S_NOT_ON_CLAIM", "K8S_NO_OWN_IMAGE"})
"""What no later attempt at the same workload can mend."""
_UNPROCESSABLE = (400, 422)


_WHOLE = "whole"
_BUT_SERVICE = "all but the Service"


@dataclass
class _Removal:
    """When the deletion of the object with this uid was last asked for (monotonic seconds)."""

    uid: str
    asked_at: float


@dataclass
class _Refused:
    """What is told of a workload that could not be made, and when (monotonic seconds) that may be
    tried again, after which pause."""

    seen: Observation
    again_at: float
    pause_s: float


def connect(
    kubeconfig: Path | None, namespace: str, image: str, claims: Mapping[str, Path]
) -> KubernetesCluster:
    """Return the cluster that a kubeconfig names, or (None) the one that this process runs in.

    ``namespace`` is where workloads live (empty: where the account is at home), ``image`` the
    product's own, ``claims`` where claims are mounted here. Nothing is asked of the API server yet.
    Raises :class:`ClusterError` when the access cannot be read.
    """
    connection = Connection(Access(kubeconfig, namespace))
    mounts = {name: PurePosixPath(path) for name, path in claims.items()}
    return KubernetesCluster(connection, Site(connection.namespace, image, mounts))


class KubernetesCluster:
    """``ports.Cluster`` over the API server of a cluster. Close it to end its threads."""

    def __init__(self, connection: Connection, site: Site) -> None:
        self._api = connection
        self._site = site
        self._views = Views(connection)
        self._lock = threading.RLock()
        self._refused: dict[str, _Refused] = {}
        self._removals: dict[str, _Removal] = {}
        self._made: dict[str, str] = {}  # what exists of an owner's children, by its uid
        self._applying: dict[str, threading.Lock] = {}

    def close(self) -> None:
        self._views.stop()

    @property
    def runs_images(self) -> bool:
        return True

    def apply(self, workload: Workload) -> None:
        name = checked(workload.name)
        self._views.ask()
        with self._turn(name):
            owner = self._views.owner(name)
            if self._is_leaving(name, owner) or self._rests(name):
                return
            try:
                self._make(workload, owner)
            except ClusterError as error:
                # Told as what the workload waits for, or failed by: the caller, who looks again
                # anyhow, writes that down where people see it. He looks at every change, so
                # nothing that stays as it was may be told as one.
                self._refuse(name, error)
            else:
                with self._lock:
                    self._refused.pop(name, None)

    def observe(self, name: str) -> Observation:
        self._views.ask()
        owner = self._views.owner(name)
        pods = self._views.pods(name)
        with self._lock:
            removing = self._is_leaving(name, owner)
            refused = self._refused.get(name)
        if owner is not None:
            seen = observation(
                owner, pods, time.time(), removing=removing, around=self._views.around
            )
            if refused is not None:
                seen = without_a_part(seen, refused.seen)
            return self._views.with_cards(seen)
        if pods:
            return leaving(pods, self._views.around)
        return refused.seen if refused is not None else GONE

    def remove(self, name: str, grace_s: float = 20.0) -> None:
        self._views.ask()
        with self._turn(name):
            owner = self._views.owner(name)
            with self._lock:
                self._refused.pop(name, None)
                removal = self._removals.get(name)
                if owner is None:
                    self._removals.pop(name, None)
                    return
                asked_at = removal.asked_at if removal and removal.uid == owner.uid else None
                if asked_at is not None and time.monotonic() - asked_at < _ASK_AGAIN_S:
                    return
            if not owner.leaving or asked_at is not None:
                self._api.delete(JOBS if owner.client else DEPLOYMENTS, name, "Foreground")
            with self._lock:
                self._removals[name] = _Removal(owner.uid, time.monotonic())
                self._made.pop(owner.uid, None)
        self._views.note_change()

    def names(self) -> frozenset[str]:
        self._views.ask()
        return self._views.names()

    def logs(self, name: str, lines: int = 200) -> tuple[LogTail, ...]:
        self._views.ask()
        found: list[LogTail] = []
        failed: ClusterError | None = None
        for pod in self._views.pods_by_age(name):
            # The kubelet of a lost node would be waited for in vain, for half a minute each time.
            if self._views.around.is_lost(pod.node or ""):
                continue
            try:
                text = logs.tail(self._api, pod, lines)
            except ClusterError as error:
                failed = error  # what the others say is told all the same
            else:
                found += [LogTail(pod.name, text)] if text is not None else []
        if failed is not None and not found:
            raise failed
        return tuple(found)

    def whole_log(self, name: str, replica: str) -> Iterator[bytes]:
        self._views.ask()
        pod = self._views.pod(name, replica)
        return logs.whole(self._api, pod) if pod is not None else iter(())

    def follow(self, name: str, replica: str) -> Iterator[str]:
        pod = self._views.pod(name, replica)
        if pod is not None:
            yield from logs.follow(self._api, pod, lambda: self._views.pod(name, replica))

    def nodes(self) -> tuple[Node, ...]:
        self._views.ask_nodes()
        return self._views.nodes()

    def queue(self) -> tuple[Waiting, ...]:
        self._views.ask_nodes()
        own = [one for owner in self._views.owners() if (one := self._waiting(owner)) is not None]
        found = (*own, *self._views.waiting_of_others())
        return tuple(sorted(found, key=lambda one: (one.demand.since, one.demand.name)))

    def changes(self, timeout_s: float) -> bool:
        return self._views.changes(timeout_s)

    # Inside

    @contextlib.contextmanager
    def _turn(self, name: str) -> Iterator[None]:
        """One at a time writes objects of a workload."""
        with self._lock:
            lock = self._applying.setdefault(name, threading.Lock())
        with lock:
            yield
        with self._lock:
            if not lock.locked() and self._views.owner(name) is None:
                self._applying.pop(name, None)

    def _is_leaving(self, name: str, owner: OwnerSeen | None) -> bool:
        with self._lock:
            removal = self._removals.get(name)
            if owner is None:
                return bool(self._views.pods(name))
            return owner.leaving or (removal is not None and removal.uid == owner.uid)

    def _make(self, workload: Workload, owner: OwnerSeen | None) -> None:
        """Create what is missing of a workload: its owner first, so that nothing is ever left
        without one. A Service has time until there is a pod to find: to be queued costs two
        writes at most."""
        early = not self._views.pods_by_age(workload.name)
        with self._lock:
            made = self._made.get(owner.uid) if owner is not None else None
        if made == _WHOLE or (made and early):
            return
        kind = DEPLOYMENTS if isinstance(workload, ServerWorkload) else JOBS
        first, *children = self._objects(workload)
        uid = owner.uid if owner is not None else self._create_owner(kind, first)
        for child in children:
            is_service = child["kind"] == SERVICES.name
            if not (early if is_service else made):
                self._create_child(owned(child, first, uid), uid, fresh=owner is None)
        with self._lock:
            self._made[uid] = _BUT_SERVICE if early and kind is DEPLOYMENTS else _WHOLE

    def _create_owner(self, kind: Kind, body: Manifest) -> str:
        """Create a Deployment or Job, and return its uid."""
        made = self._api.create(kind, body)
        if made is None:  # it is there, and the watch is late
            made = self._api.get_json(kind.path(self._site.namespace, body["metadata"]["name"]))
        self._views.wrote(kind, made)
        return objects.text(objects.part(made, "metadata"), "uid")

    def _objects(self, workload: Workload) -> list[Manifest]:
        if not isinstance(workload, ServerWorkload):
            return client_objects(workload, self._site)
        need = card_need(workload.resources, self._views.bases())
        return server_objects(workload, need, self._site)

    def _create_child(self, child: Manifest, owner: str, *, fresh: bool) -> None:
        """Create a child; one that another life of the product has made for this owner already
        stays. One that an earlier owner of the same name has left will go with it, and is waited
        for: without its own, no pod of the new owner could be started again, or be found."""
        kind = SECRETS if child["kind"] == SECRETS.name else SERVICES
        name = child["metadata"]["name"]
        if not fresh and self._views.had_child(kind, name, owner):
            return
        made = self._api.create(kind, child)
        if made is None and not self._views.has_child(kind, name, owner):
            raise ClusterError("REMOVING")

    def _rests(self, name: str) -> bool:
        """Tell whether it is too early to ask again for what was refused."""
        with self._lock:
            refused = self._refused.get(name)
            return refused is not None and time.monotonic() < refused.again_at

    def _refuse(self, name: str, error: ClusterError) -> None:
        status = error.message.args.get("status")
        for_good = error.code in _FOR_GOOD or status in _UNPROCESSABLE
        phase = Phase.FAILED if for_good else Phase.WAITING
        seen = Observation(phase, reason=error.message)
        with self._lock:
            before = self._refused.get(name)
            pause_s = min(_LONGEST_PAUSE_S, 2 * before.pause_s) if before else _FIRST_PAUSE_S
            self._refused[name] = _Refused(seen, time.monotonic() + pause_s, pause_s)
        if before is None or before.seen != seen:
            _log.warning("%s cannot be made: %s", name, error)
            self._views.note_change()

    def _waiting(self, owner: OwnerSeen) -> Waiting | None:
        seen = self.observe(owner.name)
        short = [one for one in seen.replicas if one.phase is Phase.WAITING]
        if not short or seen.reason == Message("REMOVING"):
            return None
        demand = Demand(
            name=owner.name,
            application=owner.application or owner.name,
            resources=owner.terms.resources,
            replicas=len(short),
            placement=owner.terms.placement,
            since=owner.created,
            lasting=owner.terms.lasting,
        )
        return Waiting(demand, next((one.reason for one in short if one.reason), None))
