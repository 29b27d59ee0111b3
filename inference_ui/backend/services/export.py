"""One export that runs or ran: the program that makes it, its bytes, and how far it is.

Its reader and whoever asks how far it is are different threads. Whatever ends it early makes
:meth:`Export.read` raise, so that half an export is never taken for a whole one.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

import msgspec

from inference_ui.backend.errors import CannotGoOn, Message
from inference_ui.backend.results.exports.job import ExportJob, Report

LOOK_S = 0.25
"""A read waits for so long at most."""
ENDS_S = 10.0
"""So long a program may take to end after its last byte."""

_PROGRAM = "inference_ui.backend.exporting"
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
_CHUNK = 1 << 18
_REPORTS = 1 << 16


class ExportState(StrEnum):
    """How an export is. CANCELLED: somebody ended it, here or in the browser."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far an export is: ``done`` of ``total`` items, ``bytes`` of the file so far, what was
    ``left_out`` by reason (see ``LeftOut``), and the ``problem`` of one that FAILED."""

    state: ExportState
    done: int
    total: int
    bytes: int
    left_out: dict[str, int]
    problem: Message | None


class Export:
    """Starts the program for ``job``; ``numbers`` are the bytes of the wanted item numbers."""

    def __init__(self, job: ExportJob, numbers: bytes, owner: str, task_id: str) -> None:
        self.job = job
        self.owner = owner
        self.task_id = task_id
        self.read_at = time.monotonic()
        self._state = ExportState.RUNNING
        self._problem: Message | None = None
        self._report = Report()
        self._rest = b""
        self._bytes = 0
        self._guard = threading.Lock()  # of the state
        self._using = threading.Lock()  # of the pipes
        self._process, self._reports = _start(job, numbers)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._state is ExportState.RUNNING

    @property
    def is_fetched(self) -> bool:
        """Whether somebody has read some of it."""
        return self._bytes > 0

    def progress(self) -> ExportProgress:
        """Return how far it is."""
        with self._guard:
            report = self._report
            left_out = {str(reason): count for reason, count in report.left_out.items()}
            return ExportProgress(
                self._state, report.done, report.total, self._bytes, left_out, self._problem
            )

    def read(self) -> bytes | None:
        """Return what comes next, nothing where none came for a moment, None at the end.

        Raises :class:`CannotGoOn` when it will never be whole.
        """
        with self._using:
            if not self.running:
                raise CannotGoOn("EXPORT_STOPPED")
            self.read_at = time.monotonic()
            out = _pipe(self._process.stdout)
            ready = _ready(out, self._reports)
            if self._reports in ready:
                self._take_reports()
            if out not in ready:
                return b""
            chunk = os.read(out, _CHUNK)
            if chunk:
                with self._guard:
                    self._bytes += len(chunk)
                return chunk
            self._finish()
            return None

    def stop(self, state: ExportState, problem: Message | None = None) -> None:
        """End it unless it has ended; may be called from any thread."""
        with self._guard:
            if self._state is not ExportState.RUNNING:
                return
            self._state, self._problem = state, problem
        self._kill()

    def close(self) -> None:
        """End it, and let go of what it has."""
        self.stop(ExportState.CANCELLED)
        with self._using:
            if self._reports < 0:
                return
            self._kill()
            self._process.wait()
            os.close(self._reports)
            self._reports = -1
            if self._process.stdout is not None:
                self._process.stdout.close()

    def _finish(self) -> None:
        """Find out whether what was read is the whole."""
        try:
            self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self._kill()
        while self._take_reports():
            pass
        report = self._report
        if report.complete and self._process.wait() == 0:
            self.stop(ExportState.DONE)
            return
        reason = report.problem
        problem = Message(reason.code, reason.args) if reason else Message("EXPORT_BROKE")
        self.stop(ExportState.FAILED, problem)
        raise CannotGoOn(problem.code, **problem.args)

    def _take_reports(self) -> bool:
        """Read what the program says of itself; return whether more can come."""
        content = os.read(self._reports, _REPORTS)
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            said = msgspec.json.decode(line, type=Report)
            with self._guard:
                if said.problem is not None:  # which says nothing else
                    said = msgspec.structs.replace(self._report, problem=said.problem)
                self._report = said
        return bool(content)

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)


def _start(job: ExportJob, numbers: bytes) -> tuple[subprocess.Popen[bytes], int]:
    """Start the program; return it, and where its reports are read."""
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    reports, reported = os.pipe()
    try:
        with tempfile.TemporaryFile(dir=job.scratch) as given:
            given.write(msgspec.json.encode(job) + b"\n" + numbers)
            given.seek(0)
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", _PROGRAM, str(reported)],
                stdin=given,
                stdout=subprocess.PIPE,
                pass_fds=(reported,),
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
    except BaseException:
        os.close(reports)
        raise
    finally:
        os.close(reported)
    return process, reports


def _ready(*pipes: int) -> list[int]:
    """Return those from which something can be read, as soon as there is one."""
    poll = select.poll()  # unlike select(), it takes the numbers that a busy server comes to
    for pipe in pipes:
        poll.register(pipe, select.POLLIN)
    return [pipe for pipe, _ in poll.poll(LOOK_S * 1000)]


def _pipe(stream: IO[bytes] | None) -> int:
    assert stream is not None  # noqa: S101 - it was asked for
    return stream.fileno()
