"""Values that tests of several rooms need: a plan, a task, observations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference_ui.backend.models.catalog import PackageLaunch, PackageSnapshot
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Owned, Shared, SpecSnapshot
from inference_ui.backend.models.service import Elsewhere, OnlineService
from inference_ui.backend.models.task import InferenceTask, TaskPlan
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MIB = 1 << 20


def a_plan(folder: Path = Path("/nowhere"), **changes: Any) -> TaskPlan:
    """A plan whose server is never really started."""
    values: dict[str, Any] = {
        "package": PackageSnapshot(
            id="package",
            name="detector",
            version="1.0.0",
            service_type=ServiceType.SELDON,
            model_name="",
            box_format=BoxFormat.XYXY,
            launch=PackageLaunch(command=("serve", "{port}"), ready_timeout_s=60),
        ),
        "spec": SpecSnapshot(
            id="spec", name="cpu-1c", resources=Resources(cpu_millis=1000, memory_bytes=256 * MIB)
        ),
        "node_count": 1,
        "dataset_id": "dataset",
        "dataset_name": "pages",
        "dataset_folder": str(folder / "dataset"),
        "volume_id": "volume",
        "volume_name": "results",
        "output_folder": str(folder / "output"),
    }
    return TaskPlan(**(values | changes))


def through(service_id: str = "service", **changes: Any) -> TaskPlan:
    """A plan that goes through an online service."""
    own = a_plan()
    shared = Shared(package=own.package, service_id=service_id, service_name="detect", **changes)
    return own.model_copy(update={"server": shared})


def a_task(**values: Any) -> InferenceTask:
    """A task that was queued at :data:`NOW`."""
    defaults: dict[str, Any] = {
        "id": "0123456789abcdef",
        "name": "night",
        "owner_id": "owner",
        "plan": a_plan(),
        "created_at": NOW,
        "status_since": NOW,
    }
    return InferenceTask(**(defaults | values))


def a_service(**values: Any) -> OnlineService:
    """A deployed online service that was queued at :data:`NOW`."""
    plan = a_plan()
    assert plan.spec is not None
    defaults: dict[str, Any] = {
        "id": "fedcba9876543210",
        "name": "detect",
        "owner_id": "owner",
        "created_at": NOW,
        "status_since": NOW,
        "package": plan.package,
        "server": Owned(package=plan.package, spec=plan.spec),
    }
    return OnlineService(**(defaults | values))


def elsewhere(**values: Any) -> OnlineService:
    """An online service that somebody else runs."""
    there = Elsewhere(url="http://127.0.0.1:9", token="t0ken", headers={"X-Team": "vision"})
    return a_service(server=None, elsewhere=there, **values)
