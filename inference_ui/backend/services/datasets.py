"""Datasets: folders of volumes, registered, looked into, and removed."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from inference_ui.backend.errors import (
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
    Refused,
)
from inference_ui.backend.imaging import EncodedPicture
from inference_ui.backend.imaging.copies import Copies
from inference_ui.backend.inside import open_inside
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.records import IMAGE_SUFFIXES, CheckProgress
from inference_ui.backend.results.pictures import find_picture
from inference_ui.backend.results.shown import shown_picture, thumbnail_of
from inference_ui.backend.services.catalog import dataset_folder
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.checks import Checks
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store import tasks as task_queries
from inference_ui.backend.store.database import Session, Store

MAX_TEXT = 64 << 10
"""Bytes of a file that a preview shows."""
MOST_ENTRIES = 500
"""Entries of a folder that one page holds."""

_log = logging.getLogger(__name__)

Kind = Literal["FOLDER", "JSON", "IMAGE", "OTHER"]


@dataclass(frozen=True, slots=True)
class DatasetView:
    """A dataset, as pages show it. ``check`` is how its last check is or ended, None without one;
    ``missing``: its folder is not there."""

    dataset: Dataset
    volume: Volume
    owner: str
    check: CheckProgress | None
    missing: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a folder: ``path`` in the dataset, ``size`` in bytes (0 for a folder)."""

    name: str
    path: str
    kind: Kind
    size: int


@dataclass(frozen=True, slots=True)
class FolderPage:
    """A part of a folder, folders first, and how many entries it has in all."""

    folder: str
    total: int
    offset: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a file as text, and whether there is a picture to it."""

    path: str
    size: int
    text: str
    shortened: bool
    picture: bool
    why: Message | None = None


class Datasets:
    """The use cases of datasets. ``changes`` is told of what is registered and removed."""

    def __init__(self, store: Store, checks: Checks, changes: Changes, copies: Copies) -> None:
        self._store = store
        self._checks = checks
        self._changes = changes
        self._copies = copies

    def all(self, actor: Actor) -> list[DatasetView]:
        """Return all datasets, by name."""
        with self._store.read() as session:
            pairs = queries.datasets(session)
            names = account_queries.names_of(session, {row.owner_id for row, _ in pairs})
        return [self._view(row, volume, names) for row, volume in pairs]

    def view(self, actor: Actor, dataset_id: str) -> DatasetView:
        """Return one dataset. Raises :class:`NotFound`."""
        with self._store.read() as session:
            row, volume = _known(session, dataset_id)
            names = account_queries.names_of(session, {row.owner_id})
        return self._view(row, volume, names)

    def _view(self, row: Dataset, volume: Volume, names: dict[str, str]) -> DatasetView:
        return DatasetView(
            row,
            volume,
            names.get(row.owner_id, ""),
            self._checks.progress(row.id),
            not dataset_folder(row, volume).is_dir(),
        )

    def check(self, actor: Actor, name: str, volume_id: str, path: str) -> dict[str, Message]:
        """Say what keeps a folder from being registered, by field: name, volume_id, path.

        Raises :class:`Forbidden`.
        """
        _require_administrator(actor)
        with self._store.read() as session:
            return self._problems(session, name, volume_id, path)

    def add(self, actor: Actor, name: str, volume_id: str, path: str) -> Dataset:
        """Register the folder ``path`` of a volume (relative to its root) as a dataset.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        _require_administrator(actor)
        dataset = Dataset(
            name=clean_name(name), owner_id=actor.id, volume_id=volume_id, path=path.strip("/ ")
        )
        with self._store.write() as session:
            problems = self._problems(session, name, volume_id, path)
            if problems:
                raise InvalidFields(problems)
            session.add(dataset)
        self._changes.publish(frozenset({f"dataset:{dataset.id}"}))
        return dataset

    def _problems(
        self, session: Session, name: str, volume_id: str, path: str
    ) -> dict[str, Message]:
        problems: dict[str, Message] = {}
        wrong = name_problem(name)
        if wrong is not None:
            problems["name"] = wrong
        elif clean_name(name) in {row.name for row, _ in queries.datasets(session)}:
            problems["name"] = Message("NAME_TAKEN", {"name": clean_name(name)})
        volume = session.get(Volume, volume_id) if volume_id else None
        if volume is None:
            problems["volume_id"] = Message("REQUIRED")
        elif (outside := _path_problem(Path(volume.root), path)) is not None:
            problems["path"] = outside
        return problems

    def remove(self, actor: Actor, dataset_id: str, *, files: bool = False) -> None:
        """Forget a dataset. With ``files`` its folder is deleted too, which only its owner's own
        uploads allow: a folder that was registered belongs to somebody else.

        Raises :class:`NotFound`, :class:`Forbidden`, and :class:`Conflict` while a task uses it.
        """
        with self._store.write() as session:
            row, volume = _known(session, dataset_id)
            if not actor.owns(row.owner_id):
                raise Forbidden("NOT_YOUR_DATASET", name=row.name)
            for task in task_queries.unfinished(session):
                if task.plan.dataset_id == dataset_id:
                    raise Conflict("DATASET_IN_USE", name=row.name, task=task.name)
            uploaded = queries.is_uploaded(session, dataset_id)
            session.delete(row)
        self._checks.forget(dataset_id)
        if files and uploaded and row.path:
            shutil.rmtree(dataset_folder(row, volume), onerror=_tell)
        self._changes.publish(frozenset({f"dataset:{dataset_id}"}))

    def is_uploaded(self, actor: Actor, dataset_id: str) -> bool:
        """Whether its files came by an upload."""
        with self._store.read() as session:
            return queries.is_uploaded(session, dataset_id)

    def browse(
        self, actor: Actor, dataset_id: str, folder: str = "", offset: int = 0, limit: int = 200
    ) -> FolderPage:
        """Return a part of a folder of a dataset, of one level. Links are not shown.

        Raises :class:`NotFound`, and :class:`Refused` for a folder outside.
        """
        root = self._root(dataset_id)
        place = _inside(root, folder)
        try:
            with os.scandir(place) as found:
                entries = sorted(
                    (one for one in found if not one.is_symlink()),
                    key=lambda one: (not one.is_dir(follow_symlinks=False), one.name),
                )
        except OSError as error:
            raise NotFound("FILE_UNREADABLE", path=folder, error=error.strerror) from error
        first = max(0, offset)
        part = entries[first : first + max(1, min(limit, MOST_ENTRIES))]
        shown = tuple(_entry(folder, one) for one in part)
        return FolderPage(folder, len(entries), first, shown)

    def preview(self, actor: Actor, dataset_id: str, path: str) -> Preview:
        """Return how a file begins. Raises :class:`NotFound`, :class:`Refused`."""
        root = self._root(dataset_id)
        with open_inside(root, path) as file:
            size = os.fstat(file.fileno()).st_size
            is_image = _kind(path) == "IMAGE"
            content = b"" if is_image else file.read(MAX_TEXT + 1)
        why = None
        picture = True
        try:
            find_picture(root, path).inspect()
        except Refused as error:
            picture, why = False, error.message
        text = content[:MAX_TEXT].decode("utf-8", "replace")
        return Preview(path, size, text, len(content) > MAX_TEXT, picture, why)

    def picture(
        self, actor: Actor, dataset_id: str, path: str, side: int | None = None
    ) -> EncodedPicture:
        """Return the picture of a file as browsers show it, or a small JPEG of it whose longer side
        has ``side`` pixels. Raises :class:`Refused` where there is none."""
        root = self._root(dataset_id)
        if side is None:
            return shown_picture(self._copies, root, path)
        return thumbnail_of(self._copies, root, path, side)

    def _root(self, dataset_id: str) -> Path:
        with self._store.read() as session:
            return dataset_folder(*_known(session, dataset_id))


