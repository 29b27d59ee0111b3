"""What the journal says: which inputs have a line, and how they ended. Read from disk, at the start
to know what is left to do and at the end to prove that nothing is."""

from __future__ import annotations

from inference_ui.backend.batch.causes import Errors
from inference_ui.backend.batch.journal import Journal
from inference_ui.backend.batch.lines import Side, Status
from inference_ui.backend.batch.paths import PathSet
from inference_ui.backend.records import ItemStatus

UNKNOWN = "UNKNOWN"
"""The cause of a failure whose sidecar line was lost."""


class Ledger:
    """The journal's lines of one dataset, by the paths of their inputs.

    Lines with a source outside ``source_root`` belong to no input of this dataset, and count in
    no group of ``errors``, which has every line of ``failed`` in one.
    """

    def __init__(self, source_root: str) -> None:
        self._root = source_root
        self.succeeded = PathSet()
        self.failed = PathSet()
        self.foreign = 0
        self.errors = Errors()

    @classmethod
    def recovered(cls, journal: Journal, source_root: str) -> Ledger:
        """Make the journal whole and read it, at once when nothing had to be repaired."""
        ledger = cls(source_root)
        return ledger if journal.recover(ledger.add) else cls.read(journal, source_root)

    @classmethod
    def read(cls, journal: Journal, source_root: str) -> Ledger:
        """Read the whole journal, which must be recovered."""
        ledger = cls(source_root)
        journal.read(ledger.add)
        return ledger

    def add(self, statuses: list[Status], sides: list[Side]) -> None:
        """Take account of lines and those beside them. Runs for every line of a long journal."""
        root, start = self._root, len(self._root)
        last = ""
        names: list[str] = []
        for status, side in zip(statuses, sides, strict=True):
            source = status.source
            relative = source[start:]
            if (
                status.status != "SUCCEEDED"
                or not source.startswith(root)
                or relative.startswith("/")
                or "\0" in relative
            ):
                self._add_other(status, side)
                continue
            folder, _, name = relative.rpartition("/")
            if folder != last:
                self._add_names(last, names)
                last, names = folder, []
            names.append(name)
        self._add_names(last, names)

    def _add_names(self, folder: str, names: list[str]) -> None:
        if names:
            self.succeeded.add_names(folder.encode(), "\0".join(names).encode(), len(names))

    def _add_other(self, status: Status, side: Side) -> None:
        path = self.path_of(status.source)
        if path is None:
            self.foreign += 1
        elif status.status == ItemStatus.SUCCEEDED:
            self.succeeded.add(path)
        else:
            self.failed.add(path)
            self.errors.add(side.cause or UNKNOWN, status.source, status.error)

    def path_of(self, source: str) -> bytes | None:
        """Return the path of a source in the dataset, None when it lies outside."""
        relative = source[len(self._root) :]
        if not source.startswith(self._root) or relative.startswith("/") or "\0" in relative:
            return None
        return relative.encode()

    def is_ours(self, source: str) -> bool:
        """Tell whether a source lies in this dataset."""
        return self.path_of(source) is not None

    def names_in(self, folder: bytes) -> set[bytes]:
        """Return the names of the inputs in a folder that have a line."""
        return {*self.succeeded.names_in(folder), *self.failed.names_in(folder)}

    def has_path(self, path: bytes) -> bool:
        """Tell whether the input at a path has a line."""
        return path in self.succeeded or path in self.failed

    def has_source(self, source: str) -> bool:
        """Tell whether a line has this source; false for one outside of the dataset."""
        path = self.path_of(source)
        return path is not None and self.has_path(path)
