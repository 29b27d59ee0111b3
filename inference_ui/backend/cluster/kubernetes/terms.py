"""What the product must still know of a workload when its objects are all that is left: its terms.

They stand as JSON in an annotation of the Deployment or Job, so that a restarted web server judges
it as the one before did.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from inference_ui.backend.models.compute import Placement, Resources
from inference_ui.backend.ports import RestartPolicy, ServerWorkload, Workload


@dataclass(frozen=True, slots=True)
class Terms:
    """What a workload asked for, and when it counts as ended."""

    resources: Resources
    placement: Placement
    restart: RestartPolicy
    replicas: int = 1
    lasting: bool = False


UNKNOWN = Terms(Resources(cpu_millis=0, memory_bytes=0), Placement(), RestartPolicy())
"""Of a workload whose annotation somebody spoiled."""


def terms_of(workload: Workload) -> Terms:
    """Return the terms of a workload."""
    server = workload if isinstance(workload, ServerWorkload) else None
    return Terms(
        resources=workload.resources,
        placement=workload.placement,
        restart=workload.restart,
        replicas=server.replicas if server else 1,
        lasting=server.lasting if server else False,
    )


def written(terms: Terms) -> str:
    """Return the text of the annotation."""
    policy = terms.restart
    return json.dumps(
        {
            "resources": terms.resources.model_dump(mode="json", exclude_defaults=True),
            "placement": terms.placement.model_dump(mode="json", exclude_defaults=True),
            "restart": {
                "limit": policy.limit,
                "window_s": policy.window_s,
                "done": sorted(policy.done),
                "fatal": sorted(policy.fatal),
            },
            "replicas": terms.replicas,
            "lasting": terms.lasting,
        },
        sort_keys=True,
    )


def read(text: str) -> Terms:
    """Read what :func:`written` wrote; :data:`UNKNOWN` for anything else."""
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError, ValidationError):
        return UNKNOWN


def _read(found: Any) -> Terms:
    policy = found["restart"]
    return Terms(
        resources=Resources.model_validate(found["resources"]),
        placement=Placement.model_validate(found["placement"]),
        restart=RestartPolicy(
            limit=int(policy["limit"]),
            window_s=float(policy["window_s"]),
            done=frozenset(map(int, policy["done"])),
            fatal=frozenset(map(int, policy["fatal"])),
        ),
        replicas=int(found["replicas"]),
        lasting=bool(found["lasting"]),
    )
