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
from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from inference_ui.backend.indexing import IndexJob
from inference_ui.backend.results.building import Follower, ResultFiles
from inference_ui.backend.results.columns import Columns, Numbers
from inference_ui.backend.results.names import NameSearch
from inference_ui.backend.results.query import Counts, counts_of

IN_PROCESS = 20_000
"""Items that are read in a thread; more are read by a process."""
KEPT_BYTES = 96 << 20
"""Memory for columns of tasks that were looked at before; those in use stay."""
SAVED_BYTES = 1 << 30
"""Disk for columns."""
AGAIN_S = 30.0
"""What failed is tried again after so long."""
WAIT_S = 0.25
"""Whoever asks waits so long at most: most tasks are read by then."""

_SELECTIONS = 4
_SEARCHES = 4
_PROGRAM = "inference_ui.backend.indexing"
_ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the columns are to be brought up to: a task's files, how many lines its journal has in
    which generation, and whether there will be no more."""

    task_id: str
    files: ResultFiles
    lines: int
    generation: str
    ended: bool


class ItemIndex:
    """The columns of one task, and the answers that were worked out from them last."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.generation = ""
        self.failed = False
        self.again_at = 0.0
        self.progress = 0
        self.lock = threading.Lock()
        self.idle = threading.Event()
        self.idle.set()
        self._counted: tuple[int, Columns, Counts] | None = None
        self._selections: OrderedDict[Hashable, Numbers] = OrderedDict()
        self._searches: OrderedDict[str, NameSearch] = OrderedDict()

    def known(self, wanted: Wanted) -> int:
        """Return how many of the items that are there now the columns are of."""
        return self.columns.lines if self.generation == wanted.generation else 0

    def selection(self, key: Hashable) -> Numbers | None:
        """Return what was found under a key before."""
        with self.lock:
            found = self._selections.get(key)
            if found is not None:
                self._selections.move_to_end(key)
            return found

    def keep(self, key: Hashable, found: Numbers) -> None:
        """Remember what was found, and forget the oldest."""
        with self.lock:
            self._selections[key] = found
            while len(self._selections) > _SELECTIONS:
                self._selections.popitem(last=False)

    def counts(self, lines: int) -> Counts:
        """Return how many of the first ``lines`` items are of which kind."""
        counted = self._counted
        if counted is None or counted[0] != lines or counted[1] is not self.columns:
            counted = self._counted = (lines, self.columns, counts_of(self.columns, lines))
        return counted[2]

    def named(self, journal: Path, text: str, lines: int) -> Numbers:
        """Return the items whose name has a text. Raises :class:`OSError`."""
        with self.lock:
            search = self._searches.pop(text, None) or NameSearch(journal, text)
            self._searches[text] = search
            while len(self._searches) > _SEARCHES:
                self._searches.popitem(last=False)
            return search.within(lines)

    def replace(self, columns: Columns, generation: str) -> None:
        """Take other columns, of another generation of the files perhaps."""
        with self.lock:
            if generation != self.generation or columns.lines < self.columns.lines:
                self._selections.clear()
                self._searches.clear()
            self.columns, self.generation = columns, generation


class ItemIndexes:
    """The indexes of the tasks that were looked at last. ``folder`` keeps columns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._indexes: OrderedDict[str, ItemIndex] = OrderedDict()
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="item-index")
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._closing = False

    def of(self, wanted: Wanted, *, wait_s: float = WAIT_S) -> ItemIndex:
        """Return the index of a task, after ``wait_s`` seconds at most. When it is behind, it is
        brought up to date."""
        with self._lock:
            index = self._indexes.pop(wanted.task_id, None) or ItemIndex()
            self._indexes[wanted.task_id] = index
            self._forget()
            behind = index.known(wanted) < wanted.lines or index.generation != wanted.generation
            due = index.idle.is_set() and time.monotonic() >= index.again_at
            if behind and due and not self._closing:
                index.idle.clear()
                self._workers.submit(self._follow, index, wanted)
        if behind:
            index.idle.wait(wait_s)
        return index

    def close(self) -> None:
        """End what is being read."""
        with self._lock:
            self._closing = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        self._workers.shutdown(cancel_futures=True)

    def _forget(self) -> None:
        held = sum(index.columns.nbytes for index in self._indexes.values())
        for task_id in list(self._indexes)[:-1]:
            if held <= KEPT_BYTES:
                return
            if self._indexes[task_id].idle.is_set():
                held -= self._indexes.pop(task_id).columns.nbytes

    def _follow(self, index: ItemIndex, wanted: Wanted) -> None:
        try:
            self._bring_up(index, wanted)
            index.failed = False
        except Exception:
            index.failed = True
            index.again_at = time.monotonic() + AGAIN_S
            if not self._closing:
                _log.exception("the results of task %s could not be read", wanted.task_id)
        finally:
            index.idle.set()

    def _bring_up(self, index: ItemIndex, wanted: Wanted) -> None:
        columns = index.columns if index.generation == wanted.generation else Columns()
        if wanted.lines - columns.lines > IN_PROCESS:
            columns = Columns.load(self._saved(wanted)) or columns
        if wanted.lines - columns.lines <= IN_PROCESS:
            index.progress = columns.lines
            if not Follower(wanted.files, columns).follow(ended=wanted.ended):
                columns = Columns()  # they are of files that were replaced
        if wanted.lines - columns.lines > IN_PROCESS:
            columns = self._in_process(index, wanted)
        index.replace(columns, wanted.generation)

    def _saved(self, wanted: Wanted) -> Path:
        return self._folder / f"{wanted.task_id}.npz"

    def _in_process(self, index: ItemIndex, wanted: Wanted) -> Columns:
        """Have a process read the files, and return what it read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        saved = self._saved(wanted)
        index.progress = 0
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
