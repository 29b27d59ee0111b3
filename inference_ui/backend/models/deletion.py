"""Deletions of tasks: what a user asked to be deleted, and the receipt of what came of it.

The rows of the tasks go; these stay, and say what was deleted and what was not.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, SQLModel

from inference_ui.backend.errors import Message
from inference_ui.backend.models.columns import UtcTime, new_id, utc_now

NullableJson = JSON(none_as_null=True)


class DeletedState(StrEnum):
    """How far the deletion of one task is.

    REFUSED: it was not deleted. WAITING: it is to be deleted, once nothing of it runs any more.
    CLEARING: it is gone, its files are being removed. DELETED: all is done.
    """

    REFUSED = "REFUSED"
    WAITING = "WAITING"
    CLEARING = "CLEARING"
    DELETED = "DELETED"


class Deletion(SQLModel, table=True):
    """What one user asked to be deleted at once. ``owner_id`` is who asked.

    ``asked`` is how many tasks were meant; ``accepted`` and ``refused`` are written while the
    request is taken down, until ``taken_at``. The rest is the receipt, which grows: how many tasks
    are ``gone``, how many ``replicas`` were ended for it with how many ``cards`` (by model) on
    which ``nodes``; of the output folders how many were ``removed`` and how many ``kept``, with
    how many ``files`` and ``bytes``; how many tasks have a ``problem`` with their files.
    """

    __tablename__ = "deletion"

    id: str = Field(default_factory=new_id, primary_key=True)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    requested_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    touched_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    taken_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    dismissed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    with_output: bool = False
    asked: int = 0
    accepted: int = 0
    refused: int = 0
    gone: int = 0
    replicas: int = 0
    cards: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    nodes: list[str] = Field(default_factory=list, sa_type=JSON)
    removed: int = 0
    kept: int = 0
    problems: int = 0
    files: int = 0
    bytes: int = Field(default=0, sa_type=BigInteger)


class DeletedTask(SQLModel, table=True):
    """A task of a deletion; ``owner_id`` is whose task it was.

    ``problem`` says why it was refused, or why files of it were kept. ``output_folder`` is where
    its results were, ``volume_name`` the volume's; ``files`` and ``bytes`` are what was removed.
    """

    __tablename__ = "deleted_task"

    deletion_id: str = Field(foreign_key="deletion.id", primary_key=True, ondelete="CASCADE")
    task_id: str = Field(primary_key=True, index=True)
    owner_id: str = Field(foreign_key="user_account.id")
    name: str
    state: str = Field(default=DeletedState.WAITING, index=True)
    volume_name: str = ""
    output_folder: str = ""
    problem: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)
    replicas: int = 0
    cards: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    nodes: list[str] = Field(default_factory=list, sa_type=JSON)
    kept: bool = False
    files: int = 0
    bytes: int = Field(default=0, sa_type=BigInteger)

    @property
    def reason(self) -> Message | None:
        """Why it was refused, or why files of it were kept."""
        return Message.from_json(self.problem) if self.problem else None
