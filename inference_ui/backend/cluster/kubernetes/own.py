"""What is known of the product's own Deployments, Jobs and pods: fed by watches, and at once by what
the adapter itself just wrote, so that nobody writes twice because a watch is late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from inference_ui.backend.cluster.kubernetes import names, objects
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.sightings import (
    OwnerSeen,
    PodSeen,
    is_own,
    owner_seen,
    pod_seen,
)


class Owners:
    """The sink of a watch of Deployments, or of one of Jobs. Safe from any thread.

    An object that was written here (:meth:`wrote`) stays although a list that began before does
    not have it yet, until a watch tells that it is gone.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._by_name: dict[str, OwnerSeen] = {}
        self._written: dict[str, int] = {}
        self._listed: set[str] = set()

    def get(self, name: str) -> OwnerSeen | None:
        """Return what is known of the owner of this name."""
        with self._lock:
            return self._by_name.get(name)

    def all(self) -> Collection[OwnerSeen]:
        """Return all owners."""
        with self._lock:
            return tuple(self._by_name.values())

    def wrote(self, owner: Json) -> None:
        """Take up what the API server answered to a creation."""
        seen = owner_seen(owner)
        with self._lock:
            known = self._by_name.get(seen.name)
            if known is None or known.uid != seen.uid:
                self._by_name[seen.name] = seen
                self._written[seen.name] = _version(owner)
        self._changed()

    def begin(self) -> None:
        """A list begins."""
        self._listed = set()

    def add(self, thing: Json) -> None:
        """Take up an object of a list."""
        self._listed.add(objects.text(objects.part(thing, "metadata"), "name"))
        self.put(thing)

    def finish(self, version: int) -> None:
        """A list is over: what it does not have is gone, unless it was written after it."""
        with self._lock:
            for name in [one for one in self._by_name if one not in self._listed]:
                if self._written.get(name, 0) <= version:
                    del self._by_name[name]
        self._changed()

    def put(self, thing: Json) -> None:
        """Take up an object as it is now."""
        seen = owner_seen(thing)
        with self._lock:
            changed = self._by_name.get(seen.name) != seen
            self._by_name[seen.name] = seen
        if changed:
            self._changed()

    def drop(self, thing: Json) -> None:
        """Forget an object that is gone; one of the same name that came after it stays."""
        gone = owner_seen(thing)
        with self._lock:
            known = self._by_name.get(gone.name)
            if known is not None and known.uid == gone.uid:
                del self._by_name[gone.name]
        self._changed()


class OwnPods:
    """The sink of a watch of pods that keeps those of the product. Safe from any thread."""

    def __init__(self, namespace: str, changed: Callable[[], None]) -> None:
        self._namespace = namespace
        self._changed = changed
        self._lock = threading.Lock()
        self._by_workload: dict[str, dict[str, PodSeen]] = {}
        self._listed: set[str] = set()

    def of(self, workload: str) -> Collection[PodSeen]:
        """Return the pods of a workload."""
        with self._lock:
            return tuple(self._by_workload.get(workload, {}).values())

    def workloads(self) -> frozenset[str]:
        """Return the names of all workloads that have pods."""
        with self._lock:
            return frozenset(self._by_workload)

    def begin(self) -> None:
        """A list begins."""
        self._listed = set()

    def add(self, thing: Json) -> None:
        """Take up an object of a list."""
        if is_own(thing, self._namespace):
            self._listed.add(objects.text(objects.part(thing, "metadata"), "uid"))
            self.put(thing)

    def finish(self, version: int) -> None:
        """A list is over: what it does not have is gone."""
        with self._lock:
            for pods in list(self._by_workload.values()):
                for pod in [one for one in pods.values() if one.uid not in self._listed]:
                    self._forget(pod)
        self._changed()

    def put(self, thing: Json) -> None:
        """Take up a pod as it is now."""
        if not is_own(thing, self._namespace):
            return
        name = objects.text(objects.part(thing, "metadata"), "name")
        workload = objects.labels(thing).get(names.INSTANCE_LABEL, "")
        with self._lock:
            pods = self._by_workload.setdefault(workload, {})
            before = pods.get(name)
            seen = pod_seen(thing, before)
            pods[name] = seen
        if seen != before:
            self._changed()

    def drop(self, thing: Json) -> None:
        """Forget a pod that is gone; one of the same name that came after it stays."""
        if not is_own(thing, self._namespace):
            return
        gone = pod_seen(thing)
        with self._lock:
            known = self._by_workload.get(gone.workload, {}).get(gone.name)
            if known is not None and known.uid == gone.uid:
                self._forget(known)
        self._changed()

    def _forget(self, pod: PodSeen) -> None:
        pods = self._by_workload[pod.workload]
        del pods[pod.name]
        if not pods:
            del self._by_workload[pod.workload]


def _version(thing: Json) -> int:
    """Resource versions can be compared as numbers (since Kubernetes 1.35 by its documentation,
    before in fact)."""
    return objects.whole(objects.part(thing, "metadata").get("resourceVersion")) or 0
