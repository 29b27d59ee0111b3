"""The forms of an online service, to deploy and to register: their texts, and from them to a draft.

A token and the headers are no texts of these: they stay on the server (``state.service_form``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from inference_ui.backend.errors import Message
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.server_drafts import ServerDraft
from inference_ui.backend.services.service_drafts import DeployDraft, UrlDraft
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.create import PackageRow

DEPLOY_FIELDS = (
    "name",
    "package_id",
    "spec_id",
    "driver_version",
    "node_count",
    "max_in_flight",
)
DEPLOY_JUDGED = (
    *("name", "package_id", "environment", "parameters"),
    *("spec_id", "nodes", "driver_version", "node_count", "max_in_flight"),
)
"""What messages stand at, in the form's order."""
DEPLOY_EMPTY = {**dict.fromkeys(DEPLOY_FIELDS, ""), "node_count": "1"}
DEPLOY_REQUIRED = ("name", "package_id", "spec_id", "node_count")

URL_FIELDS = (
    "name",
    "url",
    "service_type",
    "model_name",
    "predict_path",
    "readiness_path",
    "box_format",
    "prompt",
    "ca",
    "max_in_flight",
)
URL_SECRETS = ("token", "headers")
URL_JUDGED = (*URL_FIELDS[:8], "token", "headers", "ca", "max_in_flight")
URL_EMPTY = {**dict.fromkeys(URL_FIELDS, ""), "box_format": str(BoxFormat.XYXY)}
URL_REQUIRED = ("name", "url", "service_type")

LONGEST = 500_000
"""Characters of a field; the service refuses what is that long in any case."""


def deploy_draft(
    values: Mapping[str, str],
    packages: Iterable[PackageRow],
    environment: Mapping[str, str],
    parameters: Mapping[str, str],
    nodes: Sequence[str],
) -> DeployDraft:
    """Return what was filled in as a draft; the type follows from the package."""
    chosen = values["package_id"]
    kind = next((row.service_type for row in packages if row.id == chosen), "-")
    server = ServerDraft(
        service_type=kind,
        package_id=chosen,
        spec_id=values["spec_id"],
        node_count=_whole(values["node_count"]),
        environment=dict(environment),
        parameters=dict(parameters),
        nodes=tuple(nodes),
        driver_version=values["driver_version"],
    )
    return DeployDraft(values["name"], server, limit_of(values["max_in_flight"]))


def url_draft(values: Mapping[str, str], token: str, headers: str) -> UrlDraft:
    """Return what was filled in as a draft; ``headers`` are lines ``Name: value``."""
    texts = {name: values[name] for name in URL_FIELDS if name != "max_in_flight"}
    return UrlDraft(
        **texts,
        token=token,
        headers=headers_of(headers),
        max_in_flight=limit_of(values["max_in_flight"]),
    )


def headers_of(text: str) -> dict[str, str]:
    """Return the headers of lines ``Name: value``. What is no header is one that the service
    refuses, and so is a name that comes twice."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name = name.strip() if colon else ""
        while name in found:
            name += " "  # the service strips it, and sees the same name again
        found[name] = value.strip()
    return found


def limit_of(text: str) -> int | None:
    """Return a limit: None for an empty text, 0, which the service refuses, for no number."""
    return _whole(text) if text.strip() else None


def kept_values(text: str, empty: Mapping[str, str]) -> dict[str, str]:
    """Return the values that a browser's tab kept; whatever else it sends is left out."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    kept = found if isinstance(found, dict) else {}
    return {**empty, **{name: str(kept[name])[:LONGEST] for name in empty if name in kept}}


def problem_rows(
    problems: Mapping[str, Message], judged: Iterable[str], shown: Iterable[str]
) -> dict[str, MessageRow]:
    """Return a row for everything that is judged: empty where nothing is wrong, or is not to be
    shown yet."""
    told = set(shown)
    return {name: message_row(problems.get(name) if name in told else None) for name in judged}


def missing(values: Mapping[str, str], required: Iterable[str]) -> list[str]:
    """Return the required fields that are still empty."""
    return [name for name in required if not values[name].strip()]


def first_wrong(problems: Mapping[str, MessageRow]) -> str:
    """Return the first field, in the form's order, that has a problem; ``""`` where none has."""
    return next((name for name, row in problems.items() if row.code), "")


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
