"""What EndpointSlices mean: which of their endpoints are servers to be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inference_ui.backend.batch.slices import NotUnderstood, Slices, WatchEnded, status_of

HTTP = [{"name": "http", "port": 8080, "protocol": "TCP"}]


def piece(name: str, *endpoints: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a slice."""
    metadata = {"name": name, "resourceVersion": fields.pop("version", "7")}
    return {"metadata": metadata, "endpoints": list(endpoints), "ports": HTTP} | fields


def at(address: str, **conditions: bool | None) -> dict[str, Any]:
    """Return an endpoint."""
    return {"addresses": [address], "conditions": conditions}


def listed(*items: dict[str, Any], version: str = "7") -> Slices:
    """Return slices that were listed."""
    slices = Slices()
    slices.take_list(
        json.dumps({"metadata": {"resourceVersion": version}, "items": items}).encode()
    )
    return slices


def event(kind: str, item: dict[str, Any]) -> bytes:
    """Return a line of a watch."""
    return json.dumps({"type": kind, "object": item}).encode()


@pytest.mark.parametrize(
    ("conditions", "is_server"),
    [
        ({"ready": True}, True),
        ({"ready": None}, True),
        ({}, True),
        ({"ready": False}, False),
        ({"ready": False, "serving": True, "terminating": True}, False),
        ({"ready": True, "terminating": True}, False),
    ],
)
def test_an_endpoint_is_a_server_when_new_requests_may_go_there(
    conditions: dict[str, bool | None], is_server: bool
) -> None:
    slices = listed(piece("a", at("10.0.0.1", **conditions)))
    assert slices.urls == ({"http://10.0.0.1:8080"} if is_server else set())


def test_the_servers_of_all_slices_count_and_addresses_of_ipv6_stand_in_brackets() -> None:
    slices = listed(
        piece("a", at("10.0.0.1"), at("10.0.0.2")),
        piece("b", at("10.0.0.2"), at("fd00::1")),
    )
    assert slices.urls == {
        "http://10.0.0.1:8080",
        "http://10.0.0.2:8080",
        "http://[fd00::1]:8080",
    }


def test_the_port_is_the_one_called_http_else_the_first() -> None:
    metrics = {"name": "metrics", "port": 9090}
    assert listed(piece("a", at("10.0.0.1"), ports=[metrics, *HTTP])).urls == {
        "http://10.0.0.1:8080"
    }
    assert listed(piece("a", at("10.0.0.1"), ports=[metrics])).urls == {"http://10.0.0.1:9090"}


@pytest.mark.parametrize(
    "item",
    [
        piece("a", endpoints=None),
        piece("a", at("10.0.0.1"), ports=None),
        piece("a", at("10.0.0.1"), ports=[{"name": "http", "port": None}]),
        piece("a", {"addresses": None, "conditions": None}),
    ],
)
def test_a_slice_that_lacks_something_holds_no_server(item: dict[str, Any]) -> None:
    assert listed(item).urls == set()


def test_events_add_change_and_remove_slices_and_move_the_version_on() -> None:
    slices = listed(piece("a", at("10.0.0.1")), version="100")
    assert slices.version == "100"
    slices.take_event(event("ADDED", piece("b", at("10.0.0.2"), version="101")))
    slices.take_event(event("MODIFIED", piece("a", at("10.0.0.3"), version="102")))
    assert slices.urls == {"http://10.0.0.2:8080", "http://10.0.0.3:8080"}
    slices.take_event(event("DELETED", piece("b", version="103")))
    assert slices.urls == {"http://10.0.0.3:8080"}
    slices.take_event(event("BOOKMARK", {"metadata": {"resourceVersion": "250"}}))
    assert (slices.urls, slices.version) == ({"http://10.0.0.3:8080"}, "250")


def test_a_list_replaces_what_was_known() -> None:
    slices = listed(piece("a", at("10.0.0.1")))
    slices.take_list(b'{"metadata":{"resourceVersion":"9"},"items":null}')
    assert (slices.urls, slices.version) == (set(), "9")


def test_an_error_ends_the_watch_with_the_servers_own_words() -> None:
    status = {"kind": "Status", "metadata": {}, "code": 410, "message": "too old"}
    with pytest.raises(WatchEnded, match="too old") as caught:
        listed().take_event(event("ERROR", status))
    assert caught.value.status.code == 410


@pytest.mark.parametrize("line", [b"<html>", b"{}", b'{"type":"ADDED","object":3}', b'"x'])
def test_what_is_no_event_is_refused_and_changes_nothing(line: bytes) -> None:
    slices = listed(piece("a", at("10.0.0.1")))
    with pytest.raises(NotUnderstood):
        slices.take_event(line)
    assert slices.urls == {"http://10.0.0.1:8080"}


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        Slices().take_list(b"upstream connect error")


def test_a_refusal_without_words_has_none() -> None:
    assert status_of(b"<html>bad gateway</html>").message == ""
