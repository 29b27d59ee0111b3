"""From what a user filled in to a task's plan: every field is checked here, whoever calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import ModelPackage, Volume
from inference_ui.backend.models.compute import ComputeSpec, Placement
from inference_ui.backend.models.task import SpecSnapshot, TaskPlan
from inference_ui.backend.ports import Cluster
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.capacity import never_fits, no_room_now
from inference_ui.backend.services.catalog import dataset_folder
from inference_ui.backend.services.folders import dataset_problem, output_problem
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Session

MAX_NODES = 1000


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """What the create form holds: ids of what was chosen, and numbers."""

    name: str
    dataset_id: str
    service_type: str
    package_id: str
    spec_id: str
    volume_id: str
    node_count: int = 1
    input_kind: InputKind = InputKind.JSON


@dataclass(frozen=True, slots=True)
class DraftCheck:
    """What is wrong with a draft, by field, and what its task would wait for if it were created
    now; None when it would start at once, or when that cannot be told yet."""

    problems: dict[str, Message]
    waiting: Message | None = None


def plan_of(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> TaskPlan | None:
    """Return the plan of a draft, or None; what is wrong is added to ``problems`` by field."""
    package = _package(session, draft, problems)
    dataset = _dataset(session, draft, problems)
    volume = _volume(session, draft, problems)
    spec = _spec(session, draft, cluster, problems)
    if problems or package is None or dataset is None or volume is None or spec is None:
        return None
    name, folder = dataset
    return TaskPlan(
        package=package.snapshot,
        spec=SpecSnapshot(id=spec.id, name=spec.name, resources=spec.resources),
        node_count=draft.node_count,
        dataset_id=draft.dataset_id,
        dataset_name=name,
        dataset_folder=str(folder),
        volume_id=volume.id,
        volume_name=volume.name,
        output_folder=str(Path(volume.root) / clean_name(draft.name)),
        input_kind=draft.input_kind,
    )


def waiting_now(session: Session, draft: TaskDraft, cluster: Cluster) -> Message | None:
    """Return what the server of a draft would have to wait for now, or None."""
    spec = session.get(ComputeSpec, draft.spec_id) if draft.spec_id else None
    if spec is None or not 1 <= draft.node_count <= MAX_NODES:
        return None
    return no_room_now(spec.resources, draft.node_count, Placement(), cluster.nodes())


def _package(
    session: Session, draft: TaskDraft, problems: dict[str, Message]
) -> ModelPackage | None:
    if not draft.service_type:
        problems["service_type"] = Message("REQUIRED")
    package = session.get(ModelPackage, draft.package_id) if draft.package_id else None
    if package is None:
        problems["package_id"] = Message("REQUIRED")
    elif draft.service_type and package.service_type != draft.service_type:
        problems["package_id"] = Message("PACKAGE_OTHER_TYPE", {"type": package.service_type})
    return package


def _dataset(
    session: Session, draft: TaskDraft, problems: dict[str, Message]
) -> tuple[str, Path] | None:
    pair = queries.dataset_with_volume(session, draft.dataset_id) if draft.dataset_id else None
    if pair is None:
        problems["dataset_id"] = Message("REQUIRED")
        return None
    folder = dataset_folder(*pair)
    problem = dataset_problem(folder, draft.input_kind)
    if problem is not None:
        problems["dataset_id"] = problem
    return pair[0].name, folder


def _volume(session: Session, draft: TaskDraft, problems: dict[str, Message]) -> Volume | None:
    volume = session.get(Volume, draft.volume_id) if draft.volume_id else None
    if volume is None:
        problems["volume_id"] = Message("REQUIRED")
        return None
    if name_problem(draft.name) is None:
        problem = output_problem(Path(volume.root), clean_name(draft.name))
        if problem is not None:
            field = "name" if problem.code == "OUTPUT_EXISTS" else "volume_id"
            problems.setdefault(field, problem)
    return volume


def _spec(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> ComputeSpec | None:
    if not 1 <= draft.node_count <= MAX_NODES:
        problems["node_count"] = Message("NODE_COUNT_RANGE", {"min": 1, "max": MAX_NODES})
    spec = session.get(ComputeSpec, draft.spec_id) if draft.spec_id else None
    if spec is None:
        problems["spec_id"] = Message("REQUIRED")
        return None
    if "node_count" not in problems:
        problem = never_fits(spec.resources, draft.node_count, Placement(), cluster.nodes())
        if problem is not None:
            problems["spec_id"] = problem
    return spec
