"""Refusals of the API server, worded as a real one's."""

from __future__ import annotations

from typing import NamedTuple

from tests.support.control_plane.kinds import Kind
from tests.support.control_plane.objects import Json


class ApiError(Exception):
    """A refusal: HTTP status, reason, sentence, and details (name, kind, causes)."""

    def __init__(self, status: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details = details

    def body(self) -> Json:
        """Return the Status object that the server answers with."""
        details = {"details": self.details} if self.details else {}
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            **details,
            "code": self.status,
        }


class Cause(NamedTuple):
    """One fault of an object: the field's path, the kind of fault, and its words."""

    field: str
    reason: str
    message: str


def invalid_value(field: str, value: str, words: str) -> Cause:
    """Return the fault of a ``value``, which is given as the server prints it: JSON."""
    return Cause(field, "FieldValueInvalid", f"Invalid value: {value}: {words}")


def required(field: str, words: str = "") -> Cause:
    """Return the fault of a field that is missing."""
    return Cause(field, "FieldValueRequired", f"Required value{': ' if words else ''}{words}")


def not_found(kind: Kind, name: str) -> ApiError:
    """Return the 404 for an object that is not there."""
    message = f'{kind.resource} "{name}" not found'
    return ApiError(404, "NotFound", message, _details(kind, name, kind.plural))


def already_exists(kind: Kind, name: str) -> ApiError:
    """Return the 409 for a second object of the same name."""
    message = f'{kind.resource} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(kind, name, kind.plural))


def conflict(kind: Kind, name: str, words: str) -> ApiError:
    """Return the 409 for a write that does not fit the object's present state."""
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {words}'
    return ApiError(409, "Conflict", message, _details(kind, name, kind.plural))


def stale(kind: Kind, name: str) -> ApiError:
    """Return the 409 for a write over an older resourceVersion."""
    words = "the object has been modified; please apply your changes to the latest version and"
    return conflict(kind, name, f"{words} try again")


def other_uid(kind: Kind, name: str, wanted: str, found: str) -> ApiError:
    """Return the 409 for a write that means another object of the same name."""
    words = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    return conflict(kind, name, words)


def invalid(kind: Kind, name: str, causes: list[Cause]) -> ApiError:
    """Return the 422 for an object with faults (at least one)."""
    words = [f"{cause.field}: {cause.message}" for cause in causes]
    listed = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    group = f".{kind.group}" if kind.group else ""
    details = _details(kind, name, kind.kind)
    details["causes"] = [
        {"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes
    ]
    return ApiError(422, "Invalid", f'{kind.kind}{group} "{name}" is invalid: {listed}', details)


def forbidden(kind: Kind, name: str, words: str) -> ApiError:
    """Return the 403 of an admission plugin, such as a quota."""
    message = f'{kind.resource} "{name}" is forbidden: {words}'
    return ApiError(403, "Forbidden", message, _details(kind, name, kind.plural))


def bad_request(message: str) -> ApiError:
    """Return the 400 for a request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def too_old(wanted: int, oldest: int) -> ApiError:
    """Return the 410 for a resourceVersion that the history no longer reaches back to."""
    return ApiError(410, "Expired", f"too old resource version: {wanted} ({oldest})")


def _details(kind: Kind, name: str, called: str) -> Json:
    group = {"group": kind.group} if kind.group else {}
    return {"name": name, **group, "kind": called}
