"""EndpointSlices of one Service, as Kubernetes lists and watches them, and the base URLs that they
hold. Pure.

Read leniently: what is missing or null has the meaning that the API gives it, and what is not known
here is passed over.
"""

from __future__ import annotations

import msgspec

from inference_ui.backend.batch.endpoints import is_base_url

_PORT_NAME = "http"


class _Metadata(msgspec.Struct, rename="camel"):
    name: str = ""
    resource_version: str = ""


class _Conditions(msgspec.Struct):
    ready: bool | None = None
    terminating: bool | None = None


class _Endpoint(msgspec.Struct):
    addresses: list[str] | None = None
    conditions: _Conditions | None = None


class _Port(msgspec.Struct):
    name: str | None = None
    port: int | None = None


class _Slice(msgspec.Struct):
    metadata: _Metadata
    endpoints: list[_Endpoint] | None = None
    ports: list[_Port] | None = None


class _List(msgspec.Struct):
    metadata: _Metadata
    items: list[_Slice] | None = None


class Status(msgspec.Struct):
    """What the API server says of a refusal: HTTP's code, and words."""

    code: int = 0
    message: str = ""


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


_lists = msgspec.json.Decoder(_List)
_events = msgspec.json.Decoder(_Event)
_slices = msgspec.json.Decoder(_Slice)
_statuses = msgspec.json.Decoder(Status)


class NotUnderstood(Exception):
    """What came is not what the API promises."""


class WatchEnded(Exception):
    """The API server ended a watch and says why; 410: what it was to begin from is too old."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.message)
        self.status = status


class Slices:
    """The slices that there are by the last list and the events since. ``version`` is where a watch
    goes on from; None: list first."""

    def __init__(self) -> None:
        self.version: str | None = None
        self._urls: dict[str, frozenset[str]] = {}

    @property
    def urls(self) -> frozenset[str]:
        """Base URLs of the endpoints that are ready, over all slices."""
        return frozenset().union(*self._urls.values())

    def take_list(self, content: bytes) -> None:
        """Begin anew with a list. Raises ``NotUnderstood``."""
        try:
            listed = _lists.decode(content)
        except msgspec.MsgspecError as error:
            raise NotUnderstood(str(error)) from error
        self._urls = {item.metadata.name: _urls_of(item) for item in listed.items or ()}
        self.version = listed.metadata.resource_version or None

    def take_event(self, line: bytes) -> None:
        """Take an event of a watch. Raises ``NotUnderstood`` and ``WatchEnded``."""
        try:
            event = _events.decode(line)
            if event.type == "ERROR":
                raise WatchEnded(_statuses.decode(event.object))
            item = _slices.decode(event.object)
        except msgspec.MsgspecError as error:
            raise NotUnderstood(str(error)) from error
        if event.type in ("ADDED", "MODIFIED"):
            self._urls[item.metadata.name] = _urls_of(item)
        elif event.type == "DELETED":
            self._urls.pop(item.metadata.name, None)
        self.version = item.metadata.resource_version or self.version


def status_of(content: bytes) -> Status:
    """Return the refusal that a body holds; one without words when it holds none."""
    try:
        return _statuses.decode(content)
    except msgspec.MsgspecError:
        return Status()


def _urls_of(item: _Slice) -> frozenset[str]:
    port = _port_of(item.ports or [])
    if port is None:
        return frozenset()
    urls = {
        f"http://{_host(address)}:{port}"
        for endpoint in item.endpoints or ()
        if _is_ready(endpoint.conditions or _Conditions())
        for address in endpoint.addresses or ()
    }
    return frozenset(url for url in urls if is_base_url(url))


def _is_ready(conditions: _Conditions) -> bool:
    """Tell whether new requests may go there; the API says to take null for ready."""
    return conditions.ready is not False and not conditions.terminating


def _port_of(ports: list[_Port]) -> int | None:
    named = [port for port in ports if port.name == _PORT_NAME] or ports
    return named[0].port if named else None


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
