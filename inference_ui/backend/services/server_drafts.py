"""From what was filled in about a server to the server itself: package, overrides, size, place.

The create form and the form of an online service ask for the same; every field is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inference_ui.backend.capacity.fit import Demand, never_fits, seat
from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.catalog import ModelPackage, PackageSnapshot, Volume
from inference_ui.backend.models.compute import (
    AcceleratorType,
    ComputeSpec,
    Placement,
    Resources,
)
from inference_ui.backend.models.servers import Owned, SpecSnapshot
from inference_ui.backend.ports import Cluster
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.store.database import Session

MAX_NODES = 1000
MAX_VALUE = 8_192
"""Characters of a variable's or parameter's value."""


@dataclass(frozen=True, slots=True)
class ServerDraft:
    """What a form holds of a server. ``environment`` and ``parameters`` are overrides by name;
    ``nodes`` and ``driver_version`` exclude each other."""

    service_type: str = ""
    package_id: str = ""
    spec_id: str = ""
    node_count: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    driver_version: str = ""

    @property
    def placement(self) -> Placement:
        """Where the server may run. Where both are given, which is refused, the nodes."""
        if self.nodes:
            return Placement(kind="NODES", nodes=tuple(dict.fromkeys(self.nodes)))
        if self.driver_version:
            return Placement(kind="DRIVER", driver_version=self.driver_version)
        return Placement()


def server_of(
    session: Session,
    draft: ServerDraft,
    cluster: Cluster,
    problems: dict[str, Message],
    companion: Resources | None = None,
) -> Owned | None:
    """Return the server of a draft, or None; what is wrong is added to ``problems`` by field.

    ``companion`` is what is asked for beside the server, for who will call it.
    """
    package = _package(session, draft, cluster, problems)
    if package is not None:
        _check_overrides(draft, package, problems)
    spec = _spec(session, draft, problems)
    if spec is not None:
        _check_place(draft, spec, companion, cluster, problems)
    if problems or package is None or spec is None:
        return None
    return Owned(
        package=package,
        spec=SpecSnapshot(id=spec.id, name=spec.name, resources=spec.resources),
        node_count=draft.node_count,
        placement=draft.placement,
        environment=_changed(draft.environment, package.launch.environment),
        parameters=_changed(
            draft.parameters, {one.name: one.default for one in package.launch.parameters}
        ),
    )


def waiting_now(
    session: Session, draft: ServerDraft, cluster: Cluster, companion: Resources | None = None
) -> Message | None:
    """Return what the server of a draft would have to wait for now, or None."""
    spec = session.get(ComputeSpec, draft.spec_id) if draft.spec_id else None
    if spec is None or not 1 <= draft.node_count <= MAX_NODES:
        return None
    try:
        found = seat(_demand(draft, spec, draft.placement, companion), cluster.nodes())
    except ClusterError as error:
        return error.message
    return found if isinstance(found, Message) else None


def claim_problem(volume: Volume | None, cluster: Cluster) -> Message | None:
    """Return why the cluster's workloads could not get at a volume, or None; of one that was
    removed since nothing can be told."""
    if volume is None or volume.claim is not None or not cluster.runs_images:
        return None
    return Message("VOLUME_NOT_ON_CLAIM", {"name": volume.name})


def _demand(
    draft: ServerDraft, spec: ComputeSpec, placement: Placement, companion: Resources | None
) -> Demand:
    return Demand("server", "server", spec.resources, draft.node_count, placement, companion)


def _package(
    session: Session, draft: ServerDraft, cluster: Cluster, problems: dict[str, Message]
) -> PackageSnapshot | None:
    if not draft.service_type:
        problems["service_type"] = Message("REQUIRED")
    row = session.get(ModelPackage, draft.package_id) if draft.package_id else None
    package = row.snapshot if row is not None else None
    if package is None:
        problems["package_id"] = Message("REQUIRED")
    elif draft.service_type and package.service_type != draft.service_type:
        problems["package_id"] = Message("PACKAGE_OTHER_TYPE", {"type": package.service_type})
    elif problem := _start_problem(session, package, cluster):
        problems["package_id"] = problem
    return package


def _start_problem(session: Session, package: PackageSnapshot, cluster: Cluster) -> Message | None:
    """Return why the cluster could not start a package's server, or None."""
    launch = package.launch
    if not cluster.runs_images:
        named = {"name": package.name}
        return None if launch.command else Message("PACKAGE_WITHOUT_COMMAND", named)
    if launch.container is None or not launch.container.image:
        return Message("PACKAGE_WITHOUT_IMAGE", {"name": package.name})
    volume = session.get(Volume, launch.model_volume_id) if launch.model_volume_id else None
    return claim_problem(volume, cluster)


def _check_overrides(
    draft: ServerDraft, package: PackageSnapshot, problems: dict[str, Message]
) -> None:
    """Only what the package defines may be set: anything else could change the program itself."""
    variables = {variable.name for variable in package.launch.variables}
    parameters = {parameter.name for parameter in package.launch.parameters}
    if package.service_type is not ServiceType.CUSTOM:
        parameters = set()
    _check_values("environment", draft.environment, problems)
    _check_values("parameters", draft.parameters, problems)
    if unknown := next((name for name in draft.environment if name not in variables), None):
        problems["environment"] = Message("VARIABLE_UNKNOWN", {"name": unknown})
    if unknown := next((name for name in draft.parameters if name not in parameters), None):
        problems["parameters"] = Message("PARAMETER_UNKNOWN", {"name": unknown})


def _check_values(field_name: str, values: Mapping[str, str], problems: dict[str, Message]) -> None:
    for name, value in values.items():
        if len(value) > MAX_VALUE:
            problems[field_name] = Message("VALUE_TOO_LONG", {"name": name, "max": MAX_VALUE})
        elif "\0" in value:
            problems[field_name] = Message("VALUE_CONTROL_CHARACTER", {"name": name})


def _spec(session: Session, draft: ServerDraft, problems: dict[str, Message]) -> ComputeSpec | None:
    if not 1 <= draft.node_count <= MAX_NODES:
        problems["node_count"] = Message("NODE_COUNT_RANGE", {"min": 1, "max": MAX_NODES})
    spec = session.get(ComputeSpec, draft.spec_id) if draft.spec_id else None
    if spec is None:
        problems["spec_id"] = Message("REQUIRED")
    return spec


def _check_place(
    draft: ServerDraft,
    spec: ComputeSpec,
    companion: Resources | None,
    cluster: Cluster,
    problems: dict[str, Message],
) -> None:
    if draft.nodes and draft.driver_version:
        problems["driver_version"] = Message("NODES_AND_DRIVER")
        return
    if draft.driver_version and spec.accelerator == AcceleratorType.CPU:
        problems["driver_version"] = Message("DRIVER_WITHOUT_CARDS", {"spec": spec.name})
        return
    if "node_count" in problems:
        return
    try:
        nodes = cluster.nodes()
    except ClusterError as error:
        problems["spec_id"] = error.message  # nobody can tell whether it ever fits
        return
    problem = never_fits(_demand(draft, spec, draft.placement, companion), nodes)
    if problem is None:
        return
    if problem.code == "SPEC_FEW_SEATS":
        problems["node_count"] = problem
    elif never_fits(_demand(draft, spec, Placement(), companion), nodes) is not None:
        problems["spec_id"] = problem  # no other place would help
    else:
        problems["nodes" if draft.nodes else "driver_version"] = problem


def _changed(given: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if defaults.get(name) != value}
