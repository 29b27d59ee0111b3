"""The scheduler's filters, and its words where no node takes a pod."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.control_plane.objects import Json
from tests.support.control_plane.placement import refusal, skewed, spread
from tests.support.control_plane.scheduler import unschedulable
from tests.support.control_plane.writing import condition

REAL = Path(__file__).parents[4] / "shared" / "kubernetes-objects"


def node(name: str = "n", *, taints: list[Json] | None = None, **labels: str) -> Json:
    """Return a node of four CPUs with labels."""
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints or []},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "2"}},
    }


def pod(cpu: str = "1", **spec: object) -> Json:
    """Return a pod of one container."""
    container = {"name": "main", "resources": {"requests": {"cpu": cpu}}}
    meta = {"name": "p", "namespace": "apps", "labels": {"app": "a"}}
    return {"metadata": meta, "spec": {"containers": [container], **spec}}


def words(one: Json, at: Json, **used: int) -> tuple[str, ...]:
    """Return why a node does not take a pod."""
    found = refusal(one, at, {name: Decimal(amount) for name, amount in used.items()})
    return () if found is None else found.words


def affinity(**term: object) -> Json:
    """Return a pod's affinity for nodes of one term."""
    wanted = {"nodeSelectorTerms": [term]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": wanted}}


def test_what_others_use_is_not_given_again() -> None:
    assert words(pod("2"), node(), cpu=2) == ()
    assert words(pod("2500m"), node(), cpu=2) == ("Insufficient cpu",)
    assert words(pod("1"), node(), pods=2) == ("Too many pods",)


def test_what_a_node_never_had_is_final() -> None:
    never = refusal(pod("5"), node(), {})
    later = refusal(pod("4"), node(), {"cpu": Decimal(1)})
    assert never is not None
    assert never.final
    assert later is not None
    assert not later.final


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "driver", "operator": "In", "values": ["550", "560"]}, True),
        ({"key": "driver", "operator": "In", "values": ["535"]}, False),
        ({"key": "driver", "operator": "NotIn", "values": ["535"]}, True),
        ({"key": "driver", "operator": "Exists"}, True),
        ({"key": "driver", "operator": "DoesNotExist"}, False),
        ({"key": "driver", "operator": "Gt", "values": ["549"]}, True),
        ({"key": "driver", "operator": "Lt", "values": ["549"]}, False),
    ],
)
def test_labels_are_wanted_by_affinity(expression: Json, fits: bool) -> None:
    asked = pod(affinity=affinity(matchExpressions=[expression]))
    assert (words(asked, node(driver="550")) == ()) is fits


def test_a_node_is_wanted_by_its_name() -> None:
    field = {"key": "metadata.name", "operator": "In", "values": ["n"]}
    asked = pod(affinity=affinity(matchFields=[field]))
    assert words(asked, node("n")) == ()
    assert words(asked, node("m")) == ("node(s) didn't match Pod's node affinity/selector",)


def test_a_taint_keeps_off_who_does_not_bear_it() -> None:
    tainted = node(taints=[{"key": "for", "value": "vision", "effect": "NoSchedule"}])
    bears = {"key": "for", "operator": "Equal", "value": "vision", "effect": "NoSchedule"}
    assert words(pod(), tainted) == ("node(s) had untolerated taint {for: vision}",)
    assert words(pod(tolerations=[bears]), tainted) == ()
    assert words(pod(tolerations=[{"operator": "Exists"}]), tainted) == ()
    assert words(pod(tolerations=[{**bears, "value": "other"}]), tainted) != ()


def test_pods_are_kept_apart_where_they_must_be() -> None:
    wanted = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "a"}},
    }
    asked = pod(topologySpreadConstraints=[wanted])
    counts = spread(asked, {"m": [pod()], "n": []}, ["m", "n"])
    assert skewed(asked, "m", counts)
    assert not skewed(asked, "n", counts)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real objects lie beside no such checkout")
@pytest.mark.parametrize("app", ["too-many-cards", "wrong-driver"])
def test_the_words_are_those_of_a_real_scheduler(app: str) -> None:
    nodes = json.loads((REAL / "nodes.json").read_text())["items"]
    pods = json.loads((REAL / "pods.json").read_text())["items"]
    asked = next(one for one in pods if one["metadata"]["labels"].get("app") == app)
    refusals = [refusal(asked, one, {}) for one in nodes]
    said = unschedulable([one for one in refusals if one is not None])
    assert said == condition(asked, "PodScheduled")["message"]
