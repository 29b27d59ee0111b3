"""The state of the control plane: objects by kind, their history, and the rules of writes.

Objects in it are never changed in place: each write puts a new one. What ``create``, ``get``,
``list``, ``update``, ``put_status`` and ``delete`` return are copies of the caller's own.
"""

from __future__ import annotations

import random
import threading
import uuid

from tests.support.control_plane import deletion, errors
from tests.support.control_plane.defaults import fill_in, first_status
from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.history import Change, ChangeType, History
from tests.support.control_plane.kinds import KINDS, Kind
from tests.support.control_plane.objects import Json, copied, tidy, timestamp
from tests.support.control_plane.quota import admit
from tests.support.control_plane.validation import changes_refused, faults

_FIRST_REVISION = 400
"""A real server has written much before its first client comes: revision 1 is long too old."""
_HISTORY = 50_000
_OWN_METADATA = ("uid", "creationTimestamp", "generation", "namespace", "name", "generateName")
_DELETION_METADATA = ("deletionTimestamp", "deletionGracePeriodSeconds")
_GENERATED = "bcdfghjklmnpqrstvwxz2456789"
_Key = tuple[str, str]
Objects = list[Json]
Changes = list[Change]


class Store:
    """Objects as plain dicts, thread-safe, by plural kind (see ``kinds.KINDS``).

    ``history`` bounds how many changes of each kind watches can go back.
    """

    def __init__(self, *, history: int = _HISTORY) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._objects: dict[str, dict[_Key, Json]] = {kind: {} for kind in KINDS}
        self._history = {kind: History(_FIRST_REVISION, history) for kind in KINDS}
        self._revision = _FIRST_REVISION
        self._wakes = 0
        for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
            self.create("namespaces", {"metadata": {"name": name}})

    @property
    def revision(self) -> int:
        """Return the resourceVersion of the last write."""
        return self._revision

    def create(self, kind: str, obj: Json, *, dry_run: bool = False) -> Json:
        """Add an object; its namespace stands in its metadata.

        A status that comes along is dropped (nodes keep theirs). A new namespace has its service
        account ``default``. Raises ApiError: 404 (namespace), 409, 422, and 403 for a pod whose
        service account is missing or whose quota is exceeded, and in a namespace that is ending.
        """
        known = KINDS[kind]
        new = copied(obj)
        meta = new.setdefault("metadata", {})
        _name(known, meta)
        with self._changed:
            namespace = self._namespace_of(known, meta)
            for key in (*_DELETION_METADATA, "resourceVersion", "managedFields", "selfLink"):
                meta.pop(key, None)
            meta["uid"], meta["creationTimestamp"] = str(uuid.uuid4()), timestamp()
            if known.generation:
                meta["generation"] = 1
            tidy(new)
            fill_in(known, new)
            _refuse(known, new, faults(known, new))
            _first_status(known, new)
            if (namespace, meta["name"]) in self._objects[kind]:
                raise errors.already_exists(known, meta["name"])
            if kind == "pods":
                admit(new, self.peek)
            if not dry_run:
                self._put(known, "ADDED", new, None)
                if kind == "namespaces":
                    account = {"metadata": {"name": "default", "namespace": meta["name"]}}
                    self.create("serviceaccounts", account)
        return _own(new)

    def get(self, kind: str, namespace: str | None, name: str) -> Json | None:
        """Return an object, None where there is none; nodes and namespaces have no namespace."""
        found = self._objects[kind].get((namespace or "", name))
        return None if found is None else _own(found)

    def list(self, kind: str, namespace: str | None = None) -> Objects:
        """Return all objects of a kind, or those of one namespace, by namespace and name."""
        return [_own(obj) for obj in self.peek(kind, namespace)]

    def peek(self, kind: str, namespace: str | None = None) -> Objects:
        """Return what ``list`` does without copying: to read only."""
        with self._changed:
            found = sorted(self._objects[kind].items())
        return [obj for key, obj in found if namespace is None or key[0] == namespace]

    def snapshot(self, kind: str, namespace: str | None = None) -> tuple[Objects, int]:
        """Return what ``peek`` does, and the revision that it is the state of."""
        with self._changed:
            return self.peek(kind, namespace), self._revision

    def put_status(self, kind: str, namespace: str | None, name: str, status: Json) -> Json:
        """Replace an object's status, as controllers do. Raises ApiError 404."""
        meta = {"name": name, "namespace": namespace}
        return self.update(kind, {"metadata": meta, "status": status}, subresource="status")

    def update(
        self, kind: str, obj: Json, *, subresource: str | None = None, dry_run: bool = False
    ) -> Json:
        """Replace an object: all but its status, or with a ``subresource`` only that part.

        ``status`` takes the status alone, ``binding`` a pod's ``spec.nodeName``, ``finalize`` a
        namespace's ``spec.finalizers``. A resourceVersion or uid in the metadata must be the
        present one. A write that changes nothing leaves the resourceVersion. Where it takes the
        last finalizer off an object that is being deleted, the object is removed. Raises ApiError:
        404, 409, 422.
        """
        known = KINDS[kind]
        with self._changed:
            before = self._present(known, obj["metadata"].get("namespace"), obj["metadata"]["name"])
            _check_preconditions(known, before, obj["metadata"])
            after = _replaced(known, before, copied(obj), subresource)
            if after == before:
                return _own(before)
            if subresource is None:
                found = [*faults(known, after), *changes_refused(known, before, after)]
                _refuse(known, after, found)
            if known.generation and before.get("spec") != after.get("spec"):
                after["metadata"]["generation"] = before["metadata"]["generation"] + 1
            if not dry_run:
                self._settle(known, before, after)
        return _own(after)

    def delete(
        self,
        kind: str,
        namespace: str | None,
        name: str,
        *,
        propagation: str | None = None,
        grace_s: int | None = None,
        uid: str | None = None,
    ) -> Json:
        """Delete an object, or begin to, and return its last state. Raises ApiError: 404, 409.

        It stays, with a deletionTimestamp, while it has finalizers; a pod on a node stays until it
        is deleted with ``grace_s=0``, which its kubelet does; a namespace stays until ``update``
        with ``finalize`` empties its ``spec.finalizers``.

        For the garbage collector: ``Foreground`` leaves the finalizer ``foregroundDeletion``,
        ``Orphan`` (also None for Jobs) the finalizer ``orphan``; the collector does its work and
        takes the finalizer off by ``update``. ``Background`` removes the object at once; dependents
        are those whose owner's uid is gone.
        """
        known = KINDS[kind]
        with self._changed:
            before = self._present(known, namespace, name)
            _check_preconditions(known, before, {"uid": uid})
            after = copied(before)
            deletion.wish(known, after, propagation)
            deletion.begin(known, after, grace_s)
            if after != before:
                self._settle(known, before, after)
        return _own(after)

    def wait(self, revision: int, timeout_s: float) -> int:
        """Block until something is newer than ``revision``, someone wakes all, or time is up.

        Returns the present revision.
        """
        with self._changed:
            wakes = self._wakes
            self._changed.wait_for(
                lambda: self._revision > revision or self._wakes != wakes, timeout_s
            )
            return self._revision

    def wake(self) -> None:
        """Let all who wait return, though nothing has changed."""
        with self._changed:
            self._wakes += 1
            self._changed.notify_all()

    def changes(self, kind: str, revision: int) -> tuple[Changes, int]:
        """Return what happened after ``revision``, and up to when; ApiError 410 if forgotten."""
        with self._changed:
            return self._history[kind].since(revision), self._revision

    def check_reach(self, kind: str, revision: int) -> None:
        """Raise ApiError 410 where the history does not go back to ``revision``."""
        self.changes(kind, revision)

    def compact(self) -> None:
        """Forget all history: every resourceVersion that anyone knows is too old now."""
        with self._changed:
            self._revision += 1
            for history in self._history.values():
                history.forget(self._revision)
            self._changed.notify_all()

    def _present(self, kind: Kind, namespace: str | None, name: str) -> Json:
        found = self._objects[kind.plural].get((namespace or "", name))
        if found is None:
            raise errors.not_found(kind, name)
        return found

    def _namespace_of(self, kind: Kind, meta: Json) -> str:
        if not kind.namespaced:
            meta.pop("namespace", None)
            return ""
        namespace: str = meta["namespace"]
        if self._present(KINDS["namespaces"], None, namespace)["metadata"].get("deletionTimestamp"):
            words = f"unable to create new content in namespace {namespace} because it is being"
            raise errors.forbidden(kind, meta["name"], f"{words} terminated")
        return namespace

    def _settle(self, kind: Kind, before: Json, after: Json) -> None:
        self._put(kind, "DELETED" if deletion.is_over(after) else "MODIFIED", after, before)

    def _put(self, kind: Kind, change: ChangeType, obj: Json, before: Json | None) -> None:
        self._revision += 1
        meta = obj["metadata"]
        meta["resourceVersion"] = str(self._revision)
        key = (meta.get("namespace", ""), meta["name"])
        kept = copied(obj)
        if change == "DELETED":
            del self._objects[kind.plural][key]
        else:
            self._objects[kind.plural][key] = kept
        self._history[kind.plural].add(Change(self._revision, change, kept, before))
        self._changed.notify_all()


