"""From a task or an online service to the workloads that the cluster runs for it. Pure."""

from __future__ import annotations

import msgspec

from inference_ui.backend.models.catalog import ContainerLaunch
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import (
    ClientWorkload,
    Image,
    Probe,
    ServerWorkload,
    workload_name,
)
from inference_ui.backend.records import BatchJob

CLIENT_RESOURCES = Resources(cpu_millis=100, memory_bytes=128 << 20)
"""What a batch client asks for: little, since most of its time it waits for its server. With a
server of the task's own its place is kept from the beginning (``ServerWorkload.companion``): were
it to wait for room when its server is ready, servers that took all of it would keep each other's
clients out for ever."""

CLIENT_GRACE_S = 12.0
"""For the requests in flight at a stop: less than a workload gets, so that the client can still
write down what came of them."""


def service_workload_name(service: OnlineService) -> str:
    """Return the name of the workload of a deployed service's current start."""
    return workload_name(service.id, service.attempt, "server", kind="service")


def owned_server(
    server: Owned, *, name: str, application: str, companion: Resources | None = None
) -> ServerWorkload:
    """Return the workload of a server that is deployed for somebody; ``application`` is what
    people call it, ``companion`` what is asked for who will call it."""
    launch = server.package.launch
    model = {"MODEL_PATH": launch.model_folder} if launch.model_folder else {}
    ready = server.package.protocol().readiness
    return ServerWorkload(
        name=name,
        application=application,
        command=(*_with_model(launch.command, launch.model_folder), *server.arguments),
        image=_image(launch.container, launch.model_folder, server.arguments),
        model_folder=launch.model_folder,
        env={**model, **server.full_environment},
        resources=server.spec.resources,
        probe=Probe(ready.path, ready.body, ready.below_status),
        replicas=server.node_count,
        placement=server.placement,
        companion=companion,
    )


def server_workload(task: InferenceTask) -> ServerWorkload:
    """Return the server of the task's current attempt. The task must have a server of its own."""
    if not isinstance(task.plan.server, Owned):
        raise TypeError("a shared server is not deployed for a task")
    name = workload_name(task.id, task.attempt, "server")
    return owned_server(
        task.plan.server, name=name, application=task.name, companion=_client_of(task)
    )


def client_workload(task: InferenceTask, service: OnlineService | None = None) -> ClientWorkload:
    """Return the batch client of the task's current attempt; ``service`` is what it goes through
    when its server is shared."""
    server: str | None = workload_name(task.id, task.attempt, "server")
    job = _job(task)
    if service is not None:
        elsewhere = service.elsewhere
        server = service_workload_name(service) if elsewhere is None else None
        job = msgspec.structs.replace(
            job,
            endpoints=(elsewhere.url,) if elsewhere else (),
            headers=elsewhere.all_headers if elsewhere else {},
            ca=elsewhere.ca if elsewhere else "",
            max_in_flight=_share(service),
        )
    return ClientWorkload(
        name=workload_name(task.id, task.attempt, "client"),
        application=task.name,
        job=job,
        resources=_client_of(task),
        server=server,
        placement=task.plan.placement,
    )


def _client_of(task: InferenceTask) -> Resources:
    """Return what the task's batch client asks for; it bears what its server bears."""
    if not isinstance(task.plan.server, Owned):
        return CLIENT_RESOURCES
    tolerations = task.plan.server.spec.resources.tolerations
    return CLIENT_RESOURCES.model_copy(update={"tolerations": tolerations})


def _job(task: InferenceTask) -> BatchJob:
    plan, launch = task.plan, task.plan.package.launch
    return BatchJob(
        dataset=plan.dataset_folder,
        output=plan.output_folder,
        service_type=plan.package.service_type,
        model_name=plan.package.model_name,
        input_kind=plan.input_kind,
        prompt=plan.prompt or launch.prompt,
        image_template=launch.image_template,
        predict_path=launch.predict_path,
        readiness_path=launch.readiness_path,
        attempt=task.attempt,
        retry_failed=task.retry_failed,
        retry_causes=tuple(task.retry_causes or ()),
        grace_s=CLIENT_GRACE_S,
        timeout_s=plan.item_timeout_s,
        retries=plan.retries,
        max_failed=plan.max_failed,
        limit=plan.limit,
        since=plan.since.output_folder if plan.since else None,
    )


def _image(
    container: ContainerLaunch | None, model_folder: str, arguments: tuple[str, ...]
) -> Image | None:
    if container is None or not container.image:
        return None
    folder = _as_it_is(model_folder)
    given = tuple(_as_it_is(word) for word in arguments)
    return Image(
        name=container.image,
        command=_with_model(container.command, folder),
        arguments=(*_with_model(container.arguments, folder), *given),
        port=container.port,
        pull_secret=container.pull_secret,
        shm_bytes=container.shm_bytes,
        as_root=container.as_root,
        writable=container.writable,
    )


def _as_it_is(word: str) -> str:
    """Return how a container is given a word of somebody who does not write the package: whoever
    sets a parameter must not read the package's secret variables by it."""
    return word.replace("$", "$$")


def _share(service: OnlineService) -> int | None:
    """Return how many requests may be in flight to each replica, so that all of them together
    stay within the service's limit."""
    if service.max_in_flight is None:
        return None
    replicas = service.server.node_count if service.server else 1
    return max(1, service.max_in_flight // replicas)


def _with_model(command: tuple[str, ...], folder: str) -> tuple[str, ...]:
    return tuple(word.replace("{model}", folder) for word in command) if folder else command
