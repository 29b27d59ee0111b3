"""Types of fields: a number where the API has a text is refused before anything else is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from tests.support.control_plane.errors import bad_request
from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json

_VERSION = "v1.36.0-local"
_TYPE = ("type", "oneOf", "anyOf")
_GO = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


def check_types(kind: Kind, obj: Json) -> None:
    """Raise ApiError 400 where a field has another type than in the API's schema.

    What is missing is not looked at: the server says that after it has filled in the defaults.
    """
    for error in _validator(kind).iter_errors(obj):
        if error.validator in _TYPE:
            path = ".".join(part for part in error.absolute_path if isinstance(part, str))
            found = _GO.get(type(error.instance), "null")
            words = f"json: cannot unmarshal {found} into Go struct field .{path}"
            version = f'{kind.kind} in version "v1" cannot be handled as a {kind.kind}'
            raise bad_request(f"{version}: {words} of type {_wanted(error)}")


@cache
def _validator(kind: Kind) -> Draft202012Validator:
    group = kind.group.partition(".")[0]
    name = f"{kind.kind.lower()}-{group}-v1" if group else f"{kind.kind.lower()}-v1"
    schema = _read(f"{name}.json")
    registry: Registry[Any] = Resource.from_contents(_definitions()) @ Registry()
    return Draft202012Validator(schema, registry=Resource.from_contents(schema) @ registry)


@cache
def _definitions() -> Any:
    return _read("_definitions.json")


def _read(name: str) -> Any:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / _VERSION
    return json.loads((folder / name).read_text())


def _wanted(error: ValidationError) -> str:
    """Return the types that would do, without null."""
    return " or ".join(dict.fromkeys(name for name in _types(error.schema) if name != "null"))


def _types(schema: Any) -> Iterator[str]:
    named = schema.get("type", [])
    yield from [named] if isinstance(named, str) else named
    for one in [*schema.get("oneOf", []), *schema.get("anyOf", [])]:
        yield from _types(one)
