"""Requests to the API server: JSON in, JSON out, every foreign exception converted.

Reading goes past the client's models, which are slow and refuse answers that lack a field.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Generator, Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TimedOut

from inference_ui.backend.cluster.kubernetes.kinds import PODS, Kind
from inference_ui.backend.cluster.kubernetes.objects import Json
from inference_ui.backend.cluster.kubernetes.refusals import (
    BUSY,
    PASSING,
    Refusal,
    refusal,
    unreachable,
)
from inference_ui.backend.cluster.kubernetes.transport import Access, Answer, Sockets, client
from inference_ui.backend.errors import CannotStart, ClusterError

Propagation: TypeAlias = Literal["Foreground", "Background"]
Value: TypeAlias = str | int | bool

CONNECT_S = 5.0
READ_S = 30.0
CALL_S = 10.0
"""The longest silence in a plain call: whoever calls has others to care for."""
PATIENCE_S = 5.0
"""As long a call may wait in all for a server that asks to come again later."""
SILENT_S = 5.0
"""A server that let a call wait in vain, or stays busy, is not called for so long: each of hundreds
of workloads would wait in vain else, one after the other. Watches ask on, and hear when it is back.
"""
_FIRST_PAUSE_S = 0.2
_PIECE = 1 << 16


class Connection:
    """The API server, as one account. All methods may be called from any thread; they block, and
    raise ClusterError (a :class:`Refusal` where there was an answer)."""

    def __init__(self, access: Access) -> None:
        """Read the access's files; nothing is sent yet. Raises CannotStart where they are missing
        or broken."""
        self.namespace = access.own_namespace()
        self._access = access
        self._sockets = Sockets()
        self._api = client(access, self._sockets)
        self._closed = threading.Event()
        self._silent: tuple[float, ClusterError] | None = None

    def get_json(self, path: str, **query: Value) -> Any:
        """Return what is at a path, decoded."""
        return self._call("GET", path, query)

    def create(self, kind: Kind, body: Json) -> Json | None:
        """Create an object in the namespace and return it as the server has it; None if there is
        one of this name already."""
        try:
            found: Json = self._call("POST", kind.path(self.namespace), body=body)
        except Refusal as error:
            if error.status == 409 and error.reason == "AlreadyExists":
                return None
            raise
        return found

    def delete(
        self,
        kind: Kind,
        name: str,
        propagation: Propagation = "Background",
        grace_s: float | None = None,
    ) -> bool:
        """Begin to delete an object of the namespace; False if there is none of this name."""
        # the server reads these in the body alone, and by itself lets a Job's pods live on
        body: dict[str, Any] = {"propagationPolicy": propagation}
        if grace_s is not None:
            body["gracePeriodSeconds"] = round(grace_s)
        body |= {"apiVersion": "v1", "kind": "DeleteOptions"}
        try:
            self._call("DELETE", kind.path(self.namespace, name), body=body)
        except Refusal as error:
            if error.status == 404:
                return False
            raise
        return True

    def stream_log(
        self,
        pod: str,
        container: str,
        *,
        tail_lines: int | None = None,
        follow: bool = False,
        previous: bool = False,
    ) -> Generator[bytes, None, None]:
        """Yield a container's output in pieces, as they come; with ``follow`` until it ends.

        ``previous``: that of the container before its last restart. The request is sent with the
        first piece asked for; close the generator to read no further.
        """
        query: dict[str, Value] = {"container": container, "follow": follow, "previous": previous}
        if tail_lines is not None:
            query["tailLines"] = tail_lines
        read_s = None if follow else READ_S
        answer = self.open(PODS.path(self.namespace, pod, "log"), query, read_s=read_s)
        yield from pieces(answer)

    def open(self, path: str, query: Mapping[str, Value], *, read_s: float | None) -> Answer:
        """Ask once for what is at a path and return the answer, whose body is not read yet: read it
        with :func:`pieces`. ``read_s``: the longest silence, in seconds."""
        return self._open("GET", path, query, None, read_s)

    def interrupt(self, thread: int) -> None:
        """End the request that the thread of this ident waits for, if there is one; it raises
        ClusterError there. One that is about to begin is not met: call it again until it ends."""
        self._sockets.end(thread)

    def close(self) -> None:
        """End all requests, and all waits between them."""
        self._closed.set()
        self._sockets.end()
        self._api.close()

    def _call(
        self, method: str, path: str, query: Mapping[str, Value] | None = None, body: Any = None
    ) -> Any:
        """Send a request, and again where that may help: each of ours may be sent twice. To create
        what exists is refused, to delete what is gone as well."""
        waited, pause = 0.0, _FIRST_PAUSE_S
        broken = False
        self._heed_silence()
        while True:
            try:
                data = b"".join(pieces(self._open(method, path, query or {}, body, CALL_S)))
                return msgspec.json.decode(data)
            except msgspec.DecodeError as error:
                raise Refusal("CLUSTER_REFUSED", 200, status=200, message=str(error)) from error
            except Refusal as error:
                wait = self._pause_after(error, pause, waited)
                if error.status not in PASSING or waited + wait > PATIENCE_S:
                    raise
            except ClusterError as error:
                # a connection kept from before may have ended unnoticed; a server that is away
                # is no reason to wait
                if _timed_out(error):
                    self._leave_alone(error)
                    raise
                if broken or self._closed.is_set():
                    raise
                broken, wait = True, 0.0
            if self._closed.wait(wait):
                raise ClusterError("CLUSTER_UNREACHABLE", error="closed")
            waited, pause = waited + wait, pause * 2

    def _pause_after(self, error: Refusal, pause: float, waited: float) -> float:
        wait = pause * random.uniform(0.8, 1.2)  # noqa: S311 - apart, not secret
        wait = max(wait, error.again_s or 0.0)
        if error.status in BUSY and waited + wait > PATIENCE_S:
            self._leave_alone(error, wait)
        return wait

    def _leave_alone(self, error: ClusterError, seconds: float = 0.0) -> None:
        self._silent = time.monotonic() + max(SILENT_S, seconds), error

    def _heed_silence(self) -> None:
        if self._silent is None:
            return
        until, error = self._silent
        if time.monotonic() < until:
            raise ClusterError(error.code, **error.message.args)

    def _open(
        self, method: str, path: str, query: Mapping[str, Value], body: Any, read_s: float | None
    ) -> Answer:
        """Send a request once; twice, with access read anew, where the server knows us no more."""
        api = self._api
        answer = _send(api, method, path, query, body, read_s)
        if answer.status == 401:
            answer.drain_conn()
            answer.release_conn()
            answer = _send(self._renewed(api), method, path, query, body, read_s)
        self._silent = None
        if answer.status < 300:
            return answer
        raise refusal(answer.status, b"".join(pieces(answer)), answer.headers)

    def _renewed(self, old: Any) -> Any:
        """Return a client with the token or certificate that the access's files have now. Answers
        that are being read stay with the old one."""
        if self._api is old and not self._closed.is_set():
            try:
                self._api = client(self._access, self._sockets)
            except CannotStart as error:  # not now: it has started once
                raise ClusterError(error.code, **error.message.args) from error
            old.close()
        return self._api


def pieces(answer: Answer) -> Generator[bytes, None, None]:
    """Yield the body of an answer in pieces as they come. Raises ClusterError where it is cut."""
    try:
        while piece := answer.read1(_PIECE):
            yield piece
        answer.release_conn()
    except (HTTPError, OSError, ValueError) as error:
        # ValueError: closed while it was read
        raise unreachable(error) from error
    finally:
        answer.close()


def _send(
    api: Any,
    method: str,
    path: str,
    query: Mapping[str, Value],
    body: Any,
    read_s: float | None,
) -> Answer:
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    pairs = [(key, _text(value)) for key, value in query.items()]
    try:
        # signing in may run a program or read a file
        request = api.param_serialize(
            method,
            path,
            query_params=pairs,
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer: Answer = api.call_api(*request, _request_timeout=(CONNECT_S, read_s)).response
    except (HTTPError, ApiException, ConfigException, OSError) as error:
        raise unreachable(error) from error
    return answer


def _timed_out(error: ClusterError) -> bool:
    cause = error.__cause__
    return isinstance(getattr(cause, "reason", cause), TimedOut)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
