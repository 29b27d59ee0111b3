"""How a deletion begins, for kinds that are not gone at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json, dig, timestamp

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


def wish(kind: Kind, obj: Json, propagation: str | None) -> None:
    """Record in the finalizers, in place, what is to become of the dependents.

    ``None`` keeps a wish that is already there; else it means orphans for Jobs, background for all
    others.
    """
    meta = obj["metadata"]
    finalizers = meta.get("finalizers") or []
    if propagation is None:
        if FOREGROUND in finalizers or ORPHAN in finalizers:
            return
        propagation = "Orphan" if kind.plural == "jobs" else "Background"
    left = [one for one in finalizers if one not in (FOREGROUND, ORPHAN)]
    if propagation == "Foreground":
        left.append(FOREGROUND)
    elif propagation == "Orphan":
        left.append(ORPHAN)
    _set_or_drop(meta, "finalizers", left)


def begin(kind: Kind, obj: Json, grace_s: int | None) -> None:
    """Set the time and grace of the deletion, in place; a second call can only shorten it."""
    meta = obj["metadata"]
    grace = _grace(kind, obj, grace_s)
    if meta.get("deletionTimestamp"):
        grace = min(grace, meta.get("deletionGracePeriodSeconds", 0))
        if grace == meta.get("deletionGracePeriodSeconds", 0):
            return
    meta["deletionTimestamp"] = timestamp(datetime.now(UTC) + timedelta(seconds=grace))
    meta["deletionGracePeriodSeconds"] = grace
    if kind.generation:
        meta["generation"] += 1
    if kind.plural == "namespaces":
        obj["status"] = {**obj.get("status", {}), "phase": "Terminating"}


def is_over(obj: Json) -> bool:
    """Return whether nothing holds an object any longer that is being deleted."""
    meta = obj["metadata"]
    held = meta.get("finalizers") or (obj["kind"] == "Namespace" and dig(obj, "spec", "finalizers"))
    return bool(
        meta.get("deletionTimestamp") and not held and not meta.get("deletionGracePeriodSeconds")
    )


def _grace(kind: Kind, obj: Json, grace_s: int | None) -> int:
    if kind.plural != "pods" or not obj["spec"].get("nodeName"):
        return 0
    if dig(obj, "status", "phase") in ("Succeeded", "Failed"):
        return 0
    return int(obj["spec"]["terminationGracePeriodSeconds"] if grace_s is None else grace_s)


def _set_or_drop(meta: Json, key: str, value: list[str]) -> None:
    meta.pop(key, None)
    if value:
        meta[key] = value
