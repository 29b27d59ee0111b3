"""Rows of online services: what is shown, and above all what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor, Role
from inference_ui.backend.models.catalog import PackageLaunch, RunParameter, Variable
from inference_ui.backend.ports import Observation, Phase, Replica
from inference_ui.backend.services.online_views import ServiceView
from inference_ui.backend.services.tasks import WorkloadLog
from inference_ui.rows.service import SettingRow, service_page
from inference_ui.rows.service_form import (
    DEPLOY_EMPTY,
    URL_EMPTY,
    deploy_draft,
    headers_of,
    kept_values,
    limit_of,
    url_draft,
)
from inference_ui.rows.services import service_row
from tests.support.samples import a_service, elsewhere

OWNER = Actor("owner", "owner", Role.USER)
OTHER = Actor("other", "other", Role.USER)


def view(service, seen=None):
    return ServiceView(service, "owner", seen, ())


@pytest.mark.parametrize(
    ("wish", "status", "shape", "word"),
    [
        ("RUN", "QUEUED", "QUEUED", "QUEUED"),
        ("RUN", "RUNNING", "RUNNING", "RUNNING"),
        ("RUN", "STOPPED", "QUEUED", "QUEUED"),
        ("STOP", "RUNNING", "FINISHING", "STOPPING"),
        ("STOP", "STOPPED", "STOPPED", "STOPPED"),
        ("STOP", "FAILED", "FAILED", "FAILED"),
        ("DELETE", "FAILED", "FINISHING", "DELETING"),
    ],
)
def test_a_wish_shows_from_the_moment_it_is_made(wish, status, shape, word):
    row = service_row(view(a_service(wish=wish, status=status)), OWNER)
    assert (row.status, row.word) == (shape, word)


def test_a_service_elsewhere_that_does_not_answer_is_not_said_to_start():
    row = service_row(view(elsewhere(status="STARTING")), OWNER)
    assert (row.word, row.ready, row.url) == ("NOT_READY", 0, "http://127.0.0.1:9")
    assert service_row(view(elsewhere(status="RUNNING")), OWNER).ready == 1


def test_only_what_applies_is_offered_and_only_to_whom_it_belongs():
    def offered(actor, **values):
        row = service_row(view(a_service(**values)), actor)
        return row.may_start, row.may_stop, row.may_delete

    assert offered(OWNER, status="RUNNING") == (False, True, True)
    assert offered(OWNER, status="STOPPED", wish="STOP") == (True, False, True)
    assert offered(OWNER, status="RUNNING", wish="STOP") == (False, False, True)
    assert offered(OWNER, status="RUNNING", wish="DELETE") == (False, False, False)
    assert offered(OTHER, status="RUNNING") == (False, False, False)


def test_secrets_tokens_and_values_of_headers_are_in_no_row():
    service = a_service(status="RUNNING")
    launch = PackageLaunch(
        command=("serve", "{port}"),
        variables=(
            Variable(name="KEY", default="package-secret", secret=True),
            Variable(name="LEVEL", default="1"),
            Variable(name="OTHER", secret=True),
        ),
        parameters=(RunParameter(name="batch", default="4"),),
    )
    package = service.package.model_copy(update={"launch": launch})
    service.package = package
    service.server = service.server.model_copy(
        update={
            "package": package,
            "environment": {"KEY": "own-secret", "LEVEL": "2"},
            "parameters": {"batch": "8"},
        }
    )
    page = service_page(view(service), (), OWNER, "")
    assert page.variables == [
        SettingRow("KEY", own=True, secret=True, set=True),
        SettingRow("LEVEL", "2", own=True, set=True),
        SettingRow("OTHER", secret=True),
    ]
    assert page.parameters == [SettingRow("batch", "8", own=True)]
    assert page.plan.command == "serve {port}"
    assert "secret" not in repr(page).replace("secret=", "").replace("secret ", "")
    outside = service_page(view(elsewhere()), (), OWNER, "")
    assert (outside.plan.token, outside.plan.headers) == (True, "X-Team")
    assert "t0ken" not in repr(outside)
    assert "vision" not in repr(outside)


def test_a_failed_service_shows_its_evidence_and_remedies_that_fit():
    late = {"code": "SERVER_NOT_READY_IN_TIME", "args": {"seconds": 60}}
    service = a_service(status="FAILED", wish="STOP", end_detail=late)
    name = f"service-{service.id}-1-server-0"
    log = WorkloadLog("server", name, "\x1b[31mloading\x1b[0m\n\nno such file\n", False)
    page = service_page(view(service), [log], OWNER, "")
    assert (page.evidence_of, page.evidence) == ("server-0", "loading\nno such file")
    assert page.remedies == ["READ_SERVER_LOG", "CHECK_READINESS", "CHECK_SIZE"]
    assert page.row.said.code == "SERVER_NOT_READY_IN_TIME"


def test_the_cluster_says_what_helps_a_failed_service():
    told = {"code": "K8S_IMAGE_PULL", "args": {"image": "x", "cause": "missing", "message": ""}}
    service = a_service(status="FAILED", wish="STOP", end_detail=told)
    assert service_page(view(service), (), OWNER, "").remedies == ["CHECK_IMAGE"]


def test_a_service_whose_cluster_cannot_be_asked_says_so_before_all_else():
    service = a_service(status="RUNNING")
    away = replace(view(service), unseen=Message("CLUSTER_UNREACHABLE", {"error": "refused"}))
    row = service_page(away, (), OWNER, "").row
    assert (row.unseen, row.said.code, row.ready) == (True, "CLUSTER_UNREACHABLE", 0)


def test_pods_are_called_by_what_tells_them_apart_and_keep_their_whole_names():
    service = a_service(status="RUNNING")
    pod = f"service-{service.id}-1-server-69f95cfd7-x5nsk"
    seen = Observation(Phase.STARTING, (Replica(pod, Phase.WAITING),))
    [row] = service_page(view(service, seen), (), OWNER, "").replicas
    assert (row.name, row.whole_name) == ("server-x5nsk", pod)


def test_replicas_are_counted_and_called_by_their_short_names():
    service = a_service(status="RUNNING")
    prefix = f"service-{service.id}-1-server"
    seen = Observation(
        Phase.READY,
        (
            Replica(f"{prefix}-0", Phase.READY, endpoint="http://127.0.0.1:1"),
            Replica(f"{prefix}-1", Phase.STARTING),
        ),
    )
    page = service_page(view(service, seen), (), OWNER, "")
    assert [row.name for row in page.replicas] == ["server-0", "server-1"]
    assert (page.ready, page.row.ready) == (1, 1)


def test_headers_are_lines_and_what_is_none_or_comes_twice_is_left_to_be_refused():
    assert headers_of("X-Team: vision\n\n X-Url : http://a:1 ") == {
        "X-Team": "vision",
        "X-Url": "http://a:1",
    }
    assert headers_of("secret") == {"": ""}
    assert sorted(name.strip() for name in headers_of("A: 1\nA: 2")) == ["A", "A"]


def test_numbers_that_are_none_are_refused_and_an_empty_limit_is_none():
    assert [limit_of(text) for text in ("", " ", "8", "x", "-1", "1.5")] == [None, None, 8, 0, 0, 0]


def test_what_a_tab_kept_is_taken_with_care():
    assert kept_values("", URL_EMPTY) == URL_EMPTY
    assert kept_values("[1]", URL_EMPTY) == URL_EMPTY
    kept = kept_values('{"name": 5, "token": "x", "no": 1}', URL_EMPTY)
    assert kept == {**URL_EMPTY, "name": "5"}


def test_forms_become_drafts():
    draft = deploy_draft({**DEPLOY_EMPTY, "name": "a", "node_count": "2"}, [], {}, {}, ["n"])
    assert (draft.name, draft.server.node_count, draft.server.nodes) == ("a", 2, ("n",))
    url = url_draft({**URL_EMPTY, "name": "a", "max_in_flight": "3"}, "t", "A: b")
    assert (url.token, url.headers, url.max_in_flight) == ("t", {"A": "b"}, 3)
    assert replace(url, token="") != url
