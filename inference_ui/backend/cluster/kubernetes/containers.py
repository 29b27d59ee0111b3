"""What a container of a workload may, needs and is asked: pure parts of manifests."""

from __future__ import annotations

from typing import Any

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.cluster.kubernetes.cards import CardNeed
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.ports import Image, Probe, ServerWorkload

Manifest = dict[str, Any]

USER = 1000
"""Whom containers run as: anybody but root, and one whom volumes can be made readable for."""

_HIGHEST_CODE_OF_A_PROBE = 400
"""An HTTP probe of a kubelet takes answers below it for success."""


def requests(resources: Resources) -> dict[str, str]:
    """Return the requests for CPU and memory."""
    return {
        names.CPU: f"{resources.cpu_millis}m",
        names.MEMORY: str(resources.memory_bytes),
    }


def server_resources(resources: Resources, need: CardNeed) -> Manifest:
    """Return requests and limits. Memory and cards are bounds; a CPU that nobody else uses is
    not withheld."""
    cards = {name: str(amount) for name, amount in need.amounts.items()}
    asked = requests(resources)
    return {
        "requests": {**asked, **cards},
        "limits": {names.MEMORY: asked[names.MEMORY], **cards},
    }


def plain_environment(workload: ServerWorkload, image: Image) -> list[Manifest]:
    """Return the variables that are nobody's setting. A container that cannot write to its image
    has its home in /tmp."""
    plain = {"PORT": str(image.port), "HOME": "/tmp"}  # noqa: S108 - of the container
    found: list[Manifest] = [
        {"name": name, "value": value} for name, value in plain.items() if name not in workload.env
    ]
    address = {"fieldRef": {"fieldPath": "status.podIP"}}
    return [*found, {"name": "POD_IP", "valueFrom": address}]


def readiness(probe: Probe, port: int) -> Manifest:
    """Return how a kubelet asks whether a server is ready. What it cannot ask (a bound above 400)
    is asked by whether the port accepts."""
    timing = {"periodSeconds": 2, "timeoutSeconds": 5, "failureThreshold": 2}
    if probe.below_status > _HIGHEST_CODE_OF_A_PROBE:
        return {"tcpSocket": {"port": port}, **timing}
    path = probe.path if probe.path.startswith("/") else f"/{probe.path}"
    return {"httpGet": {"path": path, "port": port}, **timing}


def pod_security(*, as_root: bool) -> Manifest:
    """Return whom a pod runs as. Its volumes are made accessible for that user."""
    who = {"runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER}
    return {
        **({"runAsUser": 0} if as_root else who),
        "fsGroup": USER,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security(image: Image | None) -> Manifest:
    """Return what a container may: of an image with its exceptions, or (None) of the product's own.
    Root keeps what its image's programs expect of root; nobody gets more than he began with."""
    as_root, writable = (image.as_root, image.writable) if image else (False, False)
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": not writable,
        **({} if as_root else {"capabilities": {"drop": ["ALL"]}}),
    }
