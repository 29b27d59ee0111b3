"""Uploads: files on their way into a new dataset."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from inference_ui.backend.errors import Message
from inference_ui.backend.models.columns import UtcTime, new_id, utc_now

NullableJson = JSON(none_as_null=True)


class UploadStatus(StrEnum):
    """How far an upload is. UNPACKING: a zip is there and its files are being written."""

    RECEIVING = "RECEIVING"
    UNPACKING = "UNPACKING"
    DONE = "DONE"
    FAILED = "FAILED"


class Upload(SQLModel, table=True):
    """An upload. What has arrived lies in a folder of its own on the volume, and becomes the
    dataset's folder in one step at the end; ``files`` and ``bytes`` are what is to come in all."""

    __tablename__ = "upload"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    touched_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    volume_id: str = Field(foreign_key="volume.id", index=True)
    zipped: bool = False
    files: int
    bytes: int = Field(sa_type=BigInteger)
    status: str = Field(default=UploadStatus.RECEIVING, index=True)
    problem: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)
    dataset_id: str | None = None

    @property
    def reason(self) -> Message | None:
        """Why it failed."""
        return Message.from_json(self.problem) if self.problem else None
