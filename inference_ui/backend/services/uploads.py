"""Uploads: files that a user sends become a new dataset.

What arrives lies below ``.uploads`` on the volume, in a folder of the upload's own, and moves to
its place in one step once all of it is there; nobody ever sees half a dataset. What has arrived is
read from the disk, so an upload goes on after a restart of the server as after one of the browser.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from inference_ui.backend.errors import (
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
    ProductError,
    Refused,
)
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import Volume
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.upload import Upload, UploadStatus
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.names import clean_name
from inference_ui.backend.services.unpacking import unpack
from inference_ui.backend.services.upload_batches import Batch, Running
from inference_ui.backend.services.upload_drafts import (
    UploadDraft,
    UploadView,
    name_taken,
    problems_of,
)
from inference_ui.backend.services.upload_folders import (
    ARCHIVE,
    Places,
    free_bytes,
    remove_folder,
    sizes_below,
)
from inference_ui.backend.services.upload_publishing import publish
from inference_ui.backend.services.upload_sweeping import clear_strays, old_uploads
from inference_ui.backend.store import uploads as queries
from inference_ui.backend.store.database import Store

SHOWN = timedelta(minutes=10)
"""So long an upload that has become a dataset is still shown."""

SWEEP_S = 3600.0
_TOUCH = timedelta(minutes=1)
_CANCEL_S = 10.0

_log = logging.getLogger(__name__)


class Uploads:
    """Begin, send, finish, cancel. Thread-safe; only the owner and administrators may."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self._store = store
        self._changes = changes
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(2, "unpack")
        self._sweeper: threading.Thread | None = None

    def start(self) -> None:
        """Go on unpacking what a restart interrupted; clear what was left, now and hourly."""
        self._sweeper = threading.Thread(target=self._sweep_hourly, name="uploads", daemon=True)
        self._sweeper.start()

    def close(self) -> None:
        """Stop. What was being unpacked is unpacked anew after the next start."""
        self._stopping.set()
        if self._sweeper:
            self._sweeper.join(timeout=10)
        self._workers.shutdown()

    def uploads(self, actor: Actor) -> list[UploadView]:
        """Return the uploads of the acting user, or of all users for an administrator; of those
        that are done, the latest."""
        with self._store.read() as session:
            rows = queries.uploads(session, None if actor.is_administrator else actor.id)
        shown = [row for row in rows if not _is_done(row[0]) or _age(row[0]) < SHOWN]
        return [self._view(actor, *row) for row in shown]

    def get(self, actor: Actor, upload_id: str) -> UploadView:
        """Return one upload. Raises :class:`NotFound`, :class:`Forbidden`."""
        self._own(actor, upload_id)
        with self._store.read() as session:
            rows = queries.uploads(session, upload_id=upload_id)
        for row in rows:
            return self._view(actor, *row)
        raise NotFound("UPLOAD_UNKNOWN")

    def arrived(self, actor: Actor, upload_id: str) -> tuple[dict[str, int], dict[str, int]]:
        """Return the sizes of the files that have arrived, by their paths, and of those that have
        in part. Raises :class:`NotFound`, :class:`Forbidden`."""
        places = _places(*self._own(actor, upload_id))
        return dict(sizes_below(places.received)), dict(sizes_below(places.parts))

    def check(self, actor: Actor, draft: UploadDraft) -> dict[str, Message]:
        """Return what is wrong with a draft, by field. Raises :class:`Forbidden`."""
        _may_upload(actor)
        with self._store.read() as session:
            return problems_of(session, draft)

    def begin(self, actor: Actor, draft: UploadDraft) -> UploadView:
        """Begin an upload. Raises :class:`Forbidden`, :class:`InvalidFields`."""
        _may_upload(actor)
        upload = Upload(
            name=clean_name(draft.name),
            owner_id=actor.id,
            volume_id=draft.volume_id,
            zipped=draft.zipped,
            files=1 if draft.zipped else draft.files,
            bytes=draft.bytes,
        )
        with self._store.write() as session:
            if problems := problems_of(session, draft):
                raise InvalidFields(problems)
            volume = session.get_one(Volume, draft.volume_id)
            session.add(upload)
        try:
            _places(upload, volume).make()
        except Refused:
            self._remove(upload, volume)
            raise
        self._tell(upload.id)
        return self.get(actor, upload.id)

    def open_batch(self, actor: Actor, upload_id: str, sender: str) -> Batch:
        """Return what takes the next batch of files from ``sender``, one of the browser's tabs.

        Raises :class:`Conflict` while another one sends, and when files are no longer taken.
        """
        upload, volume = self._own(actor, upload_id)
        if upload.status != UploadStatus.RECEIVING:
            raise Conflict("UPLOAD_NOT_RECEIVING")
        running = self._of(upload)
        running.take(sender)
        try:
            places = _places(upload, volume)
            running.count(places, upload)
            if _age(upload) > _TOUCH:
                self._set(upload.id, touched_at=utc_now())
        except BaseException:
            running.lock.release()
            raise
        return Batch(places, running, archive=ARCHIVE if upload.zipped else None)

    def release(self, actor: Actor, upload_id: str, sender: str) -> None:
        """Let others send: the tab is about to close. Raises as :meth:`get` does."""
        self._of(self._own(actor, upload_id)[0]).leave(sender)

    def finish(self, actor: Actor, upload_id: str, name: str = "") -> UploadView:
        """Make the dataset of what has arrived, as ``name`` when one is given. A zip is unpacked
        first, and this returns before.

        Raises :class:`Conflict` when something is missing, :class:`InvalidFields` for a name that
        was taken meanwhile.
        """
        upload, volume = self._own(actor, upload_id)
        running = self._of(upload)
        running.seize()
        try:
            upload, volume = self._own(actor, upload_id)  # as it is now that nobody changes it
            if upload.status != UploadStatus.RECEIVING:
                raise Conflict("UPLOAD_NOT_RECEIVING")
            _places(upload, volume).check_whole(upload.files, upload.bytes)
            upload.name = clean_name(name or upload.name)
            self._check_name(upload, volume)
            if upload.zipped:
                status = UploadStatus.UNPACKING
                self._set(upload.id, name=upload.name, status=status, problem=None)
            else:
                publish(self._store, upload, volume, _places(upload, volume).received)
        finally:
            running.lock.release()
        if upload.zipped:
            self._workers.submit(self._unpack, upload.id)
        self._tell(upload.id)
        return self.get(actor, upload.id)

    def cancel(self, actor: Actor, upload_id: str) -> None:
        """Remove an upload and all that has arrived of it.

        Raises :class:`NotFound`, :class:`Forbidden`, and :class:`Conflict` once it is a dataset.
        """
        upload, volume = self._own(actor, upload_id)
        if _is_done(upload):
            raise Conflict("UPLOAD_IS_DATASET", name=upload.name)
        running = self._of(upload)
        running.cancelled.set()
        # Whoever holds the lock lets go at the next piece. A connection that hangs brings none,
        # and writes nothing either.
        stopped = running.lock.acquire(timeout=_CANCEL_S)
        try:
            upload, volume = self._own(actor, upload_id)  # it may have ended while this waited
            if _is_done(upload):
                raise Conflict("UPLOAD_IS_DATASET", name=upload.name)
            self._remove(upload, volume)
        finally:
            if stopped:
                running.lock.release()
        with self._lock:
            self._running.pop(upload_id, None)
        self._tell(upload_id)

    def sweep(self) -> None:
        """Remove uploads that nobody touched for a day, and folders that belong to none. What has
        become a dataset is remembered as long as that is there."""
        for upload, volume in old_uploads(self._store):
            running = self._of(upload)
            if running.lock.acquire(blocking=False):
                try:
                    self._remove(upload, volume)
                finally:
                    running.lock.release()
                self._tell(upload.id)
        clear_strays(self._store)

    def _sweep_hourly(self) -> None:
        with self._store.read() as session:
            waiting = [
                upload.id
                for upload, *_ in queries.uploads(session)
                if upload.status == UploadStatus.UNPACKING
            ]
        for upload_id in waiting:
            self._workers.submit(self._unpack, upload_id)
        while not self._stopping.is_set():
            try:
                self.sweep()
            except Exception:
                _log.exception("old uploads could not be cleared; tried again in %s s", SWEEP_S)
            self._stopping.wait(SWEEP_S)

    def _unpack(self, upload_id: str) -> None:
        with self._store.read() as session:
            found = queries.upload(session, upload_id)
        if found is None or self._stopping.is_set():
            return
        upload, volume = found
        running, places = self._of(upload), _places(upload, volume)
        with running.lock:
            try:
                remove_folder(places.unpacked)
                archive, room = places.received / ARCHIVE, Path(volume.root)
                progress = running.unpacking(self._stopping)
                unpack(archive, places.unpacked, lambda: free_bytes(room) or 0, progress)
                self._check_name(upload, volume)
                publish(self._store, upload, volume, places.unpacked)
            except InvalidFields as error:
                # The zip stays, so that it can be finished by another name.
                remove_folder(places.unpacked)
                again = {"problem": error.fields["name"].to_json()}
                self._set(upload_id, status=UploadStatus.RECEIVING, **again)
            except ProductError as error:
                self._fail(upload_id, places, error.message)
            except Running.Stopped:
                return
            except Exception as error:
                _log.exception("upload %s could not be unpacked", upload_id)
                problem = Message("UPLOAD_WRITE_FAILED", {"error": str(error)})
                self._fail(upload_id, places, problem)
            finally:
                running.unpacked = None
        self._tell(upload_id)

    def _fail(self, upload_id: str, places: Places, problem: Message) -> None:
        places.remove()
        self._set(upload_id, status=UploadStatus.FAILED, problem=problem.to_json())

    def _check_name(self, upload: Upload, volume: Volume) -> None:
        with self._store.read() as session:
            problem = name_taken(session, upload.name, volume)
        if problem is not None:
            raise InvalidFields({"name": problem})

    def _remove(self, upload: Upload, volume: Volume) -> None:
        _places(upload, volume).remove()
        with self._store.write() as session:
            if row := session.get(Upload, upload.id):
                session.delete(row)

    def _own(self, actor: Actor, upload_id: str) -> tuple[Upload, Volume]:
        with self._store.read() as session:
            found = queries.upload(session, upload_id)
        if found is None:
            raise NotFound("UPLOAD_UNKNOWN")
        if not actor.owns(found[0].owner_id):
            raise Forbidden("UPLOAD_OF_OTHERS")
        return found

    def _of(self, upload: Upload) -> Running:
        with self._lock:
            return self._running.setdefault(upload.id, Running())

    def _set(self, upload_id: str, **values: object) -> None:
        with self._store.write() as session:
            if row := session.get(Upload, upload_id):
                for name, value in values.items():
                    setattr(row, name, value)

    def _view(self, actor: Actor, upload: Upload, volume: str, owner: str) -> UploadView:
        running = self._of(upload)
        if running.totals is None and upload.status == UploadStatus.RECEIVING:
            self._count(upload, running)
        return UploadView.of(upload, volume, owner, running, mine=upload.owner_id == actor.id)

    def _count(self, upload: Upload, running: Running) -> None:
        """Count what has arrived, for a view, unless a batch is just doing so."""
        if running.lock.acquire(blocking=False):
            try:
                with self._store.read() as session:
                    volume = session.get_one(Volume, upload.volume_id)
                running.count(_places(upload, volume), upload)
            finally:
                running.lock.release()

    def _tell(self, upload_id: str) -> None:
        self._changes.publish(frozenset({f"dataset:{upload_id}"}))


def _may_upload(actor: Actor) -> None:
    if not actor.may_create:
        raise Forbidden("VIEWERS_ONLY_LOOK")


def _is_done(upload: Upload) -> bool:
    return upload.status == UploadStatus.DONE


def _age(upload: Upload) -> timedelta:
    return utc_now() - upload.touched_at


def _places(upload: Upload, volume: Volume) -> Places:
    return Places(Path(volume.root), upload.id)