def _own(obj: Json) -> Json:
    """Return a copy that the caller may change."""
    copy: Json = copied(obj)
    return copy


def _name(kind: Kind, meta: Json) -> None:
    if meta.get("name"):
        return
    if not meta.get("generateName"):
        words = "name or generateName is required"
        raise errors.invalid(kind, "", [errors.required("metadata.name", words)])
    meta["name"] = meta["generateName"][:58] + "".join(random.choices(_GENERATED, k=5))  # noqa: S311


def _first_status(kind: Kind, obj: Json) -> None:
    if kind.keeps_status and obj.get("status"):
        return
    if "status" in kind.subresources:
        obj.pop("status", None)
        obj["status"] = first_status(kind, obj)


def _refuse(kind: Kind, obj: Json, found: list[errors.Cause]) -> None:
    if found:
        raise errors.invalid(kind, obj["metadata"]["name"], found)


def _check_preconditions(kind: Kind, before: Json, given: Json) -> None:
    meta = before["metadata"]
    if given.get("uid") and given["uid"] != meta["uid"]:
        raise errors.other_uid(kind, meta["name"], given["uid"], meta["uid"])
    if given.get("resourceVersion") and given["resourceVersion"] != meta["resourceVersion"]:
        raise errors.stale(kind, meta["name"])


