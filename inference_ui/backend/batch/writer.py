"""Writing down what workers told, in the order that makes a crash harmless:

their result files and sidecar lines, one sync of the file system for all of them, the journal
lines, a sync of the journal. Blocks; belongs into one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inference_ui.backend.batch.appending import file_system_sync
from inference_ui.backend.batch.journal import Journal
from inference_ui.backend.batch.messages import Done
from inference_ui.backend.errors import CannotGoOn


class Writer:
    """Writes into one output folder; without ``sync`` nothing waits for the disk."""

    def __init__(self, output: Path, journal: Journal, *, sync: bool) -> None:
        self._output = output
        self._journal = journal
        try:
            self._sync = file_system_sync(output) if sync else None
        except OSError as error:
            raise self._failed(error) from error

    def write(self, batch: Sequence[Done]) -> None:
        """Write down a batch, whose results are written already.

        Raises ``CannotGoOn`` when the output cannot be written to (a full disk): then no line of
        the batch is in the journal, and everything in it stays whole.
        """
        lines = sum(len(done.numbers) // 8 for done in batch)
        try:
            self._journal.append_sidecar(b"".join(done.sidecar for done in batch))
            if self._sync is not None:
                self._sync()
            self._journal.append(
                b"".join(done.journal for done in batch), lines, sync=self._sync is not None
            )
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> CannotGoOn:
        reason = error.strerror or str(error)
        return CannotGoOn("OUTPUT_FAILED", path=str(self._output), reason=reason)
