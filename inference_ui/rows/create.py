"""Rows of the create form: what there is to choose from, and from what was filled in to a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import Dataset, ModelPackage, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.rows.common import MessageRow, message_row
from inference_ui.rows.start import output_volume, sample_dataset, sample_package

FIELDS = (
    "name",
    "dataset_id",
    "service_type",
    "package_id",
    "spec_id",
    "node_count",
    "volume_id",
)
"""The form's fields in the order in which they are filled in; names of ``TaskDraft``."""


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset and the name of the volume that it lies on."""

    id: str
    name: str
    volume: str


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A service type, and how many model packages there are of it."""

    code: str
    packages: int


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A version of a model package."""

    id: str
    name: str
    version: str
    service_type: str


@dataclass(frozen=True, slots=True)
class SpecRow:
    """A compute spec: ``cards`` of the model ``card`` (0: none), CPUs, bytes, for each node."""

    id: str = ""
    name: str = ""
    cards: int = 0
    card: str = ""
    cpus: float = 0.0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class VolumeRow:
    """A storage volume, and how many bytes are free on it; None where nobody can tell."""

    id: str
    name: str
    free_bytes: int | None


@dataclass(frozen=True, slots=True)
class ChoiceRows:
    """All that can be chosen."""

    datasets: list[DatasetRow] = field(default_factory=list)
    types: list[TypeRow] = field(default_factory=list)
    packages: list[PackageRow] = field(default_factory=list)
    specs: list[SpecRow] = field(default_factory=list)
    volumes: list[VolumeRow] = field(default_factory=list)


def choice_rows(
    datasets: Iterable[tuple[Dataset, Volume]],
    packages: Sequence[ModelPackage],
    specs: Iterable[ComputeSpec],
    volumes: Iterable[Volume],
    free: Mapping[str, int | None],
) -> ChoiceRows:
    """Return what can be chosen; ``free`` are bytes by volume id."""
    return ChoiceRows(
        datasets=[DatasetRow(row.id, row.name, volume.name) for row, volume in datasets],
        types=[
            TypeRow(kind, sum(package.service_type == kind for package in packages))
            for kind in ServiceType
        ],
        packages=[PackageRow(row.id, row.name, row.version, row.service_type) for row in packages],
        specs=[spec_row(spec) for spec in specs],
        volumes=[VolumeRow(row.id, row.name, free.get(row.id)) for row in volumes],
    )


def spec_row(spec: ComputeSpec) -> SpecRow:
    """Return the row of a compute spec."""
    card = (spec.card_model or spec.accelerator) if spec.cards else ""
    return SpecRow(spec.id, spec.name, spec.cards, card, spec.cpu_millis / 1000, spec.memory_bytes)


def of_type(packages: Iterable[PackageRow], service_type: str) -> list[PackageRow]:
    """Return the packages of a service type."""
    return [package for package in packages if package.service_type == service_type]


def only_choices(choices: ChoiceRows, filled: Mapping[str, str]) -> dict[str, str]:
    """Return values for the fields that are empty and leave no choice."""
    kinds = [row.code for row in choices.types if row.packages]
    found = {
        "dataset_id": _sole(row.id for row in choices.datasets),
        "service_type": _sole(kinds),
        "spec_id": _sole(row.id for row in choices.specs),
        "volume_id": _sole(row.id for row in choices.volumes),
    }
    kind = filled.get("service_type") or found["service_type"]
    found["package_id"] = _sole(row.id for row in of_type(choices.packages, kind))
    return {name: value for name, value in found.items() if value and not filled.get(name)}


def _sole(ids: Iterable[str]) -> str:
    """Return the only one, or ``""`` where there is none or more than one."""
    several = list(ids)
    return several[0] if len(several) == 1 else ""


def sample_values(
    datasets: Sequence[tuple[Dataset, Volume]],
    packages: Sequence[ModelPackage],
    specs: Sequence[ComputeSpec],
    volumes: Sequence[Volume],
) -> dict[str, str]:
    """Return the fields filled in with the sample, without a name; empty where it is not there.

    The results go to another volume than the pages where there is another.
    """
    dataset, package = sample_dataset(datasets), sample_package(packages)
    volume = output_volume(volumes, dataset)
    if dataset is None or package is None or volume is None or not specs:
        return {}
    return {
        "dataset_id": dataset.id,
        "service_type": package.service_type,
        "package_id": package.id,
        "spec_id": specs[0].id,
        "volume_id": volume.id,
    }


def draft_of(form: Mapping[str, Any]) -> TaskDraft:
    """Return what was filled in as a draft. What is missing is empty, a number that is none 0."""
    text = {name: str(form.get(name) or "") for name in FIELDS}
    count = text.pop("node_count").strip()
    plain = count.isascii() and count.isdigit() and len(count) < 7
    return TaskDraft(**text, node_count=int(count) if plain else 0)


def problem_rows(problems: Mapping[str, Message], shown: Iterable[str]) -> dict[str, MessageRow]:
    """Return a row for every field: empty where nothing is wrong, or is not to be shown yet."""
    told = set(shown)
    return {name: message_row(problems.get(name) if name in told else None) for name in FIELDS}


def first_wrong(problems: Mapping[str, MessageRow]) -> str:
    """Return the first field, in the form's order, that has a problem; ``""`` where none has."""
    return next((name for name in FIELDS if problems[name].code), "")


def missing(values: Mapping[str, str]) -> list[str]:
    """Return the fields that are still empty, in the form's order."""
    return [name for name in FIELDS if not values.get(name, "").strip()]
