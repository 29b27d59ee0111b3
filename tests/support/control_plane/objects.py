"""What all parts of the control plane do with objects: plain dicts as the API's JSON has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def copied(value: Any) -> Any:
    """Return a deep copy of a JSON value; several times as quick as ``copy.deepcopy``."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def timestamp(when: datetime | None = None) -> str:
    """Return ``when`` (default: now) as the API writes times: UTC, to the second."""
    return (when or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def dig(obj: Any, *path: str) -> Any:
    """Return what stands at ``path`` in nested dicts, None where any part is missing."""
    for key in path:
        if not isinstance(obj, dict):
            return None
        obj = obj.get(key)
    return obj
