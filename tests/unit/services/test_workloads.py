"""From tasks and services to workloads."""

from __future__ import annotations

from inference_ui.backend.models.catalog import ContainerLaunch, PackageLaunch, RunParameter
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.services.workloads import owned_server
from tests.support.samples import a_plan


def test_what_a_user_sets_is_no_reference_to_a_variable_of_the_package() -> None:
    plan = a_plan()
    assert isinstance(plan.server, Owned)
    launch = PackageLaunch(
        container=ContainerLaunch(
            image="registry.example/serve:1",
            command=("serve", "--host=$(POD_IP)", "--model={model}"),
        ),
        model_folder="/data/volumes/$(TOKEN)",
        environment={"TOKEN": "t0ps3cret"},
        parameters=(RunParameter(name="title"),),
    )
    package = plan.server.package.model_copy(update={"launch": launch})
    server = plan.server.model_copy(
        update={"package": package, "parameters": {"title": "$(TOKEN) for $$5"}}
    )
    workload = owned_server(server, name="task-1-1-server", application="first")
    assert workload.image is not None
    command = ("serve", "--host=$(POD_IP)", "--model=/data/volumes/$$(TOKEN)")
    assert workload.image.command == command
    assert workload.image.arguments == ("--title=$$(TOKEN) for $$$$5",)
    assert workload.command[-1] == "--title=$(TOKEN) for $$5"
