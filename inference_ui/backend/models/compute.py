"""What computes: specs, nodes, cards, and where a server may be placed. The arithmetic over them
is in ``backend.capacity``."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import JSON, BigInteger, Column
from sqlmodel import Field, SQLModel

from inference_ui.backend.models.columns import UtcTime, ValueJson, new_id, utc_now


class AcceleratorType(StrEnum):
    """The kind of accelerator that a spec asks for."""

    CPU = "CPU"
    GPU = "GPU"
    MLU = "MLU"


class Slice(BaseModel):
    """A part of a card, as it is asked for: one made beforehand under the name ``profile`` (MIG
    ``1g.10gb``, MIM ``2m.8gb``), with at least so many bytes of the card's memory and ``share``
    percent of its compute. What is empty or 0 does not matter."""

    model_config = ConfigDict(frozen=True)

    profile: str = ""
    memory_bytes: int = 0
    share: int = 0


class Toleration(BaseModel):
    """A taint that is borne, with the meaning of Kubernetes: an empty ``key`` bears all of them,
    ``value`` None any value, an empty ``effect`` any effect."""

    model_config = ConfigDict(frozen=True)

    key: str = ""
    value: str | None = None
    effect: str = ""


class Resources(BaseModel):
    """What one replica requests of its node: thousandths of a CPU, bytes, and so many ``cards``:
    whole ones, or slices where ``slice`` says of what kind. ``tolerations`` and ``runtime_class``
    are what such a node may demand besides."""

    model_config = ConfigDict(frozen=True)

    cpu_millis: int
    memory_bytes: int
    accelerator: AcceleratorType = AcceleratorType.CPU
    card_model: str | None = None
    cards: int = 0
    slice: Slice | None = None
    tolerations: tuple[Toleration, ...] = ()
    runtime_class: str | None = None


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
    slice: Slice | None = Field(default=None, sa_column=Column(ValueJson(Slice), nullable=True))
    tolerations: list[dict[str, Any]] = Field(default=[], sa_column=Column(JSON, nullable=False))
    runtime_class: str | None = None

    @property
    def resources(self) -> Resources:
        """What one replica of this spec requests."""
        return Resources(
            cpu_millis=self.cpu_millis,
            memory_bytes=self.memory_bytes,
            accelerator=AcceleratorType(self.accelerator),
            card_model=self.card_model,
            cards=self.cards,
            slice=self.slice,
            tolerations=tuple(Toleration.model_validate(one) for one in self.tolerations),
            runtime_class=self.runtime_class,
        )


@dataclass(frozen=True, slots=True)
class VirtualCard:
    """A slice of a physical card, numbered from 1 within it; ``used_by`` names an application.

    ``share`` is percent of the card's compute; 0 for memory or share: not set apart, or unknown.
    ``index`` is what the driver calls it where it has a name of its own (MIG).
    """

    number: int
    used_by: str | None = None
    profile: str = ""
    memory_bytes: int = 0
    share: int = 0
    index: str = ""


@dataclass(frozen=True, slots=True)
class PhysicalCard:
    """A card in a slot of its node, numbered from 1 (0: nothing states its slot); ``index`` is what
    the driver calls it.

    A card is whole (no ``slices``, ``divisible`` 0), was cut beforehand into ``slices``, or is
    ``divisible`` into at most so many slices of any size, of which ``slices`` are those in use.
    """

    slot: int
    index: str
    model: str
    accelerator: AcceleratorType
    healthy: bool = True
    memory_bytes: int = 0
    used_by: str | None = None
    slices: tuple[VirtualCard, ...] = ()
    divisible: int = 0


@dataclass(frozen=True, slots=True)
class CardUse:
    """An application's ``cards`` (or slices) on a node, of which nothing states the slots."""

    application: str
    cards: int
    accelerator: AcceleratorType
    model: str | None = None
    slice: Slice | None = None


@dataclass(frozen=True, slots=True)
class Tenant:
    """What one application holds of a node's CPU (thousandths) and memory (bytes)."""

    application: str
    cpu_millis: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps workloads off a node that do not tolerate it, as in Kubernetes."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster: what it has for workloads, and what they use of it now.

    ``ready``: it works. ``cordoned``: nothing new shall come to it; ``why`` is what the cluster
    says of either. ``unplaced`` are uses of ``cards`` that stand on none of them.
    """

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
    tenants: tuple[Tenant, ...] = ()
    cordoned: bool = False
    taints: tuple[Taint, ...] = ()
    why: str = ""
    unplaced: tuple[CardUse, ...] = ()
