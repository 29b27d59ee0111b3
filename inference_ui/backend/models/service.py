"""Online services (在线服务): long-running servers that people and tasks share."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounds
from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.models.columns import UtcTime, ValueJson, new_id, utc_now
from inference_ui.backend.models.servers import Owned

NullableJson = JSON(none_as_null=True)


class ServiceStatus(StrEnum):
    """Where a service is in its life. QUEUED: no room yet. STARTING: no replica ready yet (one
    registered by its URL: it does not answer). STOPPING: being torn down."""

    QUEUED = "QUEUED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


class ServiceWish(StrEnum):
    """What people want of a service; they write it, the reconciler acts."""

    RUN = "RUN"
    STOP = "STOP"
    DELETE = "DELETE"


class Elsewhere(BaseModel):
    """A server that somebody else runs: its base URL, and what every request to it carries.

    ``ca`` is PEM text of the authorities that its certificate may come from, empty for the
    machine's own. ``token`` goes into an ``Authorization: Bearer`` header.
    """

    model_config = ConfigDict(frozen=True)

    url: str
    token: str = Bounds(default="", repr=False)
    headers: dict[str, str] = Bounds(default={}, repr=False)
    ca: str = Bounds(default="", repr=False)

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers of every request."""
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**self.headers, **bearer}


class OnlineService(SQLModel, table=True):
    """An online service. ``wish`` is an intent: users write it; only the reconciler writes status.

    ``server`` is what is deployed, or ``elsewhere`` where it runs already: one of the two.
    ``package`` is how it is spoken to in either case. ``attempt`` counts its starts.
    ``max_in_flight`` is its limit of requests in flight over all replicas, None for none.
    """

    __tablename__ = "online_service"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime, index=True)
    package: PackageSnapshot = Field(sa_type=ValueJson(PackageSnapshot))
    server: Owned | None = Field(default=None, sa_type=ValueJson(Owned))
    elsewhere: Elsewhere | None = Field(default=None, sa_type=ValueJson(Elsewhere))
    max_in_flight: int | None = None
    wish: str = ServiceWish.RUN
    status: str = Field(default=ServiceStatus.QUEUED, index=True)
    status_since: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    attempt: int = 1
    waiting_for: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)
    end_detail: dict[str, Any] | None = Field(default=None, sa_type=NullableJson)

    @property
    def deployed(self) -> bool:
        """Whether the product runs it, rather than somebody else."""
        return self.server is not None

    @property
    def waiting(self) -> Message | None:
        """What the service waits for now."""
        return Message.from_json(self.waiting_for) if self.waiting_for else None

    @property
    def detail(self) -> Message | None:
        """Why it failed, or what was odd about its end."""
        return Message.from_json(self.end_detail) if self.end_detail else None


class ServiceLog(SQLModel, table=True):
    """The last lines of a replica's log, saved before it was torn down."""

    __tablename__ = "service_log"

    service_id: str = Field(foreign_key="online_service.id", primary_key=True, ondelete="CASCADE")
    attempt: int = Field(primary_key=True)
    replica: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="user_account.id")
    text: str
