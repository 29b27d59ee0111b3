"""Amounts: text to whole numbers, and what a pod counts for.

Quantities are those of Kubernetes (https://kubernetes.io/docs/reference/kubernetes-api/
common-definitions/quantity/): decimal and binary suffixes, decimal exponents, rounded up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import TypeAlias

Amounts: TypeAlias = Mapping[str, int]
"""How much of what, by the name of the resource, each in its own unit."""

_QUANTITY = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,2})|([A-Za-z]{1,2}))?", re.ASCII
)
_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{prefix: Decimal(1000) ** power for power, prefix in enumerate("kMGTPE", start=1)},
    **{f"{prefix}i": Decimal(1024) ** power for power, prefix in enumerate("KMGTPE", start=1)},
}


@lru_cache(maxsize=4096)
def quantity(text: str, unit: str = "1") -> int:
    """Return how many ``unit``\\ s ``text`` says.

    A unit is one of the suffixes (``"m"``: a thousandth) or ``"1"``; parts of it are rounded up.
    Raises :class:`ValueError` with the text for what is none.
    """
    factor = Decimal(1) if unit == "1" else _FACTORS[unit]
    return int((_exact(text) / factor).to_integral_value(ROUND_CEILING))


@lru_cache(maxsize=4096)
def size(text: str) -> int:
    """Return the bytes of a size as people write it: ``48GiB``, ``48 Gi``, ``1.5TB``, ``16gb``,
    ``512``. A lone ``m`` is a thousandth, as in Kubernetes.

    Raises :class:`ValueError` with the text for what is none, or is negative.
    """
    plain = text.strip()
    number = plain[:-1] if re.search(r"[A-Za-z][bB]$|\d\s*[bB]$", plain) else plain
    number = re.sub(r"\s+", "", number)
    found = re.fullmatch(r"([\d.]+)([kKmgtpeMGTPE])(i?)", number)
    if found and (found[3] or len(number) < len(re.sub(r"\s+", "", plain)) or found[2] == "K"):
        prefix = "k" if found[2] in "kK" and not found[3] else found[2].upper()
        number = f"{found[1]}{prefix}{found[3]}"
    if number.startswith("-"):
        raise ValueError(text)
    try:
        return quantity(number)
    except ValueError as error:
        raise ValueError(text) from error


def _exact(text: str) -> Decimal:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or (found[3] and found[3] not in _FACTORS):
        raise ValueError(text)
    return Decimal(found[1] + (found[2] or "")) * _FACTORS.get(found[3] or "", Decimal(1))


@dataclass(frozen=True, slots=True)
class Container:
    """What a container of a pod requests; ``sidecar``: an init container that goes on running."""

    requests: Amounts
    sidecar: bool = False


def pod_amounts(
    containers: Sequence[Container], init: Sequence[Container] = (), overhead: Amounts | None = None
) -> dict[str, int]:
    """Return what a pod counts for: max(Σ containers + Σ sidecars, max over init containers of
    (it + the sidecars started before it)) + overhead.

    As the scheduler does it (https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
    #resource-sharing-within-containers).
    """
    started: dict[str, int] = {}
    most: dict[str, int] = {}
    for one in init:
        if one.sidecar:
            started = total([started, one.requests])
            most = largest(most, started)
        else:
            most = largest(most, total([started, one.requests]))
    running = total([started, *(one.requests for one in containers)])
    return total([largest(most, running), overhead or {}])


def total(amounts: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of each resource."""
    found: dict[str, int] = {}
    for one in amounts:
        for name, value in one.items():
            found[name] = found.get(name, 0) + value
    return found


def largest(first: Amounts, second: Amounts) -> dict[str, int]:
    """Return the larger one of each resource."""
    return {name: max(first.get(name, 0), second.get(name, 0)) for name in {**first, **second}}
