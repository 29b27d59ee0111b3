"""Counting the lines of a task's ``result.ndjson``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from inference_ui.backend.records import JOURNAL, ItemStatus, JournalLine


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines say what; ``torn`` lines cannot be read."""

    succeeded: int = 0
    failed: int = 0
    torn: int = 0


def tally(folder: Path) -> Tally:
    """Count the journal of the task's folder; all zero where there is none."""
    succeeded = failed = torn = 0
    decoder = msgspec.json.Decoder(JournalLine)
    try:
        with (folder / JOURNAL).open("rb") as lines:
            for line in lines:
                try:
                    status = decoder.decode(line).status
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    torn += 1
                    continue
                if status == ItemStatus.SUCCEEDED:
                    succeeded += 1
                else:
                    failed += 1
    except OSError:
        return Tally()
    return Tally(succeeded, failed, torn)
