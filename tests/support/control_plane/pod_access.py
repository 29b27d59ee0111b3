"""What leads to a pod itself: its log, and its ports through the server."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Generator, Iterator
from urllib.parse import quote, unquote

from tests.support.control_plane import errors
from tests.support.control_plane.errors import ApiError, bad_request
from tests.support.control_plane.kinds import KINDS
from tests.support.control_plane.objects import Json, dig
from tests.support.control_plane.requests import Reply, Request
from tests.support.control_plane.store import Store

Logs = Callable[[str, str, str, bool], bytes | None]
"""The text that a container wrote: of namespace, pod, container, and whether of the one before it.

None where there was no such container.
"""
Follow = Callable[[str, str, str], Iterator[bytes]]
"""What a container (namespace, pod, name) has written and goes on to write, until it ends.

Its pieces may be empty: say so at least every second, that it is seen when nobody listens.
"""
_ANSWER_S = 30
_PIECE = 65536
_OWN_HEADERS = ("authorization", "connection", "host", "content-length", "transfer-encoding")


def no_logs(namespace: str, pod: str, container: str, previous: bool) -> bytes | None:
    """Return an empty log of the container, and none of one before it."""
    return None if previous else b""


def log(store: Store, request: Request, logs: Logs, follow: Follow | None) -> Reply:
    """Answer with a container's log. The lines carry no times: who asks by time is told so."""
    for timed in ("sinceTime", "sinceSeconds", "timestamps"):
        if request.query.get(timed) not in (None, "", "false"):
            raise ApiError(501, "NotImplemented", f"this double's logs have no times: {timed}")
    pod = _pod(store, request.namespace, request.name or "")
    container = _container(pod, request.query.get("container"))
    place = (str(request.namespace), str(request.name), container)
    if not pod["spec"].get("nodeName"):
        return Reply(200, b"", "text/plain")
    previous = request.flag("previous")
    if not previous:
        _refuse_waiting(pod, container)
    if request.flag("follow") and follow is not None and not previous:
        return Reply(200, _followed(follow(*place), request, logs(*place, False)), "text/plain")
    text = logs(*place, previous)
    if text is None:
        which = "previous terminated container" if previous else "container"
        raise bad_request(f'{which} "{container}" in pod "{request.name}" not found')
    return Reply(200, _cut(text, request), "text/plain")


def proxy(store: Store, request: Request) -> Reply:
    """Pass a request on to a port of a pod (``name:port`` in the path), and its answer back."""
    name, port = _name_and_port(request.name or "")
    pod = _pod(store, request.namespace, name)
    address = dig(pod, "status", "podIP")
    if not address:
        raise ApiError(503, "ServiceUnavailable", f'address not allowed: pod "{name}" has none')
    upstream = http.client.HTTPConnection(address, int(port), timeout=_ANSWER_S)
    call = request.call
    query = call.target.partition("?")[2]
    headers = {key: value for key, value in call.headers.items() if key not in _OWN_HEADERS}
    try:
        path = f"/{quote(unquote(request.tail))}" + (f"?{query}" if query else "")
        upstream.request(call.method, path, call.body or None, headers)
        answer = upstream.getresponse()
    except OSError as error:
        upstream.close()
        words = f"error trying to reach service: dial tcp {address}:{port}: connect: {error}"
        raise ApiError(503, "ServiceUnavailable", words) from error
    kind = answer.getheader("Content-Type", "application/octet-stream")
    return Reply(answer.status, _passed_on(upstream, answer), kind)


def _name_and_port(text: str) -> tuple[str, str]:
    """Return the parts of ``[scheme:]name[:port]``."""
    parts = text.split(":")
    return (parts[-2], parts[-1]) if len(parts) > 1 else (text, "80")


def _passed_on(
    upstream: http.client.HTTPConnection, answer: http.client.HTTPResponse
) -> Generator[bytes, None, None]:
    try:
        while piece := answer.read1(_PIECE):
            yield piece
    finally:
        answer.close()
        upstream.close()


def _pod(store: Store, namespace: str | None, name: str) -> Json:
    pod = store.get("pods", namespace, name)
    if pod is None:
        raise errors.not_found(KINDS["pods"], name)
    return pod


def _container(pod: Json, wanted: str | None) -> str:
    names = [one["name"] for one in pod["spec"]["containers"]]
    name = pod["metadata"]["name"]
    if wanted is None and len(names) > 1:
        listed = " ".join(names)
        raise bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{listed}]"
        )
    if wanted is not None and wanted not in names:
        raise bad_request(f"container {wanted} is not valid for pod {name}")
    return wanted or str(names[0])


def _refuse_waiting(pod: Json, container: str) -> None:
    """Raise ApiError 400 where a container has not been started yet."""
    for status in dig(pod, "status", "containerStatuses") or []:
        reason = dig(status, "state", "waiting", "reason")
        if status["name"] != container or reason is None or status.get("restartCount"):
            continue
        trouble = {
            "ErrImagePull": "image can't be pulled",
            "ImagePullBackOff": "trying and failing to pull image",
        }.get(reason, reason)
        words = "is waiting to start"
        raise bad_request(
            f'container "{container}" in pod "{pod["metadata"]["name"]}" {words}: {trouble}'
        )


def _cut(text: bytes, request: Request) -> bytes:
    if "tailLines" in request.query:
        lines = text.splitlines(keepends=True)
        wanted = int(request.query["tailLines"])
        text = b"".join(lines[-wanted:]) if wanted else b""
    if "limitBytes" in request.query:
        text = text[: int(request.query["limitBytes"])]
    return text


def _followed(
    pieces: Iterator[bytes], request: Request, so_far: bytes | None
) -> Generator[bytes, None, None]:
    """Yield what is followed, without the beginning that ``tailLines`` leaves out."""
    skip = len(so_far or b"") - len(_cut(so_far or b"", request)) if _tail_only(request) else 0
    left = int(request.query["limitBytes"]) if "limitBytes" in request.query else None
    for piece in pieces:
        rest = piece[skip:]
        skip = max(0, skip - len(piece))
        if left is not None:
            rest = rest[:left]
            left -= len(rest)
        yield rest
        if left == 0:
            return


def _tail_only(request: Request) -> bool:
    return "tailLines" in request.query and "limitBytes" not in request.query
