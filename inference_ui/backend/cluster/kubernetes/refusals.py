"""What the API server refused, or that it cannot be reached, as the product's own errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from inference_ui.backend.cluster.kubernetes import objects
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.errors import Argument, ClusterError

BUSY = (429, 503)
"""Statuses of a server that asks to come again later."""
PASSING = (*BUSY, 500, 502, 504)
"""Statuses that may be another at once: the request, sent again, may be answered."""
_LONGEST_WORDS = 500
_NOT_ALLOWED = re.compile(
    r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)


class Refusal(ClusterError):
    """The API server answered, but not with what was asked for.

    ``status`` is the answer's of HTTP, ``reason`` the API's word for it (``AlreadyExists``), empty
    where none was given; ``again_s`` how many seconds it wants to be left alone, None where it did
    not say.
    """

    def __init__(
        self,
        code: str,
        status: int,
        reason: str = "",
        again_s: float | None = None,
        /,
        **args: Argument,
    ) -> None:
        super().__init__(code, **args)
        self.status = status
        self.reason = reason
        self.again_s = again_s

    @property
    def is_expired(self) -> bool:
        """Whether the resourceVersion asked for is none that the server can begin at: too old, or
        newer than any (of a server whose data was restored)."""
        return self.status == 410 or self.reason in ("Expired", "ResourceVersionTooLarge")


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> Refusal:
    """Return the error that an answer means whose status is not below 300."""
    return of_status(status, _status_object(body), _seconds(headers.get("Retry-After", "")))


def of_status(status: int, said: Json, again_s: float | None = None) -> Refusal:
    """Return the error that a v1 Status means; ``said`` is empty where the answer was another."""
    reason, words = objects.text(said, "reason"), objects.text(said, "message")[:_LONGEST_WORDS]
    causes = objects.parts(objects.part(said, "details"), "causes")
    if any(one.get("reason") == "ResourceVersionTooLarge" for one in causes):
        reason = "ResourceVersionTooLarge"
    if status == 401:
        return Refusal("CLUSTER_UNAUTHORIZED", status, reason)
    if status == 403 and (missing := _NOT_ALLOWED.search(words)):
        return Refusal("CLUSTER_FORBIDDEN", status, reason, None, **_permission(missing))
    if status in BUSY:
        seconds = max(1, round(again_s or 0))
        return Refusal("CLUSTER_BUSY", status, reason, again_s, seconds=seconds)
    return Refusal("CLUSTER_REFUSED", status, reason, again_s, status=status, message=words)


def unreachable(error: BaseException) -> ClusterError:
    """Return the error for a request that got no answer, in the words of its innermost cause."""
    return ClusterError("CLUSTER_UNREACHABLE", error=_words(error))


def _permission(missing: re.Match[str]) -> dict[str, str]:
    """Return what is not allowed, the resource as ``kubectl auth can-i`` takes it."""
    resource, group = missing["resource"], missing["group"]
    return {
        "verb": missing["verb"],
        "resource": f"{resource}.{group}" if group else resource,
        "namespace": missing["namespace"] or "",
    }


def _status_object(body: bytes) -> Json:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:  # a proxy's page, or nothing
        return {"message": body.decode("utf-8", "replace").strip()}
    return said if isinstance(said, dict) else {}


def _seconds(value: str) -> float | None:
    """Read ``Retry-After``, of which the API server only writes the form in seconds."""
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def _words(error: BaseException) -> str:
    """Return the words of the innermost cause: libraries wrap it, and add addresses of objects."""
    seen: BaseException = error
    for _ in range(10):
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            inner = seen.__cause__ or seen.__context__
        if inner is None:
            break
        seen = inner
    words = getattr(seen, "strerror", None) or str(seen) or type(seen).__name__
    return str(words)[:_LONGEST_WORDS]