def _replaced(kind: Kind, before: Json, given: Json, subresource: str | None) -> Json:
    """Return the state after a write: ``given`` where it may be written, else ``before``."""
    if subresource == "status":
        return {**copied(before), "status": given.get("status") or {}}
    after: Json = copied(before)
    if subresource == "binding":
        if before["spec"].get("nodeName"):
            name, node = before["metadata"]["name"], before["spec"]["nodeName"]
            words = f"pod {name} is already assigned to node {_quoted(node)}"
            raise errors.conflict(kind, name, words)
        after["spec"]["nodeName"] = given["spec"]["nodeName"]
        return after
    if subresource == "finalize":
        after["spec"]["finalizers"] = (given.get("spec") or {}).get("finalizers") or []
        return after
    if "status" in kind.subresources:
        given["status"] = after.get("status", {})
    _keep_metadata(before["metadata"], given["metadata"])
    tidy(given)
    fill_in(kind, given)
    return given


def _keep_metadata(before: Json, given: Json) -> None:
    for key in (*_OWN_METADATA, *_DELETION_METADATA, "resourceVersion"):
        given.pop(key, None)
        if key in before:
            given[key] = before[key]
    given.pop("managedFields", None)


def _quoted(text: str) -> str:
    return f'"{text}"'


__all__ = ["ApiError", "Store"]
