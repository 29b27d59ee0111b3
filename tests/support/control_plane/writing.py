"""Writes of those who work in the control plane: over what is there now, or not at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import suppress

from tests.support.control_plane.objects import Json, copied, timestamp
from tests.support.control_plane.store import ApiError, Store

Change = Callable[[Json], None]
_GENERATED = "bcdfghjklmnpqrstvwxz2456789"


def key(obj: Json) -> tuple[str | None, str]:
    """Return the namespace (None for what has none) and the name of an object."""
    return obj["metadata"].get("namespace"), obj["metadata"]["name"]


def suffixed(name: str) -> str:
    """Return a name with five characters of chance, as ``generateName`` makes them."""
    return name + "".join(random.choices(_GENERATED, k=5))  # noqa: S311


def change(
    store: Store, kind: str, obj: Json, how: Change, subresource: str | None = None
) -> Json | None:
    """Apply ``how`` to the object as it is now; return it then, None where it is gone.

    Nothing is written where nothing changes. Others may write meanwhile: it is done again then.
    """
    while True:
        present = store.get(kind, *key(obj))
        if present is None or present["metadata"]["uid"] != obj["metadata"]["uid"]:
            return None
        after = copied(present)
        how(after)
        if after == present:
            return present
        try:
            return store.update(kind, after, subresource=subresource)
        except ApiError as error:
            if error.status == 404:
                return None
            if error.status != 409:
                raise


def change_status(store: Store, kind: str, obj: Json, how: Change) -> Json | None:
    """Apply ``how`` to the object's status; see :func:`change`."""
    return change(store, kind, obj, lambda one: how(one.setdefault("status", {})), "status")


def delete(
    store: Store,
    kind: str,
    obj: Json,
    *,
    propagation: str | None = None,
    grace_s: int | None = None,
) -> None:
    """Delete this very object, if it is still there."""
    with suppress(ApiError):
        uid = obj["metadata"]["uid"]
        store.delete(kind, *key(obj), propagation=propagation, grace_s=grace_s, uid=uid)


def owner_reference(owner: Json) -> Json:
    """Return how a child names the controller that made it."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def children(objects: Iterable[Json], owner: Json) -> list[Json]:
    """Return those of the objects that this controller made."""
    uid = owner["metadata"]["uid"]
    return [one for one in objects if controller_uid(one) == uid]


def controller_uid(obj: Json) -> str | None:
    """Return the uid of the controller that made an object."""
    for reference in obj["metadata"].get("ownerReferences", ()):
        if reference.get("controller"):
            return str(reference["uid"])
    return None


def set_condition(status: Json, type: str, value: str, **fields: str) -> None:
    """Set a condition in place; its time of transition moves with its value alone."""
    conditions = status.setdefault("conditions", [])
    for one in conditions:
        if one["type"] == type:
            if one["status"] != value:
                one["lastTransitionTime"] = timestamp()
            for name in ("reason", "message"):
                one.pop(name, None)
            one.update(status=value, **fields)
            return
    conditions.append({"type": type, "status": value, "lastTransitionTime": timestamp(), **fields})


def condition(obj: Json, type: str) -> Json:
    """Return a condition of an object; empty where it has none of that type."""
    for one in obj.get("status", {}).get("conditions") or ():
        if one["type"] == type:
            return dict(one)
    return {}


def holds(obj: Json, type: str) -> bool:
    """Tell whether a condition of an object is true."""
    return condition(obj, type).get("status") == "True"


def has_ended(pod: Json) -> bool:
    """Tell whether a pod's containers have ended for good."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def is_leaving(obj: Json) -> bool:
    """Tell whether an object is being deleted."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def put_numbers(status: Json, numbers: Json) -> None:
    """Set numbers in place; the API leaves out those that are 0."""
    for name, number in numbers.items():
        status.pop(name, None)
        if number:
            status[name] = number


def drop_condition(status: Json, type: str) -> None:
    left = [one for one in status.get("conditions", ()) if one["type"] != type]
    status.pop("conditions", None)
    if left:
        status["conditions"] = left
