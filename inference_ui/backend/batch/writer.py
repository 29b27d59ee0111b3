"""Writing down a batch of finished inputs, in the order that makes a crash harmless:

result files and sidecar lines, one sync of the file system for all of them, the journal lines, a
sync of the journal. Blocks; belongs into one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from inference_ui.backend.batch import failures
from inference_ui.backend.batch.appending import file_system_sync
from inference_ui.backend.batch.items import Finished
from inference_ui.backend.batch.journal import Entry, Journal
from inference_ui.backend.batch.results import BadResultName, Results
from inference_ui.backend.errors import CannotGoOn
from inference_ui.backend.records import Failed, SidecarLine, Succeeded, result_location


class Writer:
    """Writes into one output folder. ``source_root`` ends with a slash or is empty."""

    def __init__(self, output: Path, journal: Journal, source_root: str, attempt: int) -> None:
        self._output = output
        self._journal = journal
        self._results = Results(output)
        self._sync = file_system_sync(output)
        self._source_root = source_root
        self._attempt = attempt

    def write(self, batch: Sequence[Finished]) -> None:
        """Write down a batch. A record whose result cannot have its name becomes a failure.

        Raises ``CannotGoOn`` when the output cannot be written to (a full disk): then no line of
        the batch is in the journal, and everything in it stays whole.
        """
        try:
            for finished in batch:
                if finished.failure is None:
                    self._write_result(finished)
            entries = [self._entry(finished) for finished in batch]
            self._journal.append_sidecar(entries)
            self._sync()
            self._journal.append(entries)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotGoOn("OUTPUT_FAILED", path=str(self._output), reason=reason) from error

    def _write_result(self, finished: Finished) -> None:
        try:
            self._results.write(finished.relative, finished.answer)
        except BadResultName as error:
            finished.failure = failures.unwritable(str(error))
            finished.found = None

    def _entry(self, finished: Finished) -> Entry:
        source = self._source_root + finished.relative
        line: Succeeded | Failed
        if finished.failure is None:
            line = Succeeded(source, "SUCCEEDED", result_location(finished.relative))
        else:
            line = Failed(source, "FAILED", finished.failure.text)
        return Entry(msgspec.json.encode(line), msgspec.json.encode(self._side(source, finished)))

    def _side(self, source: str, finished: Finished) -> SidecarLine:
        found = finished.found
        return SidecarLine(
            source=source,
            size=finished.size,
            mtime_ns=finished.mtime_ns,
            ms=round(finished.ms, 3),
            attempt=self._attempt,
            tries=finished.tries,
            n=found.objects if found else None,
            c=found.classes if found else (),
            low=found.lowest if found else None,
            cause=finished.failure.cause if finished.failure else None,
        )
