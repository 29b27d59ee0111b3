"""From folders, as the web server sees them, to volumes of pods.

Claims of the cluster are mounted into the web server's pod; a folder below such a mount point is a
sub-path of the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from inference_ui.backend.errors import ClusterError


@dataclass(frozen=True, slots=True)
class Mount:
    """The ``folder`` of the web server, seen by a container ``at`` a path."""

    folder: str
    at: str
    read_only: bool


def claim_of(folder: str, claims: Mapping[str, PurePosixPath]) -> tuple[str, str]:
    """Return the claim that a folder lies on, and its path on it (empty for the whole claim).

    Raises :class:`ClusterError` with ``K8S_NOT_ON_CLAIM`` when it is on none.
    """
    path = PurePosixPath(folder)
    holding = [(name, root) for name, root in claims.items() if path.is_relative_to(root)]
    if not holding or ".." in path.parts:
        raise ClusterError("K8S_NOT_ON_CLAIM", path=folder)
    name, root = max(holding, key=lambda one: len(one[1].parts))
    relative = path.relative_to(root)
    return name, "" if relative == PurePosixPath(".") else str(relative)


def mounted(
    mounts: Iterable[Mount], claims: Mapping[str, PurePosixPath]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the volumes of a pod, one for each claim, and the mounts of its container.

    Raises :class:`ClusterError` as :func:`claim_of` does.
    """
    volumes: dict[str, dict[str, Any]] = {}
    container: dict[str, dict[str, Any]] = {}
    for mount in mounts:
        claim, sub_path = claim_of(mount.folder, claims)
        volume = volumes.setdefault(
            claim,
            {"name": f"claim-{len(volumes)}", "persistentVolumeClaim": {"claimName": claim}},
        )
        made = {"name": volume["name"], "mountPath": mount.at, "readOnly": mount.read_only}
        container.setdefault(mount.at, {**made, "subPath": sub_path} if sub_path else made)
    return list(volumes.values()), list(container.values())
