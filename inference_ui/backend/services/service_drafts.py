"""From what was filled in about an online service to the service: every field is checked here."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import PackageLaunch, PackageSnapshot
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.service import Elsewhere
from inference_ui.backend.ports import Cluster
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.names import name_problem
from inference_ui.backend.services.package_drafts import NAMED
from inference_ui.backend.services.server_drafts import ServerDraft, server_of
from inference_ui.backend.store.database import Session

MAX_HEADERS = 50
MAX_VALUE = 8_192
"""Characters of a token, and of a header's value."""
MAX_LINE = 500
"""Characters of an address, a path, a name in it."""
MAX_TEXT = 4_000
MAX_CA = 500_000
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "connection"})
"""Headers that the client sets itself."""


@dataclass(frozen=True, slots=True)
class DeployDraft:
    """What the form of a service that is deployed holds. ``max_in_flight``: None for no limit."""

    name: str
    server: ServerDraft
    max_in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class UrlDraft:
    """What the form of a service that runs elsewhere holds."""

    name: str
    url: str
    service_type: str
    model_name: str = ""
    predict_path: str = ""
    readiness_path: str = ""
    box_format: str = BoxFormat.XYXY
    prompt: str = ""
    token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca: str = field(default="", repr=False)
    max_in_flight: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """What is wrong with a draft, by field, and what the service would wait for, were it deployed
    now."""

    problems: dict[str, Message]
    waiting: Message | None = None


def deployed_of(
    session: Session, draft: DeployDraft, cluster: Cluster, problems: dict[str, Message]
) -> Owned | None:
    """Return the server to deploy, or None; what is wrong is added to ``problems`` by field."""
    server = server_of(session, draft.server, cluster, problems)
    _check_common(draft.name, draft.max_in_flight, draft.server.node_count, problems)
    return server


def registered_of(
    draft: UrlDraft, problems: dict[str, Message]
) -> tuple[PackageSnapshot, Elsewhere] | None:
    """Return how a server elsewhere is spoken to and reached, or None; as :func:`deployed_of`."""
    _check_common(draft.name, draft.max_in_flight, 1, problems)
    if not _is_base_url(draft.url.strip()):
        problems["url"] = Message("URL_FORM", {"url": draft.url.strip()})
    _check_calls(draft, problems)
    _check_headers(draft, problems)
    if draft.ca.strip() and (len(draft.ca) > MAX_CA or not _is_pem(draft.ca)):
        problems["ca"] = Message("CA_FORM")
    if problems:
        return None
    launch = PackageLaunch(
        predict_path=_paths(draft)["predict_path"] or None,
        readiness_path=_paths(draft)["readiness_path"] or None,
        prompt=draft.prompt.strip(),
    )
    package = PackageSnapshot(
        id="",
        name=draft.model_name.strip() or draft.name.strip(),
        version="",
        service_type=ServiceType(draft.service_type),
        model_name=draft.model_name.strip(),
        box_format=BoxFormat(draft.box_format),
        launch=launch,
    )
    elsewhere = Elsewhere(
        url=draft.url.strip().rstrip("/"),
        token=draft.token.strip(),
        headers={name.strip(): value.strip() for name, value in draft.headers.items()},
        ca=draft.ca.strip(),
    )
    return package, elsewhere


def _check_calls(draft: UrlDraft, problems: dict[str, Message]) -> None:
    if draft.service_type not in list(ServiceType):
        problems["service_type"] = Message("REQUIRED")
    elif draft.service_type in NAMED and not draft.model_name.strip():
        problems["model_name"] = Message("MODEL_NAME_NEEDED", {"type": draft.service_type})
    elif not _is_url_text(draft.model_name.strip()):
        problems["model_name"] = Message("URL_TEXT", {"max": MAX_LINE})
    if draft.box_format not in list(BoxFormat):
        problems["box_format"] = Message("REQUIRED")
    for name, path in _paths(draft).items():
        if path and not path.startswith("/"):
            problems[name] = Message("URL_PATH_WITHOUT_SLASH", {"path": path})
        elif not _is_url_text(path):
            problems[name] = Message("URL_TEXT", {"max": MAX_LINE})
    if len(draft.prompt) > MAX_TEXT:
        problems["prompt"] = Message(
            "TEXT_TOO_LONG", {"max": MAX_TEXT, "length": len(draft.prompt)}
        )


def _paths(draft: UrlDraft) -> dict[str, str]:
    return {
        "predict_path": draft.predict_path.strip(),
        "readiness_path": draft.readiness_path.strip(),
    }


def _check_common(
    name: str, max_in_flight: int | None, nodes: int, problems: dict[str, Message]
) -> None:
    problem = name_problem(name)
    if problem is not None:
        problems["name"] = problem
    if max_in_flight is not None and max_in_flight < max(1, nodes):
        problems["max_in_flight"] = Message("LIMIT_BELOW_NODES", {"min": max(1, nodes)})


def _is_url_text(text: str) -> bool:
    """Whether it can stand in a request's first line as it is."""
    return len(text) <= MAX_LINE and f"{text}a".isprintable() and not set(text) & set(" #%")


def _is_base_url(url: str) -> bool:
    """Whether it is the plain beginning of a server's addresses, without secrets in it."""
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and len(url) <= MAX_LINE
        and port_is_right
        and url.isascii()
        and url.isprintable()
        and " " not in url
        and not (parts.username or parts.password or parts.query or parts.fragment)
    )


def _check_headers(draft: UrlDraft, problems: dict[str, Message]) -> None:
    token = draft.token.strip()
    if not _is_header_value(token):
        problems["token"] = Message("TOKEN_FORM")
    names = [name.strip().lower() for name in draft.headers]
    if len(names) > MAX_HEADERS or len(set(names)) < len(names):
        problems["headers"] = Message("HEADERS_TWICE", {"max": MAX_HEADERS})
    for name, value in draft.headers.items():
        plain = name.strip().replace("-", "").replace("_", "")
        if not (plain.isascii() and plain.isalnum()) or not _is_header_value(value.strip()):
            problems["headers"] = Message("HEADER_FORM", {"name": name.strip()})
        elif name.strip().lower() in _OWN_HEADERS:
            problems["headers"] = Message("HEADER_OWN", {"name": name.strip()})
        elif token and name.strip().lower() == "authorization":
            problems["headers"] = Message("HEADER_AND_TOKEN")


def _is_header_value(value: str) -> bool:
    return len(value) <= MAX_VALUE and value.isascii() and f"{value}a".isprintable()


def _is_pem(text: str) -> bool:
    try:
        ssl.create_default_context(cadata=text.strip())
    except (ssl.SSLError, ValueError):
        return False
    return "BEGIN CERTIFICATE" in text
