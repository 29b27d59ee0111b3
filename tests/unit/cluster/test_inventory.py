"""An inventory of nodes in a file: what it may say, and what is said of a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local.inventory import read_inventory
from inference_ui.backend.cluster.local.inventory_problems import Problem
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Taint,
    Tenant,
    VirtualCard,
)
from inference_ui.backend.settings import Settings
from inference_ui.i18n.en import reason_inventory as en
from inference_ui.i18n.text import reason
from inference_ui.i18n.zh import reason_inventory as zh

GIB = 1 << 30
WHOLE = """\
nodes:
  - name: node-01
    os: Ubuntu 22.04
    kernel: 5.15.0-91
    cpu: 128
    memory: 512GiB
    driver: 5.10
    cordoned: disk is exchanged
    taints: ["dedicated=vision:NoSchedule", "night:NoExecute"]
    cards:
      - {model: MLU370-X8, type: MLU, count: 2, memory: 48GiB, unhealthy: [2]}
      - model: 4090
        type: gpu
        count: 1
        slices: {count: 2, profile: 1g.10gb, memory: 10GiB, share: 14}
      - {model: MLU590-M9, type: MLU, count: 2, memory: 80GiB, divisible: 10}
    applications:
      - {name: plate-ocr, cpu: 8, memory: 32GiB, cards: [1, 3(2)]}
      - {name: chat, cpu: 500m, cards: [4(1), {card: 4(2), memory: 24GiB, share: 30}, 5]}
  - {name: node-02, cpu: 1.5, memory: 1 TB, ready: false, kernel: ~}
