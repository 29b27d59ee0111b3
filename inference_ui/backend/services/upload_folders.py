"""Where an upload lies on its volume until it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.errors import Conflict, Refused

FOLDER = ".uploads"
"""The folder of a volume that holds all uploads to it."""

ARCHIVE = "archive.zip"
"""The path under which a zip is sent."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of the upload ``upload_id`` on the volume at ``volume``."""

    volume: Path
    upload_id: str

    @property
    def root(self) -> Path:
        """What holds all of them."""
        return self.volume / FOLDER / self.upload_id

    @property
    def received(self) -> Path:
        """Where whole files lie."""
        return self.root / "received"

    @property
    def parts(self) -> Path:
        """Where files lie that have not arrived to their end."""
        return self.root / "parts"

    @property
    def unpacked(self) -> Path:
        """Where a zip is unpacked."""
        return self.root / "unpacked"

    def make(self) -> None:
        """Make them. Raises :class:`Refused` where that cannot be, or leads out of the volume."""
        try:
            self.received.mkdir(parents=True)
            self.parts.mkdir()
        except OSError as error:
            raise Refused("UPLOAD_WRITE_FAILED", error=error.strerror) from error
        inside = Path(os.path.realpath(self.volume)) / FOLDER / self.upload_id
        if Path(os.path.realpath(self.root)) != inside:
            self.remove()
            raise Refused("PATH_OUTSIDE", path=FOLDER)

    def remove(self) -> None:
        """Remove all that arrived; what cannot be removed now is when the server next clears."""
        remove_folder(self.root)
        with suppress(OSError):
            self.root.parent.rmdir()

    def check_whole(self, files: int, size: int) -> None:
        """Raise :class:`Conflict` unless exactly so many files and bytes have arrived."""
        sizes = [size for _, size in sizes_below(self.received)]
        if (len(sizes), sum(sizes)) != (files, size) or any(sizes_below(self.parts)):
            raise Conflict("UPLOAD_INCOMPLETE", arrived=len(sizes), files=files)


def sizes_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the path below ``folder`` and the size of every file there."""
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            entries = os.scandir(folder / below)
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                path = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path)
                else:
                    yield path, entry.stat(follow_symlinks=False).st_size


def remove_folder(folder: Path) -> None:
    """Remove a folder and what is in it, as far as that is possible."""
    shutil.rmtree(folder, ignore_errors=True)


def free_bytes(volume: Path) -> int | None:
    """Return how many bytes a user can still write on a volume; None where it cannot be told."""
    try:
        return shutil.disk_usage(volume).free
    except OSError:
        return None
