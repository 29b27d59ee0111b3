"""Rows of the page of one task."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Shared
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.ports import Observation, Phase, Replica
from inference_ui.backend.records import SOURCE_ROOT, ErrorGroup, Progress
from inference_ui.backend.services.again import can_resume
from inference_ui.backend.services.tasks import TaskView, WorkloadLog
from inference_ui.rows.cards import card_label
from inference_ui.rows.chart import ChartRow, chart
from inference_ui.rows.common import (
    MessageRow,
    message_row,
    share_width,
    shown_status,
    status_word,
    stopping,
)
from inference_ui.rows.logs import LogTab, chosen, evidence, log_tabs, readable, replica_label
from inference_ui.rows.timeline import StepRow, seconds_in, spans, timeline
from inference_ui.rows.verdict import VerdictRow, verdict

_PLAIN = re.compile(r"[\w@%+=:,./{}-]+")

TAIL = 14
"""Characters at the end of a path that stay when its middle is cut."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a task was created with. ``input_kind``, ``service_type`` and ``placement`` are codes;
    of environment variables only the names: a value may be a secret."""

    id: str = ""
    name: str = ""
    owner: str = ""
    created_at: float = 0.0
    package: str = ""
    version: str = ""
    service_type: str = ""
    model_name: str = ""
    box_format: str = ""
    command: list[str] = field(default_factory=list)
    environment: str = ""
    ready_timeout_s: float = 0.0
    spec: str = ""
    cpus: float = 0.0
    memory_bytes: int = 0
    cards: int = 0
    card: str = ""
    nodes: int = 0
    placement: str = ""
    placed_on: str = ""
    dataset: str = ""
    dataset_folder: str = ""
    input_kind: str = ""
    service_id: str = ""
    service: str = ""
    since: str = ""
    volume: str = ""
    output_folder: str = ""
    item_timeout_s: float = 0.0
    retries: int = 0
    max_failed: str = ""


@dataclass(frozen=True, slots=True)
class StandRow:
    """How far a task is. ``word`` is the code of the status' word; ``begun``: inference has;
    ``found`` is None before anything is known and grows until ``counted``; ``left`` is None
    before. Widths are CSS lengths. ``rate`` is items per second, of an ended task on average;
    ``took_s`` how long inference lasted."""

    status: str = ""
    word: str = ""
    ended: bool = False
    may_stop: bool = False
    may_resume: bool = False
    may_retry: bool = False
    may_run_again: bool = False
    stop_requested: bool = False
    begun: bool = False
    found: int | None = None
    counted: bool = False
    done: int = 0
    succeeded: int = 0
    failed: int = 0
    failed_share: float = 0.0
    left: int | None = None
    succeeded_width: str = "0%"
    failed_width: str = "0%"
    percent: int = 0
    rate: float | None = None
    left_s: float | None = None
    took_s: float | None = None
    in_flight: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class CauseRow:
    """Failures of one cause (a code). The example's path in two parts: its middle may be cut."""

    count: int
    cause: str
    message: str
    example: str
    head: str
    tail: str


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """A replica of the server; ``phase`` is a code: a ``Phase``, or REMOVING while it is torn down;
    ``cards`` as ``1, 2``."""

    name: str
    phase: str
    node: str
    endpoint: str
    cards: str
    restarts: int
    reason: MessageRow


@dataclass(frozen=True, slots=True)
class TaskRows:
    """All that the page shows."""

    plan: PlanRow = field(default_factory=PlanRow)
    stand: StandRow = field(default_factory=StandRow)
    verdict: VerdictRow = field(default_factory=VerdictRow)
    steps: list[StepRow] = field(default_factory=list)
    chart: ChartRow = field(default_factory=ChartRow)
    causes: list[CauseRow] = field(default_factory=list)
    replicas: list[ReplicaRow] = field(default_factory=list)
    ready: int = 0
    logs: list[LogTab] = field(default_factory=list)
    log_key: str = ""
    log_text: str = ""
    evidence_of: str = ""
    evidence: str = ""


def task_rows(
    view: TaskView, logs: Sequence[WorkloadLog], actor: Actor, log_key: str, now: float
) -> TaskRows:
    """Return the rows of a task as ``actor`` sees it; ``log_key`` is the log that was chosen."""
    task = view.task
    progress = view.progress if view.progress and view.progress.attempt == task.attempt else None
    stand = stand_row(view, progress, actor)
    ends = now + stand.left_s if stand.left_s is not None else None
    log = chosen(logs, log_key, task)
    failed = task.status == TaskStatus.FAILED
    evidence_of, lines = evidence(logs, task) if failed else ("", "")
    replicas = replica_rows(view.server, task)
    return TaskRows(
        plan=plan_row(task, view.owner),
        stand=stand,
        verdict=verdict(view),
        steps=timeline(task, view.events, ends),
        chart=chart(progress.history if progress else ()),
        causes=cause_rows(progress),
        replicas=replicas,
        ready=sum(replica.phase == Phase.READY for replica in replicas),
        logs=log_tabs(logs),
        log_key=log.replica if log else "",
        log_text=readable(log.text) if log else "",
        evidence_of=evidence_of,
        evidence=lines,
    )


