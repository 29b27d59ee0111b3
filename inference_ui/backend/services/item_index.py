"""Keeping the columns of the tasks whose results are looked at, and bringing them up to date in the
background.

What little was added is read in a thread of the web server. What is more is read by a process of
its own (``backend.indexing``), which keeps its columns in a file, so that a large task is read
once. Nobody waits for either: whoever asks gets what is known by now, and how much there will be.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from inference_ui.backend.indexing import IndexJob
from inference_ui.backend.results.building import Follower, ResultFiles
from inference_ui.backend.results.columns import Columns, Numbers
from inference_ui.backend.results.names import NameSearch
from inference_ui.backend.results.query import Counts, counts_of

IN_PROCESS = 5_000
"""Items that are read in a thread; more are read by a process, and …"""
UNKNOWN_IN_PROCESS = 200
"""… more than these of which the sidecar says nothing, so that their results are read."""
KEPT_BYTES = 24 << 20
"""Memory for columns of tasks that were looked at before; those in use stay."""
KEPT = 64
"""Tasks of which columns are kept, at most."""
SAVED_BYTES = 1 << 30
"""Disk for columns."""
AGAIN_S = 30.0
"""What failed is tried again after so long, and …"""
STILL_S = 5.0
"""… what a process could not bring further."""
WAIT_S = 0.25
"""Whoever asks waits so long at most: most tasks are read by then."""

_ANSWERS_BYTES = 12 << 20
_SEARCHES = 2
_PROGRAM = "inference_ui.backend.indexing"
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the columns are to be brought up to: a task's files, how many lines its journal has in
    which generation, and its sidecar, and whether there will be no more."""

    task_id: str
    files: ResultFiles
    lines: int
    beside: Callable[[], int]
    generation: str
    ended: bool


