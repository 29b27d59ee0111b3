"""The kinds of objects that the product reads and writes, and where the API server has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: ``root`` is the path of its group and version, ``plural`` its resource."""

    name: str
    root: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str = "", part: str = "") -> str:
        """Return the path of all objects, of those of a namespace, or of one with this name, or of
        a part of it (``log``)."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        below = "".join(f"/{one}" for one in (name, part) if one)
        return f"{self.root}{inside}/{self.plural}{below}"


NODES = Kind("Node", "/api/v1", "nodes", namespaced=False)
PODS = Kind("Pod", "/api/v1", "pods")
EVENTS = Kind("Event", "/api/v1", "events")
SECRETS = Kind("Secret", "/api/v1", "secrets")
SERVICES = Kind("Service", "/api/v1", "services")
DEPLOYMENTS = Kind("Deployment", "/apis/apps/v1", "deployments")
REPLICA_SETS = Kind("ReplicaSet", "/apis/apps/v1", "replicasets")
JOBS = Kind("Job", "/apis/batch/v1", "jobs")
ENDPOINT_SLICES = Kind("EndpointSlice", "/apis/discovery.k8s.io/v1", "endpointslices")
