"""The create form's texts: from what was filled in to a draft and back, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite
from types import MappingProxyType
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.rows.common import MessageRow, message_row

FIELDS = (
    "name",
    "dataset_id",
    "input_kind",
    "since_task_id",
    "mode",
    "service_id",
    "service_type",
    "package_id",
    "prompt",
    "max_failed",
    "item_timeout_s",
    "retries",
    "spec_id",
    "driver_version",
    "node_count",
    "volume_id",
)
"""The fields that hold a text, in the form's order: names of ``TaskDraft``, and ``mode``, which is
PACKAGE or SERVICE: what serves, a package that is deployed or a service that runs."""

JUDGED = (
    *("name", "dataset_id", "since_task_id", "service_id", "service_type", "package_id"),
    *("environment", "parameters", "prompt", "max_failed", "item_timeout_s", "retries"),
    *("spec_id", "nodes", "driver_version", "node_count", "volume_id"),
)
"""What messages stand at, in the form's order."""

EMPTY = {
    **dict.fromkeys(FIELDS, ""),
    "input_kind": "JSON",
    "mode": "PACKAGE",
    "node_count": "1",
    "item_timeout_s": "60",
    "retries": "3",
}
"""The form as it is at first."""

_REQUIRED = {
    "PACKAGE": (
        *("name", "dataset_id", "service_type", "package_id", "spec_id", "node_count"),
        "volume_id",
    ),
    "SERVICE": ("name", "dataset_id", "service_id", "volume_id"),
}


def draft_of(
    form: Mapping[str, Any],
    environment: Mapping[str, str] = MappingProxyType({}),
    parameters: Mapping[str, str] = MappingProxyType({}),
    nodes: Iterable[str] = (),
) -> TaskDraft:
    """Return what was filled in as a draft. What is missing is empty, a number that is none is one
    that the service refuses. What the chosen mode does not ask for is left out."""
    text = {name: str(form.get(name) or "") for name in FIELDS}
    through = text["mode"] == "SERVICE"
    common = TaskDraft(
        name=text["name"],
        dataset_id=text["dataset_id"],
        volume_id=text["volume_id"],
        input_kind=InputKind.IMAGES if text["input_kind"] == "IMAGES" else InputKind.JSON,
        prompt=text["prompt"],
        max_failed=text["max_failed"].strip() or None,
        item_timeout_s=_number(text["item_timeout_s"]),
        retries=_whole(text["retries"], -1),
        since_task_id=text["since_task_id"],
    )
    if through:
        return replace(common, service_id=text["service_id"] or NO_SERVICE)
    return replace(
        common,
        service_type=text["service_type"],
        package_id=text["package_id"],
        spec_id=text["spec_id"],
        node_count=_whole(text["node_count"], 0),
        environment=dict(environment),
        parameters=dict(parameters),
        nodes=tuple(nodes),
        driver_version=text["driver_version"],
    )


NO_SERVICE = "-"
"""What stands for a service that is still to be chosen: none has this id."""


def values_of(draft: TaskDraft) -> dict[str, str]:
    """Return a draft as the texts of the form; its opposite is :func:`draft_of`."""
    return {
        "name": draft.name,
        "dataset_id": draft.dataset_id,
        "input_kind": str(draft.input_kind),
        "since_task_id": draft.since_task_id,
        "mode": "SERVICE" if draft.service_id else "PACKAGE",
        "service_id": draft.service_id,
        "service_type": draft.service_type,
        "package_id": draft.package_id,
        "prompt": draft.prompt,
        "max_failed": draft.max_failed or "",
        "item_timeout_s": f"{draft.item_timeout_s:g}",
        "retries": str(draft.retries),
        "spec_id": draft.spec_id,
        "driver_version": draft.driver_version,
        "node_count": str(draft.node_count),
        "volume_id": draft.volume_id,
    }


def copy_of_service(service: OnlineService) -> dict[str, str]:
    """Return the texts of the form that deploy a copy of a service; nothing for one elsewhere."""
    server = service.server
    if server is None:
        return {}
    return {
        "mode": "PACKAGE",
        "service_type": str(server.package.service_type),
        "package_id": server.package.id,
        "spec_id": server.spec.id,
        "node_count": str(server.node_count),
        "driver_version": server.placement.driver_version or "",
    }


def _whole(text: str, otherwise: int) -> int:
    text = text.strip()
    plain = text.isascii() and text.isdigit() and len(text) < 7
    return int(text) if plain else otherwise


def _number(text: str) -> float:
    """Return a number of seconds; 0, which is refused, where it is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if isfinite(value) else 0.0


def problem_rows(problems: Mapping[str, Message], shown: Iterable[str]) -> dict[str, MessageRow]:
    """Return a row for every place of a message: empty where nothing is wrong, or is not to be
    shown yet."""
    told = set(shown)
    return {name: message_row(problems.get(name) if name in told else None) for name in JUDGED}


def first_wrong(problems: Mapping[str, MessageRow]) -> str:
    """Return the first place, in the form's order, that has a problem; ``""`` where none has."""
    return next((name for name in JUDGED if problems[name].code), "")


def missing(values: Mapping[str, str]) -> list[str]:
    """Return the required fields that are still empty, in the form's order."""
    required = _REQUIRED["SERVICE" if values.get("mode") == "SERVICE" else "PACKAGE"]
    return [name for name in required if not values.get(name, "").strip()]
