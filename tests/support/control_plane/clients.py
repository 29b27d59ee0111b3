"""The official client for the control plane, and small objects to send it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kubernetes import client

from tests.support.control_plane.objects import Json
from tests.support.control_plane.server import ApiServer

NAMESPACE = "apps"


@contextmanager
def official_client(server: ApiServer) -> Iterator[client.ApiClient]:
    """Yield a client of the server with its present token; it repeats nothing by itself."""
    configuration = client.Configuration(host=server.url)
    configuration.retries = 0
    if server.token is not None:
        configuration.api_key = {"authorization": f"Bearer {server.token}"}
    with client.ApiClient(configuration) as api:
        try:
            yield api
        finally:
            api.rest_client.pool_manager.clear()


def pod(name: str = "p", *, labels: Json | None = None, **spec: object) -> Json:
    """Return a pod of one container ``main``; ``spec`` adds to its spec."""
    return {
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels or {}},
        "spec": {"containers": [{"name": "main", "image": "busybox:1"}], **spec},
    }


def job(name: str = "j") -> Json:
    """Return a job of one container."""
    template = {"spec": {**pod()["spec"], "restartPolicy": "Never"}}
    return {
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"template": template},
    }


def config_map(name: str, labels: Json | None = None, **data: str) -> Json:
    """Return a config map."""
    meta = {"name": name, "namespace": NAMESPACE, "labels": labels or {}}
    return {"metadata": meta, "data": data}
