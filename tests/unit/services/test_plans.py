"""Plans of tasks, as they are kept: what was stored before servers could be shared, overrides,
and the workloads that come of them."""

from __future__ import annotations

from inference_ui.backend.models.catalog import PackageLaunch, RunParameter, Variable
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.service import Elsewhere, OnlineService
from inference_ui.backend.models.task import TaskPlan
from inference_ui.backend.services.workloads import client_workload, server_workload
from tests.support.samples import a_plan, a_task, through

OLD = {
    "package": {
        "id": "p",
        "name": "detector",
        "version": "1.0.0",
        "service_type": "SELDON",
        "model_name": "",
        "box_format": "xyxy",
        "launch": {"command": ["serve"], "environment": {"MODE": "good"}, "ready_timeout_s": 60},
    },
    "spec": {"id": "s", "name": "cpu", "resources": {"cpu_millis": 1, "memory_bytes": 2}},
    "node_count": 3,
    "placement": {"kind": "NODES", "nodes": ["node-1"]},
    "dataset_id": "d",
    "dataset_name": "pages",
    "dataset_folder": "/d",
    "volume_id": "v",
    "volume_name": "results",
    "output_folder": "/o",
}


def test_a_plan_from_before_servers_could_be_shared_has_a_server_of_its_own():
    plan = TaskPlan.model_validate(OLD)
    assert isinstance(plan.server, Owned)
    assert (plan.node_count, plan.placement.nodes, plan.spec.name) == (3, ("node-1",), "cpu")
    assert plan.package.launch.variables == (Variable(name="MODE", default="good"),)
    assert TaskPlan.model_validate(plan.model_dump(mode="json")) == plan


def with_launch(**values):
    plan = a_plan()
    package = plan.package.model_copy(update={"launch": PackageLaunch(**values)})
    return plan.model_copy(update={"server": plan.server.model_copy(update={"package": package})})


def owned_task(plan, **overrides):
    server = plan.server.model_copy(update=overrides)
    return a_task(plan=plan.model_copy(update={"server": server}))


def test_a_server_gets_defaults_overrides_its_model_and_its_arguments():
    plan = with_launch(
        command=("serve", "--port", "{port}", "--model", "{model}/best.om"),
        variables=(Variable(name="MODE", default="good"), Variable(name="KEY", default="a b")),
        parameters=(
            RunParameter(name="threshold", default="0.5"),
            RunParameter(name="-v", default="1"),
            RunParameter(name="labels"),
        ),
        model_folder="/models/x",
    )
    task = owned_task(plan, environment={"MODE": "html"}, parameters={"threshold": "0.9; rm"})
    workload = server_workload(task)
    assert workload.command == (
        "serve", "--port", "{port}", "--model", "/models/x/best.om", "--threshold=0.9; rm", "-v=1",
    )  # fmt: skip
    assert workload.env == {"MODEL_PATH": "/models/x", "MODE": "html", "KEY": "a b"}


def test_a_client_goes_to_the_services_replicas_and_keeps_its_limit_over_all_of_them():
    plan = through()
    server = a_plan().server.model_copy(update={"node_count": 3})
    service = OnlineService(
        id="service", name="detect", owner_id="o", package=plan.package, server=server, attempt=4,
        max_in_flight=10,
    )  # fmt: skip
    workload = client_workload(a_task(plan=plan, service_id="service"), service)
    assert workload.server == "service-service-4-server"
    assert (workload.job.max_in_flight, workload.job.endpoints) == (3, ())


def test_a_client_of_a_service_elsewhere_carries_its_token_headers_and_certificates():
    plan = through()
    elsewhere = Elsewhere(url="https://models:8443", token="t0", headers={"X-Team": "a"}, ca="PEM")
    service = OnlineService(
        id="service", name="detect", owner_id="o", package=plan.package, elsewhere=elsewhere
    )
    workload = client_workload(a_task(plan=plan, service_id="service"), service)
    job = workload.job
    assert workload.server is None
    assert job.endpoints == ("https://models:8443",)
    assert job.headers == {"X-Team": "a", "Authorization": "Bearer t0"}
    assert (job.ca, job.max_in_flight) == ("PEM", None)
    assert "t0" not in repr(service.elsewhere)
