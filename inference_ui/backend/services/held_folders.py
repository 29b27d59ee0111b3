"""Folders that must not vanish: those of volumes, datasets and model packages, and all above them.

A dataset or a model may be registered by a link, as long as what it leads to lies on its volume. So
both count: the path as it is written, and where it leads to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import PurePath

from inference_ui.backend.errors import Message
from inference_ui.backend.store import deletions as queries
from inference_ui.backend.store.database import Store


class HeldFolders:
    """What lies where, as it was when this was made. ``used`` are the code of the message that
    tells of it, a name, and a path; ``roots`` the folders of all volumes."""

    def __init__(self, used: Iterable[tuple[str, str, str]], roots: Iterable[str]) -> None:
        self._real: Mapping[str, str] = {root: os.path.realpath(root) for root in roots}
        self._held: dict[str, tuple[str, str]] = {}
        for code, name, path in used:
            for place in (PurePath(path), PurePath(os.path.realpath(path))):
                for folder in (place, *place.parents):
                    self._held.setdefault(str(folder), (code, name))

    @property
    def roots(self) -> frozenset[str]:
        """The folders of all volumes."""
        return frozenset(self._real)

    def problem(self, output_folder: str, name: str) -> Message | None:
        """Say what of this lies in the output folder of the task ``name``, or None. Does not look
        at the disk."""
        folder = PurePath(output_folder)
        real = PurePath(self._real.get(str(folder.parent), folder.parent), folder.name)
        for place in (folder, real):
            code, inside = self._held.get(str(place), ("", ""))
            if code == "OUTPUT_HOLDS_VOLUME":
                return Message("OUTPUT_HOLDS_VOLUME", {"name": name, "volume": inside})
            if code == "OUTPUT_HOLDS_DATASET":
                return Message("OUTPUT_HOLDS_DATASET", {"name": name, "dataset": inside})
            if code == "OUTPUT_HOLDS_PACKAGE":
                return Message("OUTPUT_HOLDS_PACKAGE", {"name": name, "package": inside})
        return None


def held_folders(store: Store) -> HeldFolders:
    """Return what lies where now. No session is open while links are followed."""
    with store.read() as session:
        used = queries.folders_in_use(session)
        roots = queries.volume_roots(session)
    return HeldFolders(used, roots)
