"""Listing the inputs of a dataset, in a stable order, without following what leads out of it.

The order: the inputs of a folder by the bytes of their names, then its folders, the same way. A
link to a file of the dataset is an input under its own name. A link to a folder is not followed:
inside the dataset its files are found under their own names anyway (so no loop can hold the walk),
and one that leaves the dataset is counted. Only names are looked at here; no file is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from inference_ui.backend.batch.names import joined
from inference_ui.backend.batch.paths import PathList
from inference_ui.backend.batch.selection import Selection
from inference_ui.backend.records import IMAGE_SUFFIXES, PRIVATE, RESULTS, InputKind

Entry = os.DirEntry[bytes]

ALL = Selection()


def suffixes_of(kind: InputKind) -> tuple[bytes, ...]:
    """Return how names of inputs end, in lower case; upper case is an input too."""
    if kind is InputKind.JSON:
        return (b".json",)
    return tuple(sorted(suffix.encode() for suffix in IMAGE_SUFFIXES))


class Walk:
    """One walk over a dataset, which takes what ``selection`` does. ``unfollowed_links`` counts
    links out of it that stood where an input or a folder would have."""

    def __init__(
        self, dataset: Path, output: Path, kind: InputKind, selection: Selection = ALL
    ) -> None:
        self._selection = selection
        self._root = os.fsencode(os.path.realpath(dataset))
        self._suffixes = suffixes_of(kind)
        self._skipped = _own_folders(self._root, os.fsencode(os.path.realpath(output)))
        self.unfollowed_links = 0

    def into(self, paths: PathList) -> Iterator[bytes]:
        """List the dataset into ``paths``; yield each of its blocks as it is filled.

        A folder that cannot be listed stands in the list by its own path, so that it gets a line.
        """
        yielded = 0
        for folder, names in self._selection.over(self._root, self._folders()):
            paths.add(folder, names)
            if yielded == 0:
                paths.seal()  # the first inputs are sent while the rest is listed
            while yielded < paths.blocks:
                yield paths.take(yielded)
                yielded += 1
        paths.seal()
        while yielded < paths.blocks:
            yield paths.take(yielded)
            yielded += 1

    def _folders(self) -> Iterator[tuple[bytes, list[bytes]]]:
        pending = [b""]
        while pending:
            folder = pending.pop()
            try:
                names, folders = self._list(folder)
            except OSError:
                parent, _, name = folder.rpartition(b"/")
                yield parent, [name]
                continue
            yield folder, names
            pending.extend(joined(folder, name) for name in reversed(folders))

    def _list(self, folder: bytes) -> tuple[list[bytes], list[bytes]]:
        names: list[bytes] = []
        folders: list[bytes] = []
        with os.scandir(joined(self._root, folder) if folder else self._root) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if joined(folder, entry.name) not in self._skipped:
                        folders.append(entry.name)
                elif entry.is_symlink():
                    if self._is_followed(entry):
                        names.append(entry.name)
                elif self._is_wanted(entry.name):
                    names.append(entry.name)
        names.sort()
        folders.sort()
        return names, folders

    def _is_wanted(self, name: bytes) -> bool:
        return name.lower().endswith(self._suffixes)

    def _is_followed(self, entry: Entry) -> bool:
        """Tell whether a link is an input. One that dangles is: it gets a line that says so."""
        wanted = self._is_wanted(entry.name)
        is_folder = _leads_to_folder(entry)
        if not is_folder and not wanted:
            return False
        if not is_inside(self._root, os.path.realpath(entry.path)):
            self.unfollowed_links += 1
            return False
        return wanted and not is_folder


def is_inside(root: bytes, path: bytes) -> bool:
    """Tell whether a path is a folder or lies in it; both are real paths."""
    return path == root or path.startswith(root.rstrip(b"/") + b"/")


def _leads_to_folder(entry: Entry) -> bool:
    try:
        return stat.S_ISDIR(entry.stat().st_mode)
    except OSError:
        return False


def _own_folders(root: bytes, output: bytes) -> frozenset[bytes]:
    """Return what is not walked, relative to the dataset, when the output lies in it: what this
    client writes is no input."""
    if not is_inside(root, output):
        return frozenset()
    if output != root:
        return frozenset((os.path.relpath(output, root),))
    return frozenset((RESULTS.encode(), PRIVATE.encode()))
