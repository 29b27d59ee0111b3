"""Patches, by the rules of RFC 6902, RFC 7386 and Kubernetes' strategic merge."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.patching import JSON_PATCH, MERGE, STRATEGIC, patched

POD = {
    "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x.io/one"]},
    "spec": {
        "containers": [{"name": "main", "image": "i:1"}, {"name": "side", "image": "s:1"}],
        "tolerations": [{"key": "k"}],
    },
}
SPEC = POD["spec"]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"spec": {"containers": []}}, {**POD, "spec": {**SPEC, "containers": []}}),
        ({"spec": None}, {"metadata": POD["metadata"]}),
        ({"status": {"a": {"b": None, "c": 1}}}, {**POD, "status": {"a": {"c": 1}}}),
    ],
)
def test_a_merge_patch_replaces_lists_and_removes_what_is_null(patch: Any, expected: Any) -> None:
    assert patched(POD, patch, MERGE) == expected


@pytest.mark.parametrize(
    ("patch", "field", "expected"),
    [
        (
            {"containers": [{"name": "main", "image": "i:2"}]},
            "containers",
            [{"name": "main", "image": "i:2"}, {"name": "side", "image": "s:1"}],
        ),
        (
            {"containers": [{"name": "side", "$patch": "delete"}]},
            "containers",
            [{"name": "main", "image": "i:1"}],
        ),
        (
            {"containers": [{"$patch": "replace"}, {"name": "new", "image": "n:1"}]},
            "containers",
            [{"name": "new", "image": "n:1"}],
        ),
        ({"tolerations": [{"key": "other"}]}, "tolerations", [{"key": "other"}]),
    ],
)
def test_a_strategic_merge_knows_the_lists_that_have_keys(
    patch: Any, field: str, expected: Any
) -> None:
    assert patched(POD, {"spec": patch}, STRATEGIC)["spec"][field] == expected


def test_finalizers_are_added_and_taken_off_one_by_one() -> None:
    added = patched(POD, {"metadata": {"finalizers": ["x.io/two"]}}, STRATEGIC)
    assert added["metadata"]["finalizers"] == ["x.io/one", "x.io/two"]
    taken = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.io/one"]}}
    assert patched(added, taken, STRATEGIC)["metadata"]["finalizers"] == ["x.io/two"]


def test_a_json_patch_carries_out_its_operations_in_order() -> None:
    operations = [
        {"op": "test", "path": "/metadata/labels/a", "value": "1"},
        {"op": "add", "path": "/metadata/labels/x.io~1c", "value": "3"},
        {"op": "move", "from": "/metadata/labels/a", "path": "/metadata/labels/d"},
        {"op": "remove", "path": "/spec/containers/0"},
        {"op": "add", "path": "/spec/containers/-", "value": {"name": "last"}},
        {"op": "copy", "from": "/spec/containers/0/image", "path": "/spec/containers/1/image"},
    ]
    result = patched(POD, operations, JSON_PATCH)
    assert result["metadata"]["labels"] == {"b": "2", "x.io/c": "3", "d": "1"}
    assert [one["name"] for one in result["spec"]["containers"]] == ["side", "last"]
    assert result["spec"]["containers"][1]["image"] == "s:1"
    assert POD["spec"]["containers"][0]["name"] == "main"


@pytest.mark.parametrize(
    ("patch", "content_type", "status"),
    [
        ([{"op": "remove", "path": "/spec/nothing"}], JSON_PATCH, 422),
        ([{"op": "test", "path": "/metadata/labels/a", "value": "2"}], JSON_PATCH, 422),
        ([{"op": "replace", "path": "/spec/nothing", "value": 1}], JSON_PATCH, 422),
        ({"op": "remove"}, JSON_PATCH, 400),
        ([], MERGE, 400),
        ({"spec": {"containers": [{"image": "nameless"}]}}, STRATEGIC, 400),
        ({}, "application/json", 415),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused(patch: Any, content_type: str, status: int) -> None:
    with pytest.raises(ApiError) as caught:
        patched(POD, patch, content_type)
    assert caught.value.status == status
