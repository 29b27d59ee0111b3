"""What tells the cluster its nodes, again and again: an inventory that is changed as it is used."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from inference_ui.backend.cluster.local import LocalCluster
from inference_ui.backend.cluster.local.inventory import node_source
from inference_ui.backend.errors import CannotStart
from inference_ui.backend.models.compute import Tenant

TWO = """\
nodes:
  - name: node-01
    cpu: 8
    memory: 16GiB
    cards: [{model: MLU370-X8, type: MLU, count: 2}]
    applications: [{name: plate-ocr, cpu: 2, memory: 4GiB, cards: [1]}]
  - {name: node-02, cpu: 8, memory: 16GiB}
"""
ONE = TWO[: TWO.index("  - {name: node-02")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nodes.yaml"
    path.write_text(TWO)
    return path


def replace(file: Path, text: str) -> None:
    """Put another file in its place, as editors do."""
    other = file.with_suffix(".new")
    other.write_text(text)
    other.rename(file)


def test_a_wrong_file_is_refused_at_the_start(file: Path) -> None:
    file.write_text(TWO.replace("count: 2", "count: none"))
    with pytest.raises(CannotStart, match="INVENTORY_UNUSABLE"):
        node_source(file)


def test_a_file_is_read_again_when_it_has_changed_and_only_then(file: Path) -> None:
    nodes = node_source(file)
    first = nodes()
    assert nodes() is first
    replace(file, ONE)
    assert [node.name for node in nodes()] == ["node-01"]
    replace(file, ONE.replace("count: 2", "count: 3"))  # as long as before
    assert len(nodes()[0].cards) == 3
    file.write_text(TWO)
    assert nodes() == first


def test_a_file_is_found_again_from_another_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    nodes = node_source(Path(file.name))
    monkeypatch.chdir("/")
    replace(file, ONE)
    assert len(nodes()) == 1


def test_the_last_good_nodes_stay_while_the_file_is_wrong_and_that_is_told_once(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = node_source(file)
    good = nodes()
    with caplog.at_level(logging.WARNING):
        replace(file, TWO.replace("count: 2", "count: -2"))
        assert [nodes() for _ in range(3)] == [good] * 3
        file.unlink()
        assert [nodes() for _ in range(3)] == [good] * 3
        os.mkfifo(file)
        assert nodes() == good
        file.unlink()
        replace(file, ONE)
        assert len(nodes()) == 1
    broken, missing, pipe = [record.message for record in caplog.records]
    assert "line 5, nodes[0].cards[0].count, out_of_range, -2" in broken
    assert "No such file" in missing
    assert "not_a_file" in pipe


def test_a_cluster_notices_a_node_that_vanishes_and_a_card_that_breaks(
    file: Path, tmp_path: Path
) -> None:
    cluster = LocalCluster(tmp_path / "runs", node_source(file))
    while cluster.changes(0):
        pass
    replace(file, ONE.replace("count: 2", "count: 2, unhealthy: [2]"))
    assert cluster.changes(10)
    (node,) = cluster.nodes()
    assert [card.healthy for card in node.cards] == [True, False]


def test_a_cluster_shows_what_others_use(file: Path, tmp_path: Path) -> None:
    node = LocalCluster(tmp_path / "runs", node_source(file)).nodes()[0]
    assert (node.used_cpu_millis, node.used_memory_bytes) == (2_000, 4 << 30)
    assert [card.used_by for card in node.cards] == ["plate-ocr", None]
    assert node.tenants == (Tenant("plate-ocr", 2_000, 4 << 30),)
