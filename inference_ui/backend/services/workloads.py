"""From a task to the two workloads that the cluster runs for it. Pure."""

from __future__ import annotations

from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import ClientWorkload, Probe, ServerWorkload, workload_name
from inference_ui.backend.protocols import ServiceProtocol, protocol_of
from inference_ui.backend.records import BatchJob

CLIENT_RESOURCES = Resources(cpu_millis=0, memory_bytes=0)
"""A batch client asks for no room of its own. It begins when its server is ready; were it to wait
for room then, servers that took all of it would keep each other's clients out for ever."""

CLIENT_GRACE_S = 12.0
"""For the requests in flight at a stop: less than a workload gets, so that the client can still
write down what came of them."""


def protocol_of_task(task: InferenceTask) -> ServiceProtocol:
    """Return the protocol that the task's server speaks."""
    package = task.plan.package
    return protocol_of(
        package.service_type,
        model_name=package.model_name,
        predict_path=package.launch.predict_path,
        readiness_path=package.launch.readiness_path,
    )


def server_workload(task: InferenceTask) -> ServerWorkload:
    """Return the server of the task's current attempt."""
    plan = task.plan
    ready = protocol_of_task(task).readiness
    return ServerWorkload(
        name=workload_name(task.id, task.attempt, "server"),
        application=task.name,
        command=plan.package.launch.command,
        env=plan.package.launch.environment,
        resources=plan.spec.resources,
        probe=Probe(ready.path, ready.body, ready.below_status),
        replicas=plan.node_count,
        placement=plan.placement,
    )


def client_workload(task: InferenceTask) -> ClientWorkload:
    """Return the batch client of the task's current attempt."""
    plan = task.plan
    job = BatchJob(
        dataset=plan.dataset_folder,
        output=plan.output_folder,
        service_type=plan.package.service_type,
        model_name=plan.package.model_name,
        input_kind=plan.input_kind,
        predict_path=plan.package.launch.predict_path,
        readiness_path=plan.package.launch.readiness_path,
        attempt=task.attempt,
        grace_s=CLIENT_GRACE_S,
        timeout_s=plan.item_timeout_s,
        retries=plan.retries,
        max_failed=plan.max_failed,
    )
    return ClientWorkload(
        name=workload_name(task.id, task.attempt, "client"),
        application=task.name,
        job=job,
        resources=CLIENT_RESOURCES,
        server=workload_name(task.id, task.attempt, "server"),
        placement=plan.placement,
    )
