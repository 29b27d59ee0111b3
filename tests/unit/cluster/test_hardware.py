"""Reading what the cards' own tools print."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local.hardware import (
    Found,
    parse_cnmon,
    parse_nvidia_smi,
    this_machine,
)
from inference_ui.backend.models.compute import AcceleratorType

NVIDIA = """0, NVIDIA A100-SXM4-80GB, 81920, 535.161.08
1, NVIDIA A100-SXM4-80GB, [Unknown Error], 535.161.08
2, NVIDIA GeForce RTX 4090, 24564, 535.161.08
"""

CNMON_5 = """\
+------------------------------------------------------------------------------+
| CNMON v5.10.13                                               Driver v5.10.27 |
+-------------------------------+----------------------+-----------------------+
| Card  VF  Name       Firmware |               Bus-Id | Util        Ecc-Error |
| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage | SR-IOV   Compute-Mode |
|===============================+======================+=======================|
| 0     /   MLU370-X8    v1.1.6 |         0000:39:00.0 | 0%                N/A |
|  0%   32C        106 W/ 250 W |     0 MiB/ 23374 MiB | N/A           Default |
+-------------------------------+----------------------+-----------------------+
| 1     /   MLU370-X8    v1.1.6 |         0000:3D:00.0 | 0%                N/A |
|  0%   39C        106 W/ 250 W |     0 MiB/ 23374 MiB | N/A           Default |
+-------------------------------+----------------------+-----------------------+
"""

CNMON_4 = """\
| CNMON v4.20.11                                                               |
| Card  VF  Name       Firmware | Inited        Driver | Util        Ecc-Error |
| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage |         vMemory-Usage |
| 0     /   MLU370-X4    v1.1.6 | On          v4.20.18 | 0%          N/A       |
|  0%   32C         30 W/ 150 W |     0 MiB/ 23308 MiB | 10240 MiB/1048576 MiB |
"""


def models(found: Found) -> list[tuple[int, str, str, bool, int]]:
    return [
        (card.slot, card.index, card.model, card.healthy, card.memory_bytes >> 20)
        for card in found.cards
    ]


def test_nvidia_cards_are_read_and_a_broken_one_is_marked() -> None:
    found = parse_nvidia_smi(NVIDIA)
    assert models(found) == [
        (1, "0", "A100-SXM4-80GB", True, 81920),
        (2, "1", "A100-SXM4-80GB", False, 0),
        (3, "2", "GeForce-RTX-4090", True, 24564),
    ]
    assert {card.accelerator for card in found.cards} == {AcceleratorType.GPU}
    assert found.driver_version == "535.161.08"


@pytest.mark.parametrize(
    ("table", "cards", "driver"),
    [
        (
            CNMON_5,
            [(1, "0", "MLU370-X8", True, 23374), (2, "1", "MLU370-X8", True, 23374)],
            "v5.10.27",
        ),
        (CNMON_4, [(1, "0", "MLU370-X4", True, 23308)], "v4.20.18"),
    ],
)
def test_mlu_cards_are_read_from_either_table(
    table: str, cards: list[tuple[int, str, str, bool, int]], driver: str
) -> None:
    found = parse_cnmon(table)
    assert models(found) == cards
    assert found.driver_version == driver
    assert {card.accelerator for card in found.cards} == {AcceleratorType.MLU}


def test_an_answer_without_cards_means_none() -> None:
    assert parse_nvidia_smi("No devices were found\n") == parse_cnmon("error\n") == Found()


def test_the_machine_is_a_node_with_the_cards_of_all_its_tools(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("nvidia-smi", NVIDIA), ("cnmon", CNMON_5)):
        (tmp_path / f"{name}.txt").write_text(text)
        tool = tmp_path / name
        tool.write_text(f"#!/bin/sh\ncat {tmp_path}/{name}.txt\n")
        tool.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    node = this_machine()
    assert [card.slot for card in node.cards] == [1, 2, 3, 4, 5]
    assert [card.index for card in node.cards] == ["0", "1", "2", "0", "1"]
    assert node.driver_version == "535.161.08"
    assert node.ready
    assert node.cpu_millis >= 1000
    assert node.memory_bytes > 1 << 28


def test_a_tool_that_fails_means_no_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("nvidia-smi", "cnmon"):
        (tmp_path / name).write_text("#!/bin/sh\necho broken >&2\nexit 9\n")
        (tmp_path / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert this_machine().cards == ()
