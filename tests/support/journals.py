"""Journals to damage, and a retry of failed inputs to kill at every step.

Imports little, since processes that run it are started by the dozen.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from inference_ui.backend.batch.journal import Entry, Journal
from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.records import PRIVATE, SidecarLine

ROOT = "/workspace/dataset/"


def entry(number: int, status: str = "SUCCEEDED", attempt: int = 1) -> Entry:
    """The lines of one input; ``ms`` tells the sidecar lines apart from ones that were made up."""
    source = f"{ROOT}part/{number:04d}.json"
    line = {"source": source, "status": status}
    side = SidecarLine(source, ms=number + 0.5, attempt=attempt)
    return Entry(msgspec.json.encode(line), msgspec.json.encode(side))


def opened(output: Path) -> Journal:
    """Open as a client does."""
    (output / PRIVATE).mkdir(parents=True, exist_ok=True)
    journal = Journal(output)
    journal.clean_up()
    journal.recover(lambda statuses, sides: None)
    return journal


def append(journal: Journal, entries: list[Entry]) -> None:
    """Append as the writer does."""
    journal.append_sidecar(b"".join(entry.sidecar + b"\n" for entry in entries))
    journal.append(b"".join(entry.journal + b"\n" for entry in entries), len(entries))


def retry(output: str) -> None:
    """Try again what failed before attempt 2, of six inputs the first four."""
    journal = opened(Path(output))
    journal.put_back(Ledger.read(journal, ROOT).has_source)
    journal.set_aside_failed(attempt=2, is_wanted=lambda pair: True)
    done = Ledger.read(journal, ROOT)
    for number in range(6):
        status = "SUCCEEDED" if number % 2 else "FAILED"
        again = entry(number, status, attempt=2)
        if not done.has_source(f"{ROOT}part/{number:04d}.json") and number < 4:
            append(journal, [again])
    journal.put_back(Ledger.read(journal, ROOT).has_source)
    journal.close()
