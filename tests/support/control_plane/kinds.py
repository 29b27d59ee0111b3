"""The kinds of objects that the control plane keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind as discovery shows it.

    ``generation`` says whether the server counts changes of its spec, ``keeps_status`` whether a
    status that comes with a new object or with a plain update is taken over.
    """

    plural: str
    kind: str
    group: str = ""
    namespaced: bool = True
    generation: bool = False
    keeps_status: bool = False
    subresources: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Return what objects of this kind name as their ``apiVersion``; all are ``v1``."""
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def resource(self) -> str:
        """Return the name in the server's sentences: ``pods``, ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_ALL = (
    Kind(
        "pods",
        "Pod",
        generation=True,
        subresources=("status", "log", "proxy", "binding"),
        short_names=("po",),
    ),
    Kind("services", "Service", subresources=("status",), short_names=("svc",)),
    Kind("secrets", "Secret"),
    Kind("configmaps", "ConfigMap", short_names=("cm",)),
    Kind("events", "Event", short_names=("ev",)),
    Kind("serviceaccounts", "ServiceAccount", short_names=("sa",)),
    Kind("resourcequotas", "ResourceQuota", subresources=("status",), short_names=("quota",)),
    Kind(
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        subresources=("status",),
        short_names=("pvc",),
    ),
    Kind(
        "nodes",
        "Node",
        namespaced=False,
        keeps_status=True,
        subresources=("status",),
        short_names=("no",),
    ),
    Kind(
        "namespaces",
        "Namespace",
        namespaced=False,
        subresources=("status", "finalize"),
        short_names=("ns",),
    ),
    Kind(
        "deployments",
        "Deployment",
        "apps",
        generation=True,
        subresources=("status", "scale"),
        short_names=("deploy",),
    ),
    Kind(
        "replicasets",
        "ReplicaSet",
        "apps",
        generation=True,
        subresources=("status", "scale"),
        short_names=("rs",),
    ),
    Kind("jobs", "Job", "batch", generation=True, subresources=("status",)),
    Kind("endpointslices", "EndpointSlice", "discovery.k8s.io", generation=True),
    Kind("leases", "Lease", "coordination.k8s.io"),
)

KINDS = {kind.plural: kind for kind in _ALL}
GROUPS = tuple(dict.fromkeys(kind.group for kind in _ALL))


def kind_of(api_version: str, kind: str) -> Kind | None:
    """Return the kind that an owner reference means, None where it is none of ours."""
    for known in _ALL:
        if (known.api_version, known.kind) == (api_version, kind):
            return known
    return None
