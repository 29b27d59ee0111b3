"""An inventory: a file that says which nodes the local cluster has, in place of this machine's own.

JSON (which is YAML, too): a list of nodes, each as in ::

    {"name": "node-21", "os": "Ubuntu 22.04", "kernel": "5.15.0-91", "cpu": 128, "memory_gib": 512,
     "driver_version": "v5.10.29",
     "cards": [{"model": "MLU370-X8", "accelerator": "MLU", "count": 8, "memory_gib": 48}]}

All but the name, ``cpu`` and ``memory_gib`` may be left out. Whatever the file says, every replica
is a process of this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from inference_ui.backend.cluster.local.hardware import this_machine
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard

GIB = 1 << 30

_Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Cards(_Strict):
    model: Annotated[str, Field(min_length=1)]
    accelerator: AcceleratorType
    count: Annotated[int, Field(ge=1, le=64)]
    memory_gib: Annotated[float, Field(ge=0)] = 0


class _Listed(_Strict):
    name: _Name
    cpu: Annotated[float, Field(gt=0)]
    memory_gib: Annotated[float, Field(gt=0)]
    os: str = ""
    kernel: str = ""
    ready: bool = True
    driver_version: str | None = None
    cards: tuple[_Cards, ...] = ()


def node_source(path: Path | None) -> Callable[[], tuple[Node, ...]]:
    """Return what tells the nodes that there are: those of the file, or this machine."""
    found = read_inventory(path) if path is not None else (this_machine(),)
    return lambda: found


_inventory = TypeAdapter(Annotated[tuple[_Listed, ...], Field(min_length=1)])


def read_inventory(path: Path) -> tuple[Node, ...]:
    """Return the nodes of a file, empty.

    Raises :class:`CannotStart`, which names the file and the place in it, when it cannot be read,
    says something that is not understood, or names a node twice.
    """
    try:
        listed = _inventory.validate_json(path.read_bytes())
    except OSError as error:
        raise _wrong(path, "", error.strerror or str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _wrong(path, place, first["msg"]) from error
    names = [node.name for node in listed]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise _wrong(path, f"{index}.name", f"a second node {name}")
    return tuple(_node(node) for node in listed)


def _wrong(path: Path, place: str, error: str) -> CannotStart:
    return CannotStart("INVENTORY_UNUSABLE", path=str(path), place=place, error=error)


def _node(listed: _Listed) -> Node:
    kinds = [kind for kind in listed.cards for _ in range(kind.count)]
    cards = tuple(
        PhysicalCard(
            slot=slot,
            index=str(slot - 1),
            model=kind.model,
            accelerator=kind.accelerator,
            memory_bytes=int(kind.memory_gib * GIB),
        )
        for slot, kind in enumerate(kinds, start=1)
    )
    return Node(
        name=listed.name,
        ready=listed.ready,
        os=listed.os,
        kernel=listed.kernel,
        cpu_millis=round(listed.cpu * 1000),
        memory_bytes=int(listed.memory_gib * GIB),
        cards=cards,
        driver_version=listed.driver_version,
    )
