"""What can go wrong with an API server, for tests to ask for."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass

from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.objects import Json
from tests.support.control_plane.requests import Request

ANY = "*"
_WORDS = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "forbidden"),
    404: ("NotFound", "the server could not find the requested resource"),
    409: ("Conflict", "the object has been modified; please apply your changes to the latest"),
    410: ("Expired", "The resourceVersion for the provided list is too old."),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: etcdserver: request timed out"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the server was unable to return a response in the time allotted"),
}


@dataclass
class _Failure:
    verb: str
    kind: str
    status: int
    left: int | None
    retry_after: int | None

    def meets(self, request: Request) -> bool:
        return (
            self.left != 0
            and self.verb in (ANY, request.verb)
            and self.kind in (ANY, request.resource)
        )


class Faults:
    """The faults that are on. Verbs are those of RBAC; kinds are plural, ``pods/log`` too."""

    def __init__(self, token: str | None, user: str) -> None:
        self.token = token
        self.user = user
        self._lock = threading.Lock()
        self._failures: list[_Failure] = []
        self._forbidden: set[tuple[str, str]] = set()
        self._delay_s = 0.0

    def fail(
        self,
        verb: str,
        kind: str,
        status: int,
        *,
        times: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Answer with an HTTP status, always or so many times; ``retry_after`` in seconds.

        ``verb`` and ``kind`` may be ``*``.
        """
        with self._lock:
            self._failures.append(_Failure(verb, kind, status, times, retry_after))

    def slow(self, seconds: float) -> None:
        """Let every answer wait so long."""
        self._delay_s = seconds

    def forbid(self, verb: str, kind: str) -> None:
        """Refuse a verb on a kind as a missing permission, naming it as the real server does."""
        with self._lock:
            self._forbidden.add((verb, kind))

    def relent(self) -> None:
        """End all that ``fail``, ``slow`` and ``forbid`` began."""
        with self._lock:
            self._failures.clear()
            self._forbidden.clear()
        self._delay_s = 0.0

    def expire_tokens(self) -> str:
        """Take no bearer token any longer but a new one, which is returned."""
        self.token = uuid.uuid4().hex
        return self.token

    def check_token(self, header: str | None) -> None:
        """Raise ApiError 401 unless the Authorization header holds the token that is asked for."""
        if self.token is not None and header != f"Bearer {self.token}":
            raise ApiError(401, "Unauthorized", "Unauthorized")

    def check(self, request: Request) -> None:
        """Raise the ApiError that a request is to meet."""
        with self._lock:
            if (request.verb, request.resource) in self._forbidden:
                raise _not_permitted(request, self.user)
            for failure in self._failures:
                if failure.meets(request):
                    if failure.left is not None:
                        failure.left -= 1
                    raise _failed(failure, request)


def _failed(failure: _Failure, request: Request) -> ApiError:
    reason, message = _WORDS[failure.status]
    details: Json = {"kind": request.kind.plural}
    if request.name:
        details["name"] = request.name
    if failure.retry_after is not None:
        details["retryAfterSeconds"] = failure.retry_after
    return ApiError(failure.status, reason, message, details)


def _not_permitted(request: Request, user: str) -> ApiError:
    named = f' "{request.name}"' if request.name else ""
    where = "at the cluster scope"
    if request.namespace:
        where = f'in the namespace "{request.namespace}"'
    message = (
        f'{request.kind.resource}{named} is forbidden: User "{user}" cannot {request.verb} '
        f'resource "{request.resource}" in API group "{request.kind.group}" {where}'
    )
    name = {"name": request.name} if request.name else {}
    group = {"group": request.kind.group} if request.kind.group else {}
    details = {**name, **group, "kind": request.kind.plural}
    return ApiError(403, "Forbidden", message, details)
