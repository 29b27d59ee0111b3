"""What computes: specs, nodes, cards, and where a server may be placed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from inference_ui.backend.models.columns import UtcTime, new_id, utc_now


class AcceleratorType(StrEnum):
    """The kind of accelerator that a spec asks for."""

    CPU = "CPU"
    GPU = "GPU"
    MLU = "MLU"


class Resources(BaseModel):
    """What one replica requests of its node: thousandths of a CPU, bytes, whole cards."""

    model_config = ConfigDict(frozen=True)

    cpu_millis: int
    memory_bytes: int
    accelerator: AcceleratorType = AcceleratorType.CPU
    card_model: str | None = None
    cards: int = 0


class Placement(BaseModel):
    """Where a server may run: anywhere, on named nodes, or on nodes with a driver version.

    One value with one kind, so that node names and a driver version cannot be given together.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["ANYWHERE", "NODES", "DRIVER"] = "ANYWHERE"
    nodes: tuple[str, ...] = ()
    driver_version: str | None = None


class ComputeSpec(SQLModel, table=True):
    """A size that tasks may ask for, per node (单节点规格)."""

    __tablename__ = "compute_spec"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    cpu_millis: int
    memory_bytes: int = Field(sa_type=BigInteger)
    accelerator: str = AcceleratorType.CPU
    card_model: str | None = None
    cards: int = 0

    @property
    def resources(self) -> Resources:
        """What one replica of this spec requests."""
        return Resources(
            cpu_millis=self.cpu_millis,
            memory_bytes=self.memory_bytes,
            accelerator=AcceleratorType(self.accelerator),
            card_model=self.card_model,
            cards=self.cards,
        )


@dataclass(frozen=True, slots=True)
class VirtualCard:
    """A slice of a physical card, numbered from 1 within it; ``used_by`` names an application."""

    number: int
    used_by: str | None = None


@dataclass(frozen=True, slots=True)
class PhysicalCard:
    """A card in a slot of its node, numbered from 1; ``index`` is what the driver calls it."""

    slot: int
    index: str
    model: str
    accelerator: AcceleratorType
    healthy: bool = True
    memory_bytes: int = 0
    used_by: str | None = None
    slices: tuple[VirtualCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster: what it has for workloads, and what they use of it now."""

    name: str
    ready: bool
    os: str
    kernel: str
    cpu_millis: int
    memory_bytes: int
    used_cpu_millis: int = 0
    used_memory_bytes: int = 0
    cards: tuple[PhysicalCard, ...] = ()
    driver_version: str | None = None
    workloads: tuple[str, ...] = field(default=())
