"""What tasks are made of: storage volumes, datasets, compute specs, as forms offer them."""

from __future__ import annotations

from pathlib import Path

from inference_ui.backend.errors import NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.folders import count_inputs
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Store


class Catalog:
    """Lists for everybody who is signed in."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def volumes(self, actor: Actor) -> list[Volume]:
        """Return all storage volumes, by name."""
        with self._store.read() as session:
            return queries.volumes(session)

    def datasets(self, actor: Actor) -> list[tuple[Dataset, Volume]]:
        """Return all datasets with their volumes, by name."""
        with self._store.read() as session:
            return queries.datasets(session)

    def count_inputs(self, actor: Actor, dataset_id: str, kind: InputKind, most: int) -> int:
        """Return how many inputs a dataset holds, ``most`` standing for that many or more.

        Raises :class:`NotFound`.
        """
        with self._store.read() as session:
            pair = queries.dataset_with_volume(session, dataset_id)
        if pair is None:
            raise NotFound("DATASET_UNKNOWN", id=dataset_id)
        return count_inputs(dataset_folder(*pair), kind, most)

    def specs(self, actor: Actor) -> list[ComputeSpec]:
        """Return all compute specs, by accelerator and card model, the smallest first."""
        with self._store.read() as session:
            return queries.specs(session)


def dataset_folder(dataset: Dataset, volume: Volume) -> Path:
    """Return where a dataset lies on this machine."""
    return Path(volume.root) / dataset.path
