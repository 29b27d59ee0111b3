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


def tidy(obj: Json) -> None:
    """Leave out, in place, what the server never writes: empty metadata, nulls in the spec."""
    meta = obj["metadata"]
    for key in [key for key, value in meta.items() if value in (None, [], {})]:
        del meta[key]
    if "spec" in obj:
        obj["spec"] = _without_nulls(obj["spec"] or {})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
