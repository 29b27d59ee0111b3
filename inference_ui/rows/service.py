"""Rows of the page of one online service. Secret values, tokens and values of headers stay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from inference_ui import routes
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.services.online_views import ServiceView
from inference_ui.backend.services.tasks import WorkloadLog
from inference_ui.rows.ask import example_of
from inference_ui.rows.common import MessageRow, message_row, shown_status, status_word
from inference_ui.rows.logs import EVIDENCE_LINES, LogTab, readable, replica_label
from inference_ui.rows.plan import command_words
from inference_ui.rows.replicas import ReplicaRow, replica_row
from inference_ui.rows.services import ServiceRow, ready_of, service_row
from inference_ui.rows.verdict import ADVICE


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a service was deployed or registered with. ``placement`` is a code; ``headers`` are
    names."""

    service_type: str = ""
    package_id: str = ""
    model_name: str = ""
    predict_path: str = ""
    readiness_path: str = ""
    box_format: str = ""
    prompt: str = ""
    command: str = ""
    ready_timeout_s: float = 0.0
    placement: str = ""
    placed_on: str = ""
    headers: str = ""
    token: bool = False
    ca: bool = False
    example: str = ""
    prompts: bool = False


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A variable or run parameter. ``own``: its value was set for this service; ``set``: a secret
    has one."""

    name: str
    value: str = ""
    own: bool = False
    secret: bool = False
    set: bool = False


@dataclass(frozen=True, slots=True)
class UsingRow:
    """A task that goes through the service."""

    id: str
    name: str
    href: str
    status: str
    word: str
    succeeded: int
    created_at: float


@dataclass(frozen=True, slots=True)
class ServiceRows:
    """All that the page shows. ``evidence`` are the last lines of a failed service's log, the one
    called ``evidence_of``, and ``remedies`` codes of what may help."""

    row: ServiceRow = field(default_factory=ServiceRow)
    plan: PlanRow = field(default_factory=PlanRow)
    variables: list[SettingRow] = field(default_factory=list)
    parameters: list[SettingRow] = field(default_factory=list)
    tasks: list[UsingRow] = field(default_factory=list)
    replicas: list[ReplicaRow] = field(default_factory=list)
    ready: int = 0
    logs: list[LogTab] = field(default_factory=list)
    log_key: str = ""
    log_text: str = ""
    log_unseen: MessageRow = field(default_factory=MessageRow)
    evidence_of: str = ""
    evidence: str = ""
    remedies: list[str] = field(default_factory=list)


def service_page(
    view: ServiceView,
    logs: Sequence[WorkloadLog],
    actor: Actor,
    log_key: str,
    unseen: Message | None = None,
) -> ServiceRows:
    """Return the rows of a service as ``actor`` sees it; ``log_key`` is the log that was chosen,
    ``unseen`` why those of what runs cannot be read."""
    service, row = view.service, service_row(view, actor)
    by_name = sorted(logs, key=lambda log: (len(log.replica), log.replica))
    telling = next((log for log in by_name if log.text.strip()), next(iter(by_name), None))
    log = next((log for log in by_name if log.replica == log_key), telling)
    failed = row.word == "FAILED"
    return ServiceRows(
        row=row,
        plan=_plan_row(service),
        variables=_variable_rows(service),
        parameters=_parameter_rows(service),
        tasks=[
            UsingRow(
                task.id,
                task.name,
                routes.task(task.id),
                shown_status(task),
                status_word(task),
                task.succeeded,
                task.created_at.timestamp(),
            )
            for task in view.tasks
        ],
        replicas=[replica_row(replica) for replica in (view.seen.replicas if view.seen else ())],
        ready=ready_of(view),
        logs=[LogTab(one.replica, replica_label(one.replica)) for one in by_name],
        log_key=log.replica if log else "",
        log_text=readable(log.text) if log else "",
        log_unseen=message_row(unseen),
        evidence_of=replica_label(telling.replica) if failed and telling else "",
        evidence=_last_lines(telling) if failed and telling else "",
        remedies=_remedies(service) if failed else [],
    )


def _plan_row(service: OnlineService) -> PlanRow:
    package, there = service.package, service.elsewhere
    protocol = package.protocol()
    placement = service.server.placement if service.server else None
    return PlanRow(
        service_type=str(package.service_type),
        package_id=package.id,
        model_name=package.model_name,
        predict_path=protocol.predict_path,
        readiness_path=protocol.readiness.path,
        box_format=str(package.box_format),
        prompt=package.launch.prompt,
        command=" ".join(command_words(package.launch.command)),
        ready_timeout_s=package.launch.ready_timeout_s,
        placement=placement.kind if placement else "",
        placed_on=(placement.driver_version or ", ".join(placement.nodes)) if placement else "",
        headers=", ".join(sorted(there.headers)) if there else "",
        token=bool(there and there.token),
        ca=bool(there and there.ca),
        example=example_of(package.service_type, package.model_name),
        prompts=package.service_type == "OPENAI",
    )


def _variable_rows(service: OnlineService) -> list[SettingRow]:
    server = service.server
    if server is None:
        return []
    values = server.full_environment
    return [
        SettingRow(
            name=one.name,
            value="" if one.secret else values[one.name],
            own=one.name in server.environment,
            secret=one.secret,
            set=bool(values[one.name]),
        )
        for one in server.package.launch.variables
    ]


def _parameter_rows(service: OnlineService) -> list[SettingRow]:
    server = service.server
    if server is None:
        return []
    return [
        SettingRow(
            name=one.name,
            value=server.parameters.get(one.name, one.default),
            own=one.name in server.parameters,
        )
        for one in server.package.launch.parameters
    ]


def _last_lines(log: WorkloadLog) -> str:
    lines = [line for line in readable(log.text).splitlines() if line.strip()]
    return "\n".join(lines[-EVIDENCE_LINES:])


def _remedies(service: OnlineService) -> list[str]:
    """Return codes of what may help (sentences of ``task.remedy``)."""
    code = service.detail.code if service.detail else ""
    if (told := ADVICE.get(code)) is not None:
        return [told]
    late = code == "SERVER_NOT_READY_IN_TIME" or code.startswith("PROBE_")
    first = "CHECK_READINESS" if late else "CHECK_COMMAND"
    return ["READ_SERVER_LOG", first, "CHECK_SIZE"]
