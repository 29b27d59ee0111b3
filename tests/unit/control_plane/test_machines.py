"""Nodes of the models, written as v1 Nodes and read again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference_ui.backend.cluster.kubernetes.nodes import node_base
from inference_ui.backend.models.compute import AcceleratorType, Node, PhysicalCard, Taint
from tests.support.control_plane.machines import node_object_of
from tests.support.drivers import GIB, machine


def without_slots(node: Node) -> Node:
    """Return the node as Kubernetes can state it: whole cards have no slot."""
    cards = [replace(card, slot=0, index="") for card in node.cards]
    return replace(node, cards=tuple(cards))


@pytest.mark.parametrize(
    "node",
    [
        machine(),
        machine(cards=4),
        machine(cards=8, model="A100-SXM4-80GB"),
        replace(machine(), driver_version=None),
        replace(machine(), cordoned=True),
        replace(machine(), ready=False, why="disk is broken"),
        replace(machine(), taints=(Taint("dedicated", "vision"), Taint("x", effect="NoExecute"))),
    ],
    ids=["bare", "mlu", "gpu", "no driver", "cordoned", "broken", "tainted"],
)
def test_a_node_is_read_as_it_was_written(node: Node) -> None:
    assert node_base(node_object_of(node)).node == without_slots(node)


def test_broken_cards_are_not_allocatable() -> None:
    node = machine(cards=2)
    node = replace(node, cards=(node.cards[0], replace(node.cards[1], healthy=False)))
    assert node_base(node_object_of(node)).node == without_slots(node)


def test_divisible_cards_keep_their_slots() -> None:
    card = PhysicalCard(1, "0", "MLU370-X8", AcceleratorType.MLU, memory_bytes=48 * GIB)
    node = replace(machine(), cards=(replace(card, divisible=100),))
    assert node_base(node_object_of(node)).node == node


def test_no_resource_can_say_what_mixed_cards_are() -> None:
    node = machine(cards=1)
    other = machine(cards=1, model="H200")
    with pytest.raises(ValueError, match="several models"):
        node_object_of(replace(node, cards=node.cards + other.cards))
