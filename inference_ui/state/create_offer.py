"""What the create form offers and fills in by itself: reads of services, for ``state.create``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inference_ui.backend.errors import NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.context import product
from inference_ui.rows.create import (
    ChoiceRows,
    EarlierRow,
    choice_rows,
    earlier_rows,
    sample_values,
)
from inference_ui.rows.create_values import EMPTY, FIELDS, copy_of_service, draft_of, values_of
from inference_ui.rows.start import SAMPLE_DATASET

COUNTED = 100_000
"""Inputs of a dataset are counted up to here."""

LONGEST = 20_000
"""No field is longer; what is cut here is refused by the service in any case."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form is filled in with: texts, overrides (secret ones apart), nodes. ``whole``: what
    the form holds of a server already makes room."""

    values: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    whole: bool = False


def offer(user: Actor) -> ChoiceRows:
    """Return what there is to choose from."""
    catalog, choices = product().catalog, product().choices
    return choice_rows(
        catalog.datasets(user),
        product().packages.all(user),
        catalog.volumes(user),
        product().volumes.free_bytes(user),
        choices.services(user),
    )


def asked_for(user: Actor, query: Mapping[str, str], filled: Mapping[str, str]) -> Filled:
    """Return what the address wants to be filled in: a copy, a service, a package, a dataset, or
    the sample. Nothing for what is gone."""
    if query.get("copy"):
        return _copy(user, query["copy"])
    if query.get("service"):
        return Filled({"mode": "SERVICE", "service_id": query["service"]})
    values = {}
    if query.get("dataset"):
        values["dataset_id"] = query["dataset"]
    package = product().choices.package(user, query.get("package", ""))
    if package is not None:
        values |= {"package_id": package.id, "service_type": str(package.service_type)}
    if query.get("sample") == "1" and not filled["name"]:
        # As it was made, whatever an earlier draft had chosen of nodes.
        made = {"node_count": "1", "driver_version": "", **values, **_sample(user, filled)}
        return Filled(made, whole=True)
    return Filled(values)


def copied_service(user: Actor, service_id: str) -> Filled:
    """Return what deploys a copy of a service."""
    services = product().choices.services(user)
    service = next((one for one in services if one.id == service_id), None)
    if service is None or service.server is None:
        return Filled()
    server = service.server
    open_values, secrets = _apart(
        server.environment, {one.name for one in server.package.launch.variables if one.secret}
    )
    return Filled(
        copy_of_service(service),
        open_values,
        secrets,
        dict(server.parameters),
        list(server.placement.nodes),
        whole=True,
    )


def about_dataset(user: Actor, values: Mapping[str, str]) -> tuple[int | None, list[EarlierRow]]:
    """Return how many inputs of the chosen kind the chosen dataset holds, up to :data:`COUNTED`
    (None for one that is gone), and the earlier tasks over it."""
    dataset_id = values["dataset_id"]
    if not dataset_id:
        return None, []
    kind = InputKind.IMAGES if values["input_kind"] == "IMAGES" else InputKind.JSON
    try:
        inputs = product().catalog.count_inputs(user, dataset_id, kind, COUNTED)
    except NotFound:
        return None, []
    return inputs, earlier_rows(product().choices.tasks_over(user, dataset_id))


def kept_of(text: str) -> Filled:
    """Return what a browser's tab kept; whatever else it sends is left out."""
    kept = _kept(text)
    values = _texts(kept.get("values"))
    return Filled(
        {name: value for name, value in values.items() if name in FIELDS and value},
        _texts(kept.get("environment")),
        {},
        _texts(kept.get("parameters")),
        [str(name)[:LONGEST] for name in _list(kept.get("nodes"))][:1000],
    )


def asked_before(text: str) -> str:
    """Return what the address had asked for when a browser's tab kept ``text``."""
    return str(_kept(text).get("asked") or "")[:LONGEST]


def _kept(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


def _texts(value: Any) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(name): str(text)[:LONGEST] for name, text in pairs}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _copy(user: Actor, task_id: str) -> Filled:
    try:
        draft = product().again.draft_of(user, task_id)
    except NotFound:
        return Filled()
    package = product().choices.package(user, draft.package_id)
    variables = package.launch.variables if package else ()
    open_values, secrets = _apart(draft.environment, {one.name for one in variables if one.secret})
    if package is None:  # what of it was secret is not known any more
        open_values = {}
    values = values_of(draft if package or draft.service_id else replace(draft, package_id=""))
    return Filled(values, open_values, secrets, dict(draft.parameters), list(draft.nodes), True)


def _apart(
    environment: Mapping[str, str], secret: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what may be shown, and what may not."""
    return (
        {name: value for name, value in environment.items() if name not in secret},
        {name: value for name, value in environment.items() if name in secret},
    )


def _sample(user: Actor, filled: Mapping[str, str]) -> dict[str, str]:
    catalog = product().catalog
    values = sample_values(
        catalog.datasets(user),
        product().packages.all(user),
        catalog.specs(user),
        catalog.volumes(user),
    )
    return {**values, "name": _free_name(user, SAMPLE_DATASET, {**EMPTY, **filled, **values})}


def _free_name(user: Actor, wanted: str, values: Mapping[str, str]) -> str:
    """Return the wanted name, or with the first number that makes it free."""
    for number in range(1, 100):
        name = wanted if number == 1 else f"{wanted}-{number}"
        draft: TaskDraft = draft_of({**values, "name": name})
        if "name" not in product().tasks.check(user, draft).problems:
            return name
    return ""