def plan_row(task: InferenceTask, owner: str) -> PlanRow:
    """Return what a task was created with."""
    plan = task.plan
    package, launch, spec = plan.package, plan.package.launch, plan.spec
    resources = spec.resources if spec else Resources(cpu_millis=0, memory_bytes=0)
    shared = plan.server if isinstance(plan.server, Shared) else None
    placed_on = plan.placement.driver_version or ", ".join(plan.placement.nodes)
    return PlanRow(
        id=task.id,
        name=task.name,
        owner=owner,
        created_at=task.created_at.timestamp(),
        package=package.name,
        version=package.version,
        service_type=str(package.service_type),
        model_name=package.model_name,
        box_format=str(package.box_format),
        command=command_words(launch.command),
        environment=", ".join(sorted(launch.environment)),
        ready_timeout_s=launch.ready_timeout_s,
        spec=spec.name if spec else "",
        service_id=shared.service_id if shared else "",
        service=shared.service_name if shared else "",
        cpus=resources.cpu_millis / 1000,
        memory_bytes=resources.memory_bytes,
        cards=resources.cards,
        card=card_label(resources),
        nodes=plan.node_count,
        placement=plan.placement.kind,
        placed_on=placed_on,
        since=plan.since.task_name if plan.since else "",
        dataset=plan.dataset_name,
        dataset_folder=plan.dataset_folder,
        input_kind=str(plan.input_kind),
        volume=plan.volume_name,
        output_folder=plan.output_folder,
        item_timeout_s=plan.item_timeout_s,
        retries=plan.retries,
        max_failed=plan.max_failed or "",
    )


def stand_row(view: TaskView, progress: Progress | None, actor: Actor) -> StandRow:
    """Return how far a task is: by its client's last word while it runs, by its proof then."""
    task = view.task
    ended = TaskStatus(task.status).ended
    live = progress if not ended else None
    succeeded = live.succeeded if live else task.succeeded
    failed = live.failed if live else task.failed
    found, counted = _found(task, progress)
    done = succeeded + failed
    whole = found if found and counted else 0
    took = seconds_in(TaskStatus.RUNNING, spans(task, view.events))
    running = task.status == TaskStatus.RUNNING
    return StandRow(
        status=shown_status(task),
        word=status_word(task),
        ended=ended,
        may_stop=not ended and actor.owns(task.owner_id),
        may_resume=actor.owns(task.owner_id) and can_resume(task),
        may_retry=ended and failed > 0 and actor.owns(task.owner_id),
        may_run_again=actor.may_create,
        stop_requested=stopping(task) or task.status == TaskStatus.FINISHING,
        begun=running or done > 0,
        found=found,
        counted=counted,
        done=done,
        succeeded=succeeded,
        failed=failed,
        failed_share=failed / done if done else 0.0,
        left=max(0, found - done) if found is not None and counted else None,
        succeeded_width=share_width(succeeded, whole),
        failed_width=share_width(failed, whole),
        percent=min(100, 100 * done // whole) if whole else 0,
        rate=live.rate if live and running else _average(task, took),
        left_s=live.left_s if live and running else None,
        took_s=took,
        in_flight=live.in_flight if live and running else None,
        p50_ms=progress.p50_ms if progress else None,
        p95_ms=progress.p95_ms if progress else None,
    )


def cause_rows(progress: Progress | None) -> list[CauseRow]:
    """Return why items failed, the most frequent cause first."""
    groups = sorted(progress.errors, key=lambda group: -group.count) if progress else []
    rows = []
    for group in groups:
        path = group.example.removeprefix(SOURCE_ROOT)
        cut = max(0, len(path) - TAIL)
        rows.append(
            CauseRow(group.count, _cause(group), group.message, path, path[:cut], path[cut:])
        )
    return rows


def replica_rows(server: Observation | None, task: InferenceTask) -> list[ReplicaRow]:
    """Return the server's replicas as they are seen now; none once it is gone."""
    return [
        replica_row(replica, replica_label(replica.name))
        for replica in (server.replicas if server else ())
    ]


def replica_row(replica: Replica, name: str) -> ReplicaRow:
    """Return the row of a replica that people call ``name``."""
    return ReplicaRow(
        name=name,
        phase="REMOVING" if _leaving(replica) else str(replica.phase),
        node=replica.node or "",
        endpoint=(replica.endpoint or "").removeprefix("http://"),
        cards=", ".join(replica.cards),
        restarts=replica.restarts,
        reason=message_row(None if _leaving(replica) else replica.reason),
    )


def _leaving(replica: Replica) -> bool:
    """Whether a replica is being torn down: clusters say so by this reason alone."""
    return replica.reason is not None and replica.reason.code == "REMOVING"


def _cause(group: ErrorGroup) -> str:
    """Return the code of a cause; an HTTP status reads well enough as it is: ``HTTP 503``."""
    return group.cause.replace("_", " ") if group.cause.startswith("HTTP_") else group.cause


def command_words(parts: Sequence[str]) -> list[str]:
    """Return a command's parts as one would type them; placeholders like ``{port}`` stay bare."""
    return [part if _PLAIN.fullmatch(part) else shlex.quote(part) for part in parts]


def _found(task: InferenceTask, progress: Progress | None) -> tuple[int | None, bool]:
    if task.found is not None:
        return task.found, True
    return (progress.found, progress.walked) if progress else (None, False)


def _average(task: InferenceTask, took: float | None) -> float | None:
    """Items per second of an ended task; unknown when an earlier attempt did some of them."""
    if not took or task.attempt > 1 or not TaskStatus(task.status).ended:
        return None
    return (task.succeeded + task.failed) / took
