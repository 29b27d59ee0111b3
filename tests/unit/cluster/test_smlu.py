"""Dynamic sMLU of Cambricon: divisible cards in totals, and the slots that annotations state."""

from __future__ import annotations

import pytest

from inference_ui.backend.capacity.cards import units
from inference_ui.backend.models.compute import (
    AcceleratorType,
    CardUse,
    PhysicalCard,
    Resources,
    Slice,
    VirtualCard,
)
from tests.support.kubernetes import node_object, one_node, pod_object, used

MLU = AcceleratorType.MLU
GIB = 1 << 30
X8 = {"Model": "MLU370-X8"}
SMLU = {"cambricon.com/mlu.smlu.vcore": "200", "cambricon.com/mlu.smlu.vmemory": "192"}
"""Two cards of 24 GiB."""
PART = {"cambricon.com/mlu.smlu.vcore": "25", "cambricon.com/mlu.smlu.vmemory": "16"}
"""A quarter of the compute, and 4 GiB."""


def asks(part: Slice | None = None) -> Resources:
    return Resources(cpu_millis=0, memory_bytes=0, accelerator=MLU, cards=1, slice=part)


def test_dynamic_smlu_reads_its_cards_from_the_totals() -> None:
    node = one_node(node_object(amounts={**SMLU, "cambricon.com/mlu": "2"}, labels=X8))
    assert node.cards == tuple(
        PhysicalCard(slot, str(slot - 1), "MLU370-X8", MLU, memory_bytes=24 * GIB, divisible=100)
        for slot in (1, 2)
    )


def test_dynamic_smlu_that_states_no_slot_is_still_counted() -> None:
    node = one_node(node_object(amounts=SMLU, labels=X8), pod_object("a", PART))
    quarter = Slice(memory_bytes=4 * GIB, share=25)
    assert node.unplaced == (CardUse("a", 1, MLU, None, quarter),)
    assert used(node) == ["?:a"]
    assert units(node, asks(quarter)) == 7
    assert units(node, asks()) == 1


def test_dynamic_smlu_states_the_slot_counted_from_0() -> None:
    first = pod_object("a", PART, notes={"CAMBRICON_DSMLU_PROFILE": "1_25_16"})
    second = pod_object("b", PART, notes={"CAMBRICON_DSMLU_PROFILE": "1_50_8"})
    node = one_node(node_object(amounts=SMLU, labels=X8), first, second)
    assert used(node) == ["2(1):a", "2(2):b"]
    assert node.cards[1].slices == (
        VirtualCard(1, "a", memory_bytes=4 * GIB, share=25),
        VirtualCard(2, "b", memory_bytes=2 * GIB, share=50),
    )
    assert units(node, asks(Slice(share=50))) == 2


def test_where_no_time_is_stated_the_older_pod_comes_first() -> None:
    older = pod_object("z", PART, notes={"CAMBRICON_DSMLU_PROFILE": "0_25_16"})
    newer = pod_object("a", PART, notes={"CAMBRICON_DSMLU_PROFILE": "0_25_16"})
    newer["metadata"]["creationTimestamp"] = "2026-01-02T00:00:00Z"
    assert used(one_node(node_object(amounts=SMLU), newer, older)) == ["1(1):z", "1(2):a"]


@pytest.mark.parametrize("spelling", ["ASSIGHED", "ASSIGNED"])
def test_once_assigned_the_instance_says_where_in_either_spelling(spelling: str) -> None:
    notes = {
        "CAMBRICON_DSMLU_PROFILE": "1_25_16",
        "CAMBRICON_DSMLU_PROFILE_INSTANCE": "43_768_0_3",
    }
    promised = {**notes, f"CAMBRICON_DSMLU_{spelling}": "false"}
    carried_out = {**notes, f"CAMBRICON_DSMLU_{spelling}": "true"}
    totals = node_object(amounts=SMLU)
    assert used(one_node(totals, pod_object("a", PART, notes=promised))) == ["2(1):a"]
    node = one_node(totals, pod_object("a", PART, notes=carried_out))
    assert used(node) == ["1(1):a"]
    assert node.cards[0].slices[0].index == "3"


@pytest.mark.parametrize(
    "profile", ["", "1_25", "1_25_16_", "one_25_16", "-1_25_16", "9_25_16", "1_25_16_7", "1_²_16"]
)
def test_a_broken_profile_states_nothing(profile: str) -> None:
    notes = {"CAMBRICON_DSMLU_PROFILE": profile}
    assert used(one_node(node_object(amounts=SMLU), pod_object("a", PART, notes=notes))) == ["?:a"]


def test_a_broken_smlu_card_gives_no_room() -> None:
    node = one_node(
        node_object(
            amounts={**SMLU, "cambricon.com/mlu.smlu.vcore": "100"},
            capacity={"cambricon.com/mlu.smlu.vcore": "200"},
        )
    )
    assert [card.healthy for card in node.cards] == [True, False]
    assert units(node, asks()) == 1
