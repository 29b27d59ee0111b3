"""HAMi: the cards that its device plugin registers, and those that its scheduler gave to a pod.

Formats: https://github.com/Project-HAMi/HAMi/blob/master/docs/develop/protocol.md. Both stand in
annotations; one that is broken states nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.cluster.kubernetes.objects import Json, whole
from inference_ui.backend.cluster.kubernetes.resources import nvidia_model
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class StatedPart:
    """A part of a card that a pod has, as an annotation states it. ``device`` names the card as the
    node does (its UUID); ``index`` is the driver's name of the part, where it has one."""

    device: str
    accelerator: AcceleratorType
    memory_bytes: int
    share: int
    index: str = ""


@dataclass(frozen=True, slots=True)
class _Device:
    id: str
    index: int
    count: int
    memory_mib: int
    type: str
    healthy: bool


def registered(annotations: Mapping[str, str]) -> tuple[tuple[str, PhysicalCard], ...]:
    """Return the divisible cards that a node registers, each after its UUID.

    A slot is the index + 1; where several cards have one index (the form of seven fields has none),
    nothing states their slots.
    """
    devices = _devices(annotations.get(names.HAMI_NVIDIA_REGISTER, ""))
    indexes = [one.index for one in devices]
    return tuple((one.id, _card(one, indexes.count(one.index) == 1)) for one in devices)


def allocated(annotations: Mapping[str, str], node: str) -> tuple[StatedPart, ...]:
    """Return the parts of cards that a pod was given on this node, one for each card.

    What the annotations state of another node is left over from an earlier attempt.
    """
    if annotations.get(names.HAMI_NODE_ANNOTATION, node) != node:
        return ()
    gpus = _parts(annotations.get(names.HAMI_NVIDIA_ALLOCATED, ""), AcceleratorType.GPU)
    mlus = _parts(annotations.get(names.HAMI_CAMBRICON_ALLOCATED, ""), AcceleratorType.MLU)
    return (*gpus, *mlus)


def _card(device: _Device, slot_is_stated: bool) -> PhysicalCard:
    return PhysicalCard(
        slot=device.index + 1 if slot_is_stated else 0,
        index=str(device.index) if slot_is_stated else "",
        model=nvidia_model(device.type),
        accelerator=AcceleratorType.GPU,
        healthy=device.healthy,
        memory_bytes=device.memory_mib * MIB,
        divisible=device.count,
    )


def _devices(register: str) -> list[_Device]:
    if not register.lstrip().startswith("["):
        entries = [entry.split(",") for entry in register.split(":") if entry.strip()]
        return _all_or_none(_from_fields(fields) for fields in entries)
    try:
        entries = json.loads(register)
    except (ValueError, RecursionError):
        return []
    return _all_or_none(_from_json(entry) for entry in entries)


def _all_or_none(found: Iterable[_Device | None]) -> list[_Device]:
    devices = list(found)
    known = [one for one in devices if one is not None]
    unique = len({one.id for one in known}) == len(known)
    return known if unique and len(known) == len(devices) else []


def _from_json(entry: Any) -> _Device | None:
    if not isinstance(entry, dict):
        return None
    fields: Json = entry
    return _device(
        fields.get("id"),
        fields.get("index", 0),
        fields.get("count"),
        fields.get("devmem"),
        fields.get("type"),
        fields.get("health", False) is True,
    )


def _from_fields(fields: list[str]) -> _Device | None:
    """``id,count,devmem,devcore,type,numa,health`` and, in the longer form, ``index,mode``."""
    if len(fields) not in (7, 9):
        return None
    index = fields[7].strip() if len(fields) == 9 else 0
    healthy = fields[6].strip().lower() in ("true", "1", "t")
    return _device(fields[0], index, fields[1], fields[2], fields[4], healthy)


def _device(
    id: Any, index: Any, count: Any, memory: Any, type: Any, healthy: bool
) -> _Device | None:
    numbers = (whole(index), whole(count), whole(memory))
    if not (isinstance(id, str) and id and isinstance(type, str)) or None in numbers:
        return None
    place, most, mib = (number or 0 for number in numbers)
    return _Device(id, place, most, mib, type, healthy) if most else None


def _parts(stated: str, accelerator: AcceleratorType) -> tuple[StatedPart, ...]:
    """Read ``UUID,type,MiB,percent:`` for each device and ``;`` after each container."""
    found: dict[str, StatedPart] = {}
    for entry in stated.replace(";", ":").split(":"):
        if not entry.strip():
            continue
        fields = entry.split(",")
        memory, share = (whole(field.strip()) for field in (*fields[2:4], "", "")[:2])
        device = fields[0].partition("[")[0].strip()  # of a MIG instance: UUID[template-place]
        if not device or memory is None or share is None:
            return ()
        one = StatedPart(device, accelerator, memory * MIB, share)
        if (before := found.get(device)) is not None:  # two containers of the pod share the card
            memory_bytes = before.memory_bytes + one.memory_bytes
            one = replace(one, memory_bytes=memory_bytes, share=before.share + one.share)
        found[device] = one
    return tuple(found.values())
