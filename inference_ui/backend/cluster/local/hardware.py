"""This machine as a node: what the operating system and the cards' own tools say of it.

A tool that is not installed means that there are no cards of its kind.
"""

from __future__ import annotations

import csv
import logging
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import psutil

from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard

_log = logging.getLogger(__name__)

_TOOL_TIMEOUT_S = 20.0
_MIB = 1 << 20


class Found(NamedTuple):
    """Cards of one kind, slots numbered from 1, and their driver's version."""

    cards: tuple[PhysicalCard, ...] = ()
    driver_version: str | None = None


def this_machine() -> Node:
    """Return this machine as an empty node. Asks the cards' tools, so it may take seconds."""
    found = [_ask(command, parse) for command, parse in _TOOLS]
    cards = [card for one in found for card in one.cards]
    return Node(
        name=socket.gethostname().lower(),
        ready=True,
        os=_os_name(),
        kernel=platform.release(),
        cpu_millis=_cpus() * 1000,
        memory_bytes=psutil.virtual_memory().total,
        cards=tuple(_slotted(cards)),
        driver_version=next((one.driver_version for one in found if one.driver_version), None),
    )


def parse_nvidia_smi(text: str) -> Found:
    """Read ``nvidia-smi --query-gpu=index,name,memory.total,driver_version --format=csv,…``.

    Models are written as the NVIDIA device plugin labels them, without the maker's name:
    ``NVIDIA A100-SXM4-80GB`` is ``A100-SXM4-80GB``. A card whose memory is not a number is broken.
    """
    cards: list[PhysicalCard] = []
    driver = None
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if len(row) != 4 or not row[0].isdigit():
            continue
        index, name, memory, driver = row
        cards.append(
            PhysicalCard(
                slot=len(cards) + 1,
                index=index,
                model=name.removeprefix("NVIDIA ").strip().replace(" ", "-"),
                accelerator=AcceleratorType.GPU,
                healthy=memory.isdigit(),
                memory_bytes=int(memory) * _MIB if memory.isdigit() else 0,
            )
        )
    return Found(tuple(cards), driver)


_CNMON_CARD = re.compile(r"^\|\s*(\d+)\s+\S+\s+(MLU[\w-]+)\s")
_CNMON_DRIVER = re.compile(r"\b(?:Driver|CNMON)\s+(v[\d.]+)")
_CNMON_ROW_DRIVER = re.compile(r"\|\s*(?:On|Off)\s+(v[\d.]+)\s*\|")
_CNMON_MEMORY = re.compile(r"\d+ MiB/\s*(\d+) MiB")


def parse_cnmon(text: str) -> Found:
    """Read the table of ``cnmon``: two rows a card, the driver in the head or in each first row.

    Written after the tables of CNMON v4.20 and v5.10 in public installation guides.
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
                slot=len(cards) + 1,
                index=match[1],
                model=match[2],
                accelerator=AcceleratorType.MLU,
                healthy=memory is not None,
                memory_bytes=int(memory[1]) * _MIB if memory else 0,
            )
        )
    return Found(tuple(cards), driver if cards else None)


_TOOLS: tuple[tuple[tuple[str, ...], Callable[[str], Found]], ...] = (
    (
        (
            "nvidia-smi",
            "--query-gpu=index,name,memory.total,driver_version",
            "--format=csv,noheader,nounits",
        ),
        parse_nvidia_smi,
    ),
    (("cnmon",), parse_cnmon),
)


def _ask(command: tuple[str, ...], parse: Callable[[str], Found]) -> Found:
    tool = shutil.which(command[0])
    if tool is None:
        return Found()
    try:
        answer = subprocess.run(  # noqa: S603 - fixed commands, found on the PATH
            (tool, *command[1:]),
            capture_output=True,
            text=True,
            timeout=_TOOL_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("%s could not be asked for cards: %s", command[0], error)
        return Found()
    return parse(answer.stdout)


def _slotted(cards: list[PhysicalCard]) -> list[PhysicalCard]:
    """Number the cards of all kinds through, so that a slot means one card of the node."""
    return [replace(card, slot=slot) for slot, card in enumerate(cards, start=1)]


def _cpus() -> int:
    """Return the CPUs that this process may use: fewer than there are, if it was pinned."""
    try:
        return len(psutil.Process().cpu_affinity() or [])
    except AttributeError:  # macOS has no affinity
        return psutil.cpu_count() or 1


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