"""


def inventory(folder: Path, content: str | bytes) -> Path:
    path = folder / "nodes.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(folder: Path, content: str | bytes) -> dict[str, object]:
    """Return what is said of a file that cannot be used."""
    path = inventory(folder, content)
    with pytest.raises(CannotStart) as error:
        read_inventory(path)
    args = dict(error.value.message.args)
    assert (error.value.code, args["path"]) == ("INVENTORY_UNUSABLE", str(path))
    english = reason("en", error.value.message)
    assert str(args["place"] or "") in english
    assert f"line {args['line']}" in english or args["line"] == 0
    return args


def card(slot: int, model: str = "MLU370-X8", memory_gib: int = 48, **more: object) -> PhysicalCard:
    kind = AcceleratorType.MLU if model.startswith("MLU") else AcceleratorType.GPU
    return PhysicalCard(slot, str(slot - 1), model, kind, memory_bytes=memory_gib * GIB, **more)


def test_a_node_has_all_that_the_file_says_of_it(tmp_path: Path) -> None:
    def part(number: int, used_by: str | None, gib: int, share: int, profile: str) -> VirtualCard:
        return VirtualCard(number, used_by, profile, gib * GIB, share)

    node, _ = read_inventory(inventory(tmp_path, WHOLE))
    assert node == Node(
        name="node-01",
        ready=True,
        os="Ubuntu 22.04",
        kernel="5.15.0-91",
        cpu_millis=128_000,
        memory_bytes=512 * GIB,
        used_cpu_millis=8_500,
        used_memory_bytes=32 * GIB,
        cards=(
            card(1, used_by="plate-ocr"),
            card(2, healthy=False),
            card(3, "4090", 0, slices=(
                part(1, None, 10, 14, "1g.10gb"), part(2, "plate-ocr", 10, 14, "1g.10gb"),
            )),
            card(4, "MLU590-M9", 80, divisible=10, slices=(
                part(1, "chat", 8, 10, ""), part(2, "chat", 24, 30, ""),
            )),
            card(5, "MLU590-M9", 80, divisible=10, used_by="chat"),
        ),
        driver_version="5.10",
        tenants=(Tenant("plate-ocr", 8_000, 32 * GIB), Tenant("chat", 500)),
        cordoned=True,
        taints=(Taint("dedicated", "vision"), Taint("night", "", "NoExecute")),
        why="disk is exchanged",
    )  # fmt: skip


def test_all_but_name_cpu_and_memory_may_be_left_out(tmp_path: Path) -> None:
    _, node = read_inventory(inventory(tmp_path, WHOLE))
    assert node == Node("node-02", False, "", "", 1_500, 10**12)


def test_json_is_yaml(tmp_path: Path) -> None:
    nodes = {"nodes": [{"name": "n", "cpu": 2, "memory": "1GiB", "cordoned": True}]}
    (node,) = read_inventory(inventory(tmp_path, json.dumps(nodes, indent=1)))
    assert (node.cordoned, node.why, node.memory_bytes) == (True, "", GIB)


@pytest.mark.parametrize(
    ("written", "instead", "line", "place", "problem"),
    [
        ("cpu: 128", "cpu: [1", 6, None, "not_yaml"),
        ("cpu: 128", "cpu: '1", 5, None, "not_yaml"),
        ("5.15.0-91", "\x00", 4, None, "not_text"),
        ("cpu: 128", "cores: 128", 5, "nodes[0].cores", "unknown_field"),
        ("cpu: 128", "cpus: 128", 5, "nodes[0].cpus", "misspelt_field"),
        ("    memory: 512GiB\n", "", 2, "nodes[0].memory", "missing"),
        ("memory: 512GiB", "memory:", 6, "nodes[0].memory", "missing"),
        ("memory: 512GiB", "memory: 512GiB\n    cpu: 1", 7, "nodes[0].cpu", "duplicate_key"),
        ("name: node-02", "name: node-01", 20, "nodes[1].name", "duplicate"),
        ("name: node-01", "name: Node 1", 2, "nodes[0].name", "bad_name"),
        ("name: node-01", "name: [node-01]", 2, "nodes[0].name", "not_value"),
        ("cpu: 128", "cpu: 0", 5, "nodes[0].cpu", "out_of_range"),
        ("cpu: 128", "cpu: -1", 5, "nodes[0].cpu", "out_of_range"),
        ("cpu: 128", "cpu: 128 cores", 5, "nodes[0].cpu", "unknown_unit"),
        ("cpu: 128", "cpu: many", 5, "nodes[0].cpu", "not_amount"),
        ("512GiB", "512Gig", 6, "nodes[0].memory", "unknown_unit"),
        ("512GiB", "512", 6, "nodes[0].memory", "no_unit"),
        ("512GiB", "-1GiB", 6, "nodes[0].memory", "out_of_range"),
        ("512GiB", "1e99", 6, "nodes[0].memory", "out_of_range"),
        ("ready: false", "ready: maybe", 20, "nodes[1].ready", "not_flag"),
        (":NoExecute", ":Never", 9, "nodes[0].taints[1]", "bad_taint"),
        ("type: gpu", "type: TPU", 13, "nodes[0].cards[1].type", "not_one_of"),
        ("count: 1\n", "count: 1.5\n", 14, "nodes[0].cards[1].count", "not_whole"),
        ("count: 1\n", "count: 0\n", 14, "nodes[0].cards[1].count", "out_of_range"),
        ("count: 1\n", "count: -2\n", 14, "nodes[0].cards[1].count", "out_of_range"),
        ("share: 14", "share: 101", 15, "nodes[0].cards[1].slices.share", "out_of_range"),
        ("share: 14", "share: 0", 15, "nodes[0].cards[1].slices.share", "out_of_range"),
        ("count: 1\n", "count: 1\n        divisible: 2\n", 15, "nodes[0].cards[1].divisible",
         "sliced_twice"),
        ("[2]", "[3]", 11, "nodes[0].cards[0].unhealthy[0]", "other_slot"),
        ("[1, 3(2)]", "[6]", 18, "nodes[0].applications[0].cards[0]", "no_such_card"),
        ("[1, 3(2)]", "[3(9)]", 18, "nodes[0].applications[0].cards[0]", "no_such_card"),
        ("[1, 3(2)]", "[4(11)]", 18, "nodes[0].applications[0].cards[0]", "no_such_card"),
        ("[1, 3(2)]", "[1, 1]", 18, "nodes[0].applications[0].cards[1]", "card_taken"),
        ("[1, 3(2)]", "[3(1), 3(1)]", 18, "nodes[0].applications[0].cards[1]", "card_taken"),
        ("[1, 3(2)]", "[4(2)]", 19, "nodes[0].applications[1].cards[1].card", "card_taken"),
        ("[1, 3(2)]", "[5]", 19, "nodes[0].applications[1].cards[2]", "card_taken"),
        ("[1, 3(2)]", "[3]", 18, "nodes[0].applications[0].cards[0]", "card_is_cut"),
        ("[1, 3(2)]", "[1(1)]", 18, "nodes[0].applications[0].cards[0]", "card_is_whole"),
        ("[1, 3(2)]", "[first]", 18, "nodes[0].applications[0].cards[0]", "bad_card"),
        ("[1, 3(2)]", "1", 18, "nodes[0].applications[0].cards", "not_list"),
        ("share: 30", "share: 95", 19, "nodes[0].applications[1].cards[1].card", "too_much"),
        ("cpu: 8,", "cpu: 129,", 18, "nodes[0].applications[0].cpu", "too_much"),
        ("name: chat", "name: plate-ocr", 19, "nodes[0].applications[1].name", "duplicate"),
        ("cpu: 128", "cpu: &many 128", 5, "nodes[0].cpu", "alias"),
        ("cpu: 128", "cpu: *many", 5, "nodes[0].cpu", "alias"),
        ("cpu: 128", "cpu: !!python/name:os.system x", 5, "nodes[0].cpu", "tag"),
        ("cpu: 128", "? [cpu]\n    : 128", 5, "nodes[0]", "bad_key"),
        ("cpu: 128", f"cpu: {'[' * 20}{']' * 20}", 5, "nodes[0].cpu" + "[0]" * 9, "too_deep"),
        ("nodes:", "---\na: 1\n---\nnodes:", 3, None, "several"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line_and_field(
    tmp_path: Path, written: str, instead: str, line: int, place: str | None, problem: str
) -> None:
    assert written in WHOLE
    said = refused(tmp_path, WHOLE.replace(written, instead, 1))
    assert (said["error"], said["line"], said["place"]) == (problem, line, place)


@pytest.mark.parametrize(
    ("content", "line", "place", "problem"),
    [
        ("", 0, None, "empty"),
        ("# nothing\n", 0, None, "empty"),
        ("- name: node-01\n", 1, None, "not_fields"),
        ("nodes:\n", 1, "nodes", "missing"),
        ("nodes: []\n", 1, "nodes", "no_items"),
        ("nodes: all\n", 1, "nodes", "not_list"),
        (b"nodes:\n  - name: \xff\n", 2, None, "not_text"),
        ("[" * 100_000, 1, None, "not_yaml"),
        ("#" * 5_000_001, 0, None, "too_large"),
    ],
)  # fmt: skip
def test_what_is_no_inventory_at_all_is_refused(
    tmp_path: Path, content: str | bytes, line: int, place: str | None, problem: str
) -> None:
    said = refused(tmp_path, content)
    assert (said["error"], said["line"], said["place"]) == (problem, line, place)


def test_the_nearest_field_is_suggested_and_else_all_are_told(tmp_path: Path) -> None:
    for old, near in (("memory_gib", "memory"), ("driver_version", "driver"), ("Cards", "cards")):
        said = refused(tmp_path, f"nodes:\n  - {{name: a, {old}: 1}}\n")
        assert (said["error"], said["wanted"]) == ("misspelt_field", near)
    said = refused(tmp_path, WHOLE.replace("type: gpu", "accelerator: GPU"))
    assert said["wanted"] == "model, type, count, memory, unhealthy, slices, divisible"


def test_a_file_that_is_not_there_or_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="No such file"):
        read_inventory(tmp_path / "gone.yaml")
    with pytest.raises(CannotStart, match="not_a_file"):
        read_inventory(tmp_path)


@pytest.mark.parametrize("catalogue", [zh, en], ids=["zh", "en"])
def test_everything_that_can_be_wrong_has_a_sentence(catalogue: object) -> None:
    assert {problem.value for problem in Problem} == getattr(catalogue, "PROBLEMS").keys()  # noqa: B009


def test_the_examples_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    for page, count in (("README.md", 1), ("docs/inventory.md", 2)):
        example = (root / page).read_text("utf-8").split("```yaml\n")[1].split("```")[0]
        assert len(read_inventory(inventory(tmp_path, example))) == count
    pages = (root / "docs" / "inventory.md").read_text("utf-8")
    cards = "nodes:\n  - {name: a, cpu: 1, memory: 1Gi, cards: [{n0: 1}]}"
    for entry in ("nodes:\n  - {n0: 1}", cards):
        for name in str(refused(tmp_path, entry)["wanted"]).split(", "):
            assert f"`{name}`" in pages


def test_the_demonstration_has_something_of_everything() -> None:
    path = Settings(inventory=Path("demo")).inventory_file
    assert path is not None
    nodes = read_inventory(path)
    cards = [card for node in nodes for card in node.cards]
    x8 = [node for node in nodes if any(card.model == "MLU370-X8" for card in node.cards)]
    assert len(x8) == 6
    assert {node.driver_version for node in x8} == {"v5.10.27", "v5.10.29"}
    assert sum(not card.healthy for card in cards) == 1
    assert [node.why for node in nodes if node.cordoned] == ["a disk is being exchanged"]
    assert {card.model for card in cards if card.divisible} == {"MLU590-M9"}
    assert sum(len(card.slices) for card in cards if card.model == "A100-SXM4-80GB") == 14
    assert sum(not node.cards for node in nodes) == 2
    assert all(node.tenants for node in nodes if node.name.startswith(("gpu", "cpu", "mlu590")))
