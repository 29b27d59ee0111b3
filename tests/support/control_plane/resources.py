"""Reads and writes of objects: what each verb does with the store."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from tests.support.control_plane import errors
from tests.support.control_plane.errors import ApiError, bad_request
from tests.support.control_plane.objects import Json, dig
from tests.support.control_plane.patching import APPLY, patched
from tests.support.control_plane.requests import Reply, Request, no_such_path
from tests.support.control_plane.schema import check_types
from tests.support.control_plane.selectors import Matches, matcher
from tests.support.control_plane.store import Store

_GIVEN_BACK = ("pods", "services", "persistentvolumeclaims", "resourcequotas", "serviceaccounts")
"""Kinds whose deletion answers with the object; others answer with a Status once it is gone."""
_SCALE = "autoscaling/v1"
_TRIES = 10


def read(store: Store, request: Request) -> Reply:
    """Answer ``get``: an object, its status (the whole object too) or its scale."""
    obj = _present(store, request)
    return Reply(200, _scale_of(obj) if request.subresource == "scale" else obj)


def list_objects(store: Store, request: Request) -> Reply:
    """Answer ``list``: selected objects by namespace and name, in pages where there is a limit."""
    objects, revision = store.snapshot(request.kind.plural, request.namespace)
    chosen = selected(request)
    found = [obj for obj in objects if chosen(obj)]
    meta: Json = {"resourceVersion": str(revision)}
    limit = int(request.query.get("limit") or 0)
    if request.query.get("continue"):
        revision, after = _position(store, request)
        meta["resourceVersion"] = str(revision)
        found = [obj for obj in found if _key(obj) > after]
    if limit and len(found) > limit:
        meta["continue"] = _token(revision, found[limit - 1])
        if not request.query.get("labelSelector") and not request.query.get("fieldSelector"):
            meta["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return Reply(200, _listed(request, found, meta))


def selected(request: Request) -> Matches:
    """Return what tells whether a list or watch is to show an object."""
    labels = request.query.get("labelSelector", "")
    fields = request.query.get("fieldSelector", "")
    return matcher(request.kind, request.namespace, labels, fields)


def create(store: Store, request: Request) -> Reply:
    """Answer ``create``: an object, or the binding of a pod to a node."""
    body = _object(request)
    if request.subresource == "binding":
        spec = {"nodeName": dig(body, "target", "name")}
        store.update("pods", {"metadata": body["metadata"], "spec": spec}, subresource="binding")
        return Reply(201, {"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 201})
    if request.subresource or request.name:
        raise no_such_path()
    return Reply(201, _created(store, request, body))


def replace(store: Store, request: Request) -> Reply:
    """Answer ``update`` (PUT)."""
    body = _object(request)
    if request.subresource == "scale":
        return _scaled(store, request, body)
    return Reply(200, _written(store, request, body))


def patch(store: Store, request: Request) -> Reply:
    """Answer ``patch``. Others' writes in between do not disturb it; an apply may create."""
    document = request.call.document()
    kind = request.call.content_type
    if kind in APPLY and not request.query.get("fieldManager"):
        raise bad_request("PatchOptions.meta.k8s.io is invalid: fieldManager: Required value")
    for _ in range(_TRIES):
        before = store.get(request.kind.plural, request.namespace, request.name or "")
        if before is None and kind in APPLY and request.subresource is None:
            return Reply(201, _created(store, request, _object(request)))
        if before is None:
            raise errors.not_found(request.kind, request.name or "")
        if request.subresource == "scale":
            return _scaled(store, request, patched(_scale_of(before), document, kind))
        after = patched(before, document, kind)
        _check_place(request, after)
        try:
            return Reply(200, _written(store, request, after))
        except ApiError as error:
            if error.reason != "Conflict" or _is_conditional(document):
                raise
    raise errors.stale(request.kind, request.name or "")


def delete(store: Store, request: Request) -> Reply:
    """Answer ``delete``. A body of DeleteOptions wins over the query, even if it is empty."""
    options = _delete_options(request)
    obj = _present(store, request)
    _delete(store, request, obj, options)
    left = store.get(request.kind.plural, request.namespace, request.name or "")
    if left is not None and left["metadata"]["uid"] == obj["metadata"]["uid"]:
        return Reply(200, left)
    if request.kind.plural in _GIVEN_BACK:
        return Reply(200, obj)
    return Reply(200, _gone(request, obj))


def delete_collection(store: Store, request: Request) -> Reply:
    """Answer ``deletecollection``: delete what is selected."""
    options = _delete_options(request)
    chosen = selected(request)
    doomed = [obj for obj in store.peek(request.kind.plural, request.namespace) if chosen(obj)]
    for obj in doomed:
        try:
            _delete(store, request, obj, options)
        except ApiError as error:
            if error.status != 404:
                raise
    return Reply(200, _listed(request, doomed, {"resourceVersion": str(store.revision)}))


def _present(store: Store, request: Request) -> Json:
    obj = store.get(request.kind.plural, request.namespace, request.name or "")
    if obj is None:
        raise errors.not_found(request.kind, request.name or "")
    return obj


