"""What tasks are made of: storage volumes, datasets, compute specs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from inference_ui.backend.errors import Forbidden, InvalidFields, Message, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.compute import ComputeSpec
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.folders import count_inputs, free_bytes
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Session, Store


class Catalog:
    """Lists for everybody who is signed in; registering is for administrators."""

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

    def free_bytes(self, actor: Actor) -> dict[str, int | None]:
        """Return how many bytes are free on each volume, by its id; None where nobody can tell."""
        return {volume.id: free_bytes(Path(volume.root)) for volume in self.volumes(actor)}

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
        """Return all compute specs, the smallest first."""
        with self._store.read() as session:
            return queries.specs(session)

    def add_volume(self, actor: Actor, name: str, folder: Path) -> Volume:
        """Register a folder of this machine as a storage volume.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        root = folder.expanduser().absolute()
        missing = None if root.is_dir() else Message("VOLUME_MISSING", {"folder": str(root)})
        volume = Volume(name=clean_name(name), owner_id=actor.id, root=str(root))
        problems = {"name": name_problem(name), "folder": missing}
        self._add(actor, volume, problems, lambda s: {row.name for row in queries.volumes(s)})
        return volume

    def add_dataset(self, actor: Actor, name: str, volume_name: str, path: str) -> Dataset:
        """Register the folder ``path`` of a volume (relative to its root) as a dataset.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        volume = next((v for v in self.volumes(actor) if v.name == volume_name), None)
        if volume is None:
            raise InvalidFields({"volume": Message("VOLUME_UNKNOWN", {"name": volume_name})})
        dataset = Dataset(
            name=clean_name(name), owner_id=actor.id, volume_id=volume.id, path=path.strip("/")
        )
        problems = {"name": name_problem(name), "path": _path_problem(Path(volume.root), path)}
        self._add(actor, dataset, problems, lambda s: {d.name for d, _ in queries.datasets(s)})
        return dataset

    def add_spec(self, actor: Actor, spec: ComputeSpec) -> ComputeSpec:
        """Register a compute spec; its owner becomes the acting administrator.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        spec.name, spec.owner_id = clean_name(spec.name), actor.id
        size = None
        if spec.cpu_millis <= 0 or spec.memory_bytes <= 0 or spec.cards < 0:
            size = Message("SPEC_SIZE")
        problems = {"name": name_problem(spec.name), "size": size}
        self._add(actor, spec, problems, lambda s: {row.name for row in queries.specs(s)})
        return spec

    def _add(
        self,
        actor: Actor,
        row: Volume | Dataset | ComputeSpec,
        problems: dict[str, Message | None],
        names: Callable[[Session], set[str]],
    ) -> None:
        if not actor.is_administrator:
            raise Forbidden("ADMINISTRATORS_ONLY")
        found = {field: problem for field, problem in problems.items() if problem is not None}
        with self._store.write() as session:
            if "name" not in found and row.name in names(session):
                found["name"] = Message("NAME_TAKEN", {"name": row.name})
            if found:
                raise InvalidFields(found)
            session.add(row)


def dataset_folder(dataset: Dataset, volume: Volume) -> Path:
    """Return where a dataset lies on this machine."""
    return Path(volume.root) / dataset.path


def _path_problem(root: Path, path: str) -> Message | None:
    if ".." in PurePosixPath(path).parts or not (root / path.strip("/")).is_dir():
        return Message("DATASET_MISSING", {"folder": str(root / path.strip("/"))})
    return None
