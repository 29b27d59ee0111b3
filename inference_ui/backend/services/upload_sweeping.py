"""What is left of uploads that nobody will finish."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.upload import Upload, UploadStatus
from inference_ui.backend.services.upload_folders import FOLDER, remove_folder
from inference_ui.backend.store import catalog
from inference_ui.backend.store import uploads as queries
from inference_ui.backend.store.database import Session, Store

KEPT = timedelta(hours=24)
"""So long an upload may lie without anybody touching it."""


def old_uploads(store: Store) -> list[tuple[Upload, Volume]]:
    """Return the uploads that may be forgotten: untouched for :data:`KEPT`, or become a dataset
    that is there no more."""
    with store.read() as session:
        rows = [queries.upload(session, row.id) for row, *_ in queries.uploads(session)]
        return [pair for pair in rows if pair is not None and _is_old(session, pair[0])]


def clear_strays(store: Store) -> None:
    """Remove the folders of uploads that the database does not know."""
    with store.read() as session:
        roots = [Path(volume.root) for volume in catalog.volumes(session)]
    for root in roots:
        with suppress(OSError):
            for folder in list((root / FOLDER).iterdir()):
                with store.read() as session:
                    known = session.get(Upload, folder.name)
                if known is None:
                    remove_folder(folder)


def _is_old(session: Session, upload: Upload) -> bool:
    if upload.status == UploadStatus.DONE:
        return session.get(Dataset, upload.dataset_id or "") is None
    return utc_now() - upload.touched_at > KEPT
