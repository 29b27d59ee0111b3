"""Queries over uploads, and the names that they may not take."""

from sqlmodel import Session, col, select

from inference_ui.backend.models.account import User
from inference_ui.backend.models.catalog import Dataset, Volume
from inference_ui.backend.models.upload import Upload, UploadStatus

_UNDER_WAY = (UploadStatus.RECEIVING, UploadStatus.UNPACKING)


def uploads(
    session: Session, owner_id: str | None = None, upload_id: str | None = None
) -> list[tuple[Upload, str, str]]:
    """Return uploads with the names of volume and owner, the newest first: of one owner, the one
    with that id, or all."""
    query = (
        select(Upload, Volume.name, User.name)
        .join(Volume, col(Volume.id) == Upload.volume_id)
        .join(User, col(User.id) == Upload.owner_id)
        .order_by(col(Upload.created_at).desc(), col(Upload.id))
    )
    if owner_id is not None:
        query = query.where(Upload.owner_id == owner_id)
    if upload_id is not None:
        query = query.where(Upload.id == upload_id)
    return [(upload, volume, owner) for upload, volume, owner in session.exec(query)]


def upload(session: Session, upload_id: str) -> tuple[Upload, Volume] | None:
    """Return an upload and the volume that it goes to."""
    found = session.get(Upload, upload_id)
    return (found, session.get_one(Volume, found.volume_id)) if found else None


def dataset_named(session: Session, name: str) -> bool:
    """Tell whether a dataset has that name."""
    return session.exec(select(Dataset.id).where(Dataset.name == name)).first() is not None


def under_way_on(session: Session, volume_id: str) -> str | None:
    """Return the name of an upload to the volume that is under way, or None."""
    query = select(Upload.name).where(
        Upload.volume_id == volume_id, col(Upload.status).in_(_UNDER_WAY)
    )
    return session.exec(query).first()


def upload_named(session: Session, name: str) -> bool:
    """Tell whether an upload that is under way will have that name."""
    query = select(Upload.id).where(Upload.name == name, col(Upload.status).in_(_UNDER_WAY))
    return session.exec(query).first() is not None
