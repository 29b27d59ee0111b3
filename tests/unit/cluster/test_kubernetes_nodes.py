"""Nodes of Kubernetes with their pods, as a real API server gave them (``objects/``)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inference_ui.backend.capacity import nodes as room
from inference_ui.backend.capacity.fit import Demand, seat
from inference_ui.backend.capacity.queue import queued_cards, seat_in_order
from inference_ui.backend.cluster.kubernetes.inventory import inventory, waiting
from inference_ui.backend.cluster.kubernetes.nodes import driver_version, node_base
from inference_ui.backend.cluster.kubernetes.pods import pod_use
from inference_ui.backend.errors import Message
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    Placement,
    Resources,
    Taint,
    Tenant,
)
from tests.support.kubernetes import node_object, used

OBJECTS = Path(__file__).parent / "objects"
GIB = 1 << 30


def read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((OBJECTS / name).read_text())
    return found


@pytest.fixture
def cluster() -> dict[str, Node]:
    pods = [pod_use(one) for one in read("pods.json")]
    found = inventory([node_base(one) for one in read("nodes.json")], pods)
    return {one.name: one for one in found}


def test_totals_and_facts_are_those_of_the_node(cluster: dict[str, Node]) -> None:
    real = cluster["real-0"]
    assert (real.ready, real.cordoned, real.why) == (True, False, "")
    assert (real.os, real.kernel) == ("Debian GNU/Linux 12 (bookworm)", "6.18.44-fc-v669")
    assert (real.cpu_millis, real.memory_bytes) == (2000, 24581684 * 1024)
    assert real.driver_version is None
    assert {card.model for card in real.cards} == {"A100-SXM4-80GB", ""}
    assert cluster["sim-cpu-0"].cards == ()
    assert cluster["sim-gpu-2"].driver_version == "535.161.08"
    assert cluster["sim-mlu-0"].driver_version == "v5.10.27"
    assert cluster["sim-gpu-0"].cards[0].memory_bytes == 143771 << 20


def test_a_cordoned_node_is_closed(cluster: dict[str, Node]) -> None:
    node = cluster["sim-mlu-1"]
    assert node.cordoned
    assert node.taints == (Taint("node.kubernetes.io/unschedulable", "", "NoSchedule"),)
    closed = room.closed(node, Resources(cpu_millis=1, memory_bytes=1))
    assert closed is not None
    assert closed.code == "NODE_CORDONED"


def test_pods_count_on_their_nodes_until_they_have_ended(cluster: dict[str, Node]) -> None:
    assert cluster["real-0"].tenants == (Tenant("oom", 0, 64 << 20),)
    for name in ("sim-gpu-0", "sim-gpu-1"):
        assert cluster[name].tenants == (Tenant("ready", 2000, 4 * GIB),)
        assert used(cluster[name]) == ["?:ready", "?:ready"]
    assert cluster["sim-gpu-2"].used_cpu_millis == 0


def test_what_waits_is_told_as_the_arithmetic_sees_it(cluster: dict[str, Node]) -> None:
    demands = waiting(pod_use(one) for one in read("pods.json"))
    assert {one.application for one in demands} == {"too-many-cards", "wrong-driver", "no-claim"}
    assert queued_cards(demands) == {"any": 17}
    answers = seat_in_order(demands, tuple(cluster.values()), demands[-1].since).answers
    codes = {
        name.partition("/")[2].rsplit("-", 2)[0]: answer.code
        for name, answer in answers.items()
        if isinstance(answer, Message)
    }
    assert codes == {
        "too-many-cards": "QUEUED_NO_CARDS",
        "wrong-driver": "QUEUED_NO_NODE_WITH_DRIVER",
    }


def test_replicas_find_the_nodes_that_have_the_cards_and_the_driver(
    cluster: dict[str, Node],
) -> None:
    wanted = Resources(
        cpu_millis=1000,
        memory_bytes=GIB,
        accelerator=AcceleratorType.GPU,
        card_model="H200",
        cards=6,
    )
    driver = Placement(kind="DRIVER", driver_version="550.90.07")
    answer = seat(Demand("w", "w", wanted, 2, driver), tuple(cluster.values()))
    assert not isinstance(answer, Message)
    assert [one.node for one in answer] == ["sim-gpu-0", "sim-gpu-1"]
    assert {one.slot for place in answer for one in place.cards} == {0}


def test_a_node_that_is_not_ready_says_why_in_the_kubelets_words() -> None:
    silent = node_object()
    silent["status"]["conditions"] = [
        {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Lost."}
    ]
    node = node_base(silent).node
    assert (node.ready, node.why) == (False, "Lost.")
    silent["status"]["conditions"][0].pop("message")
    assert node_base(silent).node.why == "NodeStatusUnknown"
    silent["status"]["conditions"] = []
    assert not node_base(silent).node.ready


@pytest.mark.parametrize(
    ("labels", "version"),
    [
        ({"nvidia.com/cuda.driver-version.full": "550.90.07"}, "550.90.07"),
        (
            {
                "nvidia.com/cuda.driver.major": "470",
                "nvidia.com/cuda.driver.minor": "82",
                "nvidia.com/cuda.driver.rev": "01",
            },
            "470.82.01",
        ),
        (
            {"nvidia.com/cuda.driver.major": "470", "nvidia.com/cuda.driver.minor": "82"},
            "470.82",
        ),
        ({"DriverVersion": "v5.10.27"}, "v5.10.27"),
        ({}, None),
    ],
)
def test_the_driver_version_stands_in_newer_and_older_labels(
    labels: dict[str, str], version: str | None
) -> None:
    assert driver_version(labels) == version
