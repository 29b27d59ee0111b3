"""What a pod of Kubernetes has to ask the API server with: its service account, and where the
server is."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx

from inference_ui.backend.batch.endpoints import is_base_url
from inference_ui.backend.errors import CannotStart

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ACCOUNT_VARIABLE = "INFERENCE_UI_SERVICE_ACCOUNT"
"""Names another folder than ``ACCOUNT``."""

_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A watch may be silent for minutes; a server that is gone without a word is noticed in 30 s."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod's way to the API server at ``url``. ``account`` is a folder with the files ``token``
    and ``ca.crt``, which the kubelet replaces from time to time."""

    url: str
    namespace: str
    account: Path

    @classmethod
    def this(cls) -> Pod:
        """Return that of the pod that this program runs in. Raises ``CannotStart`` with NO_POD."""
        host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
        port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        if not is_base_url(url):
            raise CannotStart("NO_POD", reason="KUBERNETES_SERVICE_HOST and _PORT name no server")
        account = Path(os.environ.get(ACCOUNT_VARIABLE) or ACCOUNT)
        try:
            namespace = (account / "namespace").read_text().strip()
            pod = cls(url, namespace, account)
            pod.token()
        except (OSError, UnicodeDecodeError) as error:
            raise CannotStart("NO_POD", reason=str(error)) from error
        return pod

    def token(self) -> str:
        """Return the service account's token as it is now. Raises ``OSError``."""
        return (self.account / "token").read_text().strip()

    def client(self) -> httpx.AsyncClient:
        """Return a client that has token and certificates as they are now. It trusts the cluster's
        own certificates alone and uses no proxy. Raises ``OSError``."""
        trusted = ssl.create_default_context(cafile=str(self.account / "ca.crt"))
        return httpx.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token()}", "Accept": "application/json"},
            transport=httpx.AsyncHTTPTransport(
                verify=trusted, trust_env=False, socket_options=_KEEP_ALIVE
            ),
            trust_env=False,
        )
