"""Checking datasets in the background: starting, watching, cancelling, and keeping what was found.

A check is a process of its own (``backend.checking``) that outlives the web server; what is true of
it lies in its run folder.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from inference_ui.backend.errors import Conflict, Forbidden, NotFound
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import BadFile, Dataset, DatasetReport
from inference_ui.backend.records import (
    CHECK_CANCEL,
    CHECK_LOCK,
    CHECK_PROGRESS,
    CheckProgress,
    CheckState,
    read_record,
)
from inference_ui.backend.services.catalog import dataset_folder
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Store

AT_ONCE = 2
"""Checks that run at the same time."""
LOOK_S = 0.5

_PROGRAM = "inference_ui.backend.checking"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")


class Checks:
    """``folder`` holds the run folders, one a dataset. A thread watches as long as one runs."""

    def __init__(self, store: Store, folder: Path, changes: Changes) -> None:
        self._store = store
        self._folder = folder
        self._changes = changes
        self._lock = threading.Lock()
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._watcher: threading.Thread | None = None
        self._closing = threading.Event()

    def start(self, actor: Actor, dataset_id: str) -> None:
        """Begin to check a dataset. One that is checked already is left alone.

        Raises :class:`NotFound`, :class:`Forbidden` for viewers, :class:`Conflict` when too many
        are checked at once.
        """
        if not actor.may_create:
            raise Forbidden("VIEWERS_ONLY_LOOK")
        with self._store.read() as session:
            pair = queries.dataset_with_volume(session, dataset_id)
        if pair is None:
            raise NotFound("DATASET_UNKNOWN", id=dataset_id)
        with self._lock:
            if self.progress(dataset_id, running_only=True) is not None:
                return
            if len(self._running()) >= AT_ONCE:
                raise Conflict("CHECKS_AT_ONCE", most=AT_ONCE)
            self._spawn(dataset_id, dataset_folder(*pair))
        self.watch()
        self._changes.publish(frozenset({f"dataset:{dataset_id}"}))

    def cancel(self, actor: Actor, dataset_id: str) -> None:
        """Ask a check to end. Raises :class:`Forbidden` for viewers."""
        if not actor.may_create:
            raise Forbidden("VIEWERS_ONLY_LOOK")
        run = self._run(dataset_id)
        if run.is_dir():
            (run / CHECK_CANCEL).touch()

    def progress(self, dataset_id: str, *, running_only: bool = False) -> CheckProgress | None:
        """Return how far the last check of a dataset is, or how it ended; None where there was
        none. One whose process is gone before its end is FAILED."""
        run = self._run(dataset_id)
        held = _is_held(run / CHECK_LOCK)  # asked first: what is read then is the last word
        found = read_record(run / CHECK_PROGRESS, CheckProgress)
        alive = held or self._is_starting(dataset_id)
        if found is not None and found.state is CheckState.RUNNING and not alive:
            found = _with_state(found, CheckState.FAILED)
        if found is None and alive:
            now = time.time()
            found = CheckProgress(state=CheckState.RUNNING, pid=0, started_at=now, updated_at=now)
        if running_only and (found is None or found.state is not CheckState.RUNNING):
            return None
        return found

    def watch(self) -> None:
        """Tell of progress, and keep reports, until nothing is checked any more; also what a web
        server before this one began."""
        with self._lock:
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(target=self._watch, name="checks", daemon=True)
                self._watcher.start()

    def forget(self, dataset_id: str) -> None:
        """Remove what is left of a dataset's checks."""
        shutil.rmtree(self._run(dataset_id), ignore_errors=True)

    def close(self) -> None:
        """Watch no more. Checks go on."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join(timeout=5)
        for process in self._started.values():
            process.returncode = process.poll() or 0  # it may outlive us, which Popen warns of

    def _watch(self) -> None:
        while not self._closing.is_set():
            before = self._running()
            self._keep_reports()
            if before:
                self._changes.publish(frozenset(f"dataset:{id}" for id in before))
            for process in list(self._started.values()):
                process.poll()  # so that none is left as a zombie
            if not before and not self._running():
                return
            self._closing.wait(LOOK_S)

    def _running(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return [
            run.name
            for run in self._folder.iterdir()
            if self.progress(run.name, running_only=True) is not None
        ]

    def _keep_reports(self) -> None:
        """Store what finished checks found, once."""
        runs = list(self._folder.iterdir()) if self._folder.is_dir() else []
        for run in runs:
            found = read_record(run / CHECK_PROGRESS, CheckProgress)
            if found is None or found.state is not CheckState.DONE:
                continue
            with self._store.write() as session:
                dataset = session.get(Dataset, run.name)
                if dataset is None or _is_of(dataset.report, found):
                    continue
                dataset.report = _report(found)
                session.add(dataset)
            self._changes.publish(frozenset({f"dataset:{run.name}"}))

    def _spawn(self, dataset_id: str, folder: Path) -> None:
        run = self._run(dataset_id)
        run.mkdir(parents=True, exist_ok=True)
        for leftover in (CHECK_PROGRESS, CHECK_CANCEL):
            (run / leftover).unlink(missing_ok=True)
        environment = {key: value for key, value in os.environ.items() if key in _KEPT}
        with (run / "log").open("wb") as log:
            self._started[dataset_id] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", _PROGRAM, str(folder), str(run)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def _is_starting(self, dataset_id: str) -> bool:
        process = self._started.get(dataset_id)
        return process is not None and process.poll() is None

    def _run(self, dataset_id: str) -> Path:
        return self._folder / dataset_id


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _with_state(found: CheckProgress, state: CheckState) -> CheckProgress:
    return msgspec.structs.replace(found, state=state)


def _is_of(report: DatasetReport | None, found: CheckProgress) -> bool:
    return report is not None and report.started_at == found.started_at


def _report(found: CheckProgress) -> DatasetReport:
    return DatasetReport(
        started_at=found.started_at,
        seconds=found.seconds,
        files=found.files,
        bytes=found.bytes,
        json_files=found.json_files,
        json_valid=found.json_valid,
        images=found.images,
        images_valid=found.images_valid,
        bad=found.bad,
        first_bad=tuple(
            BadFile(path=bad.path, code=bad.code, args=dict(bad.args)) for bad in found.first_bad
        ),
    )
