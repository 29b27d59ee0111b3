"""An inference task: its row, its states, how it can end, its events and saved logs."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Bounds
from sqlalchemy import JSON, Connection, Index, event, text
from sqlalchemy.orm import Mapper
from sqlmodel import Field, SQLModel

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.models.columns import UtcTime, ValueJson, new_id, utc_now
from inference_ui.backend.models.compute import Placement
from inference_ui.backend.models.servers import Owned, Shared, SpecSnapshot
from inference_ui.backend.records import InputKind

NullableJson = JSON(none_as_null=True)


class TaskStatus(StrEnum):
    """Where a task is in its life; only the reconciler moves it."""

    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    FINISHING = "FINISHING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def ended(self) -> bool:
        """Whether nothing of the task runs any more."""
        return self in ENDED


ENDED = frozenset({TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.STOPPED})
UNFINISHED = frozenset(TaskStatus) - ENDED


class EndReason(StrEnum):
    """Why a task ended; alone decides its final status."""

    COMPLETED = "COMPLETED"
    STOPPED_BY_USER = "STOPPED_BY_USER"
    NO_ITEM_SUCCEEDED = "NO_ITEM_SUCCEEDED"
    TOO_MANY_FAILED = "TOO_MANY_FAILED"
    INCOMPLETE = "INCOMPLETE"
    SERVER_FAILED = "SERVER_FAILED"
    SERVER_NOT_READY = "SERVER_NOT_READY"
    CLIENT_FAILED = "CLIENT_FAILED"
    STALLED = "STALLED"

    @property
    def final_status(self) -> TaskStatus:
        """The status that a task which ended for this reason has."""
        return _FINAL.get(self, TaskStatus.FAILED)


_FINAL = {
    EndReason.COMPLETED: TaskStatus.SUCCEEDED,
    EndReason.STOPPED_BY_USER: TaskStatus.STOPPED,
}


Server: TypeAlias = Annotated[Owned | Shared, Bounds(discriminator="kind")]
"""A task's server: its own, or a running online service."""


