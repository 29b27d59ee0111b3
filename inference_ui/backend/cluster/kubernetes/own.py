"""What is known of the product's own Deployments, Jobs and pods: fed by watches, and at once by
what the adapter itself just wrote, so that nobody writes twice because a watch is late."""

from __future__ import annotations

import threading
from collections.abc import Collection

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
    """The sink of a watch of Deployments, or of one of Jobs. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, OwnerSeen] = {}
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
        """Take up what the API server answered to a creation: a watch tells it later, and a list
        that began before does not have it."""
        seen = owner_seen(owner)
        with self._lock:
            self._listed.add(seen.name)
            known = self._by_name.get(seen.name)
            if known is None or known.uid != seen.uid:
                self._by_name[seen.name] = seen

    def begin(self) -> None:
        """See :class:`~inference_ui.backend.cluster.kubernetes.sinks.Sink`."""
        with self._lock:
            self._listed = set()

    def add(self, thing: Json) -> bool:
        """See ``Sink``."""
        with self._lock:
            self._listed.add(objects.text(objects.part(thing, "metadata"), "name"))
        return self.put(thing)

    def finish(self) -> bool:
        """See ``Sink``."""
        with self._lock:
            gone = self._by_name.keys() - self._listed
            for name in gone:
                del self._by_name[name]
        return bool(gone)

    def put(self, thing: Json) -> bool:
        """See ``Sink``."""
        seen = owner_seen(thing)
        with self._lock:
            changed = self._by_name.get(seen.name) != seen
            self._by_name[seen.name] = seen
        return changed

    def drop(self, thing: Json) -> bool:
        """See ``Sink``; one of the same name that came after it stays."""
        gone = owner_seen(thing)
        with self._lock:
            known = self._by_name.get(gone.name)
            if known is None or known.uid != gone.uid:
                return False
            del self._by_name[gone.name]
        return True


class OwnPods:
    """The sink of a watch of pods that keeps those of the product. Safe from any thread."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
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
        """See ``Sink``."""
        self._listed = set()

    def add(self, thing: Json) -> bool:
        """See ``Sink``."""
        self._listed.add(objects.text(objects.part(thing, "metadata"), "uid"))
        return self.put(thing)

    def finish(self) -> bool:
        """See ``Sink``."""
        with self._lock:
            known = [pod for pods in self._by_workload.values() for pod in pods.values()]
            gone = [pod for pod in known if pod.uid not in self._listed]
            for pod in gone:
                self._forget(pod)
        self._listed = set()
        return bool(gone)

    def put(self, thing: Json) -> bool:
        """See ``Sink``."""
        if not is_own(thing, self._namespace):
            return False
        name = objects.text(objects.part(thing, "metadata"), "name")
        workload = objects.labels(thing).get(names.INSTANCE_LABEL, "")
        with self._lock:
            pods = self._by_workload.setdefault(workload, {})
            before = pods.get(name)
            pods[name] = seen = pod_seen(thing, before)
        return seen != before

    def drop(self, thing: Json) -> bool:
        """See ``Sink``; one of the same name that came after it stays."""
        if not is_own(thing, self._namespace):
            return False
        gone = pod_seen(thing)
        with self._lock:
            known = self._by_workload.get(gone.workload, {}).get(gone.name)
            if known is None or known.uid != gone.uid:
                return False
            self._forget(known)
        return True

    def _forget(self, pod: PodSeen) -> None:
        pods = self._by_workload[pod.workload]
        del pods[pod.name]
        if not pods:
            del self._by_workload[pod.workload]


class Said:
    """The sink of a watch of events: what was said last of each object. Safe from any thread."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def of(self, name: str) -> str:
        """Return what was said last of the object of this name; empty where nothing was."""
        return self._said.get(name, "")

    def begin(self) -> None:
        """See ``Sink``."""

    def add(self, thing: Json) -> bool:
        """See ``Sink``."""
        return self.put(thing)

    def finish(self) -> bool:
        """See ``Sink``: what is not listed any more is forgotten as its object is."""
        return False

    def put(self, thing: Json) -> bool:
        """See ``Sink``."""
        name = objects.text(objects.part(thing, "involvedObject"), "name")
        said = objects.text(thing, "message")
        changed = self._said.get(name) != said
        self._said[name] = said
        return changed

    def drop(self, thing: Json) -> bool:
        """See ``Sink``; events go after an hour."""
        name = objects.text(objects.part(thing, "involvedObject"), "name")
        return self._said.pop(name, None) is not None
