"""What can never run is refused at creation; what can run later is not."""

from dataclasses import replace

import pytest

from inference_ui.backend.models.compute import (
    AcceleratorType,
    Node,
    PhysicalCard,
    Placement,
    Resources,
)
from inference_ui.backend.services.capacity import never_fits

GIB = 1 << 30
CARD = PhysicalCard(1, "0", "MLU370-X8", AcceleratorType.MLU, used_by="somebody")
NODE = Node("one", True, "Linux", "6.1", 4000, 8 * GIB, used_cpu_millis=4000, cards=(CARD,))
ANYWHERE = Placement()


def asking(cpu=1000, memory=GIB, cards=0, model=None):
    accelerator = AcceleratorType.MLU if cards else AcceleratorType.CPU
    return Resources(
        cpu_millis=cpu, memory_bytes=memory, accelerator=accelerator, cards=cards, card_model=model
    )


@pytest.mark.parametrize(
    ("resources", "replicas"),
    [(asking(), 1), (asking(), 3), (asking(cards=1), 1), (asking(cards=1, model="MLU370-X8"), 1)],
)
def test_what_fits_an_empty_cluster_may_wait_on_a_full_one(resources, replicas):
    assert never_fits(resources, replicas, ANYWHERE, [NODE]) is None


@pytest.mark.parametrize(
    ("resources", "replicas", "code"),
    [
        (asking(cpu=5000), 1, "SPEC_TOO_LARGE"),
        (asking(memory=9 * GIB), 1, "SPEC_TOO_LARGE"),
        (asking(), 5, "SPEC_TOO_LARGE"),
        (asking(cards=2), 1, "SPEC_NO_CARDS"),
        (asking(cards=1, model="A100"), 1, "SPEC_NO_CARDS"),
    ],
)
def test_what_no_empty_cluster_holds_is_refused_with_what_is_short(resources, replicas, code):
    problem = never_fits(resources, replicas, ANYWHERE, [NODE])
    assert problem is not None
    assert problem.code == code


def test_nodes_that_do_not_exist_or_are_not_ready_hold_nothing():
    elsewhere = Placement(kind="NODES", nodes=("two",))
    assert never_fits(asking(), 1, elsewhere, [NODE]).code == "NODES_UNKNOWN"
    assert never_fits(asking(), 1, ANYWHERE, [replace(NODE, ready=False)]).code == "NO_NODE_READY"
