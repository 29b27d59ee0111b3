"""Opening what a run works on: the dataset, the output folder with its lock, and the journal as the
last run left it. Blocks; refuses with ``CannotStart`` before anything is sent."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.batch.journal import Journal
from inference_ui.backend.batch.ledger import UNKNOWN, Ledger
from inference_ui.backend.batch.lines import Pair
from inference_ui.backend.batch.names import source_root
from inference_ui.backend.batch.walk import is_inside
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.failure_kinds import choice
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

BEGUN = f"{PRIVATE}/retry"
"""Holds the number of the attempt that began last to do failed inputs again."""
_LOCK_WAIT_S = 1.0
_LOCK_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a job: the output is this client's alone until the descriptor ``lock`` is
    closed by all processes that have it. ``attempt`` is what lines are marked with."""

    dataset: Path
    output: Path
    source_root: str
    attempt: int
    lock: int


@dataclass(slots=True)
class Workspace:
    """What a run works on: its folders, and the journal with what it says. ``retried`` lines were
    set aside to be tried again."""

    folders: Folders
    journal: Journal
    ledger: Ledger
    retried: int

    @property
    def dataset(self) -> Path:
        """The folder of the inputs."""
        return self.folders.dataset

    @property
    def output(self) -> Path:
        """The folder of the results."""
        return self.folders.output

    @property
    def source_root(self) -> str:
        """What stands before the relative path in ``source``."""
        return self.folders.source_root

    @property
    def attempt(self) -> int:
        """What lines are marked with."""
        return self.folders.attempt


def take_folders(job: BatchJob) -> Folders:
    """Take the folders of a job.

    Raises ``CannotStart`` with DATASET_UNREADABLE, DATASET_IN_RESULTS, OUTPUT_NOT_WRITABLE or
    LOCKED.
    """
    dataset, output = Path(job.dataset), Path(job.output)
    _check_dataset(dataset, output)
    try:
        (output / PRIVATE).mkdir(parents=True, exist_ok=True)
        lock = _lock(output)
    except OSError as error:
        raise _not_writable(output, error) from error
    return Folders(dataset, output, source_root(job.source_root), _attempt(job, output), lock)


def open_workspace(job: BatchJob, folders: Folders) -> Workspace:
    """Make the journal whole and read it. Raises ``CannotStart`` with OUTPUT_NOT_WRITABLE."""
    try:
        return _open_journal(job, folders)
    except OSError as error:
        raise _not_writable(folders.output, error) from error


def _open_journal(job: BatchJob, folders: Folders) -> Workspace:
    root = folders.source_root
    journal = Journal(folders.output)
    journal.clean_up()
    ledger = Ledger.recovered(journal, root)
    changed = journal.put_back(ledger.has_source)
    retried = 0
    if job.retry_failed:
        (folders.output / BEGUN).write_text(str(folders.attempt))
        retried = journal.set_aside_failed(folders.attempt, _wanted(job, ledger))
    if changed or retried:
        ledger = Ledger.read(journal, root)
    return Workspace(folders, journal, ledger, retried)


def _wanted(job: BatchJob, ledger: Ledger) -> Callable[[Pair], bool]:
    """Return whether a line is of this dataset, and of a kind that is to be tried again."""
    is_chosen = choice(job.retry_causes) if job.retry_causes else None

    def is_wanted(pair: Pair) -> bool:
        status = pair.status
        if not ledger.is_ours(status.source):
            return False
        cause = pair.sidecar.cause or UNKNOWN
        return is_chosen is None or is_chosen(cause, status.error, status.source)

    return is_wanted


def _attempt(job: BatchJob, output: Path) -> int:
    """Return the number of this attempt. Who retries without counting attempts gets the next one:
    what failed in the attempt before must be told from what fails in this one. A retry that did not
    come to its end (``BEGUN`` holds its number) is gone on with.
    """
    summary = read_record(output / SUMMARY, Summary)
    begun = read_record(output / BEGUN, int) or 0
    last = max(summary.attempt if summary is not None else 1, begun)
    if not job.retry_failed:
        return max(job.attempt, last)
    is_over = summary is not None and (
        summary.attempt >= begun and summary.outcome is not Outcome.INTERRUPTED
    )
    return max(job.attempt, last if begun and not is_over else last + 1)


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
    """Return the descriptor that holds the lock; it dies with the processes that have it, which
    after a kill takes those that are left a moment."""
    descriptor = os.open(output / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    give_up_at = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= give_up_at:
                os.close(descriptor)
                raise CannotStart("LOCKED", path=str(output)) from error
            time.sleep(_LOCK_PAUSE_S)
        else:
            return descriptor


def _not_writable(output: Path, error: OSError) -> CannotStart:
    reason = error.strerror or str(error)
    return CannotStart("OUTPUT_NOT_WRITABLE", path=str(output), reason=reason)
