"""Selectors of lists and watches: labels, and the few fields that a real server knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.support.control_plane.errors import bad_request
from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json, dig

Matches = Callable[[Json], bool]

_FIELDS = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "secrets": ("type",),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "jobs": ("status.successful",),
    "replicasets": ("status.replicas",),
}
_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<gone>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|\s(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*"
)


def matcher(kind: Kind, namespace: str | None, labels: str, fields: str) -> Matches:
    """Return what tells whether an object is selected. ApiError 400 for what is no selector."""
    terms = [_label_term(term) for term in _split(labels)]
    terms += [_field_term(kind, term) for term in fields.split(",") if term]

    def matches(obj: Json) -> bool:
        if namespace is not None and obj["metadata"].get("namespace") != namespace:
            return False
        return all(term(obj) for term in terms)

    return matches


def _split(labels: str) -> list[str]:
    """Return the terms between commas that stand in no parentheses."""
    return [term for term in re.split(r",(?![^(]*\))", labels) if term.strip()]


def _label_term(term: str) -> Matches:
    found = _TERM.fullmatch(term)
    if found is None:
        raise bad_request(f"unable to parse requirement: found '{term}'")
    key = found["gone"] or found["key"]
    if found["absent"]:
        return lambda obj: key not in _labels(obj)
    if found["set"]:
        values = {value.strip() for value in found["values"].split(",")}
        if found["set"] == "in":
            return lambda obj: _labels(obj).get(key) in values
        return lambda obj: _labels(obj).get(key) not in values
    value = found["value"]
    if found["op"] is None:
        return lambda obj: key in _labels(obj)
    if found["op"] == "!=":
        return lambda obj: _labels(obj).get(key) != value
    return lambda obj: _labels(obj).get(key) == value


def _labels(obj: Json) -> Json:
    return obj["metadata"].get("labels") or {}


def _field_term(kind: Kind, term: str) -> Matches:
    field, equal, value = re.sub("==", "=", term).partition("=")
    unequal = field.endswith("!")
    field = field.rstrip("!").strip()
    known = ("metadata.name", "metadata.namespace", *_FIELDS.get(kind.plural, ()))
    if not equal:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    if field not in known:
        raise bad_request(f"field label not supported: {field}")
    path = field.split(".")
    return lambda obj: (_text(dig(obj, *path)) == value) != unequal


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
