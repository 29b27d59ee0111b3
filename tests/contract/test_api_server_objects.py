"""How the double of the API server keeps objects: what its parity checks do not ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from kubernetes import client
from kubernetes.client.rest import ApiException

from tests.support.control_plane.clients import (
    NAMESPACE,
    config_map,
    job,
    pod,
)
from tests.support.control_plane.errors import ApiError
from tests.support.control_plane.server import ApiServer
from tests.support.control_plane.store import Store

pytestmark = pytest.mark.slow  # of the tests' own double, which the contract uses anyhow

Json = dict[str, Any]


def events(core: client.CoreV1Api, revision: str, **query: Any) -> list[Json]:
    """Return what a watch of config maps since a revision says in one second."""
    answer = core.list_namespaced_config_map(
        NAMESPACE,
        watch=True,
        resource_version=revision,
        timeout_seconds=1,
        _preload_content=False,
        **query,
    )
    lines = answer.data.splitlines()
    answer.release_conn()
    return [json.loads(line) for line in lines]


def refused(action: Callable[[], object]) -> ApiError:
    """Return how the store refuses an action."""
    with pytest.raises(ApiError) as caught:
        action()
    return caught.value


class TestWatches:
    def test_an_object_comes_and_goes_as_it_begins_and_ceases_to_be_selected(
        self, core: client.CoreV1Api
    ) -> None:
        revision = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        core.create_namespaced_config_map(NAMESPACE, config_map("c"))
        for label in ("in", "in", "out"):
            change = {"metadata": {"labels": {"side": label}}, "data": {"last": label}}
            core.patch_namespaced_config_map("c", NAMESPACE, change)
            core.patch_namespaced_config_map("c", NAMESPACE, {"data": {"after": label}})
        seen = events(core, revision, label_selector="side=in")
        assert [event["type"] for event in seen] == ["ADDED", "MODIFIED", "DELETED"]
        assert seen[-1]["object"]["metadata"]["labels"] == {"side": "in"}
        last = int(seen[-1]["object"]["metadata"]["resourceVersion"])
        assert last > int(seen[-2]["object"]["metadata"]["resourceVersion"])

    def test_bookmarks_say_how_far_a_silent_watch_is(
        self, core: client.CoreV1Api, server: ApiServer
    ) -> None:
        server.bookmark_s = 0.2
        revision = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
        core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": "other"}})
        marks = events(core, revision, allow_watch_bookmarks=True)
        assert {mark["type"] for mark in marks} == {"BOOKMARK"}
        assert marks[-1]["object"] == {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {
                "resourceVersion": str(server.store.revision),
                "creationTimestamp": None,
            },
        }
        assert events(core, revision) == []

    def test_an_old_version_is_an_error_in_the_stream(
        self, core: client.CoreV1Api, store: Store
    ) -> None:
        assert events(core, "1") == [
            {
                "type": "ERROR",
                "object": {
                    "kind": "Status",
                    "apiVersion": "v1",
                    "metadata": {},
                    "status": "Failure",
                    "message": "too old resource version: 1 (400)",
                    "reason": "Expired",
                    "code": 410,
                },
            }
        ]

    def test_a_history_that_overflows_forgets_its_beginning(self) -> None:
        store = Store(history=10)
        first = store.revision
        for number in range(11):
            meta = {"name": f"c{number}", "namespace": "default"}
            store.create("configmaps", {"metadata": meta})
        assert refused(lambda: store.changes("configmaps", first)).status == 410
        changes, _ = store.changes("configmaps", store.revision - 3)
        assert [change.object["metadata"]["name"] for change in changes] == ["c8", "c9", "c10"]


class TestWrites:
    def test_a_write_that_changes_nothing_leaves_the_version(self, store: Store) -> None:
        made = store.create("configmaps", config_map("c", a="b"))
        assert store.update("configmaps", made) == made
        changed = store.update("configmaps", {**made, "data": {"a": "c"}})
        assert changed["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]

    def test_what_is_given_out_is_the_callers_own(self, store: Store) -> None:
        made = store.create("configmaps", config_map("c", a="b"))
        made["data"]["a"] = "spoilt"
        store.list("configmaps", NAMESPACE)[0]["data"]["a"] = "spoilt"
        kept = store.get("configmaps", NAMESPACE, "c")
        assert kept is not None
        assert kept["data"] == {"a": "b"}

    def test_a_jobs_template_cannot_change(self, store: Store) -> None:
        made = store.create("jobs", job())
        made["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
        error = refused(lambda: store.update("jobs", made))
        assert (error.status, error.reason) == (422, "Invalid")
        assert "spec.template: Invalid value:" in error.message
        assert "field is immutable" in error.message

    def test_a_number_where_a_text_belongs_is_not_even_read(self, server: ApiServer) -> None:
        wrong = pod(containers=[{"name": "c", "image": "i", "env": [{"name": "A", "value": 1}]}])
        answer = httpx.post(f"{server.url}/api/v1/namespaces/{NAMESPACE}/pods", json=wrong)
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into '
            "Go struct field .spec.containers.env.value of type string"
        )

    def test_a_mount_without_its_volume_is_refused(self, store: Store) -> None:
        mounts = [{"name": "nowhere", "mountPath": "/data"}]
        container = {"name": "main", "image": "busybox:1", "volumeMounts": mounts}
        error = refused(lambda: store.create("pods", pod(containers=[container])))
        assert error.body()["details"]["causes"] == [
            {
                "reason": "FieldValueNotFound",
                "message": 'Not found: "nowhere"',
                "field": "spec.containers[0].volumeMounts[0].name",
            }
        ]

    def test_a_pod_over_quota_never_is(self, store: Store) -> None:
        hard = {"requests.nvidia.com/gpu": "40"}
        quota = {"metadata": {"name": "q", "namespace": NAMESPACE}, "spec": {"hard": hard}}
        store.create("resourcequotas", quota)

        def cards(name: str, amount: str) -> Json:
            resources = {"limits": {"nvidia.com/gpu": amount}}
            return pod(name, containers=[{"name": "c", "image": "i:1", "resources": resources}])

        store.create("pods", cards("first", "5"))
        error = refused(lambda: store.create("pods", cards("p", "64")))
        assert error.status == 403
        assert error.message == (
            'pods "p" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=64, '
            "used: requests.nvidia.com/gpu=5, limited: requests.nvidia.com/gpu=40"
        )
        assert store.get("pods", NAMESPACE, "p") is None

    def test_a_pod_needs_its_service_account(self, store: Store) -> None:
        error = refused(lambda: store.create("pods", pod(serviceAccountName="reader")))
        assert error.status == 403
        assert 'serviceaccount "reader" not found' in error.message
        account = {"metadata": {"name": "reader", "namespace": NAMESPACE}}
        store.create("serviceaccounts", account)
        assert store.create("pods", pod(serviceAccountName="reader"))["status"]["phase"]

    def test_patches_do_not_lose_each_others_changes(self, api: client.ApiClient) -> None:
        core = client.CoreV1Api(api)
        core.create_namespaced_config_map(NAMESPACE, config_map("c"))

        def write(number: int) -> None:
            core.patch_namespaced_config_map("c", NAMESPACE, {"data": {f"k{number}": "x"}})

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(core.read_namespaced_config_map("c", NAMESPACE).data) == 8


class TestDeletions:
    def test_a_job_without_a_policy_keeps_its_pods_and_a_deployment_does_not(
        self, store: Store
    ) -> None:
        for policy, finalizers in ((None, ["orphan"]), ("Foreground", ["foregroundDeletion"])):
            store.create("jobs", job(str(policy).lower()))
            doomed = store.delete("jobs", NAMESPACE, str(policy).lower(), propagation=policy)
            assert doomed["metadata"]["finalizers"] == finalizers
        store.create("jobs", job())
        store.delete("jobs", NAMESPACE, "j", propagation="Background")
        assert store.get("jobs", NAMESPACE, "j") is None

    def test_empty_options_in_the_body_win_over_the_query(
        self, api: client.ApiClient, store: Store
    ) -> None:
        batch = client.BatchV1Api(api)
        store.create("jobs", job())
        batch.delete_namespaced_job(
            "j", NAMESPACE, propagation_policy="Foreground", body=client.V1DeleteOptions()
        )
        kept = store.get("jobs", NAMESPACE, "j")
        assert kept is not None
        assert kept["metadata"]["finalizers"] == ["orphan"]

    def test_a_pod_on_a_node_stays_until_its_kubelet_has_ended_it(
        self, core: client.CoreV1Api, store: Store
    ) -> None:
        store.create("pods", pod("placed", nodeName="n"))
        store.create("pods", pod("waiting"))
        core.delete_namespaced_pod("placed", NAMESPACE, grace_period_seconds=7)
        core.delete_namespaced_pod("waiting", NAMESPACE)
        (left,) = store.list("pods", NAMESPACE)
        assert left["metadata"]["name"] == "placed"
        assert left["metadata"]["deletionGracePeriodSeconds"] == 7
        store.delete("pods", NAMESPACE, "placed", grace_s=0)
        assert store.list("pods", NAMESPACE) == []

    def test_another_object_of_the_same_name_is_not_deleted(self, core: client.CoreV1Api) -> None:
        core.create_namespaced_config_map(NAMESPACE, config_map("c"))
        options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="of another"))
        with pytest.raises(ApiException) as caught:
            core.delete_namespaced_config_map("c", NAMESPACE, body=options)
        assert caught.value.status == 409
        assert core.read_namespaced_config_map("c", NAMESPACE)

    def test_an_ending_namespace_takes_nothing_new(self, core: client.CoreV1Api) -> None:
        core.delete_namespace(NAMESPACE)
        with pytest.raises(ApiException) as caught:
            core.create_namespaced_config_map(NAMESPACE, config_map("c"))
        assert caught.value.status == 403
        assert "because it is being terminated" in caught.value.body
