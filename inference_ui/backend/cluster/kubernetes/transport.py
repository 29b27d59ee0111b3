"""The official client, set up for one cluster, whose requests can be ended from another thread.

A thread that reads a watch is blocked in the kernel for minutes. Nothing but the end of its socket
wakes it, so every connection knows which thread it works for.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeAlias
from weakref import WeakSet

import yaml
from kubernetes import config
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.config.config_exception import ConfigException
from kubernetes.utils.keepalive import tcp_keepalive_socket_options
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from inference_ui.backend.errors import CannotStart

Answer: TypeAlias = BaseHTTPResponse

_config: Any = config  # its functions say nothing of types

CONNECTIONS = 64
"""As many are kept; more are made at need and closed after use."""
_DEAD_AFTER = {"idle": 15, "interval": 5, "count": 3}
"""Seconds, seconds and probes: a peer that is no more is noticed after 30 seconds of silence."""
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Access:
    """How a cluster is reached: with a kubeconfig file, or (None) from inside, as a pod's service
    account. Without a ``namespace``, that of the file's context or of the service account is used.
    """

    kubeconfig: Path | None = None
    namespace: str = ""

    def own_namespace(self) -> str:
        """Return the namespace to work in. Raises CannotStart where none can be told."""
        if self.namespace:
            return self.namespace
        try:
            if self.kubeconfig is None:
                return _NAMESPACE_FILE.read_text("utf-8").strip()
            context = _config.list_kube_config_contexts(str(self.kubeconfig))[1]
            return str(context["context"].get("namespace") or "default")
        except (OSError, ConfigException, yaml.YAMLError, KeyError) as error:
            raise self.unusable(error) from error

    def unusable(self, error: Exception) -> CannotStart:
        """Return what to tell of files that are missing or broken."""
        if self.kubeconfig is None:
            return CannotStart("NOT_IN_CLUSTER")
        return CannotStart("KUBECONFIG_UNREADABLE", path=str(self.kubeconfig), error=str(error))


class Sockets:
    """The open connections, each with the thread that last sent a request on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: WeakSet[_Owned] = WeakSet()

    def begun(self, connection: _Owned) -> None:
        """Keep in mind that this thread uses the connection."""
        with self._lock:
            connection.owner = threading.get_ident()
            self._open.add(connection)

    def end(self, thread: int | None = None) -> None:
        """End the connections of a thread, or all; whoever reads them is woken by an error."""
        with self._lock:
            found = [one for one in self._open if thread is None or one.owner == thread]
        for one in found:
            one.end()


class _Owned(HTTPConnection):
    """A connection that can be ended from outside while it is read."""

    owner = 0
    sockets: ClassVar[Sockets]
    _seen: socket.socket | None = None

    def connect(self) -> None:
        super().connect()
        # an answer that ends with its connection takes the socket away from it
        self._seen = self.sock

    def request(self, *args: Any, **options: Any) -> None:
        self.sockets.begun(self)
        super().request(*args, **options)

    def end(self) -> None:
        seen = self._seen
        if seen is not None:
            with suppress(OSError):  # it has ended already
                seen.shutdown(socket.SHUT_RDWR)


class _OwnedSecure(_Owned, HTTPSConnection):
    """The same over TLS."""


def client(access: Access, sockets: Sockets) -> Any:
    """Return an ``ApiClient`` with a configuration of its own. Raises CannotStart where files that
    it needs are missing or broken."""
    settings: Any = Configuration()
    try:
        if access.kubeconfig is None:
            _config.load_incluster_config(settings)
        else:
            _config.load_kube_config(
                str(access.kubeconfig), client_configuration=settings, persist_config=False
            )
    except (OSError, ConfigException, yaml.YAMLError) as error:
        raise access.unusable(error) from error
    # sending again is decided by who knows what a request does; waits here could not be ended
    settings.retries = Retry(0, respect_retry_after_header=False)
    settings.connection_pool_maxsize = CONNECTIONS
    settings.socket_options = tcp_keepalive_socket_options(**_DEAD_AFTER)
    api: Any = ApiClient(settings)
    api.user_agent = "inference-ui"
    api.rest_client.pool_manager.pool_classes_by_scheme = _pools(sockets)
    return api


def _pools(sockets: Sockets) -> Mapping[str, type[HTTPConnectionPool]]:
    mine: dict[str, Any] = {"sockets": sockets}
    return {
        "http": type(
            "Pool", (HTTPConnectionPool,), {"ConnectionCls": type("Plain", (_Owned,), mine)}
        ),
        "https": type(
            "Pool", (HTTPSConnectionPool,), {"ConnectionCls": type("Tls", (_OwnedSecure,), mine)}
        ),
    }
