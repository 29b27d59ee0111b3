"""What a task was created with: rows of the head and of the configuration."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from inference_ui.backend.models.compute import Resources
from inference_ui.backend.models.servers import Owned, Shared
from inference_ui.backend.models.task import InferenceTask
from inference_ui.rows.cards import card_label

_PLAIN = re.compile(r"[\w@%+=:,./{}-]+")


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A variable or run parameter of the package. ``own``: ``value`` was given in place of
    ``default``. Of a ``secret`` nothing is told but whether it is ``set``."""

    name: str
    default: str = ""
    value: str = ""
    own: bool = False
    secret: bool = False
    set: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a task was created with. ``input_kind``, ``service_type`` and ``placement`` are codes;
    ``package_id`` is ``""`` where there is no page of it; ``overrides`` counts what was set to
    something else than the package's defaults."""

    id: str = ""
    name: str = ""
    owner: str = ""
    created_at: float = 0.0
    package_id: str = ""
    package: str = ""
    version: str = ""
    service_type: str = ""
    model_name: str = ""
    model_folder: str = ""
    box_format: str = ""
    command: list[str] = field(default_factory=list)
    predict_path: str = ""
    readiness_path: str = ""
    ready_timeout_s: float = 0.0
    variables: list[SettingRow] = field(default_factory=list)
    parameters: list[SettingRow] = field(default_factory=list)
    overrides: int = 0
    spec: str = ""
    cpus: float = 0.0
    memory_bytes: int = 0
    cards: int = 0
    card: str = ""
    nodes: int = 0
    placement: str = ""
    placed_on: str = ""
    dataset_id: str = ""
    dataset: str = ""
    dataset_folder: str = ""
    input_kind: str = ""
    prompt: str = ""
    limit: int | None = None
    service_id: str = ""
    service: str = ""
    max_in_flight: int | None = None
    since_id: str = ""
    since: str = ""
    volume: str = ""
    output_folder: str = ""
    item_timeout_s: float = 0.0
    retries: int = 0
    max_failed: str = ""


def plan_row(task: InferenceTask, owner: str) -> PlanRow:
    """Return what a task was created with."""
    plan = task.plan
    package, launch, spec = plan.package, plan.package.launch, plan.spec
    protocol = package.protocol()
    resources = spec.resources if spec else Resources(cpu_millis=0, memory_bytes=0)
    shared = plan.server if isinstance(plan.server, Shared) else None
    owned = plan.server if isinstance(plan.server, Owned) else None
    placed_on = plan.placement.driver_version or ", ".join(plan.placement.nodes)
    variables, parameters = _variables(owned), _parameters(owned)
    return PlanRow(
        id=task.id,
        name=task.name,
        owner=owner,
        created_at=task.created_at.timestamp(),
        package_id=package.id,
        package=package.name,
        version=package.version,
        service_type=str(package.service_type),
        model_name=package.model_name,
        model_folder=launch.model_folder,
        box_format=str(package.box_format),
        command=command_words(launch.command),
        predict_path=protocol.predict_path,
        readiness_path=protocol.readiness.path,
        ready_timeout_s=launch.ready_timeout_s,
        variables=variables,
        parameters=parameters,
        overrides=sum(row.own for row in (*variables, *parameters)),
        spec=spec.name if spec else "",
        service_id=shared.service_id if shared else "",
        service=shared.service_name if shared else "",
        max_in_flight=shared.max_in_flight if shared else None,
        cpus=resources.cpu_millis / 1000,
        memory_bytes=resources.memory_bytes,
        cards=resources.cards,
        card=card_label(resources),
        nodes=plan.node_count,
        placement=plan.placement.kind,
        placed_on=placed_on,
        since_id=plan.since.task_id if plan.since else "",
        since=plan.since.task_name if plan.since else "",
        dataset_id=plan.dataset_id,
        dataset=plan.dataset_name,
        dataset_folder=plan.dataset_folder,
        input_kind=str(plan.input_kind),
        prompt=plan.prompt or launch.prompt,
        limit=plan.limit,
        volume=plan.volume_name,
        output_folder=plan.output_folder,
        item_timeout_s=plan.item_timeout_s,
        retries=plan.retries,
        max_failed=plan.max_failed or "",
    )


def command_words(parts: Sequence[str]) -> list[str]:
    """Return a command's parts as one would type them; placeholders like ``{port}`` stay bare."""
    return [part if _PLAIN.fullmatch(part) else shlex.quote(part) for part in parts]


def _variables(server: Owned | None) -> list[SettingRow]:
    if server is None:
        return []
    values = server.full_environment
    return [
        SettingRow(
            name=one.name,
            default="" if one.secret else one.default,
            value="" if one.secret else values[one.name],
            own=one.name in server.environment,
            secret=one.secret,
            set=bool(values[one.name]),
            description=one.description,
        )
        for one in server.package.launch.variables
    ]


def _parameters(server: Owned | None) -> list[SettingRow]:
    if server is None:
        return []
    return [
        SettingRow(
            name=one.name,
            default=one.default,
            value=server.parameters.get(one.name, one.default),
            own=one.name in server.parameters,
            description=one.description,
        )
        for one in server.package.launch.parameters
    ]
