"""Exporting the results of tasks: who may, how many at once, and what came of each.

An export is known by a token that whoever asks for it has made up, so that he can ask how far it is
while his browser saves it.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from inference_ui import __version__
from inference_ui.backend.errors import Conflict, Message, NotFound, Refused, StoreError
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.results.columns import Numbers
from inference_ui.backend.results.exports.job import ExportFormat, ExportJob
from inference_ui.backend.results.exports.reading import journal_of
from inference_ui.backend.results.lines import Place
from inference_ui.backend.services.export import Export, ExportProgress, ExportState
from inference_ui.backend.services.packages import Packages
from inference_ui.backend.services.tasks import Tasks

AT_ONCE = 2
"""Exports that run at the same time, each of another user."""
PATIENCE_S = 300.0
"""So long an export waits for its reader before it makes room for others, and …"""
FIRST_PATIENCE_S = 30.0
"""… so long for one who has read nothing yet: he may have gone before it began."""

_KEPT = 100
_SIZES_BYTES = 256 << 20
_TOKEN = re.compile(r"[0-9a-f]{32}")


class Exports:
    """Exports of tasks that the acting user can see. ``folder`` is for what need not last."""

    def __init__(self, tasks: Tasks, packages: Packages, folder: Path) -> None:
        self._tasks = tasks
        self._packages = packages
        self._scratch = folder / "exports"
        self._sizes = folder / "picture-sizes"
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Export | _Refusal] = OrderedDict()
        self._beginning: dict[str, str] = {}  # owners by token; they have a place already
        self._closed = False

    def start(
        self,
        actor: Actor,
        task_id: str,
        wanted: ExportFormat,
        token: str,
        *,
        numbers: Numbers | None = None,
        journal: Place | None = None,
        box_format: BoxFormat | None = None,
    ) -> Export:
        """Begin an export of the items with these ``numbers`` (from 1, in their order), None for
        all that there are now. Boxes are read as ``box_format``, else as the package says.
        ``journal`` is which one the numbers are of, as :meth:`journal` said before.

        ``token`` is 32 hexadecimal digits. Whoever gets the export reads it to its end, and closes
        it. Raises :class:`NotFound`, :class:`Refused` for a token, and :class:`Conflict` when it is
        in use, or too many exports run; why, :meth:`progress` then says, too. :class:`StoreError`
        when the disk has no room.
        """
        task = self._tasks.get(actor, task_id)
        if not _TOKEN.fullmatch(token):
            raise Refused("EXPORT_TOKEN")
        self._take_place(actor, task_id, token)
        export = None
        try:  # without the lock: it takes a while, and others ask how far theirs are
            box_format = box_format or self._packages.format_of(actor, task.plan.package).box_format
            count = None if numbers is None else len(numbers)
            given = b"" if numbers is None else numbers.astype("<u4").tobytes()
            export = Export(
                self._job(task, wanted, box_format, count, journal), given, actor.id, task_id
            )
        except OSError as error:
            raise StoreError("EXPORT_NO_ROOM", error=error.strerror) from error
        finally:
            with self._lock:
                del self._beginning[token]
                if export is not None:
                    self._keep(token, export)
        if self._closed:
            export.close()
        return export

    def journal(self, actor: Actor, task_id: str) -> Place | None:
        """Return which journal a task has, and how far it goes. Raises :class:`NotFound`."""
        return journal_of(self._tasks.get(actor, task_id).plan.output_folder)

    def progress(self, actor: Actor, task_id: str, token: str) -> ExportProgress:
        """Return how far an export of the acting user is, or how it ended. Raises
        :class:`NotFound`."""
        return self._find(actor, task_id, token).progress()

    def cancel(self, actor: Actor, task_id: str, token: str) -> None:
        """End an export of the acting user. Raises :class:`NotFound`."""
        found = self._find(actor, task_id, token)
        if isinstance(found, Export):
            found.close()

    def close(self) -> None:
        """End all, and begin no more."""
        with self._lock:
            self._closed = True
            running = [one for one in self._known.values() if isinstance(one, Export)]
        for export in running:
            export.close()

    def _find(self, actor: Actor, task_id: str, token: str) -> Export | _Refusal:
        with self._lock:
            found = self._known.get(token)
        if found is None or (found.owner, found.task_id) != (actor.id, task_id):
            raise NotFound("EXPORT_UNKNOWN")
        return found

    def _take_place(self, actor: Actor, task_id: str, token: str) -> None:
        with self._lock:
            try:
                self._make_room(actor, token)
            except Conflict as error:
                if token not in self._known and token not in self._beginning:
                    self._keep(token, _Refusal(actor.id, task_id, error.message))
                raise
            self._beginning[token] = actor.id

    def _make_room(self, actor: Actor, token: str) -> None:
        if self._closed:
            raise Conflict("EXPORT_STOPPED")
        running = self._running()
        owners = self._owners(running)
        if len(owners) >= AT_ONCE or actor.id in owners:
            for export in running:
                patience = PATIENCE_S if export.is_fetched else FIRST_PATIENCE_S
                if time.monotonic() - export.read_at > patience:
                    export.stop(ExportState.FAILED, Message("EXPORT_NOT_FETCHED"))
                    export.close()
            running = self._running()
            owners = self._owners(running)
        known = self._known.get(token)
        used = known is not None and (known in running or known.owner != actor.id)
        if used or token in self._beginning:
            raise Conflict("EXPORT_TOKEN_USED")
        if actor.id in owners:
            raise Conflict("EXPORT_RUNS")
        if len(owners) >= AT_ONCE:
            raise Conflict("EXPORTS_AT_ONCE", most=AT_ONCE)

    def _running(self) -> list[Export]:
        return [one for one in self._known.values() if isinstance(one, Export) and one.running]

    def _owners(self, running: list[Export]) -> list[str]:
        return [*(export.owner for export in running), *self._beginning.values()]

    def _keep(self, token: str, export: Export | _Refusal) -> None:
        self._known.pop(token, None)
        self._known[token] = export
        ended = [key for key, one in self._known.items() if not one.running]
        for key in ended[: max(0, len(self._known) - _KEPT)]:
            export = self._known.pop(key)
            if isinstance(export, Export):
                export.close()

    def _job(
        self,
        task: InferenceTask,
        wanted: ExportFormat,
        box_format: BoxFormat,
        count: int | None,
        journal: Place | None,
    ) -> ExportJob:
        package = task.plan.package
        for folder in (self._scratch, self._sizes):
            folder.mkdir(parents=True, exist_ok=True)
        _keep_newest(self._sizes, _SIZES_BYTES)
        return ExportJob(
            format=wanted,
            task=task.name,
            dataset=task.plan.dataset_folder,
            output=task.plan.output_folder,
            service_type=package.service_type,
            model_name=package.model_name,
            box_format=box_format,
            scratch=str(self._scratch),
            sizes=str(self._sizes / task.id),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            count=count,
            journal=journal or journal_of(task.plan.output_folder),
        )


class _Refusal:
    """An export that did not begin: a browser saves nothing, and tells nobody why."""

    running = False

    def __init__(self, owner: str, task_id: str, problem: Message) -> None:
        self.owner = owner
        self.task_id = task_id
        self._problem = problem

    def progress(self) -> ExportProgress:
        """Return why."""
        return ExportProgress(ExportState.FAILED, 0, 0, 0, {}, self._problem)


def _keep_newest(folder: Path, most: int) -> None:
    """Remove the files that were written longest ago while all have more than ``most`` bytes."""
    with suppress(FileNotFoundError):  # somebody empties it meanwhile
        known = [(file.stat(), file) for file in folder.iterdir()]
        known.sort(key=lambda one: one[0].st_mtime, reverse=True)
        total = 0
        for state, file in known:
            total += state.st_size
            if total > most:
                file.unlink()
