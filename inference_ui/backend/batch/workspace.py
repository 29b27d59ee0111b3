"""Opening what a run works on: the dataset, the output folder with its lock, and the journal as the
last run left it. Blocks; refuses with ``CannotStart`` before anything is sent."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.batch.journal import Journal
from inference_ui.backend.batch.ledger import Ledger
from inference_ui.backend.batch.names import source_root
from inference_ui.backend.batch.walk import is_inside
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.records import (
    LOCK,
    PRIVATE,
    RESULTS,
    SUMMARY,
    BatchJob,
    Outcome,
    Summary,
    read_record,
)


@dataclass(slots=True)
class Workspace:
    """An output folder that only this process writes to. ``attempt`` is what lines are marked
    with; ``retried`` lines were set aside to be tried again."""

    dataset: Path
    output: Path
    source_root: str
    attempt: int
    journal: Journal
    ledger: Ledger
    retried: int
    lock: int

    def close(self) -> None:
        """Let others in."""
        self.journal.close()
        os.close(self.lock)


def open_workspace(job: BatchJob) -> Workspace:
    """Take the folders of a job and make the journal whole.

    Raises ``CannotStart`` with DATASET_UNREADABLE, OUTPUT_INSIDE, OUTPUT_NOT_WRITABLE or LOCKED.
    """
    dataset, output = Path(job.dataset), Path(job.output)
    _check_dataset(dataset, output)
    try:
        (output / PRIVATE).mkdir(parents=True, exist_ok=True)
        lock = _lock(output)
    except OSError as error:
        raise _not_writable(output, error) from error
    try:
        return _open_journal(job, dataset, output, lock)
    except OSError as error:
        os.close(lock)
        raise _not_writable(output, error) from error


def _open_journal(job: BatchJob, dataset: Path, output: Path, lock: int) -> Workspace:
    root = source_root(job.source_root)
    attempt = _attempt(job, output)
    journal = Journal(output)
    journal.recover()
    ledger = Ledger.read(journal, root)
    changed = journal.put_back(ledger.has_source)
    retried = journal.set_aside_failed(attempt) if job.retry_failed else 0
    if changed or retried:
        ledger = Ledger.read(journal, root)
    return Workspace(dataset, output, root, attempt, journal, ledger, retried, lock)


def _attempt(job: BatchJob, output: Path) -> int:
    """Return the number of this attempt. Who retries without counting attempts gets the next one:
    what failed in the attempt before must be told from what fails in this one, also after a kill.
    """
    summary = read_record(output / SUMMARY, Summary)
    if job.retry_failed and summary is not None and summary.outcome is not Outcome.INTERRUPTED:
        return max(job.attempt, summary.attempt + 1)
    return job.attempt if summary is None else max(job.attempt, summary.attempt)


def _check_dataset(dataset: Path, output: Path) -> None:
    try:
        os.scandir(dataset).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart("DATASET_UNREADABLE", path=str(dataset), reason=reason) from error
    results = os.path.realpath(output / RESULTS)
    if is_inside(os.fsencode(results), os.fsencode(os.path.realpath(dataset))):
        raise CannotStart("DATASET_IN_RESULTS", path=str(dataset))


def _lock(output: Path) -> int:
    """Return the descriptor that holds the lock; it dies with the process."""
    descriptor = os.open(output / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise CannotStart("LOCKED", path=str(output)) from error
    return descriptor


def _not_writable(output: Path, error: OSError) -> CannotStart:
    reason = error.strerror or str(error)
    return CannotStart("OUTPUT_NOT_WRITABLE", path=str(output), reason=reason)
