"""The journal ``result.ndjson`` and its sidecar: two files of parallel lines that survive anything.

The rules that make a kill at any instant harmless:

- A line is appended only after the result that it speaks of is safe on disk; sidecar lines go
  first. So after a crash the journal is whole but for its end, and the sidecar is never shorter.
- :meth:`Journal.recover` drops a torn end and surplus sidecar lines. Where the two do not fit
  (somebody touched them, or a rewriting was cut between its two renames) the sidecar is made anew
  around the journal, which alone says what is done.
- Lines are taken out only by writing both files anew beside the old ones and renaming them.
- Lines that are taken out to be tried again are kept in a third file until their inputs have a new
  line, and put back when they got none.

At every instant an input has at most one line. Not thread-safe; the lock of the folder is held.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from inference_ui.backend.batch.appending import Appender, sync_folder
from inference_ui.backend.batch.lines import (
    Pair,
    See,
    Side,
    Status,
    aligned,
    chunks,
    scan,
    whole_lines,
)
from inference_ui.backend.records import JOURNAL, PRIVATE, SIDECAR

ASIDE = f"{PRIVATE}/aside.ndjson"
"""Lines that were taken out to be tried again: arrays of a journal line and its sidecar line."""


class Entry(NamedTuple):
    """The two lines of one input, without their newlines."""

    journal: bytes
    sidecar: bytes


class Journal:
    """The two files of one output folder. ``recover`` comes first, then the rest."""

    def __init__(self, output: Path) -> None:
        self._output = output
        self._journal = Appender(output / JOURNAL)
        self._sidecar = Appender(output / SIDECAR)
        self.lines = 0

    def clean_up(self) -> None:
        """Remove what a kill left half written, before anything else is done."""
        for left_over in (self._output / PRIVATE).glob("*.tmp"):
            left_over.unlink(missing_ok=True)

    def recover(self, see: See) -> bool:
        """Make the files whole and parallel, whatever ended the last writer. ``see`` gets the
        lines meanwhile; False when something was repaired, so that it must :meth:`read` them."""
        self._journal.create()
        self._sidecar.create()
        found = scan(self._journal.path, self._sidecar.path, see)
        was_good = found.parallel and not found.damaged
        if not was_good:
            self._rewrite(lambda pair: True)
            found = scan(self._journal.path, self._sidecar.path, _look_away)
        self._journal.truncate(found.journal_end)
        self._sidecar.truncate(found.sidecar_end)
        self.lines = found.lines
        return was_good

    def read(self, see: See) -> None:
        """Let ``see`` have all lines, many at a time. They must be recovered."""
        scan(self._journal.path, self._sidecar.path, see)

    def sidecar_chunks(self) -> Iterator[bytes]:
        """Yield the sidecar's lines, many at a time, as they are."""
        return chunks(self._sidecar.path)

    def append_sidecar(self, lines: bytes) -> None:
        """Append sidecar lines, each with its newline; they count once the journal has its own.
        Not synced."""
        self._sidecar.append(lines)

    def append(self, lines: bytes, count: int, *, sync: bool = True) -> None:
        """Append ``count`` journal lines, each with its newline, and wait until they are safe."""
        self._journal.append(lines)
        try:
            if sync:
                self._journal.sync()
        except OSError:
            self._journal.undo()  # no reader may count on lines that a power cut would take
            raise
        self.lines += count

    def set_aside_failed(self, attempt: int, is_wanted: Callable[[Pair], bool]) -> int:
        """Take out the lines of inputs that failed before ``attempt`` and are wanted, so that they
        are tried again; return how many."""

        def is_taken(pair: Pair) -> bool:
            return _failed_before(attempt, pair) and is_wanted(pair)

        aside = self._output / ASIDE
        temporary = _temporary(aside)
        count = 0
        with temporary.open("wb") as file:
            for pair in aligned(self._journal.path, self._sidecar.path):
                if is_taken(pair):
                    file.write(b"[" + pair.journal_raw + b"," + pair.sidecar_raw + b"]\n")
                    count += 1
            file.flush()
            os.fsync(file.fileno())
        if not count:
            temporary.unlink()
            return 0
        temporary.replace(aside)
        sync_folder(aside.parent)
        self._rewrite(lambda pair: not is_taken(pair))
        self.recover(_look_away)
        return count

    def put_back(self, has_line: Callable[[str], bool]) -> int:
        """Append the lines that were set aside and whose inputs have none (``has_line(source)``);
        return how many."""
        aside = self._output / ASIDE
        if not aside.exists():
            return 0
        missing = [entry for entry in _entries(aside) if not has_line(_source_of(entry))]
        if missing:
            self.append_sidecar(b"".join(entry.sidecar + b"\n" for entry in missing))
            self._sidecar.sync()
            self.append(b"".join(entry.journal + b"\n" for entry in missing), len(missing))
        aside.unlink()
        sync_folder(aside.parent)
        return len(missing)

    def keep(self, wanted: Callable[[Pair], bool]) -> None:
        """Take out every line that is not wanted, for good."""
        self._rewrite(wanted)
        self.recover(_look_away)

    def close(self) -> None:
        """Close the files."""
        self._journal.close()
        self._sidecar.close()

    def _rewrite(self, wanted: Callable[[Pair], bool]) -> None:
        """Write both files anew with the wanted lines, those of the sidecar beside their own.

        The journal is renamed first: a crash between the two leaves a sidecar that has all lines of
        the journal and more, from which ``recover`` takes them.
        """
        self.close()
        journal = self._output / PRIVATE / f"{JOURNAL}.tmp"
        sidecar = _temporary(self._output / SIDECAR)
        with journal.open("wb") as lines, sidecar.open("wb") as sides:
            for pair in aligned(self._journal.path, self._sidecar.path):
                if wanted(pair):
                    lines.write(pair.journal_raw + b"\n")
                    sides.write(pair.sidecar_raw + b"\n")
            for file in (lines, sides):
                file.flush()
                os.fsync(file.fileno())
        journal.replace(self._journal.path)
        sync_folder(self._output)
        sidecar.replace(self._sidecar.path)
        sync_folder(self._sidecar.path.parent)


def _look_away(statuses: list[Status], sides: list[Side]) -> None:
    """For those who need not know the lines."""


def _failed_before(attempt: int, pair: Pair) -> bool:
    return pair.status.status == "FAILED" and pair.sidecar.attempt < attempt


def _temporary(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


def _entries(aside: Path) -> Iterator[Entry]:
    for raw in whole_lines(aside):
        journal, sidecar = msgspec.json.decode(raw, type=tuple[msgspec.Raw, msgspec.Raw])
        yield Entry(bytes(journal), bytes(sidecar))


def _source_of(entry: Entry) -> str:
    return msgspec.json.decode(entry.journal, type=Status).source
