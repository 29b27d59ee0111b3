"""Everybody in a cluster but its API server: scheduler, controllers and kubelets as one thread.

Unlike those of `tests.support.control_plane`, which run pods as processes and look at everything
each time, this one runs nothing and looks only at what changed: 1,000 pods are little work, so
what is measured beside it is the product.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from tests.support.control_plane.deletion import FOREGROUND
from tests.support.control_plane.objects import Json
from tests.support.control_plane.pod_status import PodState
from tests.support.control_plane.replica_sets import pod_of
from tests.support.control_plane.store import Store
from tests.support.control_plane.writing import (
    change,
    change_status,
    delete,
    is_leaving,
    key,
    set_condition,
)

ENDING_S = 1.0
"""From a pod's being told to end until it has ended."""
LOOK_S = 0.1
_OWNERS = ("deployments", "jobs")
_CHILDREN = ("services", "secrets")


class Controllers:
    """Gives each Deployment and Job of a namespace a pod that is ready at once, while entered.

    No node takes the pods of workloads for which `held` holds, until :meth:`let`. Whoever is
    deleted goes with all that it owns, as with foreground deletion.
    """

    def __init__(self, store: Store, held: Callable[[str], bool]) -> None:
        self._store = store
        self._held = held
        self._nodes = [one["metadata"]["name"] for one in store.list("nodes")]
        self._pods: dict[str, Json] = {}
        self._states: dict[str, PodState] = {}
        self._ending: dict[str, tuple[float, str, Json]] = {}
        self._seen = dict.fromkeys(_OWNERS, store.revision)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="controllers")
        self.error: Exception | None = None

    def __enter__(self) -> "Controllers":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._store.wake()
        self._thread.join()
        if self.error is not None:
            raise self.error

    # Hands.

    def let(self, name: str) -> None:
        """Let a node take the pod of a workload that was held, and let it be ready."""
        self._run(name)

    def unready(self, name: str) -> None:
        """Let a pod deny its probe from now on."""
        self._states[name].container.ready = False
        self._tell(name)

    def ready(self, name: str) -> None:
        """Let a pod be ready again, started anew if it had ended."""
        container = self._states[name].container
        if "running" not in container.state:
            container.run("again")
        container.ready = True
        self._tell(name)

    def run_out_of_memory(self, name: str) -> None:
        """Let a pod's container be killed by the kernel; it waits to be started again."""
        container = self._states[name].container
        container.end(137, "OOMKilled")
        self._tell(name)
        container.last, container.restarts = container.state, container.restarts + 1
        container.wait("CrashLoopBackOff", "back-off 10s restarting failed container")
        self._tell(name)

    # Inside.

    def _work(self) -> None:
        revision = 0
        while not self._closing.is_set():
            try:
                self._look()
            except Exception as error:
                self.error = error
                return
            revision = self._store.wait(revision, LOOK_S)

    def _look(self) -> None:
        for kind in _OWNERS:
            changes, self._seen[kind] = self._store.changes(kind, self._seen[kind])
            for one in changes:
                name = one.object["metadata"]["name"]
                if one.type == "ADDED":
                    self._begin(one.object)
                elif is_leaving(one.object) and one.type == "MODIFIED" and name not in self._ending:
                    self._tell_to_end(kind, one.object)
        now = time.monotonic()
        for name, (due, kind, owner) in list(self._ending.items()):
            if now >= due:
                self._end(kind, owner)
                del self._ending[name]

    def _begin(self, owner: Json) -> None:
        namespace, name = key(owner)
        pod = pod_of(owner["spec"]["template"], str(namespace), name, owner)
        self._pods[name] = self._store.create("pods", pod)
        if self._held(name):
            full = f"0/{len(self._nodes)} nodes are available: {len(self._nodes)} Insufficient cpu."
            fields = {"reason": "Unschedulable", "message": full}
            self._status(name, lambda one: set_condition(one, "PodScheduled", "False", **fields))
        else:
            self._run(name)

    def _run(self, name: str) -> None:
        """Take a pod through all that kubelets tell of one, up to its being ready."""
        pod = self._pods[name]
        number = len(self._states)
        node = self._nodes[number % len(self._nodes)]
        meta = {"namespace": key(pod)[0], "name": key(pod)[1], "uid": pod["metadata"]["uid"]}
        wish = {"metadata": meta, "spec": {"nodeName": node}}
        self._pods[name] = self._store.update("pods", wish, subresource="binding")
        self._status(name, lambda one: set_condition(one, "PodScheduled", "True"))
        state = PodState(address=f"10.1.{number // 250}.{number % 250 + 1}", sandboxed=False)
        self._states[name] = state
        state.container.wait("ContainerCreating")
        self._tell(name)
        state.sandboxed, state.phase = True, "Running"
        state.container.run(f"{number:064x}")
        self._tell(name)
        state.container.ready = True
        self._tell(name)

    def _tell(self, name: str) -> None:
        pod, state = self._pods[name], self._states[name]
        self._status(name, lambda status: state.write(pod, status))

    def _status(self, name: str, how: Callable[[Json], Any]) -> None:
        change_status(self._store, "pods", self._pods[name], how)

    def _tell_to_end(self, kind: str, owner: Json) -> None:
        name = key(owner)[1]
        delete(self._store, "pods", self._pods[name])
        self._ending[name] = (time.monotonic() + ENDING_S, kind, owner)

    def _end(self, kind: str, owner: Json) -> None:
        namespace, name = key(owner)
        delete(self._store, "pods", self._pods.pop(name), grace_s=0)
        for child in _CHILDREN:
            if (found := self._store.get(child, namespace, name)) is not None:
                delete(self._store, child, found)
        change(self._store, kind, owner, _let_go)


def _let_go(owner: Json) -> None:
    finalizers = owner["metadata"].get("finalizers") or ()
    owner["metadata"]["finalizers"] = [one for one in finalizers if one != FOREGROUND]
