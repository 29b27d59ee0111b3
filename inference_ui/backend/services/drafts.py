"""From what a user filled in to a task's plan: every field is checked here, whoever calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference_ui.backend.batch.limit import FailureLimit
from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import Volume
from inference_ui.backend.models.servers import Owned, Shared
from inference_ui.backend.models.service import OnlineService, ServiceWish
from inference_ui.backend.models.task import InferenceTask, Since, TaskPlan
from inference_ui.backend.ports import Cluster
from inference_ui.backend.records import InputKind
from inference_ui.backend.services.catalog import dataset_folder
from inference_ui.backend.services.folders import dataset_problem, output_problem
from inference_ui.backend.services.names import clean_name, name_problem
from inference_ui.backend.services.server_drafts import ServerDraft, claim_problem, server_of
from inference_ui.backend.services.server_drafts import waiting_now as server_waiting
from inference_ui.backend.services.workloads import CLIENT_RESOURCES
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store.database import Session

CANARY_ITEMS = 5
"""How many inputs a canary tries."""
CANARIES = ".canary"
"""The folder of a volume that canaries write to, each in one of its own."""

MAX_TIMEOUT_S = 86_400
MAX_RETRIES = 100
MAX_PROMPT = 20_000


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """What the create form holds: ids of what was chosen, texts and numbers.

    With ``service_id`` the task goes through that running online service, and nothing of a server
    of its own is looked at. ``environment`` and ``parameters`` are overrides by name. ``nodes`` and
    ``driver_version`` exclude each other. ``max_failed``: a number, or a share such as ``5%``; None
    for no threshold. ``since_task_id``: leave out what that task did and is unchanged.
    """

    name: str
    dataset_id: str
    service_type: str = ""
    package_id: str = ""
    spec_id: str = ""
    volume_id: str = ""
    node_count: int = 1
    input_kind: InputKind = InputKind.JSON
    service_id: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    driver_version: str = ""
    prompt: str = ""
    max_failed: str | None = None
    item_timeout_s: float = 60.0
    retries: int = 3
    since_task_id: str = ""

    @property
    def server(self) -> ServerDraft:
        """The part that is about a server of the task's own."""
        return ServerDraft(
            service_type=self.service_type,
            package_id=self.package_id,
            spec_id=self.spec_id,
            node_count=self.node_count,
            environment=self.environment,
            parameters=self.parameters,
            nodes=self.nodes,
            driver_version=self.driver_version,
        )


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
    server = _server(session, draft, cluster, problems)
    dataset = _dataset(session, draft, cluster, problems)
    volume = _volume(session, draft, cluster, problems)
    since = _since(session, draft, cluster, problems)
    _check_numbers(draft, problems)
    if problems or server is None or dataset is None or volume is None:
        return None
    name, folder = dataset
    return TaskPlan(
        server=server,
        dataset_id=draft.dataset_id,
        dataset_name=name,
        dataset_folder=str(folder),
        volume_id=volume.id,
        volume_name=volume.name,
        output_folder=str(Path(volume.root) / clean_name(draft.name)),
        input_kind=draft.input_kind,
        prompt=draft.prompt.strip(),
        max_failed=(draft.max_failed or "").strip() or None,
        item_timeout_s=draft.item_timeout_s,
        retries=draft.retries,
        since=since,
    )


def waiting_now(session: Session, draft: TaskDraft, cluster: Cluster) -> Message | None:
    """Return what a task of the draft would have to wait for now, or None."""
    if not draft.service_id:
        return server_waiting(session, draft.server, cluster, CLIENT_RESOURCES)
    service = session.get(OnlineService, draft.service_id)
    if service is None or service.status == "RUNNING":
        return None
    return service.waiting or Message("SERVICE_NOT_READY", {"service": service.name})


def _server(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> Owned | Shared | None:
    if not draft.service_id:
        return server_of(session, draft.server, cluster, problems, CLIENT_RESOURCES)
    service = session.get(OnlineService, draft.service_id)
    if service is None or service.wish == ServiceWish.DELETE:
        problems["service_id"] = Message("SERVICE_GONE")
        return None
    if service.wish == ServiceWish.STOP:
        problems["service_id"] = Message("SERVICE_STOPPED", {"service": service.name})
        return None
    return Shared(
        package=service.package,
        service_id=service.id,
        service_name=service.name,
        max_in_flight=service.max_in_flight,
    )


def _dataset(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> tuple[str, Path] | None:
    pair = queries.dataset_with_volume(session, draft.dataset_id) if draft.dataset_id else None
    if pair is None:
        problems["dataset_id"] = Message("REQUIRED")
        return None
    folder = dataset_folder(*pair)
    problem = claim_problem(pair[1], cluster) or dataset_problem(folder, draft.input_kind)
    if problem is not None:
        problems["dataset_id"] = problem
    return pair[0].name, folder


def _volume(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> Volume | None:
    volume = session.get(Volume, draft.volume_id) if draft.volume_id else None
    if volume is None:
        problems["volume_id"] = Message("REQUIRED")
        return None
    off_claim = claim_problem(volume, cluster)
    if off_claim is not None:
        problems["volume_id"] = off_claim
    if name_problem(draft.name) is None:
        problem = output_problem(Path(volume.root), clean_name(draft.name))
        if problem is not None:
            field = "name" if problem.code == "OUTPUT_EXISTS" else "volume_id"
            problems.setdefault(field, problem)
    return volume


def _since(
    session: Session, draft: TaskDraft, cluster: Cluster, problems: dict[str, Message]
) -> Since | None:
    if not draft.since_task_id:
        return None
    earlier = session.get(InferenceTask, draft.since_task_id)
    if earlier is None or earlier.canary:
        problems["since_task_id"] = Message("TASK_UNKNOWN", {"id": draft.since_task_id})
        return None
    if earlier.deletion_id is not None:
        problems["since_task_id"] = Message("SINCE_DELETING", {"name": earlier.name})
        return None
    if earlier.plan.dataset_id != draft.dataset_id:
        problems["since_task_id"] = Message("SINCE_OTHER_DATASET", {"name": earlier.name})
        return None
    problem = claim_problem(session.get(Volume, earlier.plan.volume_id), cluster)
    if problem is not None:
        problems["since_task_id"] = problem
        return None
    folder = earlier.plan.output_folder
    return Since(task_id=earlier.id, task_name=earlier.name, output_folder=folder)


def _check_numbers(draft: TaskDraft, problems: dict[str, Message]) -> None:
    try:
        FailureLimit.parse((draft.max_failed or "").strip() or None)
    except ValueError:
        problems["max_failed"] = Message("MAX_FAILED_FORM", {"given": draft.max_failed})
    if not 0 < draft.item_timeout_s <= MAX_TIMEOUT_S:
        problems["item_timeout_s"] = Message("TIMEOUT_RANGE", {"max": MAX_TIMEOUT_S})
    if not 0 <= draft.retries <= MAX_RETRIES:
        problems["retries"] = Message("RETRIES_RANGE", {"max": MAX_RETRIES})
    if len(draft.prompt) > MAX_PROMPT:
        problems["prompt"] = Message("PROMPT_TOO_LONG", {"max": MAX_PROMPT})
