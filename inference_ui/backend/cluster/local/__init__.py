"""Workloads as processes of this machine.

This module imports nothing: the shim, which stands beside every replica and has to stay small,
lives in this package too. ``LocalCluster`` is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inference_ui.backend.cluster.local.cluster import LocalCluster

__all__ = ["LocalCluster"]


def __getattr__(name: str) -> Any:
    if name != "LocalCluster":
        raise AttributeError(name)
    from inference_ui.backend.cluster.local.cluster import LocalCluster  # not in the shim

    return LocalCluster
