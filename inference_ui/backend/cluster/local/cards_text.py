"""Reading what the cards' own tools print. Pure."""

from __future__ import annotations

import csv
import re
from typing import NamedTuple

from inference_ui.backend.models.compute import AcceleratorType, PhysicalCard, VirtualCard

_MIB = 1 << 20
_GIB = 1 << 30


class Found(NamedTuple):
    """Cards of one kind, in slots by their index, and their driver's version."""

    cards: tuple[PhysicalCard, ...] = ()
    driver_version: str | None = None


NVIDIA_QUERY = (
    "--query-gpu=index,name,memory.total,driver_version",
    "--format=csv,noheader,nounits",
)

_WITHOUT_OWN_MEMORY = ("GB10", "Orin", "Thor")
"""They use the machine's, and say ``[N/A]`` of their own in perfect health."""


def parse_nvidia_smi(text: str) -> Found:
    """Read what ``nvidia-smi`` answers to :data:`NVIDIA_QUERY`.

    Models are written as the NVIDIA device plugin labels them, without the maker's name:
    ``NVIDIA A100-SXM4-80GB`` is ``A100-SXM4-80GB``. A card whose memory is not a number
    (``[N/A]``, ``ERR!``, ``[Unknown Error]``, ``[GPU is lost]``) is broken.
    """
    cards: list[PhysicalCard] = []
    driver = None
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if len(row) != 4 or not row[0].isdigit():
            continue
        index, name, memory, version = (value.strip() for value in row)
        model = "" if _is_fault(name) else name.removeprefix("NVIDIA ").replace(" ", "-")
        shared = model.startswith(_WITHOUT_OWN_MEMORY) and memory in ("[N/A]", "[Not Supported]")
        cards.append(
            PhysicalCard(
                slot=int(index) + 1,
                index=index,
                model=model,
                accelerator=AcceleratorType.GPU,
                healthy=bool(model) and (memory.isdigit() or shared),
                memory_bytes=int(memory) * _MIB if memory.isdigit() else 0,
            )
        )
        driver = driver or (None if _is_fault(version) else version)
    return Found(tuple(cards), driver)


def _is_fault(value: str) -> bool:
    """Tell whether a value stands for one that could not be had: ``[Unknown Error]``, ``ERR!``."""
    return not value or value.startswith(("[", "ERR"))


_GPU = re.compile(r"GPU (\d+): ")
_MIG = re.compile(r"\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: ([^)\s]+)\)")
_PROFILE = re.compile(r"(?:(\d+)c\.)?(\d+)g\.(\d+)gb")
_IN_QUARTERS = ("A30", "RTX-PRO")


def parse_mig(text: str, models: dict[str, str]) -> dict[str, tuple[VirtualCard, ...]]:
    """Read ``nvidia-smi -L``: the MIG slices of each card that has some, by the card's index.

    ``models`` are the cards' models by index. A profile tells how much a slice is: ``2g.20gb`` is
    two sevenths of a card's compute (quarters on some models) and 20 GiB, ``1c.3g.40gb`` one of the
    three in it. The driver knows a slice by its UUID.
    """
    found: dict[str, list[VirtualCard]] = {}
    index = ""
    for line in text.splitlines():
        if card := _GPU.match(line):
            index = card[1]
        elif (mig := _MIG.match(line)) and index:
            profile = _PROFILE.match(mig[1])
            parts = 4 if models.get(index, "").startswith(_IN_QUARTERS) else 7
            one = VirtualCard(
                number=int(mig[2]) + 1,
                profile=mig[1],
                memory_bytes=int(profile[3]) * _GIB if profile else 0,
                share=int(profile[1] or profile[2]) * 100 // parts if profile else 0,
                index=mig[3],
            )
            found.setdefault(index, []).append(one)
    return {index: tuple(slices) for index, slices in found.items()}


_CNMON_CARD = re.compile(r"^\|\s*(\d+)\s+\S+\s+(MLU[\w-]+)\s")
_CNMON_DRIVER = re.compile(r"\b(?:Driver|CNMON)\s+(v[\d.]+)")
_CNMON_ROW_DRIVER = re.compile(r"\|\s*(?:On|Off)\s+(v[\d.]+)\s*\|")
_CNMON_MEMORY = re.compile(r"\d+ MiB/\s*(\d+) MiB")


def parse_cnmon(text: str) -> Found:
    """Read the table of ``cnmon``: two rows a card, the driver in the head or in each first row.

    Written after the tables of CNMON v4.20 and v5.10 in public installation guides. A card whose
    memory is not a number is broken.
    """
    cards: list[PhysicalCard] = []
    head = [match[1] for match in _CNMON_DRIVER.finditer(text)]
    driver = head[-1] if head else None
    lines = text.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        match = _CNMON_CARD.match(line)
        if match is None:
            continue
        row_driver = _CNMON_ROW_DRIVER.search(line)
        driver = row_driver[1] if row_driver else driver
        memory = _CNMON_MEMORY.search(below)
        cards.append(
            PhysicalCard(
                slot=int(match[1]) + 1,
                index=match[1],
                model=match[2],
                accelerator=AcceleratorType.MLU,
                healthy=memory is not None,
                memory_bytes=int(memory[1]) * _MIB if memory else 0,
            )
        )
    return Found(tuple(cards), driver if cards else None)
