"""Admission of pods: the service account that must be there, and ResourceQuotas.

A pod over quota never exists: its creation is refused in the words of ``error-403-quota.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from kubernetes.utils.quantity import parse_quantity

from tests.support.control_plane.errors import forbidden
from tests.support.control_plane.kinds import KINDS
from tests.support.control_plane.objects import Json, dig

_quantity: Callable[[str], Decimal] = parse_quantity
List = Callable[[str, str | None], list[Json]]


def admit(pod: Json, list_objects: List) -> None:
    """Raise ApiError 403 where a new pod may not be created."""
    meta = pod["metadata"]
    namespace, name = meta["namespace"], meta["name"]
    account = pod["spec"]["serviceAccountName"]
    accounts = list_objects("serviceaccounts", namespace)
    if not any(one["metadata"]["name"] == account for one in accounts):
        words = f"error looking up service account {namespace}/{account}: serviceaccount"
        raise forbidden(KINDS["pods"], name, f'{words} "{account}" not found')
    quotas = list_objects("resourcequotas", namespace)
    if quotas:
        others = usage(list_objects("pods", namespace))
        for quota in quotas:
            _charge(pod, quota, others)


def usage(pods: Iterable[Json]) -> dict[str, Decimal]:
    """Return what pods that have not ended use, in the names of a quota's ``hard``."""
    used: dict[str, Decimal] = {}
    for pod in pods:
        if dig(pod, "status", "phase") in ("Succeeded", "Failed"):
            continue
        for name, amount in _asked(pod).items():
            used[name] = used.get(name, Decimal(0)) + amount
    return used


def _charge(pod: Json, quota: Json, used: dict[str, Decimal]) -> None:
    asked = _asked(pod)
    hard = {name: _quantity(amount) for name, amount in quota["spec"].get("hard", {}).items()}
    over = [
        name
        for name in sorted(hard)
        if asked.get(name) and used.get(name, Decimal(0)) + asked[name] > hard[name]
    ]
    if over:
        sides = {
            "requested": {name: asked[name] for name in over},
            "used": {name: used.get(name, Decimal(0)) for name in over},
            "limited": {name: hard[name] for name in over},
        }
        words = ", ".join(f"{side}: {_listed(amounts)}" for side, amounts in sides.items())
        name = quota["metadata"]["name"]
        raise forbidden(KINDS["pods"], pod["metadata"]["name"], f"exceeded quota: {name}, {words}")


def _asked(pod: Json) -> dict[str, Decimal]:
    asked = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for container in pod["spec"].get("containers", []):
        resources = container.get("resources", {})
        for side in ("requests", "limits"):
            for name, amount in (resources.get(side) or {}).items():
                for called in _names(side, name):
                    asked[called] = asked.get(called, Decimal(0)) + _quantity(amount)
    return asked


def _names(side: str, resource: str) -> tuple[str, ...]:
    """Return what a quota may call it; a plain ``cpu`` means requests."""
    if side == "requests" and resource in ("cpu", "memory"):
        return f"requests.{resource}", resource
    return (f"{side}.{resource}",)


def _listed(amounts: dict[str, Decimal]) -> str:
    return ",".join(f"{name}={_shown(amount)}" for name, amount in amounts.items())


def _shown(amount: Decimal) -> str:
    if amount != amount.to_integral_value():
        return f"{int(amount * 1000)}m"
    whole = int(amount)
    for power, suffix in ((3, "Gi"), (2, "Mi"), (1, "Ki")):
        if whole and whole % 1024**power == 0:
            return f"{whole // 1024**power}{suffix}"
    return str(whole)
