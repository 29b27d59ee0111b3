"""What a task is made of: storage volumes, datasets, model packages."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounds
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from inference_ui.backend.models.columns import UtcTime, ValueJson, new_id, utc_now
from inference_ui.backend.protocols import ServiceType


class BoxFormat(StrEnum):
    """The order of a box's four numbers, in pixels or (``_NORM``) as shares of the picture."""

    XYXY = "xyxy"
    YXYX = "yxyx"
    XYWH = "xywh"
    CXCYWH = "cxcywh"
    XXYY = "xxyy"
    XYXY_NORM = "xyxy_norm"
    YXYX_NORM = "yxyx_norm"
    XYWH_NORM = "xywh_norm"
    CXCYWH_NORM = "cxcywh_norm"
    XXYY_NORM = "xxyy_norm"


class Volume(SQLModel, table=True):
    """A storage volume (存储卷): a folder of this machine."""

    __tablename__ = "volume"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    root: str


class Dataset(SQLModel, table=True):
    """A dataset (数据集): the folder ``path`` of a volume, relative to the volume's root."""

    __tablename__ = "dataset"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    volume_id: str = Field(foreign_key="volume.id", index=True)
    path: str


class PackageLaunch(BaseModel):
    """How a package's server starts on one machine, and how long it may take to get ready.

    ``command`` may hold ``{port}`` and ``{python}`` (the product's own interpreter).
    """

    model_config = ConfigDict(frozen=True)

    command: tuple[str, ...]
    environment: dict[str, str] = {}
    readiness_path: str | None = None
    predict_path: str | None = None
    ready_timeout_s: Annotated[float, Bounds(gt=0, le=86_400, allow_inf_nan=False)] = 600.0


class ModelPackage(SQLModel, table=True):
    """A version of a packaged model (模型包)."""

    __tablename__ = "model_package"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=63)
    version: str
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    service_type: str
    model_name: str = ""
    box_format: str = BoxFormat.XYXY
    launch: PackageLaunch = Field(sa_type=ValueJson(PackageLaunch))

    @property
    def snapshot(self) -> "PackageSnapshot":
        """What a task keeps of this package, whatever becomes of it later."""
        return PackageSnapshot(
            id=self.id,
            name=self.name,
            version=self.version,
            service_type=ServiceType(self.service_type),
            model_name=self.model_name,
            box_format=BoxFormat(self.box_format),
            launch=self.launch,
        )


class PackageSnapshot(BaseModel):
    """A model package as a task ran it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    id: str
    name: str
    version: str
    service_type: ServiceType
    model_name: str
    box_format: BoxFormat
    launch: PackageLaunch