def _known(session: Session, dataset_id: str) -> tuple[Dataset, Volume]:
    pair = queries.dataset_with_volume(session, dataset_id)
    if pair is None:
        raise NotFound("DATASET_UNKNOWN", id=dataset_id)
    return pair


def _path_problem(root: Path, path: str) -> Message | None:
    """Say what keeps a path of a volume from being a dataset: it must be a folder inside."""
    given = path.strip("/ ")
    place = Path(os.path.realpath(root / given)) if "\0" not in given else None
    inside = place is not None and (place == root or Path(os.path.realpath(root)) in place.parents)
    if ".." in PurePosixPath(given).parts or (place is not None and place.exists() and not inside):
        return Message("DATASET_OUTSIDE", {"path": given})
    if place is None or not place.is_dir():
        return Message("DATASET_MISSING", {"folder": str(root / given.replace("\0", ""))})
    return None


def _inside(root: Path, folder: str) -> Path:
    if "\0" in folder or folder.startswith("/") or ".." in PurePosixPath(folder).parts:
        raise Refused("PATH_OUTSIDE", path=folder)
    real, top = Path(os.path.realpath(root / folder)), Path(os.path.realpath(root))
    if real != top and top not in real.parents:
        raise Refused("PATH_OUTSIDE", path=folder)
    return real


def _entry(folder: str, one: os.DirEntry[str]) -> Entry:
    path = f"{folder}/{one.name}" if folder else one.name
    if one.is_dir(follow_symlinks=False):
        return Entry(one.name, path, "FOLDER", 0)
    try:
        size = one.stat(follow_symlinks=False).st_size
    except OSError:
        size = 0
    return Entry(one.name, path, _kind(one.name), size)


def _kind(name: str) -> Kind:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".json":
        return "JSON"
    return "IMAGE" if suffix in IMAGE_SUFFIXES else "OTHER"


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("ADMINISTRATORS_ONLY")


def _tell(_function: object, path: str, error: Sequence[object]) -> None:
    _log.warning("%s could not be deleted: %s", path, error[1])
