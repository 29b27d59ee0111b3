"""This machine's cards: reading what their own tools print, and what becomes of one that breaks."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.cluster.local import LocalCluster, launch
from inference_ui.backend.cluster.local.cards_text import (
    Found,
    parse_cnmon,
    parse_mig,
    parse_nvidia_smi,
)
from inference_ui.backend.cluster.local.hardware import ASK_S, Machine
from inference_ui.backend.models.compute import AcceleratorType, Node, VirtualCard

GIB = 1 << 30
NVIDIA = """0, NVIDIA A100-SXM4-80GB, 81920, 535.161.08
1, NVIDIA A100-SXM4-80GB, [Unknown Error], 535.161.08
2, NVIDIA GeForce RTX 4090, 24564, 535.161.08
"""

LISTED = """GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f)
  MIG 1g.10gb     Device  0: (UUID: MIG-4e9a52d8-8a1e-55f4-b8a9-2f9e5ab4c3a1)
  MIG 1g.10gb+me  Device  1: (UUID: MIG-74c6a31a-fde5-5c61-973b-70e12346c202)
  MIG 1c.3g.40gb  Device  2: (UUID: MIG-GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f/1/0)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-e109d8d9-923e-7235-0429-96b7fdbcbd30)
GPU 2: NVIDIA A30 (UUID: GPU-2927d07e-3fe9-7904-9e08-b08b82d9a37d)
  MIG 2g.12gb     Device  0: (UUID: MIG-b4bcd4f3-6f69-516d-9404-b5ada80d760b)
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


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Tools:
    """Programs that come first on the PATH, and print what they are told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prints(self, name: str, text: str, listed: str = "", exit_code: int = 0) -> None:
        """Let a tool print ``text``, ``listed`` when asked with ``-L``; count the calls."""
        (self.folder / f"{name}.txt").write_text(text)
        (self.folder / f"{name}-L.txt").write_text(listed)
        self.runs(
            name,
            f'echo "$1" >> {self.folder}/{name}.calls\n'
            f'[ "$1" = -L ] && exec cat {self.folder}/{name}-L.txt\n'
            f"cat {self.folder}/{name}.txt\nexit {exit_code}",
        )

    def runs(self, name: str, script: str) -> None:
        """Let a tool be this shell script."""
        tool = self.folder / name
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(stat.S_IRWXU)

    def calls(self, name: str) -> list[str]:
        """With what it was asked, so far."""
        return (self.folder / f"{name}.calls").read_text().splitlines()


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Tools(folder)


def models(found: Found) -> list[tuple[int, str, str, bool, int]]:
    return [
        (card.slot, card.index, card.model, card.healthy, card.memory_bytes >> 20)
        for card in found.cards
    ]


def health(node: Node) -> list[tuple[int, str, str, bool]]:
    return [(card.slot, card.index, card.model, card.healthy) for card in node.cards]


def test_nvidia_cards_are_read_and_a_broken_one_is_marked() -> None:
    found = parse_nvidia_smi(NVIDIA)
    assert models(found) == [
        (1, "0", "A100-SXM4-80GB", True, 81920),
        (2, "1", "A100-SXM4-80GB", False, 0),
        (3, "2", "GeForce-RTX-4090", True, 24564),
    ]
    assert {card.accelerator for card in found.cards} == {AcceleratorType.GPU}
    assert found.driver_version == "535.161.08"


@pytest.mark.parametrize("hint", ["[N/A]", "ERR!", "[GPU is lost]", "[Not Supported]"])
def test_a_card_that_cannot_tell_its_memory_is_broken(hint: str) -> None:
    (card,) = parse_nvidia_smi(f"3, NVIDIA L40S, {hint}, 550.90.07\n").cards
    assert (card.slot, card.healthy, card.memory_bytes) == (4, False, 0)
    lost = parse_nvidia_smi(f"0, {hint}, {hint}, {hint}\n1, NVIDIA L40S, 46068, 550.90.07\n")
    assert [(card.model, card.healthy) for card in lost.cards] == [("", False), ("L40S", True)]
    assert lost.driver_version == "550.90.07"


def test_a_card_that_uses_the_machines_memory_is_not_broken() -> None:
    (card,) = parse_nvidia_smi("0, NVIDIA GB10, [N/A], 580.95.05\n").cards
    assert (card.model, card.healthy, card.memory_bytes) == ("GB10", True, 0)


def test_mig_slices_are_read_with_the_names_that_the_driver_has_for_them() -> None:
    found = parse_mig(LISTED, {"0": "A100-SXM4-80GB", "1": "A100-SXM4-80GB", "2": "A30"})
    uuid = "MIG-GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f/1/0"
    assert found.keys() == {"0", "2"}
    assert found["0"][1:] == (
        VirtualCard(2, None, "1g.10gb+me", 10 * GIB, 14,
                    "MIG-74c6a31a-fde5-5c61-973b-70e12346c202"),
        VirtualCard(3, None, "1c.3g.40gb", 40 * GIB, 14, uuid),
    )  # fmt: skip
    assert [(one.profile, one.share) for one in found["2"]] == [("2g.12gb", 50)]


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


def test_the_machine_is_a_node_with_the_cards_of_all_its_tools(tools: Tools) -> None:
    tools.prints("nvidia-smi", NVIDIA)
    tools.prints("cnmon", CNMON_5)
    node = Machine().node()
    assert [card.slot for card in node.cards] == [1, 2, 3, 4, 5]
    assert [card.index for card in node.cards] == ["0", "1", "2", "0", "1"]
    assert node.driver_version == "535.161.08"
    assert node.ready
    assert node.cpu_millis >= 1000
    assert node.memory_bytes > 1 << 28


def test_a_replica_on_a_mig_slice_sees_it_by_its_uuid(tools: Tools) -> None:
    tools.prints("nvidia-smi", NVIDIA, listed=LISTED)
    node = Machine().node()
    assert [len(card.slices) for card in node.cards] == [3, 0, 1]
    seats = [CardSeat(1, 1), CardSeat(1, 2)]
    assert launch.cards_environment(node.cards, seats)["CUDA_VISIBLE_DEVICES"] == (
        "MIG-4e9a52d8-8a1e-55f4-b8a9-2f9e5ab4c3a1,MIG-74c6a31a-fde5-5c61-973b-70e12346c202"
    )


def test_cards_of_which_nobody_knows_whether_they_are_cut_are_not_offered(tools: Tools) -> None:
    clock = Clock()
    tools.runs("nvidia-smi", f'[ "$1" = -L ] && exit 1\ncat <<"END"\n{NVIDIA}\nEND')
    machine = Machine(now=clock)
    assert machine.node().cards == ()
    tools.prints("nvidia-smi", NVIDIA, listed=LISTED)
    clock.now = 31
    assert [len(card.slices) for card in machine.node().cards] == [3, 0, 1]


def test_the_machine_keeps_the_name_that_it_had_at_first(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "node-name"
    monkeypatch.setattr("socket.gethostname", lambda: "First")
    assert Machine(kept).node().name == "first"
    monkeypatch.setattr("socket.gethostname", lambda: "second")
    assert Machine(kept).node().name == "first"
    assert Machine().node().name == "second"


def test_a_tool_that_fails_from_the_start_means_no_cards(tools: Tools) -> None:
    for name in ("nvidia-smi", "cnmon"):
        tools.runs(name, "echo broken >&2\nexit 9")
    assert Machine().node().cards == ()


def test_the_tools_are_asked_twice_a_minute_at_most(tools: Tools) -> None:
    clock = Clock()
    tools.prints("nvidia-smi", NVIDIA)
    machine = Machine(now=clock)
    for clock.now in (0.0, 2.0, ASK_S - 1):
        machine.node()
    assert len(tools.calls("nvidia-smi")) == 2
    clock.now = ASK_S
    machine.node()
    assert tools.calls("nvidia-smi")[1::2] == ["-L", "-L"]


def test_a_card_that_vanishes_stays_listed_as_broken_and_comes_back(
    tools: Tools, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    whole = NVIDIA.replace("[Unknown Error]", "81920")
    tools.prints("nvidia-smi", whole, listed=LISTED)
    tools.prints("cnmon", CNMON_5)
    machine = Machine(now=clock)
    before = machine.node()
    tools.prints("nvidia-smi", "".join(whole.splitlines(keepends=True)[1:]), listed=LISTED)
    for clock.now in (ASK_S, 2 * ASK_S):
        broken = machine.node()
    assert health(broken) == [
        (1, "0", "A100-SXM4-80GB", False),
        (2, "1", "A100-SXM4-80GB", True),
        (3, "2", "GeForce-RTX-4090", True),
        (4, "0", "MLU370-X8", True),
        (5, "1", "MLU370-X8", True),
    ]
    assert broken.cards[0].slices == before.cards[0].slices
    assert [record.message for record in caplog.records] == [
        "card 0 (A100-SXM4-80GB) is not listed any more"
    ]
    tools.prints("nvidia-smi", whole, listed=LISTED)
    clock.now = 3 * ASK_S
    assert machine.node() == before


def test_a_broken_card_keeps_the_model_and_memory_that_it_had(tools: Tools) -> None:
    clock = Clock()
    tools.prints("nvidia-smi", "0, NVIDIA L40S, 46068, 550.90.07\n")
    machine = Machine(now=clock)
    (before,) = machine.node().cards
    tools.prints("nvidia-smi", "0, ERR!, ERR!, [N/A]\n")
    clock.now = ASK_S
    node = machine.node()
    assert health(node) == [(1, "0", "L40S", False)]
    assert node.cards[0].memory_bytes == before.memory_bytes
    assert node.driver_version == "550.90.07"


def test_when_no_card_is_left_all_are_broken(tools: Tools) -> None:
    clock = Clock()
    tools.prints("nvidia-smi", "0, NVIDIA L40S, 46068, 550.90.07\n")
    machine = Machine(now=clock)
    machine.node()
    tools.prints("nvidia-smi", "No devices were found\n", exit_code=6)
    clock.now = ASK_S
    assert health(machine.node()) == [(1, "0", "L40S", False)]


def test_a_card_that_a_failing_tool_still_reaches_is_told(tools: Tools) -> None:
    """nvidia-smi ends with 15 when a card is lost, after it told of the others."""
    clock = Clock()
    tools.prints("nvidia-smi", NVIDIA)
    machine = Machine(now=clock)
    machine.node()
    tools.prints("nvidia-smi", NVIDIA.splitlines()[2] + "\nGPU is lost\n", exit_code=15)
    clock.now = ASK_S
    assert [card.healthy for card in machine.node().cards] == [False, False, True]


@pytest.mark.parametrize("script", ["exit 255", "exec sleep 60"], ids=["fails", "hangs"])
def test_a_tool_that_does_not_answer_keeps_its_last_answer_and_is_told_once(
    tools: Tools, caplog: pytest.LogCaptureFixture, script: str
) -> None:
    clock = Clock()
    tools.prints("nvidia-smi", NVIDIA)
    machine = Machine(now=clock, tool_timeout_s=1)
    before = machine.node()
    tools.runs("nvidia-smi", f"echo $$ >> {tools.folder}/asked; {script}")
    with caplog.at_level(logging.WARNING):
        for clock.now in (ASK_S, 2 * ASK_S):
            assert machine.node() == before
    assert len(caplog.records) == 1
    (tools.folder / "nvidia-smi").unlink()
    clock.now = 3 * ASK_S
    assert machine.node() == before


def test_a_cluster_over_this_machine_notices_a_card_that_breaks(
    tools: Tools, tmp_path: Path
) -> None:
    clock = Clock()
    tools.prints("cnmon", CNMON_5)
    machine = Machine(now=clock)
    cluster = LocalCluster(tmp_path / "runs", lambda: (machine.node(),))
    while cluster.changes(0):
        pass
    tools.prints("cnmon", CNMON_5.replace("23374 MiB", "N/A"))
    clock.now = ASK_S
    assert cluster.changes(10)
    assert [card.healthy for card in cluster.nodes()[0].cards] == [False, False]
