"""Pods of Kubernetes: what they count for on their node, and what they wait for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_ui.backend.capacity.queue import queued_cards
from inference_ui.backend.cluster.kubernetes.inventory import inventory, waiting
from inference_ui.backend.cluster.kubernetes.nodes import node_base
from inference_ui.backend.cluster.kubernetes.pods import pod_use
from inference_ui.backend.models.compute import (
    AcceleratorType,
    Placement,
    Resources,
    Slice,
    Tenant,
    Toleration,
)
from tests.support.kubernetes import Json, node_object, one_node, pod_object, used

GIB = 1 << 30


def container(requests: Json, **more: Any) -> Json:
    return {"name": "c", "resources": {"requests": requests}, **more}


def pending(requests: Json | None = None, **more: Any) -> Resources:
    found = pod_use(pod_object("a", requests, node=None, **more))
    assert found.demand is not None
    return found.demand.resources


def selecting(key: str, *values: str) -> Json:
    expressions = [{"key": key, "operator": "In", "values": list(values)}]
    terms = [{"matchExpressions": expressions}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}


def test_a_pod_counts_for_what_the_scheduler_counts() -> None:
    pod = pod_object(
        containers=[
            container({"cpu": "1500m", "memory": "1Gi", "nvidia.com/gpu": "1"}),
            container({"cpu": "0.5", "nvidia.com/gpu": "1"}),
        ],
        initContainers=[
            container({"cpu": "1", "memory": "1Gi"}, restartPolicy="Always"),
            container({"cpu": "1", "memory": "8Gi"}),
        ],
        overhead={"cpu": "250m", "memory": "128Mi"},
    )
    found = pod_use(pod)
    assert found.tenant == Tenant("a", 3250, 9 * GIB + (128 << 20))
    assert [(one.resource, one.use.cards) for one in found.requests] == [("nvidia.com/gpu", 2)]


def test_a_limit_stands_for_a_request_that_is_not_given() -> None:
    resources = {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}
    pod = pod_object(containers=[{"name": "c", "resources": resources}])
    assert pod_use(pod).tenant == Tenant("a", 1000, GIB)


def test_requests_of_the_whole_pod_take_the_place_of_its_containers() -> None:
    pod = pod_object("a", {"cpu": "1", "memory": "1Gi"}, resources={"requests": {"cpu": "3"}})
    assert pod_use(pod).tenant == Tenant("a", 3000, GIB)


def test_pods_that_have_ended_use_nothing() -> None:
    requests = {"cpu": "1", "nvidia.com/gpu": "1"}
    ended = [pod_object("a", requests, phase=phase) for phase in ("Succeeded", "Failed")]
    node = one_node(node_object(amounts={"nvidia.com/gpu": "1"}), *ended)
    assert (node.used_cpu_millis, node.tenants, node.unplaced) == (0, (), ())


def test_a_pod_that_is_bound_but_does_not_run_yet_is_counted() -> None:
    node = one_node(node_object(), pod_object("a", {"cpu": "1"}, phase="Pending"))
    assert node.used_cpu_millis == 1000
    assert pod_use(pod_object("a", phase="Pending")).demand is None


def test_pods_of_an_application_add_up_and_those_that_ask_for_nothing_hold_nothing() -> None:
    node = one_node(
        node_object(amounts={"nvidia.com/gpu": "1"}),
        pod_object("a", {"cpu": "1"}),
        pod_object("a", {"cpu": "1", "memory": "1Gi"}),
        pod_object("b", {"nvidia.com/gpu": "1"}),
        pod_object("c"),
    )
    assert node.tenants == (Tenant("a", 2000, GIB), Tenant("b", 0, 0))
    assert (node.used_cpu_millis, node.used_memory_bytes) == (2000, GIB)


def test_pods_of_unknown_nodes_count_nowhere() -> None:
    bases = [node_base(node_object("n")), node_base(node_object("m"))]
    pods = [pod_use(pod_object("a", {"cpu": "1"}, node="gone"))]
    assert inventory(bases, pods) == tuple(base.node for base in bases)


@pytest.mark.parametrize(
    ("labels", "notes", "name"),
    [
        ({"app": "x"}, {"inference-ui/application": "任务 1"}, "任务 1"),
        ({"app": "x", "app.kubernetes.io/instance": "y"}, {}, "y"),
        ({"job-name": "x"}, {}, "x"),
        ({}, {}, "a-0"),
    ],
)
def test_an_application_has_the_most_telling_name(labels: Json, notes: Json, name: str) -> None:
    pod = pod_object("a", notes=notes)
    pod["metadata"]["labels"] = labels
    assert pod_use(pod).application == name


# What waits


def test_what_has_no_node_waits_since_it_was_created() -> None:
    pod = pod_object("a", {"cpu": "1", "cambricon.com/mlu370": "2"}, node=None)
    demand = pod_use(pod).demand
    assert demand is not None
    assert (demand.name, demand.application, demand.since) == ("apps/a-0", "a", 1767225600.0)
    assert (demand.resources.cpu_millis, demand.resources.cards) == (1000, 2)
    assert demand.resources.accelerator is AcceleratorType.MLU
    assert demand.resources.card_model == "MLU370"


def test_a_gated_pod_waits_too_and_one_that_is_being_deleted_does_not() -> None:
    gated = pod_use(pod_object("a", node=None, schedulingGates=[{"name": "later"}]))
    assert gated.gated
    assert gated.demand is not None
    leaving = pod_object("a", node=None)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pod_use(leaving).demand is None


@pytest.mark.parametrize(
    ("requests", "more", "model"),
    [
        ({"cambricon.com/mlu370": "1"}, {}, "MLU370"),
        ({"cambricon.com/mlu370": "1"}, {"nodeSelector": {"Model": "MLU370-X8"}}, "MLU370-X8"),
        ({"cambricon.com/mlu370": "1"}, {"nodeSelector": {"Model": "MLU590"}}, "MLU370"),
        ({"cambricon.com/mlu": "1"}, {"nodeSelector": {"Model": "MLU370-X8"}}, "MLU370-X8"),
        ({"cambricon.com/mlu": "1"}, {}, None),
        (
            {"nvidia.com/gpu": "1"},
            {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H200"}},
            "H200",
        ),
        ({"nvidia.com/gpu": "1"}, {"nodeSelector": {"Model": "MLU370-X8"}}, None),
        (
            {"nvidia.com/gpu": "1"},
            {"affinity": selecting("nvidia.com/gpu.product", "NVIDIA-H200", "NVIDIA-H200-SHARED")},
            "H200",
        ),
        (
            {"nvidia.com/gpu": "1"},
            {"affinity": selecting("nvidia.com/gpu.product", "NVIDIA-H200", "NVIDIA-H100")},
            None,
        ),
        ({"cpu": "1"}, {"nodeSelector": {"nvidia.com/gpu.product": "NVIDIA-H200"}}, None),
    ],
)
def test_the_model_waited_for_is_that_of_the_resource_or_of_the_labels(
    requests: Json, more: Json, model: str | None
) -> None:
    assert pending(requests, **more).card_model == model


def test_alternatives_of_an_affinity_demand_nothing() -> None:
    affinity = selecting("Model", "MLU370-X8")
    terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    terms["nodeSelectorTerms"].append({"matchExpressions": []})
    assert pending({"cambricon.com/mlu": "1"}, affinity=affinity).card_model is None


@pytest.mark.parametrize(
    ("requests", "cards", "part"),
    [
        ({"nvidia.com/mig-1g.5gb": "2"}, 2, Slice(profile="1g.5gb")),
        ({"nvidia.com/gpu.shared": "1"}, 1, Slice()),
        ({"cambricon.com/mlu.mim-2m.8gb": "1"}, 1, Slice(profile="2m.8gb")),
        (
            {"cambricon.com/mlu.smlu.vcore": "25", "cambricon.com/mlu.smlu.vmemory": "16"},
            1,
            Slice(memory_bytes=4 * GIB, share=25),
        ),
        (
            {"cambricon.com/mlu": "1", "cambricon.com/mlu.smlu.vmemory": "4"},
            1,
            Slice(memory_bytes=GIB),
        ),
        (
            {"nvidia.com/gpu": "2", "nvidia.com/gpumem": "1024", "nvidia.com/gpucores": "50"},
            2,
            Slice(memory_bytes=GIB, share=50),
        ),
        ({"nvidia.com/gpu": "2"}, 2, None),
    ],
)
def test_slices_are_waited_for_as_such(requests: Json, cards: int, part: Slice | None) -> None:
    wanted = pending(requests)
    assert (wanted.cards, wanted.slice) == (cards, part)


def test_taints_borne_and_the_place_are_read() -> None:
    tolerations = [
        {"key": "a", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "b", "value": "x"},
        {"operator": "Exists"},
    ]
    pod = pod_object(
        "a",
        node=None,
        tolerations=tolerations,
        runtimeClassName="nvidia",
        affinity=selecting("kubernetes.io/hostname", "n", "m"),
    )
    demand = pod_use(pod).demand
    assert demand is not None
    assert demand.placement == Placement(kind="NODES", nodes=("n", "m"))
    assert demand.resources.runtime_class == "nvidia"
    assert demand.resources.tolerations == (
        Toleration(key="a", effect="NoSchedule"),
        Toleration(key="b", value="x"),
        Toleration(),
    )


def test_a_driver_that_is_selected_is_a_placement() -> None:
    for label in ("DriverVersion", "nvidia.com/cuda.driver-version.full"):
        demand = pod_use(pod_object("a", node=None, nodeSelector={label: "v5"})).demand
        assert demand is not None
        assert demand.placement == Placement(kind="DRIVER", driver_version="v5")


def test_the_longest_waiting_comes_first_and_cards_are_counted_by_model() -> None:
    early = pod_object("b", {"cambricon.com/mlu370": "2"}, node=None)
    early["metadata"]["creationTimestamp"] = "2025-01-01T00:00:00Z"
    late = pod_object("a", {"nvidia.com/gpu": "1"}, node=None)
    demands = waiting([pod_use(late), pod_use(early), pod_use(pod_object("c"))])
    assert [one.application for one in demands] == ["b", "a"]
    assert queued_cards(demands) == {"MLU370": 2, "any": 1}


# Garbage

WRONG: list[Any] = [None, 1, "x", [], ["x"], {}, {"x": None}]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("key", ["metadata", "spec", "status"])
def test_an_object_with_wrong_fields_is_read_as_far_as_it_goes(key: str, wrong: Any) -> None:
    assert isinstance(pod_use({**pod_object("a", node=None), key: wrong}).application, str)
    assert isinstance(node_base({**node_object(), key: wrong}).node.name, str)


@pytest.mark.parametrize("quantity", ["", "much", "-1", None, [], "Gi", True, 1e400])
def test_a_quantity_that_is_none_counts_for_nothing(quantity: Any) -> None:
    pod = pod_object("a", {"cpu": quantity, "nvidia.com/gpu": quantity, "memory": "1Gi"})
    assert pod_use(pod).tenant == Tenant("a", 0, GIB)
    assert one_node(node_object(amounts={"nvidia.com/gpu": quantity})).cards == ()


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["metadata", "spec", "labels", "annotations", "containers", "resources", "requests",
             "cpu", "nvidia.com/gpu", "nodeName", "affinity", "tolerations", "status", "phase",
             "capacity", "allocatable", "creationTimestamp", "nodeSelector", "Model"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), json))
def test_no_object_raises(one: Json) -> None:
    base, pod = node_base(one), pod_use(one)
    assert len(inventory([base], [pod])) == 1


def test_labels_are_shown_for_what_is_known_and_for_what_is_not() -> None:
    node = one_node(
        node_object(amounts={"cambricon.com/mlu": "2"}), pod_object("a", {"cambricon.com/mlu": 2})
    )
    assert used(node) == ["?:a", "?:a"]
