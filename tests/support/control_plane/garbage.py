"""The garbage collector, and what becomes of a namespace that ends."""

from __future__ import annotations

from tests.support.control_plane.deletion import FOREGROUND, ORPHAN
from tests.support.control_plane.kinds import KINDS, kind_of
from tests.support.control_plane.objects import Json
from tests.support.control_plane.store import ApiError, Store
from tests.support.control_plane.writing import change, delete, is_leaving, key

_Owned = tuple[str, Json]


class GarbageCollector:
    """Deletes what belongs to objects that are gone, as their deletion wished it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tend(self) -> None:
        """Collect once; what follows from that is for the next time."""
        everything = [(kind, obj) for kind in KINDS for obj in self._store.peek(kind)]
        by_uid = {obj["metadata"]["uid"]: obj for _, obj in everything}
        dependents: dict[str, list[_Owned]] = {}
        for kind, obj in everything:
            for reference in obj["metadata"].get("ownerReferences") or ():
                dependents.setdefault(reference["uid"], []).append((kind, obj))
            if obj["metadata"].get("ownerReferences") and not is_leaving(obj):
                self._judge(kind, obj, by_uid)
        for kind, obj in everything:
            finalizers = obj["metadata"].get("finalizers") or ()
            own = dependents.get(obj["metadata"]["uid"], [])
            if is_leaving(obj) and ORPHAN in finalizers:
                self._orphan(kind, obj, own)
            elif is_leaving(obj) and FOREGROUND in finalizers:
                self._finish_foreground(kind, obj, own)
        self._end_namespaces()

    def _judge(self, kind: str, obj: Json, by_uid: dict[str, Json]) -> None:
        """Delete an object none of whose owners stays."""
        owners = [
            by_uid.get(one["uid"]) or self._owner(obj, one)
            for one in obj["metadata"]["ownerReferences"]
        ]
        if any(owner is not None and not _ends_in_foreground(owner) for owner in owners):
            return
        foreground = any(owner is not None for owner in owners) and kind != "pods"
        way = "Foreground" if foreground else "Background"
        delete(self._store, kind, obj, propagation=way)

    def _owner(self, obj: Json, reference: Json) -> Json | None:
        """Return an owner that may have been created since the others were listed."""
        known = kind_of(reference["apiVersion"], reference["kind"])
        if known is None:
            return obj  # of a kind that is not ours: it is left alone
        namespace = key(obj)[0] if known.namespaced else None
        found = self._store.get(known.plural, namespace, reference["name"])
        return found if found and found["metadata"]["uid"] == reference["uid"] else None

    def _orphan(self, kind: str, owner: Json, own: list[_Owned]) -> None:
        uid = owner["metadata"]["uid"]

        def let_go(obj: Json) -> None:
            references = obj["metadata"].get("ownerReferences") or ()
            left = [one for one in references if one["uid"] != uid]
            obj["metadata"]["ownerReferences"] = left

        for dependent_kind, obj in own:
            change(self._store, dependent_kind, obj, let_go)
        change(self._store, kind, owner, lambda obj: _take_off(obj, ORPHAN))

    def _finish_foreground(self, kind: str, owner: Json, own: list[_Owned]) -> None:
        uid = owner["metadata"]["uid"]
        if not any(_blocks(obj, uid) for _, obj in own):
            change(self._store, kind, owner, lambda obj: _take_off(obj, FOREGROUND))

    def _end_namespaces(self) -> None:
        for namespace in self._store.peek("namespaces"):
            if not is_leaving(namespace):
                continue
            name = namespace["metadata"]["name"]
            left = [
                (kind, obj)
                for kind, known in KINDS.items()
                if known.namespaced
                for obj in self._store.peek(kind, name)
            ]
            for kind, obj in left:
                if not is_leaving(obj):
                    delete(self._store, kind, obj, propagation="Background")
            if not left:
                self._finalize(namespace)

    def _finalize(self, namespace: Json) -> None:
        meta = {"name": namespace["metadata"]["name"]}
        wish = {"metadata": meta, "spec": {"finalizers": []}}
        try:
            self._store.update("namespaces", wish, subresource="finalize")
        except ApiError as error:
            if error.status != 404:
                raise


def _ends_in_foreground(obj: Json) -> bool:
    return is_leaving(obj) and FOREGROUND in (obj["metadata"].get("finalizers") or ())


def _blocks(obj: Json, uid: str) -> bool:
    references = obj["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == uid and one.get("blockOwnerDeletion") for one in references)


def _take_off(obj: Json, finalizer: str) -> None:
    finalizers = obj["metadata"].get("finalizers") or ()
    obj["metadata"]["finalizers"] = [one for one in finalizers if one != finalizer]
