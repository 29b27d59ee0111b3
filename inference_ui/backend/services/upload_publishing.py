"""The last step of an upload: its folder becomes a dataset's."""

from __future__ import annotations

import os
from pathlib import Path

from inference_ui.backend.errors import InvalidFields, Message, Refused
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.upload import Upload, UploadStatus
from inference_ui.backend.services.upload_folders import Places
from inference_ui.backend.store import uploads as queries
from inference_ui.backend.store.database import Store


def _sync_names(folder: Path) -> None:
    """Make safe which files a folder holds."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(store: Store, upload: Upload, volume: Volume, folder: Path) -> None:
    """Move ``folder`` to the place of the dataset ``upload.name`` and register it: both or neither.

    Raises :class:`InvalidFields` when the name is taken, :class:`Refused` when it cannot be moved.
    """
    target = Path(volume.root) / upload.name
    os.sync()  # the row must not outlive a power cut that its files did not
    try:
        # Whoever makes the folder first has it; then it is replaced in one step.
        target.mkdir()
    except FileExistsError as error:
        raise InvalidFields(
            {"name": Message("UPLOAD_FOLDER_EXISTS", {"folder": str(target)})}
        ) from error
    except OSError as error:
        raise Refused("UPLOAD_WRITE_FAILED", error=error.strerror) from error
    try:
        with store.write() as session:
            if queries.dataset_named(session, upload.name):
                raise InvalidFields({"name": Message("NAME_TAKEN", {"name": upload.name})})
            row = session.get_one(Upload, upload.id)
            dataset = Dataset(
                name=upload.name, owner_id=upload.owner_id, volume_id=volume.id, path=upload.name
            )
            session.add(dataset)
            row.name, row.status, row.problem = upload.name, UploadStatus.DONE, None
            row.dataset_id, row.touched_at = dataset.id, utc_now()
            session.flush()
            folder.rename(target)
            _sync_names(target.parent)
    except BaseException as error:
        if not folder.exists():
            target.rename(folder)
        else:
            target.rmdir()
        if isinstance(error, OSError):
            raise Refused("UPLOAD_WRITE_FAILED", error=error.strerror) from error
        raise
    Places(Path(volume.root), upload.id).remove()
