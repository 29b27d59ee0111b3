"""Online services with real processes: deployed, killed, failed, stopped; registered by a URL; and
tasks that go through them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from aiohttp import web

from inference_ui.backend.errors import Conflict, Forbidden, InvalidFields, NotFound
from inference_ui.backend.models.account import Role
from inference_ui.backend.services.asking import Question
from inference_ui.backend.services.drafts import TaskDraft
from inference_ui.backend.services.server_drafts import ServerDraft
from inference_ui.backend.services.service_drafts import DeployDraft, UrlDraft
from tests.support.inference_server import Call, InferenceServer, detect
from tests.support.installation import Installation, numbered_inputs, processes_of
from tests.support.raw_server import RawCall, RawServer, whole
from tests.support.tls import make_certificate
from tests.support.waiting import wait_for


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path / "data")
    made.product.engine.start()
    yield made
    made.close()


def deploy_draft(installation, name="detect", package="model", **changes):
    task = installation.draft("unused", package)
    limit = changes.pop("max_in_flight", None)
    server = ServerDraft(
        service_type=task.service_type, package_id=task.package_id, spec_id=task.spec_id, **changes
    )
    return DeployDraft(name, server, limit)


def deploy(installation, name="detect", package="model", **changes):
    draft = deploy_draft(installation, name, package, **changes)
    return installation.product.online.deploy(installation.administrator, draft)


def service(installation, service_id):
    return installation.product.online.view(installation.administrator, service_id).service


def wait_until(installation, service_id, status):
    def there():
        found = service(installation, service_id)
        return found if found.status == status else None

    return wait_for(there, f"service {status}", 30)


def gone(installation, service_id):
    try:
        service(installation, service_id)
    except NotFound:
        return True
    return False


def servers_of(installation):
    return [
        process
        for process in processes_of(installation.folder)
        if "model_server" in " ".join(process.cmdline())
        and "shim" not in " ".join(process.cmdline())
    ]


def through(installation, made, name):
    catalog, admin = installation.product.catalog, installation.administrator
    [volume] = [row.id for row in catalog.volumes(admin) if row.name == "results"]
    [dataset] = [row.id for row, _ in catalog.datasets(admin)]
    draft = TaskDraft(name=name, dataset_id=dataset, volume_id=volume, service_id=made.id)
    return installation.product.tasks.create(admin, draft)


def test_a_service_is_deployed_asked_stopped_started_again_and_deleted(installation):
    installation.dataset(numbered_inputs(2))
    installation.package()
    online, admin = installation.product.online, installation.administrator
    made = deploy(installation)
    wait_until(installation, made.id, "RUNNING")
    view = online.view(admin, made.id)
    assert [replica.node is not None for replica in view.seen.replicas] == [True]
    answer = online.ask(admin, made.id, Question(json='{"strData": "夜"}'))
    assert (answer.status, answer.error, answer.problem) == (200, "", None)
    assert json.loads(answer.text) == {"jsonData": {"echo": "夜"}}
    online.stop(admin, made.id)
    wait_until(installation, made.id, "STOPPED")
    assert servers_of(installation) == []
    assert "loading the model" in online.logs(admin, made.id).logs[0].text
    with pytest.raises(Conflict):
        online.ask(admin, made.id, Question(json="{}"))
    online.start(admin, made.id)
    again = wait_until(installation, made.id, "RUNNING")
    assert again.attempt == 2
    online.delete(admin, made.id)
    wait_for(lambda: gone(installation, made.id), "the service gone")
    assert servers_of(installation) == []
    assert installation.product.cluster.names() == frozenset()


def test_a_replica_that_is_killed_comes_back_and_a_restarted_web_server_finds_its_service(
    installation,
):
    installation.dataset(numbered_inputs(1))
    installation.package()
    made = deploy(installation)
    wait_until(installation, made.id, "RUNNING")
    [before] = servers_of(installation)
    os.kill(before.pid, signal.SIGKILL)
    wait_for(
        lambda: [one.pid for one in servers_of(installation)] not in ([], [before.pid]),
        "another process",
    )
    wait_until(installation, made.id, "RUNNING")
    [running] = servers_of(installation)
    installation.product.engine.stop()
    installation.reopen()
    installation.product.engine.start()
    wait_until(installation, made.id, "RUNNING")
    assert [one.pid for one in servers_of(installation)] == [running.pid]


def test_a_service_that_cannot_run_fails_with_its_reason_and_log_and_may_be_started_again(
    installation,
):
    installation.dataset(numbered_inputs(1))
    installation.package(MODE="crash")
    made = deploy(installation)
    failed = wait_until(installation, made.id, "FAILED")
    assert failed.detail.code == "PROCESS_EXITED"
    assert failed.detail.args["exit_code"] == 3
    logs = installation.product.online.logs(installation.administrator, made.id).logs
    assert "no such file or directory" in logs[0].text
    wait_for(lambda: not installation.product.cluster.names(), "nothing left")
    assert service(installation, made.id).status == "FAILED"
    installation.product.online.start(installation.administrator, made.id)
    wait_for(lambda: service(installation, made.id).attempt == 2, "another attempt")
    wait_until(installation, made.id, "FAILED")


def test_a_service_that_never_gets_ready_fails_in_its_time(installation):
    installation.dataset(numbered_inputs(1))
    installation.package(ready_timeout_s=1, MODE="never")
    made = deploy(installation)
    failed = wait_until(installation, made.id, "FAILED")
    assert failed.detail.code == "PROBE_STATUS"


def test_a_task_goes_through_a_service_which_can_neither_be_stopped_nor_deleted_meanwhile(
    installation,
):
    installation.dataset(numbered_inputs(60))
    installation.package(DELAY_MS="100")
    online, admin = installation.product.online, installation.administrator
    made = deploy(installation)
    task = through(installation, made, "night")
    installation.wait_for_lines(task.id, 1)
    other = through(installation, made, "day")
    for end in (online.stop, online.delete):
        with pytest.raises(Conflict) as used:
            end(admin, made.id)
        assert used.value.code == "SERVICE_IN_USE"
        assert used.value.message.args == {"service": "detect", "task": "night", "others": 1}
    assert [one.name for one in online.view(admin, made.id).tasks] == ["night", "day"]
    for one in (task, other):
        ended = installation.wait_until(one.id, "SUCCEEDED")
        assert (ended.succeeded, ended.failed) == (60, 0)
    assert service(installation, made.id).status == "RUNNING"
    assert len(servers_of(installation)) == 1
    view = installation.product.tasks.view(admin, task.id)
    assert [event.code for event in view.events] == [
        "SUBMITTED", "RUNNING", "FINISHING", "SUCCEEDED",
    ]  # fmt: skip
    online.stop(admin, made.id)
    wait_until(installation, made.id, "STOPPED")
    with pytest.raises(InvalidFields) as refused:
        through(installation, made, "late")
    assert refused.value.fields["service_id"].code == "SERVICE_STOPPED"


async def slowly(call: Call) -> web.Response:
    await asyncio.sleep(0.02)
    return detect(call)


def test_tasks_through_a_limited_service_take_turns_and_keep_its_limit(installation):
    installation.dataset(numbered_inputs(40))
    online, admin = installation.product.online, installation.administrator
    with InferenceServer(slowly) as server:
        made = online.register(admin, url_draft(server.url, max_in_flight=3))
        first, second = (through(installation, made, name) for name in ("first", "second"))
        for task in (first, second):
            installation.wait_until(task.id, "SUCCEEDED")
        assert len(server.calls) == 80
        assert server.most_in_flight <= 3
    tasks = installation.product.tasks
    begins = [
        next(e.at for e in tasks.view(admin, one.id).events if e.code == "RUNNING")
        for one in (first, second)
    ]
    first_ended = installation.task(first.id).ended_at
    assert begins[0] < first_ended <= begins[1]


def url_draft(url, name="outside", **changes):
    return replace(UrlDraft(name=name, url=url, service_type="SELDON"), **changes)


def test_a_service_elsewhere_gets_token_and_headers_over_tls_and_nothing_shows_them(
    installation, tmp_path
):
    installation.dataset(numbered_inputs(5))
    online, admin = installation.product.online, installation.administrator
    certificate, tls = make_certificate(tmp_path)
    seen: list[RawCall] = []

    def answer(call: RawCall) -> None:
        seen.append(call)
        call.send(whole(json.dumps({"echo": call.body.decode()}).encode()))

    with RawServer(answer, ready=answer, tls=tls) as server:
        draft = url_draft(
            server.url, token="t0ken", headers={"X-Team": "vision"}, ca=certificate.read_text()
        )
        made = online.register(admin, draft)
        wait_until(installation, made.id, "RUNNING")
        assert online.ask(admin, made.id, Question(json="{}")).status == 200
        task = through(installation, made, "night")
        ended = installation.wait_until(task.id, "SUCCEEDED")
        assert ended.succeeded == 5
    assert len(seen) > 6
    for call in seen:
        assert b"authorization: bearer t0ken" in call.head.lower()
        assert b"x-team: vision" in call.head.lower()
    assert "t0ken" not in repr(service(installation, made.id))


def test_a_service_elsewhere_that_goes_away_says_so_and_comes_back(installation):
    online, admin = installation.product.online, installation.administrator
    with InferenceServer() as server:
        made = online.register(admin, url_draft(server.url))
        wait_until(installation, made.id, "RUNNING")
        port = server.port
    wait_until(installation, made.id, "STARTING")
    assert service(installation, made.id).waiting.code == "NO_CONNECTION"
    with InferenceServer(port=port):
        wait_until(installation, made.id, "RUNNING")


def test_each_wrong_field_is_refused_past_the_form(installation):
    installation.dataset(numbered_inputs(1))
    installation.package()
    online, admin = installation.product.online, installation.administrator
    good = deploy_draft(installation)
    wrong = {
        "name": replace(good, name=""),
        "package_id": replace(good, server=replace(good.server, package_id="no")),
        "spec_id": replace(good, server=replace(good.server, spec_id="")),
        "environment": replace(good, server=replace(good.server, environment={"NO": "1"})),
        "parameters": replace(good, server=replace(good.server, parameters={"no": "1"})),
        "max_in_flight": replace(good, server=replace(good.server, node_count=2), max_in_flight=1),
    }
    for field, draft in wrong.items():
        assert field in online.check_deploy(admin, draft).problems, field
        with pytest.raises(InvalidFields) as refused:
            online.deploy(admin, draft)
        assert field in refused.value.fields, field
    assert online.check_deploy(admin, good).problems == {}
    right = url_draft("http://127.0.0.1:9")
    for changes in (
        {"url": "127.0.0.1:9"},
        {"url": "ftp://host"},
        {"url": "http://user:secret@host"},
        {"url": "http://host/?a=b"},
        {"url": "http://host:99999"},
        {"service_type": "NO"},
        {"model_name": "", "service_type": "KSERVE_V1"},
        {"predict_path": "predict"},
        {"predict_path": "/predict\r\nX-Other: 1"},
        {"readiness_path": "/a b"},
        {"prompt": "x" * 5_000},
        {"token": "two\nlines"},
        {"headers": {"Host": "x"}},
        {"headers": {"X Y": "x"}},
        {"headers": {"X-Name": "夜"}},
        {"headers": {"X-Name": "a\nb"}},
        {"headers": {"a": "1", "A": "2"}},
        {"headers": {"Authorization": "x"}, "token": "t"},
        {"ca": "no certificate"},
        {"max_in_flight": 0},
    ):
        with pytest.raises(InvalidFields) as refused:
            online.register(admin, replace(right, **changes))
        assert set(refused.value.fields) & set(changes), changes
    assert online.all(admin) == []


def test_roles(installation):
    installation.dataset(numbered_inputs(1))
    installation.package()
    online, accounts, admin = (
        installation.product.online, installation.product.accounts, installation.administrator,
    )  # fmt: skip
    user = accounts.create_user(admin, "u", None, Role.USER)
    other = accounts.create_user(admin, "o", None, Role.USER)
    viewer = accounts.create_user(admin, "v", None, Role.VIEWER)
    with pytest.raises(Forbidden):
        online.register(user, url_draft("http://127.0.0.1:9"))
    with pytest.raises(Forbidden):
        online.deploy(viewer, deploy_draft(installation))
    made = online.deploy(user, deploy_draft(installation))
    with pytest.raises(InvalidFields):
        online.deploy(other, deploy_draft(installation))
    assert online.view(viewer, made.id).owner == "u"
    for action in (online.start, online.stop, online.delete):
        with pytest.raises(Forbidden):
            action(other, made.id)
    with pytest.raises(Forbidden):
        online.ask(viewer, made.id, Question(json="{}"))
    with pytest.raises(NotFound):
        online.view(viewer, "no")


def test_a_server_elsewhere_is_asked_once_before_it_is_registered_and_may_be_in_any_case(
    installation,
):
    online, admin = installation.product.online, installation.administrator
    with InferenceServer() as server:
        draft = url_draft(server.url, name="")
        assert online.try_url(admin, draft) is None
    told = online.try_url(admin, draft)
    assert told.code == "NO_CONNECTION"
    with pytest.raises(InvalidFields) as refused:
        online.try_url(admin, replace(draft, url="nowhere"))
    assert set(refused.value.fields) == {"url"}
    user = installation.product.accounts.create_user(admin, "u", None, Role.USER)
    with pytest.raises(Forbidden):
        online.try_url(user, draft)
    assert online.register(admin, replace(draft, name="down")).status == "STARTING"


def test_of_a_stop_and_a_new_task_at_the_same_moment_only_one_happens(installation):
    installation.dataset(numbered_inputs(1))
    online, admin = installation.product.online, installation.administrator
    for number in range(8):
        made = online.register(admin, url_draft("http://127.0.0.1:9", name=f"down-{number}"))
        both = threading.Barrier(2)

        def stop(made=made, both=both):
            both.wait()
            online.stop(admin, made.id)

        def create(made=made, both=both):
            both.wait()
            through(installation, made, f"task of {made.name}")

        with ThreadPoolExecutor(2) as threads:
            errors = [one.exception() for one in [threads.submit(stop), threads.submit(create)]]
        assert [error is None for error in errors].count(True) == 1, errors
        assert all(isinstance(error, Conflict | InvalidFields) for error in errors if error)


def test_the_limit_may_be_changed_by_the_owner_within_what_the_nodes_need(installation):
    installation.dataset(numbered_inputs(1))
    installation.package()
    online, admin = installation.product.online, installation.administrator
    other = installation.product.accounts.create_user(admin, "o", None, Role.USER)
    made = deploy(installation, node_count=1)
    online.limit(admin, made.id, 4)
    assert service(installation, made.id).max_in_flight == 4
    online.limit(admin, made.id, None)
    assert service(installation, made.id).max_in_flight is None
    with pytest.raises(InvalidFields):
        online.limit(admin, made.id, 0)
    with pytest.raises(Forbidden):
        online.limit(other, made.id, 1)
