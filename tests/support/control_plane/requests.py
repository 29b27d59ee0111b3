"""Requests as the API server understands them, and its replies."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from tests.support.control_plane.errors import ApiError, bad_request
from tests.support.control_plane.kinds import KINDS, Kind
from tests.support.control_plane.objects import Json

_BY_METHOD = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_TRUE = ("true", "1", "True")


@dataclass(frozen=True)
class Call:
    """One HTTP request, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def content_type(self) -> str:
        """Return the media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def document(self) -> Any:
        """Return the body's JSON (or YAML), None where there is no body. ApiError 400."""
        if not self.body.strip():
            return None
        try:
            if self.content_type.endswith("yaml"):
                return yaml.safe_load(self.body)
            return json.loads(self.body)
        except (ValueError, yaml.YAMLError) as error:
            raise bad_request(f"the object provided is unrecognized: {error}") from error


@dataclass(frozen=True)
class Request:
    """What is asked of which object or list: the terms of authorization, and the rest."""

    call: Call
    verb: str
    kind: Kind
    namespace: str | None
    name: str | None
    subresource: str | None = None
    tail: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> str:
        """Return what rules of authorization call it: ``pods``, ``pods/log``."""
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural

    def flag(self, name: str) -> bool:
        """Return whether a parameter is set to true."""
        return self.query.get(name) in _TRUE

    @property
    def dry_run(self) -> bool:
        """Return whether nothing is to be kept."""
        return self.query.get("dryRun") == "All"


@dataclass(frozen=True)
class Reply:
    """An answer: a JSON value, bytes, or pieces of a body that is sent as it comes.

    An empty piece is not sent: the server looks then whether anyone listens still.
    """

    status: int
    body: Json | bytes | Generator[bytes, None, None]
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def parsed(call: Call) -> Request:
    """Return what a call asks for. ApiError 404 for paths that there are not."""
    url = urlsplit(call.target)
    parts = url.path.strip("/").split("/")
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    group, rest = _group(parts)
    namespace, rest = _namespace(rest)
    kind = KINDS.get(rest[0])
    if kind is None or kind.group != group or (namespace is not None and not kind.namespaced):
        raise no_such_path()
    name = unquote(rest[1]) if len(rest) > 1 else None
    subresource = rest[2] if len(rest) > 2 else None
    if subresource is not None and subresource not in kind.subresources:
        raise no_such_path()
    if (name or call.method == "POST") and kind.namespaced and namespace is None:
        raise no_such_path()
    verb = _verb(call.method, name, query)
    return Request(call, verb, kind, namespace, name, subresource, "/".join(rest[3:]), query)


def _namespace(rest: list[str]) -> tuple[str | None, list[str]]:
    """Return the namespace that a path leads through, and the rest of it."""
    own = KINDS["namespaces"].subresources
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in own:
        return rest[1], rest[2:]
    return None, rest


def no_such_path() -> ApiError:
    """Return the 404 for a path that the server does not serve."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def _group(parts: list[str]) -> tuple[str, list[str]]:
    if len(parts) > 2 and parts[:2] == ["api", "v1"]:
        return "", parts[2:]
    if len(parts) > 3 and parts[0] == "apis" and parts[2] == "v1":
        return parts[1], parts[3:]
    raise no_such_path()


def _verb(method: str, name: str | None, query: dict[str, str]) -> str:
    if method == "GET":
        if name:
            return "get"
        return "watch" if query.get("watch") in _TRUE else "list"
    if method == "DELETE":
        return "delete" if name else "deletecollection"
    if method not in _BY_METHOD or (method != "POST" and not name):
        words = "the server does not allow this method on the requested resource"
        raise ApiError(405, "MethodNotAllowed", words)
    return _BY_METHOD[method]
