"""The API server of the control plane."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import yaml

from tests.support.control_plane import pod_access, resources
from tests.support.control_plane.discovery import discovery
from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.faults import Faults
from tests.support.control_plane.http_server import Wire
from tests.support.control_plane.requests import Call, Reply, Request, no_such_path, parsed
from tests.support.control_plane.store import Store
from tests.support.control_plane.watching import watch

_DISCOVERY = discovery()
_HEALTH = ("/healthz", "/livez", "/readyz")
_LARGEST = 3 * 1024**2
_USER = "system:serviceaccount:inference-ui:inference-ui"
_VERBS = {
    "get": resources.read,
    "list": resources.list_objects,
    "create": resources.create,
    "update": resources.replace,
    "patch": resources.patch,
    "delete": resources.delete,
    "deletecollection": resources.delete_collection,
}


class ApiServer(Faults):
    """An API server over a store, at ``url`` while it is entered.

    ``token`` is the bearer token that it asks for (None: it asks for none), ``user`` whom it names
    in refusals. ``requests`` lists what was asked: verb, kind (``pods``, ``pods/log``), namespace
    and name, also of requests that were refused. ``logs`` and ``follow`` are where pods' logs come
    from; ``bookmark_s`` is how often watches say how far they are.
    """

    def __init__(self, store: Store, *, token: str | None = None, user: str = _USER) -> None:
        super().__init__(token, user)
        self.store = store
        self.requests: list[tuple[str, str, str | None, str | None]] = []
        self.logs: pod_access.Logs = pod_access.no_logs
        self.follow: pod_access.Follow | None = None
        self.bookmark_s = 5.0
        self._place = socket.socket()
        self._wire: Wire | None = None
        self._closing = threading.Event()
        self._errors: list[Exception] = []

    def __enter__(self) -> Self:
        # Bound all the while, so that nobody else gets the port while the server is away.
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self.come_back()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.go_away()
        self._place.close()
        if error is None and self._errors:
            raise self._errors[0]

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self._place.getsockname()[1]}"

    def kubeconfig(self, path: Path, *, namespace: str = "default") -> Path:
        """Write a kubeconfig for this server and its present token, and return its path."""
        user = {"token": self.token} if self.token else {}
        names = {"cluster": "double", "user": "double", "namespace": namespace}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "double", "cluster": {"server": self.url}}],
            "users": [{"name": "double", "user": user}],
            "contexts": [{"name": "double", "context": names}],
            "current-context": "double",
        }
        path.write_text(yaml.safe_dump(document))
        return path

    def go_away(self) -> None:
        """Cut all connections and refuse new ones, as while the server is restarted."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._closing.set()
            self.store.wake()
            wire.close()
            self._errors += wire.errors

    def come_back(self) -> None:
        """Serve again, at the same address and with the same state."""
        if self._wire is None:
            self._closing.clear()
            self._wire = Wire(self._place.getsockname()[1], self.answer)

    def cut_watches(self) -> None:
        """Cut every watch and followed log in the middle; other connections stay."""
        if self._wire is not None:
            self._wire.cut(watches_only=True)
            self.store.wake()

    def compact(self) -> None:
        """Forget the history, so that every resourceVersion known so far is answered with 410."""
        self.store.compact()

    def answer(self, call: Call) -> Reply:
        """Answer one call, with whatever goes wrong as the server words it."""
        try:
            return self._answer(call)
        except ApiError as error:
            wait = (error.details or {}).get("retryAfterSeconds")
            headers = {} if wait is None else {"Retry-After": str(wait)}
            return Reply(error.status, error.body(), headers=headers)
        except Exception as error:  # the test fails at its end, whoever meets the 500
            self._errors.append(error)
            failed = ApiError(500, "InternalError", f"Internal error occurred: {error!r}")
            return Reply(500, failed.body())

    def _answer(self, call: Call) -> Reply:
        if self._delay_s:
            self._closing.wait(self._delay_s)
        self.check_token(call.headers.get("authorization"))
        path = urlsplit(call.target).path.rstrip("/")
        if path in _HEALTH:
            return Reply(200, b"ok", "text/plain")
        if path in _DISCOVERY:
            return Reply(200, _DISCOVERY[path])
        request = parsed(call)
        self.requests.append((request.verb, request.resource, request.namespace, request.name))
        self.check(request)
        if len(call.body) > _LARGEST:
            words = f"Request entity too large: limit is {_LARGEST}"
            raise ApiError(413, "RequestEntityTooLarge", words)
        return self._routed(request)

    def _routed(self, request: Request) -> Reply:
        if request.subresource == "log":
            return pod_access.log(self.store, request, self.logs, self.follow)
        if request.subresource == "proxy":
            return pod_access.proxy(self.store, request)
        if request.verb == "watch":
            return watch(self.store, request, self.bookmark_s)
        if request.subresource and request.verb in ("delete", "deletecollection"):
            raise no_such_path()
        return _VERBS[request.verb](self.store, request)