class ItemIndex:
    """The columns of one task, and the answers that were worked out from them last.

    ``state`` are the columns and the generation of the files that they are of: one value, since
    others may come while somebody reads these.
    """

    def __init__(self) -> None:
        self.state: tuple[Columns, str] = (Columns(), "")
        self.failed = False
        self.again_at = 0.0
        self.progress = 0
        self.in_process = False
        self.idle = threading.Event()
        self.idle.set()
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._searches: OrderedDict[str, NameSearch] = OrderedDict()
        self._counted: tuple[Hashable, Counts] | None = None

    def of(self, generation: str) -> Columns:
        """Return the columns of a generation of the files; empty ones where they are of another."""
        columns, known = self.state
        return columns if known == generation else Columns()

    def kept(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return the answer to a question that ``key`` names, with the generation and the number of
        items that it is about; worked out unless it is known."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                known: T = self._answers[key]
                return known
        answer = work_out()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > 1 and self._held() > _ANSWERS_BYTES:
                self._answers.popitem(last=False)
        return answer

    def counts(self, columns: Columns, lines: int, generation: str) -> Counts:
        """Return how many of the first ``lines`` items are of which kind."""
        counted, key = self._counted, (generation, lines)
        if counted is None or counted[0] != key:
            counted = self._counted = (key, counts_of(columns, lines))
        return counted[1]

    def named(self, journal: Path, text: str, dataset: Path, lines: int) -> Numbers:
        """Return the items whose name has a text. Raises :class:`OSError`."""
        with self._lock:
            search = self._searches.pop(text, None) or NameSearch(journal, text, dataset)
            self._searches[text] = search
            while len(self._searches) > _SEARCHES:
                self._searches.popitem(last=False)
            return search.within(lines)

    def replace(self, columns: Columns, generation: str) -> None:
        """Take other columns, of another generation of the files perhaps."""
        before, known = self.state
        if generation != known or columns.lines < before.lines:
            self.forget_answers()
        self.state = columns, generation

    def forget_answers(self) -> None:
        """Keep the columns alone."""
        with self._lock:
            self._answers.clear()
            self._searches.clear()

    def _held(self) -> int:
        return sum(getattr(answer, "nbytes", 1 << 12) for answer in self._answers.values())


class ItemIndexes:
    """The indexes of the tasks that were looked at last. ``folder`` keeps columns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._indexes: OrderedDict[str, ItemIndex] = OrderedDict()
        # Apart, so that whoever has little to read never waits for who has much.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="item-index")
        self._watchers = ThreadPoolExecutor(2, thread_name_prefix="item-index-process")
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._closing = False

    def of(self, wanted: Wanted, *, urgent: bool = True) -> ItemIndex:
        """Return the index of a task. When it is behind, it is brought up to date; where it is
        ``urgent`` that is waited for, for a moment. Where it is not, much is only begun when it is
        asked for again: whoever opens a page is not held up by what he may need next."""
        with self._lock:
            index = self._indexes.pop(wanted.task_id, None)
            is_new, index = index is None, index or ItemIndex()
            self._indexes[wanted.task_id] = index
            self._forget()
            columns, generation = index.state
            behind = generation != wanted.generation or columns.lines < wanted.lines
            due = index.idle.is_set() and time.monotonic() >= index.again_at
            if is_new and not urgent and wanted.lines > IN_PROCESS:
                due = False
            if behind and due and not self._closing:
                index.idle.clear()
                self._threads.submit(self._follow, index, wanted)
        if behind and urgent and not index.in_process:
            index.idle.wait(WAIT_S)
        return index

    def close(self) -> None:
        """End what is being read."""
        with self._lock:
            self._closing = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        for pool in (self._threads, self._watchers):
            pool.shutdown(cancel_futures=True)

    def _forget(self) -> None:
        """Let go of what was not looked at for longest."""
        newest = next(reversed(self._indexes))
        held = sum(index.state[0].nbytes for index in self._indexes.values())
        for task_id, index in list(self._indexes.items()):
            if task_id == newest or not index.idle.is_set():
                continue
            if held <= KEPT_BYTES and len(self._indexes) <= KEPT:
                index.forget_answers()
                continue
            held -= self._indexes.pop(task_id).state[0].nbytes

    def _follow(self, index: ItemIndex, wanted: Wanted) -> None:
        """Read on in this thread, or leave it to a process that another one watches."""
        with self._reporting(index, wanted):
            columns = self._start_of(index, wanted)
            if not _is_much(columns, wanted):
                index.progress = columns.lines
                follower = Follower(wanted.files, columns)
                if not follower.follow(ended=wanted.ended, told=lambda _: self._closing):
                    columns = Columns()  # the files were replaced: whoever asks next begins anew
                index.replace(columns, wanted.generation)
                return
            index.progress = 0
            index.in_process = True
            self._watchers.submit(self._follow_in_process, index, wanted)

    def _follow_in_process(self, index: ItemIndex, wanted: Wanted) -> None:
        with self._reporting(index, wanted):
            try:
                columns = self._in_process(index, wanted)
                if columns.lines <= index.of(wanted.generation).lines:
                    index.again_at = time.monotonic() + STILL_S
                index.replace(columns, wanted.generation)
            finally:
                index.in_process = False

    @contextmanager
    def _reporting(self, index: ItemIndex, wanted: Wanted) -> Iterator[None]:
        """Tell of what went wrong, and that nothing is done any more."""
        try:
            yield
            index.failed = False
        except Exception:
            index.failed = True
            index.again_at = time.monotonic() + AGAIN_S
            if not self._closing:
                _log.exception("the results of task %s could not be read", wanted.task_id)
        finally:
            if not index.in_process:
                index.idle.set()

    def _start_of(self, index: ItemIndex, wanted: Wanted) -> Columns:
        """Return the columns to go on from: those that are here, or those that were saved."""
        columns = index.of(wanted.generation)
        if _is_much(columns, wanted):
            saved = Columns.load(self._saved(wanted))
            if saved is not None and Follower(wanted.files, saved).fits():
                return saved
        return columns

    def _saved(self, wanted: Wanted) -> Path:
        return self._folder / f"{wanted.task_id}.npz"

    def _in_process(self, index: ItemIndex, wanted: Wanted) -> Columns:
        """Have a process read the files, and return what it read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        saved = self._saved(wanted)
        files = wanted.files
        job = IndexJob(
            str(files.output), files.service_type, files.model_name, wanted.ended, str(saved)
        )
        with self._started() as process:
            try:
                assert process.stdin is not None  # noqa: S101 - pipes were asked for
                assert process.stdout is not None  # noqa: S101
                process.stdin.write(msgspec.json.encode(job))
                process.stdin.close()
                for line in process.stdout:
                    index.progress = int(line)
            except BaseException:
                process.kill()
                raise
            finally:
                with self._lock:
                    self._processes.discard(process)
        if process.returncode != 0:
            raise OSError(f"the process ended with {process.returncode}")
        self._sweep(saved)
        columns = Columns.load(saved)
        if columns is None:
            raise OSError("what the process saved cannot be read")
        return columns

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closing:
                raise OSError("closing")
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
            self._processes.add(process)
        return process

    def _sweep(self, newest: Path) -> None:
        """Remove the columns that were not used for longest, and what a crash left behind."""
        newest.touch()
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime)
        held = sum(path.stat().st_size for path in files)
        for path in files:
            if path != newest and (held > SAVED_BYTES or path.suffix == ".tmp"):
                held -= path.stat().st_size
                path.unlink(missing_ok=True)


def _is_much(columns: Columns, wanted: Wanted) -> bool:
    if wanted.lines - columns.lines > IN_PROCESS:
        return True
    beside = wanted.beside()
    unknown = wanted.lines - max(beside, columns.lines)
    return unknown > UNKNOWN_IN_PROCESS and (wanted.ended or not beside)
