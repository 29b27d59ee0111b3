"""The controller of EndpointSlices: where the pods of each Service are."""

from __future__ import annotations

from contextlib import suppress

from tests.support.control_plane.objects import Json, timestamp
from tests.support.control_plane.placement import selected
from tests.support.control_plane.probes import port_of
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import (
    change,
    children,
    has_ended,
    holds,
    is_leaving,
    owner_reference,
    suffixed,
)

_SERVICE = "kubernetes.io/service-name"
_MANAGER = "endpointslice.kubernetes.io/managed-by"


class EndpointSlices:
    """Keeps one slice for each Service with a selector."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tend(self) -> None:
        """Bring all slices up to date."""
        slices = self._store.peek("endpointslices")
        pods = self._store.peek("pods")
        for service in self._store.peek("services"):
            if service["spec"].get("selector") and not is_leaving(service):
                self._keep(service, children(slices, service), pods)

    def _keep(self, service: Json, slices: list[Json], pods: list[Json]) -> None:
        wanted = {"matchLabels": service["spec"]["selector"]}
        mine = [
            pod
            for pod in pods
            if pod["metadata"]["namespace"] == service["metadata"]["namespace"]
            and selected(wanted, pod["metadata"].get("labels") or {})
            and pod.get("status", {}).get("podIP")
            and not has_ended(pod)
        ]
        content = {
            "endpoints": [_endpoint(service, pod) for pod in mine] or None,
            "ports": [_port(one, mine[0]) for one in service["spec"].get("ports", ())]
            if mine
            else None,
        }
        if not slices:
            with suppress(ApiError):  # the namespace ends
                self._store.create("endpointslices", _slice(service, content))
            return
        change(self._store, "endpointslices", slices[0], lambda one: _renew(one, content))


def _renew(one: Json, content: Json) -> None:
    if {name: one.get(name) for name in content} != content:
        one.update(content)
        one["metadata"].setdefault("annotations", {})[_TRIGGER] = timestamp()


_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def _slice(service: Json, content: Json) -> Json:
    meta = service["metadata"]
    labels = {
        **(meta.get("labels") or {}),
        _SERVICE: meta["name"],
        _MANAGER: "endpointslice-controller.k8s.io",
    }
    if service["spec"].get("clusterIP") == "None":
        labels["service.kubernetes.io/headless"] = ""
    return {
        "metadata": {
            "name": suffixed(f"{meta['name'][:57]}-"),
            "generateName": f"{meta['name'][:57]}-",
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": {_TRIGGER: timestamp()},
            "ownerReferences": [owner_reference(service)],
        },
        "addressType": "IPv4",
        **content,
    }


def _endpoint(service: Json, pod: Json) -> Json:
    meta = pod["metadata"]
    serving, leaving = holds(pod, "Ready"), is_leaving(pod)
    told = service["spec"].get("publishNotReadyAddresses") is True
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": told or (serving and not leaving),
            "serving": serving,
            "terminating": leaving,
        },
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
    }


def _port(port: Json, pod: Json) -> Json:
    number = port_of(pod["spec"]["containers"][0], port.get("targetPort", port["port"]))
    return {"name": port.get("name", ""), "port": number, "protocol": port["protocol"]}