def _object(request: Request) -> Json:
    """Return the object in a body, with the place that the URL says."""
    body = request.call.document()
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized: no object")
    body.setdefault("metadata", {})
    if request.subresource is None:
        for key, wanted in (("apiVersion", request.kind.api_version), ("kind", request.kind.kind)):
            if body.get(key) not in (None, "", wanted):
                words = f"{body.get('apiVersion')}, Kind={body.get('kind')}"
                raise bad_request(
                    f"{request.kind.kind} in version {_quoted('v1')} cannot be handled as a "
                    f"{request.kind.kind}: the object is {words}"
                )
    _check_place(request, body)
    return body


def _check_place(request: Request, body: Json) -> None:
    meta = body["metadata"]
    if request.namespace is not None:
        if meta.get("namespace") not in (None, "", request.namespace):
            words = "the namespace of the provided object does not match the namespace sent on the"
            raise bad_request(f"{words} request")
        meta["namespace"] = request.namespace
    if request.name is not None:
        if meta.get("name") not in (None, "", request.name):
            words = f"the name of the object ({meta['name']}) does not match the name on the URL"
            raise bad_request(f"{words} ({request.name})")
        meta["name"] = request.name


def _created(store: Store, request: Request, obj: Json) -> Json:
    check_types(request.kind, obj)
    return store.create(request.kind.plural, obj, dry_run=request.dry_run)


def _written(store: Store, request: Request, obj: Json) -> Json:
    check_types(request.kind, obj)
    subresource = request.subresource
    return store.update(request.kind.plural, obj, subresource=subresource, dry_run=request.dry_run)


def _is_conditional(document: Any) -> bool:
    return bool(dig(document, "metadata", "resourceVersion"))


def _scale_of(obj: Json) -> Json:
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = dig(obj, "spec", "selector", "matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": _SCALE,
        "metadata": {key: meta[key] for key in kept},
        "spec": {"replicas": obj["spec"].get("replicas", 0)},
        "status": {
            "replicas": dig(obj, "status", "replicas") or 0,
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def _scaled(store: Store, request: Request, scale: Json) -> Reply:
    obj = _present(store, request)
    if dig(scale, "metadata", "resourceVersion"):
        obj["metadata"]["resourceVersion"] = scale["metadata"]["resourceVersion"]
    obj["spec"]["replicas"] = dig(scale, "spec", "replicas") or 0
    written = store.update(request.kind.plural, obj, dry_run=request.dry_run)
    return Reply(200, _scale_of(written))


def _delete_options(request: Request) -> Json:
    body = request.call.document()
    if body is not None:
        return dict(body)
    options: Json = {}
    if "propagationPolicy" in request.query:
        options["propagationPolicy"] = request.query["propagationPolicy"]
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = int(request.query["gracePeriodSeconds"])
    if request.dry_run:
        options["dryRun"] = ["All"]
    return options


def _delete(store: Store, request: Request, obj: Json, options: Json) -> None:
    meta = obj["metadata"]
    wanted = options.get("preconditions") or {}
    if wanted.get("resourceVersion") not in (None, meta["resourceVersion"]):
        words = f"Precondition failed: ResourceVersion in precondition: {wanted['resourceVersion']}"
        words += f", ResourceVersion in object meta: {meta['resourceVersion']}"
        raise errors.conflict(request.kind, meta["name"], words)
    if options.get("dryRun"):
        return
    propagation = options.get("propagationPolicy")
    if propagation is None and options.get("orphanDependents") is not None:
        propagation = "Orphan" if options["orphanDependents"] else "Background"
    store.delete(
        request.kind.plural,
        meta.get("namespace"),
        meta["name"],
        propagation=propagation,
        grace_s=options.get("gracePeriodSeconds"),
        uid=wanted.get("uid"),
    )


def _gone(request: Request, obj: Json) -> Json:
    group = {"group": request.kind.group} if request.kind.group else {}
    meta = obj["metadata"]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": meta["name"],
            **group,
            "kind": request.kind.plural,
            "uid": meta["uid"],
        },
    }


def _listed(request: Request, objects: list[Json], meta: Json) -> Json:
    """Return a list as the server gives it: its items name neither kind nor version."""
    return {
        "kind": f"{request.kind.kind}List",
        "apiVersion": request.kind.api_version,
        "metadata": meta,
        "items": [
            {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
            for obj in objects
        ],
    }


def _key(obj: Json) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _token(revision: int, last: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps([revision, *_key(last)]).encode()).decode()


def _position(store: Store, request: Request) -> tuple[int, tuple[str, str]]:
    try:
        read = json.loads(base64.urlsafe_b64decode(request.query["continue"]))
        revision, namespace, name = read
    except (binascii.Error, ValueError) as error:
        raise bad_request("continue key is not valid") from error
    try:
        store.check_reach(request.kind.plural, revision)
    except ApiError as error:
        words = "The provided continue parameter is too old to display a consistent list result."
        raise ApiError(410, "Expired", words) from error
    return revision, (namespace, name)


def _quoted(text: str) -> str:
    return f'"{text}"'
