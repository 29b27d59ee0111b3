"""What a user fills in to begin an upload, and what is seen of one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import Volume
from inference_ui.backend.models.upload import Upload
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.services.unpacking import MAX_FILES
from inference_ui.backend.services.upload_batches import Running
from inference_ui.backend.services.upload_folders import free_bytes
from inference_ui.backend.store import uploads as queries
from inference_ui.backend.store.database import Session

MAX_BYTES = 1 << 50


@dataclass(frozen=True, slots=True)
class UploadDraft:
    """The upload's form: ``files`` and ``bytes`` are what will be sent in all; a zip is one."""

    name: str
    volume_id: str
    files: int
    bytes: int
    zipped: bool = False


@dataclass(frozen=True, slots=True)
class UploadView:
    """An upload as it is now. ``files`` and ``bytes`` are to come, ``arrived_…`` have; while a zip
    is unpacked, ``unpacked`` of ``unpacked_total`` bytes are. ``sending``: some tab is at it."""

    id: str
    name: str
    created_at: datetime
    owner: str
    mine: bool
    volume: str
    zipped: bool
    status: str
    files: int
    bytes: int
    arrived_files: int
    arrived_bytes: int
    unpacked: int
    unpacked_total: int
    sending: bool
    reason: Message | None
    dataset_id: str | None

    @classmethod
    def of(
        cls, upload: Upload, volume: str, owner: str, running: Running, *, mine: bool
    ) -> UploadView:
        """Return the view of an upload and of what is remembered of it."""
        unpacked, total = running.unpacked or (0, 0)
        return cls(
            id=upload.id,
            name=upload.name,
            created_at=upload.created_at,
            owner=owner,
            mine=mine,
            volume=volume,
            zipped=upload.zipped,
            status=upload.status,
            files=upload.files,
            bytes=upload.bytes,
            arrived_files=running.totals.files if running.totals else 0,
            arrived_bytes=running.totals.bytes if running.totals else 0,
            unpacked=unpacked,
            unpacked_total=total,
            sending=running.sending,
            reason=upload.reason,
            dataset_id=upload.dataset_id,
        )


def problems_of(session: Session, draft: UploadDraft) -> dict[str, Message]:
    """Return what is wrong with a draft, by field."""
    volume = session.get(Volume, draft.volume_id)
    found = {
        "name": _name_problem(session, draft, volume),
        "volume_id": _volume_problem(draft, volume),
        "files": _files_problem(draft),
    }
    return {field: problem for field, problem in found.items() if problem is not None}


def name_taken(session: Session, name: str, volume: Volume) -> Message | None:
    """Say why a dataset of that name cannot come to lie on the volume, or None."""
    if problem := name_problem(name):
        return problem
    if queries.dataset_named(session, name):
        return Message("NAME_TAKEN", {"name": name})
    folder = Path(volume.root) / name
    if os.path.lexists(folder):
        return Message("UPLOAD_FOLDER_EXISTS", {"folder": str(folder)})
    return None


def _name_problem(session: Session, draft: UploadDraft, volume: Volume | None) -> Message | None:
    name = clean_name(draft.name)
    if problem := name_problem(name):
        return problem
    if queries.upload_named(session, name):
        return Message("UPLOAD_NAME_COMING", {"name": name})
    if volume is not None:
        return name_taken(session, name, volume)
    return Message("NAME_TAKEN", {"name": name}) if queries.dataset_named(session, name) else None


def _volume_problem(draft: UploadDraft, volume: Volume | None) -> Message | None:
    if volume is None:
        return Message("REQUIRED")
    root = Path(volume.root)
    free = free_bytes(root) if root.is_dir() else None
    if free is None:
        return Message("VOLUME_MISSING", {"folder": volume.root})
    if draft.bytes > free:
        return Message("UPLOAD_NO_ROOM", {"needed": draft.bytes, "free": free})
    return None


def _files_problem(draft: UploadDraft) -> Message | None:
    if draft.files < 1 or not 0 <= draft.bytes <= MAX_BYTES:
        return Message("UPLOAD_NOTHING")
    if draft.files > MAX_FILES:
        return Message("UPLOAD_TOO_MANY_FILES", {"most": MAX_FILES})
    return None
