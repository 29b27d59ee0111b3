"""Selectors of labels and fields, as the API's documentation has them."""

from __future__ import annotations

import pytest

from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.kinds import KINDS
from tests.support.control_plane.selectors import matcher

POD = {
    "metadata": {"name": "p", "namespace": "apps", "labels": {"tier": "a", "x.io/on": ""}},
    "spec": {"nodeName": "n"},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("labels", "selected"),
    [
        ("", True),
        ("tier=a", True),
        ("tier == a", True),
        ("tier=b", False),
        ("tier!=b", True),
        ("other!=b", True),
        ("tier", True),
        ("!tier", False),
        ("!other", True),
        ("x.io/on", True),
        ("x.io/on=", True),
        ("tier in (a, b)", True),
        ("tier notin (a,b)", False),
        ("other notin (a)", True),
        ("tier in (b),x.io/on", False),
        ("tier in (a,b),x.io/on,!other", True),
    ],
)
def test_labels_are_selected(labels: str, selected: bool) -> None:
    assert matcher(KINDS["pods"], None, labels, "")(POD) is selected


@pytest.mark.parametrize(
    ("fields", "selected"),
    [
        ("metadata.name=p", True),
        ("metadata.name!=p", False),
        ("spec.nodeName=n,status.phase=Running", True),
        ("spec.nodeName=", False),
        ("status.phase!=Succeeded,status.phase!=Failed", True),
        ("status.podIP=", True),
    ],
)
def test_fields_are_selected(fields: str, selected: bool) -> None:
    assert matcher(KINDS["pods"], None, "", fields)(POD) is selected


def test_another_namespace_is_not_selected() -> None:
    assert matcher(KINDS["pods"], "apps", "", "")(POD)
    assert not matcher(KINDS["pods"], "other", "", "")(POD)


@pytest.mark.parametrize(
    ("labels", "fields"),
    [("tier in a", ""), ("=a", ""), ("", "spec.replicas=1"), ("", "metadata.name")],
)
def test_what_a_real_server_does_not_know_is_refused(labels: str, fields: str) -> None:
    with pytest.raises(ApiError) as caught:
        matcher(KINDS["deployments"], None, labels, fields)
    assert caught.value.status == 400
