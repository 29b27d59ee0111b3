"""Which of the inputs that the walk finds are taken: all, the first so many, or those that are new
or changed since an earlier task over the same dataset."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.batch.lines import aligned
from inference_ui.backend.batch.names import joined, text_of
from inference_ui.backend.records import JOURNAL, SIDECAR, ItemStatus

Found = tuple[bytes, list[bytes]]
"""A folder, relative to the dataset, and names in it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a job takes. ``since`` is the output folder of the earlier task; ``source_root`` stands
    before the path in its lines."""

    limit: int | None = None
    since: Path | None = None
    source_root: str = ""

    def over(self, root: bytes, found: Iterable[Found]) -> Iterator[Found]:
        """Yield what is taken of what was found below ``root``, in the same order.

        An earlier task whose folder is gone knew nothing: all its inputs are new. Raises
        ``OSError`` where its files are there and cannot be read.
        """
        if self.since is not None:
            done = _Done.read(self.since, self.source_root)
            found = ((folder, done.leave_out(root, folder, names)) for folder, names in found)
        left = self.limit
        for folder, names in found:
            if left is None:
                yield folder, names
                continue
            yield folder, names[:left]
            left -= len(names)
            if left <= 0:
                return


class _Done:
    """What succeeded in an earlier task, as fingerprints of path, size and time of change: eight
    bytes an input stay, whatever its path is long."""

    def __init__(self, prints: set[int]) -> None:
        self._prints = prints

    @classmethod
    def read(cls, output: Path, source_root: str) -> _Done:
        prints: set[int] = set()
        start = len(source_root)
        try:
            for pair in aligned(output / JOURNAL, output / SIDECAR):
                if pair.status.status == ItemStatus.SUCCEEDED:
                    side = pair.sidecar
                    prints.add(hash((side.source[start:], side.size, side.mtime_ns)))
        except FileNotFoundError:
            return cls(set())
        return cls(prints)

    def leave_out(self, root: bytes, folder: bytes, names: list[bytes]) -> list[bytes]:
        if not self._prints:
            return names
        return [name for name in names if not self._has(root, joined(folder, name))]

    def _has(self, root: bytes, path: bytes) -> bool:
        try:
            now = os.stat(joined(root, path))  # noqa: PTH116 - for every input of a dataset
        except OSError:
            return False  # whoever reads it will say why
        return hash((text_of(path)[0], now.st_size, now.st_mtime_ns)) in self._prints
