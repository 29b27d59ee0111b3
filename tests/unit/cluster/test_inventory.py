"""An inventory of nodes in a file: what it may say, and what is said of a wrong one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend.cluster.local.inventory import read_inventory
from inference_ui.backend.errors import CannotStart

GIB = 1 << 30
NODE = {"name": "node-21", "cpu": 128, "memory_gib": 512}


def inventory(folder: Path, content: Any) -> Path:
    path = folder / "nodes.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_nodes_have_their_cards_in_slots(tmp_path: Path) -> None:
    cards = [
        {"model": "MLU370-X8", "accelerator": "MLU", "count": 2, "memory_gib": 48},
        {"model": "MLU370-S4", "accelerator": "MLU", "count": 1},
    ]
    listed = {
        **NODE,
        "os": "Ubuntu 22.04",
        "kernel": "5.15",
        "driver_version": "v5",
        "cards": cards,
    }
    node, plain = read_inventory(inventory(tmp_path, [listed, {**NODE, "name": "node-22"}]))
    assert (node.cpu_millis, node.memory_bytes, node.driver_version) == (128_000, 512 * GIB, "v5")
    assert [(card.slot, card.index, card.model, card.memory_bytes) for card in node.cards] == [
        (1, "0", "MLU370-X8", 48 * GIB),
        (2, "1", "MLU370-X8", 48 * GIB),
        (3, "2", "MLU370-S4", 0),
    ]
    assert (plain.cards, plain.driver_version, plain.ready) == ((), None, True)


@pytest.mark.parametrize(
    ("content", "place", "says"),
    [
        ('[\n{"name": }]', "", "line 2"),
        ([], "", "at least 1"),
        ([{**NODE, "cpu": 0}], "0.cpu", "greater than 0"),
        ([{**NODE, "name": "Node 1"}], "0.name", "pattern"),
        ([{**NODE, "gpus": 8}], "0.gpus", "not permitted"),
        ([{**NODE, "cards": [{"model": "X", "accelerator": "TPU", "count": 1}]}],
         "0.cards.0.accelerator", "MLU"),
        ([NODE, NODE], "1.name", "node-21"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_the_place(
    tmp_path: Path, content: Any, place: str, says: str
) -> None:
    path = inventory(tmp_path, content)
    with pytest.raises(CannotStart) as error:
        read_inventory(path)
    args = error.value.message.args
    assert (error.value.code, args["path"], args["place"]) == (
        "INVENTORY_UNUSABLE", str(path), place,
    )  # fmt: skip
    assert says in str(args["error"])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="No such file"):
        read_inventory(tmp_path / "gone.json")
