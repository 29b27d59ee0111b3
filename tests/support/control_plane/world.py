"""A small cluster with the official client for it, and short ways to ask both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from tests.support.control_plane.clients import official_client
from tests.support.control_plane.cluster import ControlPlane
from tests.support.control_plane.machines import node_object_of
from tests.support.control_plane.objects import Json
from tests.support.drivers import machine
from tests.support.waiting import wait_for

SERVE = ("python", "-m", "http.server", "--bind", "$(POD_IP)", "8080")
POD_IP = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


class World:
    """A cluster of two nodes with four cards each, and the official client for it."""

    def __init__(self, cluster: ControlPlane, api: client.ApiClient) -> None:
        self.cluster = cluster
        self.apps = client.AppsV1Api(api)
        self.batch = client.BatchV1Api(api)
        self.core = client.CoreV1Api(api)

    def pods(self, label: str = "app=a") -> list[Json]:
        """Return the pods with a label."""
        found = self.cluster.store.list("pods", "apps")
        name, _, value = label.partition("=")
        return [one for one in found if (one["metadata"].get("labels") or {}).get(name) == value]

    def pod(self, state: Callable[[Json], object], what: str) -> Json:
        """Wait for a pod of the application in some state."""
        return wait_for(lambda: next(filter(state, self.pods()), None), what, 15)

    def job_pod(self, state: Callable[[Json], object], what: str) -> Json:
        """Wait for a pod of the Job in some state."""
        return wait_for(lambda: next(filter(state, self.pods("job-name=j")), None), what, 15)

    def deploy(
        self, *command: str, replicas: int = 1, deadline_s: int = 600, **container: Any
    ) -> None:
        """Create a Deployment ``a``."""
        body = {
            "metadata": {"name": "a", "namespace": "apps"},
            "spec": {
                "replicas": replicas,
                "progressDeadlineSeconds": deadline_s,
                "selector": {"matchLabels": {"app": "a"}},
                "template": template(*command, labels={"app": "a"}, **container),
            },
        }
        self.apps.create_namespaced_deployment("apps", body)

    def run(self, *command: str, **spec: Any) -> None:
        """Create a Job ``j``."""
        body = {"metadata": {"name": "j"}, "spec": {"template": template(*command), **spec}}
        body["spec"]["template"]["spec"]["restartPolicy"] = "Never"
        self.batch.create_namespaced_job("apps", body)

    def deployment(self) -> Json:
        """Return the Deployment as it is now."""
        found = self.cluster.store.get("deployments", "apps", "a")
        assert found is not None
        return found

    def job(self) -> Json:
        """Return the Job as it is now."""
        found = self.cluster.store.get("jobs", "apps", "j")
        assert found is not None
        return found

    def ends(self, type: str) -> Json:
        """Wait until the Job has a condition; return it."""
        return wait_for(lambda: conditions(self.job()).get(type), f"the job is {type}", 15)


def template(*command: str, labels: Json | None = None, **container: Any) -> Json:
    """Return a pod template of one container that ends as soon as it is asked to."""
    one = {"name": "main", "image": "base", "env": [POD_IP], **container}
    spec: Json = {"containers": [one], "terminationGracePeriodSeconds": 5}
    if "pod" in one:
        spec |= one.pop("pod")
    if command:
        one["command"] = list(command)
    return {"metadata": {"labels": labels or {}}, "spec": spec}


def conditions(obj: Json) -> dict[str, Json]:
    """Return the conditions of an object by their type."""
    return {one["type"]: one for one in obj.get("status", {}).get("conditions") or ()}


def is_ready(pod: Json) -> bool:
    """Tell whether a pod is ready."""
    return conditions(pod).get("Ready", {}).get("status") == "True"


def container_of(pod: Json) -> Json:
    """Return the status of the pod's container."""
    found = pod["status"].get("containerStatuses") or [{"state": {}, "restartCount": 0}]
    return dict(found[0])


def reason_of(pod: Json) -> str | None:
    """Return why the pod's container waits."""
    return container_of(pod)["state"].get("waiting", {}).get("reason")


@contextmanager
def running(**options: Any) -> Iterator[World]:
    """Run a cluster."""
    nodes = [node_object_of(machine(cards=4, name=name)) for name in ("one", "two")]
    images = {"base": ("sleep", "1000")}
    with (
        ControlPlane(nodes, images=images, **options) as cluster,
        official_client(cluster.server) as api,
    ):
        yield World(cluster, api)


PROBED = {
    "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
    "ports": [{"containerPort": 8080}],
}


def serve(world: World, replicas: int = 1) -> None:
    """Deploy servers that are ready once they answer, and a headless Service before them."""
    world.deploy(*SERVE, replicas=replicas, **PROBED)
    ports = [{"name": "http", "port": 8080}]
    spec = {"clusterIP": "None", "selector": {"app": "a"}, "ports": ports}
    world.core.create_namespaced_service("apps", {"metadata": {"name": "a"}, "spec": spec})


def endpoints(world: World) -> list[Json]:
    """Return the endpoints of the Service."""
    found = world.cluster.store.list("endpointslices", "apps")
    return [one for each in found for one in each["endpoints"] or ()]
