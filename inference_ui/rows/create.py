"""Rows of the create form: what there is to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from inference_ui.backend.models.catalog import Dataset, ModelPackage, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.protocols import ServiceType
from inference_ui.rows.spec_choice import SpecRow
from inference_ui.rows.start import output_volume, sample_dataset, sample_package


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset and the name of the volume that it lies on. ``checked_at`` (seconds since 1970) is
    None before its first check, which found ``json_files`` of which ``bad`` were wanting."""

    id: str
    name: str
    volume: str
    checked_at: float | None = None
    json_files: int = 0
    images: int = 0
    bad: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """An earlier task over the chosen dataset."""

    id: str
    name: str
    created_at: float
    succeeded: int


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """An online service to go through. ``limit`` is of requests in flight, 0 for none;
    ``copyable``: a copy of it can be deployed."""

    id: str = ""
    name: str = ""
    status: str = ""
    service_type: str = ""
    package: str = ""
    limit: int = 0
    copyable: bool = False


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
    volumes: list[VolumeRow] = field(default_factory=list)
    services: list[ServiceRow] = field(default_factory=list)


def choice_rows(
    datasets: Iterable[tuple[Dataset, Volume]],
    packages: Sequence[ModelPackage],
    volumes: Iterable[Volume],
    free: Mapping[str, int | None],
    services: Iterable[OnlineService] = (),
) -> ChoiceRows:
    """Return what can be chosen beside a spec; ``free`` are bytes by volume id."""
    return ChoiceRows(
        datasets=[_dataset_row(row, volume) for row, volume in datasets],
        types=[
            TypeRow(kind, sum(package.service_type == kind for package in packages))
            for kind in ServiceType
        ],
        packages=[PackageRow(row.id, row.name, row.version, row.service_type) for row in packages],
        volumes=[VolumeRow(row.id, row.name, free.get(row.id)) for row in volumes],
        services=[_service_row(service) for service in services],
    )


def _dataset_row(row: Dataset, volume: Volume) -> DatasetRow:
    report = row.report
    if report is None:
        return DatasetRow(row.id, row.name, volume.name)
    return DatasetRow(
        row.id,
        row.name,
        volume.name,
        checked_at=report.started_at + report.seconds,
        json_files=report.json_files,
        images=report.images,
        bad=report.bad,
        bytes=report.bytes,
    )


def _service_row(service: OnlineService) -> ServiceRow:
    package = service.package
    return ServiceRow(
        id=service.id,
        name=service.name,
        status=str(service.status),
        service_type=str(package.service_type),
        package=f"{package.name} {package.version}".strip(),
        limit=service.max_in_flight or 0,
        copyable=service.deployed,
    )


def earlier_rows(tasks: Iterable[InferenceTask]) -> list[EarlierRow]:
    """Return earlier tasks to compare with."""
    return [
        EarlierRow(task.id, task.name, task.created_at.timestamp(), task.succeeded)
        for task in tasks
    ]


def of_type(packages: Iterable[PackageRow], service_type: str) -> list[PackageRow]:
    """Return the packages of a service type."""
    return [package for package in packages if package.service_type == service_type]


def only_choices(
    choices: ChoiceRows, specs: Iterable[SpecRow], filled: Mapping[str, str]
) -> dict[str, str]:
    """Return values for the fields that are empty and leave no choice."""
    kinds = [row.code for row in choices.types if row.packages]
    found = {
        "dataset_id": _sole(row.id for row in choices.datasets),
        "service_type": _sole(kinds),
        "spec_id": _sole(row.id for row in specs),
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
