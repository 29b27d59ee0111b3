"""The kinds of patches: merge, strategic merge and JSON patch, as functions of JSON values."""

from __future__ import annotations

from typing import Any

from tests.support.control_plane.errors import ApiError, bad_request
from tests.support.control_plane.objects import Json, copied

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = ("application/apply-patch+yaml", "application/apply-patch+json")

_KEYS: dict[str, tuple[str, ...]] = {
    "addresses": ("type",),
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "ports": ("containerPort", "port"),
    "secrets": ("name",),
    "taints": ("key",),
    "topologySpreadConstraints": ("topologyKey",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
"""By what lists of objects are merged, the same wherever the list stands; others are replaced."""
_SETS = ("finalizers",)
_DELETE_FROM = "$deleteFromPrimitiveList/"
_DIRECTIVE = "$patch"


def patched(obj: Json, patch: Any, content_type: str) -> Json:
    """Return ``obj`` after a patch. ApiError 400 (not understood), 415 (type), 422 (no fit)."""
    if content_type == JSON_PATCH:
        if not isinstance(patch, list):
            raise bad_request("json patch: cannot unmarshal object into a list of operations")
        return _json_patched(obj, patch)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: not an object")
    if content_type == MERGE:
        return merged(obj, patch)
    if content_type == STRATEGIC or content_type in APPLY:
        return strategically_merged(obj, patch)
    accepted = ", ".join((JSON_PATCH, MERGE, STRATEGIC, APPLY[0]))
    words = "the body of the request was in an unknown format - accepted media types include: "
    raise ApiError(415, "UnsupportedMediaType", words + accepted)


def merged(obj: Any, patch: Json) -> Json:
    """Return ``obj`` after a merge patch (RFC 7386)."""
    result: Json = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key), value)
        else:
            result[key] = copied(value)
    return result


def strategically_merged(obj: Any, patch: Json) -> Json:
    """Return ``obj`` after a strategic merge patch: known lists are merged by their keys."""
    if patch.get(_DIRECTIVE) == "replace":
        return _plain(patch)
    result: Json = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            result[name] = [one for one in result.get(name) or [] if one not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = strategically_merged(result.get(key), value)
        elif isinstance(value, list):
            result[key] = _merged_list(key, result.get(key) or [], value)
        else:
            result[key] = value
    return result


def _merged_list(name: str, old: list[Any], new: list[Any]) -> list[Any]:
    if name in _SETS:
        return [*old, *(one for one in new if one not in old)]
    keys = _KEYS.get(name)
    if keys is None or not all(isinstance(one, dict) for one in [*old, *new]):
        return [copied(one) for one in new]
    if any(one.get(_DIRECTIVE) == "replace" for one in new):
        return [_plain(one) for one in new if _DIRECTIVE not in one]
    key = next((key for key in keys if any(key in one for one in [*new, *old])), keys[0])
    by_key = {one.get(key): one for one in old}
    for one in new:
        if key not in one:
            raise bad_request(f"map: {one} does not contain declared merge key: {key}")
        if one.get(_DIRECTIVE) == "delete":
            by_key.pop(one[key], None)
        else:
            by_key[one[key]] = strategically_merged(by_key.get(one[key]), one)
    return list(by_key.values())


def _plain(patch: Json) -> Json:
    return {key: copied(value) for key, value in patch.items() if key != _DIRECTIVE}


def _json_patched(obj: Json, operations: list[Json]) -> Json:
    result: Json = copied(obj)
    for operation in operations:
        try:
            _apply(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            words = f"the server rejected our request due to an error in our request: {error!r}"
            raise ApiError(422, "Invalid", words) from error
    return result


def _apply(obj: Json, operation: Json) -> None:
    """Carry out one operation of RFC 6902, in place."""
    op, path = operation["op"], _pointer(operation["path"])
    if op == "test":
        if _at(obj, path) != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed")
    elif op == "add":
        _add(obj, path, copied(operation["value"]))
    elif op == "replace":
        _at(obj, path)
        _remove(obj, path)
        _add(obj, path, copied(operation["value"]))
    elif op == "remove":
        _remove(obj, path)
    elif op in ("move", "copy"):
        source = _pointer(operation["from"])
        value = copied(_at(obj, source))
        if op == "move":
            _remove(obj, source)
        _add(obj, path, value)
    else:
        raise ValueError(f"unexpected kind of operation: {op}")


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _at(obj: Any, path: list[str]) -> Any:
    for part in path:
        obj = obj[int(part)] if isinstance(obj, list) else obj[part]
    return obj


def _add(obj: Any, path: list[str], value: Any) -> None:
    parent, last = _at(obj, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else int(last), value)
    else:
        parent[last] = value


def _remove(obj: Any, path: list[str]) -> None:
    parent, last = _at(obj, path[:-1]), path[-1]
    del parent[int(last) if isinstance(parent, list) else last]
