"""What a first task still needs: the steps that stand in place of an empty list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inference_ui.backend.models.catalog import Dataset, ModelPackage, Volume

SAMPLE_DATASET = "digits"
SAMPLE_PACKAGE = "digits-detector"
"""The names under which ``demo.sample`` registers the sample."""


@dataclass(frozen=True, slots=True)
class StartRow:
    """One name of each thing that a task needs (``""`` where there is none), the bytes free on
    the volume, the inputs of the dataset (None: not known), and whether the sample is there."""

    volume: str = ""
    free_bytes: int | None = None
    dataset: str = ""
    inputs: int | None = None
    package: str = ""
    sample: bool = False


def sample_dataset(datasets: Sequence[tuple[Dataset, Volume]]) -> Dataset | None:
    """Return the sample's dataset if it is there."""
    return next((row for row, _ in datasets if row.name == SAMPLE_DATASET), None)


def sample_package(packages: Sequence[ModelPackage]) -> ModelPackage | None:
    """Return the sample's model package if it is there."""
    return next((row for row in packages if row.name == SAMPLE_PACKAGE), None)


def output_volume(volumes: Sequence[Volume], dataset: Dataset | None) -> Volume | None:
    """Return a volume for results: another than the dataset's where there is another."""
    others = [row for row in volumes if dataset is None or row.id != dataset.volume_id]
    return next(iter(others or volumes), None)


def start_row(
    volumes: Sequence[Volume],
    free: dict[str, int | None],
    datasets: Sequence[tuple[Dataset, Volume]],
    packages: Sequence[ModelPackage],
    inputs: int | None,
) -> StartRow:
    """Return what there is; ``inputs`` counts the dataset of :func:`first_dataset`."""
    dataset = first_dataset(datasets)
    volume = output_volume(volumes, dataset)
    package = sample_package(packages) or (packages[0] if packages else None)
    return StartRow(
        volume=volume.name if volume else "",
        free_bytes=free.get(volume.id) if volume else None,
        dataset=dataset.name if dataset else "",
        inputs=inputs,
        package=f"{package.name} {package.version}" if package else "",
        sample=sample_dataset(datasets) is not None and sample_package(packages) is not None,
    )


def first_dataset(datasets: Sequence[tuple[Dataset, Volume]]) -> Dataset | None:
    """Return the dataset to name: the sample's, or the first."""
    return sample_dataset(datasets) or (datasets[0][0] if datasets else None)
