"""Dynamic sMLU of Cambricon: divisible cards that a node states in totals only, and the annotations
that state a pod's slot.

The device plugin offers 100 ``vcore`` a card, and the memory in units of 256 MiB (its flag
``min-dsmlu-unit``, as HAMi and Koordinator demand it; nothing on the node states another one).
Schedulers and the plugin count slots from 0, here they count from 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from inference_ui.backend.cluster.kubernetes import names
from inference_ui.backend.cluster.kubernetes.hami import StatedPart
from inference_ui.backend.cluster.kubernetes.objects import whole
from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard, Slice

CORES_OF_A_CARD = 100
MEMORY_UNIT = 256 << 20
"""Bytes of one ``vmemory``."""
MOST_SLICES = 100
"""As many as a card has percent of compute, the smallest part that can be asked for."""


def size(cores: int, memory_units: int) -> Slice:
    """Return the slice that so much of both resources makes."""
    return Slice(memory_bytes=memory_units * MEMORY_UNIT, share=min(cores, CORES_OF_A_CARD))


def divisible_cards(
    node: str, model: str, cores: tuple[int, int], memory_units: int
) -> tuple[tuple[str, PhysicalCard], ...]:
    """Return a node's cards, each after its name as a device.

    ``cores``: usable ones and all; what is not usable counts as broken cards. Which these are,
    nothing states: the last ones stand for them. ``memory_units``: all of the node's, so that each
    card has its part of them.
    """
    usable, every = (-(-count // CORES_OF_A_CARD) for count in cores)
    each = memory_units * MEMORY_UNIT * CORES_OF_A_CARD // cores[1] if cores[1] else 0
    return tuple(
        (
            device_of(node, index),
            PhysicalCard(
                slot=index + 1,
                index=str(index),
                model=model,
                accelerator=AcceleratorType.MLU,
                healthy=index < usable,
                memory_bytes=each,
                divisible=MOST_SLICES,
            ),
        )
        for index in range(max(usable, every))
    )


def device_of(node: str, index: int) -> str:
    """Return the name of the card at an index, counted from 0."""
    return names.HAMI_CAMBRICON_DEVICE.format(node=node, index=index)


def stated(annotations: Mapping[str, str], node: str) -> tuple[StatedPart, ...]:
    """Return the part of a card that a pod on this node was given; empty if nothing states it.

    The profile, ``slot_vcore_vmemory``, is what the scheduler decided. Once the plugin has carried
    it out, the instance, ``profile_handle_slot_instance``, says where.
    """
    profile = _numbers(annotations.get(names.SMLU_PROFILE_ANNOTATION, ""), 3)
    if profile is None:
        return ()
    slot, cores, memory_units = profile
    instance = None
    if any(annotations.get(name) == "true" for name in names.SMLU_ASSIGNED_ANNOTATIONS):
        instance = _numbers(annotations.get(names.SMLU_INSTANCE_ANNOTATION, ""), 4)
    if instance is not None:
        slot = instance[2]
    wanted = size(cores, memory_units)
    number = str(instance[3]) if instance is not None else ""
    device = device_of(node, slot)
    return (StatedPart(device, AcceleratorType.MLU, wanted.memory_bytes, wanted.share, number),)


def _numbers(words: str, count: int) -> tuple[int, ...] | None:
    found = [whole(word) for word in words.split("_")]
    known = tuple(number for number in found if number is not None)
    return known if len(known) == len(found) == count else None
