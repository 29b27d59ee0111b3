"""Volumes and datasets over a bare store, for tests that need no whole product."""

from __future__ import annotations

from pathlib import Path

from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.imaging.decoders import Decoders
from inference_ui.backend.imaging.kept import Kept
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.checks import Checks
from inference_ui.backend.services.datasets import Datasets
from inference_ui.backend.services.volumes import VolumeDraft, Volumes
from inference_ui.backend.store.database import Store


class Shelves:
    """The services of volumes and datasets; ``own`` is where a product would keep its data."""

    def __init__(self, store: Store, own: Path, actor: Actor, **settings: object) -> None:
        given = {"roots": (Path("/"),), "claims": {}, "own": own} | settings
        self.actor = actor
        self.volumes = Volumes(store, **given)
        self.checks = Checks(store, own / "checks", Changes())
        self.copies = Copies(Kept(own / "cache"), Decoders())
        self.datasets = Datasets(store, self.checks, Changes(), self.copies)

    def volume(self, name: str, folder: Path) -> Volume:
        """Register a volume."""
        return self.volumes.add(self.actor, VolumeDraft(name, str(folder)))

    def dataset(self, name: str, volume: Volume, path: str) -> Dataset:
        """Register a dataset."""
        return self.datasets.add(self.actor, name, volume.id, path)
