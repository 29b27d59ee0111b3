"""Reading of JSON objects whose fields may be absent, null, or other than promised.

Whatever cannot be read is as if it were not there: an object of the cluster that somebody wrote
badly must not hide all the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from inference_ui.backend.capacity.quantities import quantity

Json: TypeAlias = Mapping[str, Any]


def part(of: Any, *keys: str) -> Json:
    """Return the object below these keys; empty where there is none."""
    for key in keys:
        of = of.get(key) if isinstance(of, Mapping) else None
    return of if isinstance(of, Mapping) else {}


def parts(of: Json, key: str) -> list[Json]:
    """Return the objects in the list of this name."""
    found = of.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def text(of: Json, key: str) -> str:
    """Return the text of this name; empty where there is none."""
    found = of.get(key)
    return found if isinstance(found, str) else ""


def labels(of: Json) -> dict[str, str]:
    """Return the labels of an object."""
    return _texts(part(of, "metadata", "labels"))


def notes(of: Json) -> dict[str, str]:
    """Return the annotations of an object."""
    return _texts(part(of, "metadata", "annotations"))


def amount(value: Any, unit: str = "1") -> int:
    """Return how many ``unit``\\ s a quantity says, never less than 0; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return 0
    try:
        return max(0, quantity(str(value), unit))
    except ValueError:
        return 0


def whole(value: Any) -> int | None:
    """Return a whole number that is not negative, given as a number or as decimal digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(value: Any) -> float:
    """Return the Unix seconds of a time as RFC 3339 has it, or as Unix seconds; 0 for neither."""
    if not isinstance(value, str):
        return 0.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = _iso(value)
    return seconds if math.isfinite(seconds) else 0.0


def _iso(value: str) -> float:
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _texts(of: Json) -> dict[str, str]:
    return {key: value for key, value in of.items() if isinstance(value, str)}