class Since(BaseModel):
    """An earlier task of the same dataset: what succeeded in it and is unchanged is left out."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    task_name: str
    output_folder: str


class TaskPlan(BaseModel):
    """Everything that a task was created with; never changes afterwards.

    ``dataset_folder`` and ``output_folder`` are absolute; times are in seconds. ``limit`` is set
    for a canary: so many inputs are tried, the first ones.
    """

    model_config = ConfigDict(frozen=True)

    server: Server
    dataset_id: str
    dataset_name: str
    dataset_folder: str
    volume_id: str
    volume_name: str
    output_folder: str
    input_kind: InputKind = InputKind.JSON
    prompt: str = ""
    max_failed: str | None = None
    item_timeout_s: float = 60.0
    retries: int = 3
    limit: int | None = None
    since: Since | None = None

    @model_validator(mode="before")
    @classmethod
    def _own_server(cls, given: Any) -> Any:
        """Take a plan without ``server``, from before servers could be shared: it has its own."""
        if not isinstance(given, dict) or "server" in given:
            return given
        own = {"package", "spec", "node_count", "placement"}
        server = {key: value for key, value in given.items() if key in own}
        rest = {key: value for key, value in given.items() if key not in own}
        return {**rest, "server": {"kind": "OWNED", **server}}

    @property
    def package(self) -> PackageSnapshot:
        """The package of the server, whoever runs it."""
        return self.server.package

    @property
    def spec(self) -> SpecSnapshot | None:
        """What each replica of an own server gets; None for a shared one."""
        return self.server.spec if isinstance(self.server, Owned) else None

    @property
    def node_count(self) -> int:
        """Replicas of an own server; 0 for a shared one."""
        return self.server.node_count if isinstance(self.server, Owned) else 0

    @property
    def placement(self) -> Placement:
        """Where an own server may run."""
        return self.server.placement if isinstance(self.server, Owned) else Placement()


class InferenceTask(SQLModel, table=True):
    """A task (推理任务). ``stop_requested_at`` is an intent: users write it, nothing else.

    Counts are what the batch client last said while it runs, and what is on disk in the end.
    ``retry_failed`` belongs to the attempt: its failed items are tried again, those of the kinds
    that ``retry_causes`` names (keys as ``failure_kinds.choice`` takes them) where it does. A
    ``canary`` tries a few items and stands in no list. ``service_id`` is the online service that
    it goes through.

    ``dataset_id``, ``service_type``, ``package`` (``name version``) and ``spec`` (``""`` with an
    online service) say again what stands in the plan, to be searched and sorted by; they are
    filled in when the task is stored. ``took_s`` is from its creation to its end. With a
    ``deletion_id`` the task is to be deleted, and is gone soon.
    """

    __tablename__ = "inference_task"
    __table_args__ = (
        # All that the list searches and sorts by: plans are long, and so only the rows of the page
        # that is shown are ever read.
        Index(
            "ix_inference_task_list",
            "canary",
            text("created_at DESC"),  # so that whatever is sorted by, equal ones come in order
            "id",
            "status",
            "owner_id",
            "name",
            "service_type",
            "package",
            "spec",
            "took_s",
            "found",
            "succeeded",
            "failed",
        ),
        Index(
            "ix_inference_task_counts", "canary", "status", "name", "owner_id", "spec", "package"
        ),
        Index("ix_inference_task_dataset", "dataset_id", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    plan: TaskPlan = Field(sa_type=ValueJson(TaskPlan))
    status: str = Field(default=TaskStatus.QUEUED, index=True)
    status_since: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    attempt: int = 1
    retry_failed: bool = False
    retry_causes: list[str] | None = Field(default=None, sa_type=NullableJson)
    canary: bool = False
    service_id: str | None = Field(default=None, index=True)
    dataset_id: str = ""
    service_type: str = ""
    package: str = ""
    spec: str = ""
    waiting_for: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)
    stop_requested_at: datetime | None = Field(default=None, sa_type=UtcTime)
    stop_requested_by: str | None = Field(default=None, foreign_key="user_account.id")
    deletion_id: str | None = Field(default=None, index=True)
    end_reason: str | None = None
    end_detail: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    took_s: float | None = None
    running_since: datetime | None = Field(default=None, sa_type=UtcTime)
    progress_at: datetime | None = Field(default=None, sa_type=UtcTime)
    found: int | None = None
    succeeded: int = 0
    failed: int = 0
    rate: float = 0.0
    left_s: float | None = None
    in_flight: int = 0

    @property
    def waiting(self) -> Message | None:
        """What the task waits for now."""
        return Message.from_json(self.waiting_for) if self.waiting_for else None

    @property
    def detail(self) -> Message | None:
        """The particulars of how it ended."""
        return Message.from_json(self.end_detail) if self.end_detail else None


@event.listens_for(InferenceTask, "before_insert")
def _repeat_plan(_mapper: Mapper[InferenceTask], _to: Connection, task: InferenceTask) -> None:
    plan = task.plan
    task.dataset_id = plan.dataset_id
    task.service_type = str(plan.package.service_type)
    task.package = f"{plan.package.name} {plan.package.version}"
    task.spec = plan.spec.name if plan.spec else ""
    if task.ended_at is not None:
        task.took_s = (task.ended_at - task.created_at).total_seconds()


class TaskEvent(SQLModel, table=True):
    """Something that happened to a task: a change of its status, or what somebody asked for."""

    __tablename__ = "task_event"

    id: int | None = Field(default=None, primary_key=True)
    task_id: str = Field(foreign_key="inference_task.id", index=True, ondelete="CASCADE")
    owner_id: str = Field(foreign_key="user_account.id")
    at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    attempt: int
    code: str
    args: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class TaskLog(SQLModel, table=True):
    """The last lines of a workload's log, saved before it was torn down."""

    __tablename__ = "task_log"

    task_id: str = Field(foreign_key="inference_task.id", primary_key=True, ondelete="CASCADE")
    attempt: int = Field(primary_key=True)
    role: str = Field(primary_key=True)
    replica: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="user_account.id")
    text: str
