"""Rows of model packages: the list, and all of one. No secret value is ever in a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from inference_ui import routes
from inference_ui.backend.models.catalog import ModelPackage, Variable
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.services.package_drafts import command_line, version_key
from inference_ui.backend.services.packages import PackageEntry, PackageView
from inference_ui.rows.ask import example_of
from inference_ui.rows.common import unix
from inference_ui.rows.spec_choice import SpecRow


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a package in the list. ``first``: the first of its name, which shows the name
    and how many versions (``count``) there are; ``machine``, ``image``: how it can start."""

    id: str = ""
    href: str = ""
    name: str = ""
    version: str = ""
    first: bool = False
    count: int = 1
    service_type: str = ""
    description: str = ""
    variables: int = 0
    machine: bool = False
    image: bool = False
    owner: str = ""
    created_at: float = 0.0
    current: bool = False


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A variable or run parameter. ``set`` says that a secret has a value."""

    name: str
    default: str = ""
    description: str = ""
    secret: bool = False
    set: bool = False


@dataclass(frozen=True, slots=True)
class PackageRow:
    """All that a package was registered with, and the links to what can be done with it."""

    id: str = ""
    name: str = ""
    version: str = ""
    service_type: str = ""
    description: str = ""
    owner: str = ""
    created_at: float = 0.0
    model_name: str = ""
    predict_path: str = ""
    readiness_path: str = ""
    command: str = ""
    image: str = ""
    image_command: str = ""
    image_arguments: str = ""
    port: int = 0
    pull_secret: str = ""
    shm_bytes: int | None = None
    as_root: bool = False
    writable: bool = False
    model_files: str = ""
    ready_timeout_s: float = 0.0
    box_format: str = ""
    prompt: str = ""
    image_template: str = ""
    may_change: bool = False
    task_href: str = ""
    service_href: str = ""
    copy_href: str = ""
    example: str = ""
    prompts: bool = False
    trial_url: str = ""


@dataclass(frozen=True, slots=True)
class PackageRows:
    """What the page of a package shows."""

    package: PackageRow = PackageRow()
    variables: list[SettingRow] = field(default_factory=list)
    parameters: list[SettingRow] = field(default_factory=list)
    versions: list[VersionRow] = field(default_factory=list)
    specs: list[SpecRow] = field(default_factory=list)


def version_rows(entries: Iterable[PackageEntry], search: str = "") -> list[VersionRow]:
    """Return the rows of all packages that hold every word of ``search``, grouped by name."""
    words = search.casefold().split()
    found = [entry for entry in entries if _holds(entry, words)]
    counts: dict[str, int] = {}
    for entry in found:
        counts[entry.package.name] = counts.get(entry.package.name, 0) + 1
    rows: list[VersionRow] = []
    for entry in found:
        name = entry.package.name
        first = not rows or rows[-1].name != name
        rows.append(_version_row(entry, first=first, count=counts[name]))
    return rows


def package_rows(view: PackageView, specs: list[SpecRow]) -> PackageRows:
    """Return what the page of a package shows."""
    package = view.entry.package
    versions = sorted(view.versions, key=lambda row: version_key(row.version), reverse=True)
    return PackageRows(
        package=_package_row(view),
        variables=[_variable_row(one) for one in package.launch.variables],
        parameters=[
            SettingRow(one.name, one.default, one.description) for one in package.launch.parameters
        ],
        versions=[
            _version_row(PackageEntry(row, ""), current=row.id == package.id) for row in versions
        ],
        specs=specs,
    )


def _package_row(view: PackageView) -> PackageRow:
    package, launch = view.entry.package, view.entry.package.launch
    protocol = package.snapshot.protocol()
    container = launch.container
    return PackageRow(
        id=package.id,
        name=package.name,
        version=package.version,
        service_type=package.service_type,
        description=package.description,
        owner=view.entry.owner,
        created_at=unix(package.created_at) or 0.0,
        model_name=package.model_name,
        predict_path=protocol.predict_path,
        readiness_path=protocol.readiness.path,
        command=command_line(launch.command),
        image=container.image if container else "",
        image_command=command_line(container.command) if container else "",
        image_arguments=command_line(container.arguments) if container else "",
        port=container.port if container else 0,
        pull_secret=container.pull_secret if container else "",
        shm_bytes=container.shm_bytes if container else None,
        as_root=bool(container and container.as_root),
        writable=bool(container and container.writable),
        model_files=f"{view.volume} / {launch.model_path}" if launch.model_volume_id else "",
        ready_timeout_s=launch.ready_timeout_s,
        box_format=package.box_format,
        prompt=launch.prompt,
        image_template=launch.image_template,
        may_change=view.may_change,
        task_href=routes.new_task(package=package.id),
        service_href=routes.new_service(package=package.id),
        copy_href=routes.new_package(copy=package.id),
        example=example_of(package.service_type, package.model_name),
        prompts=package.service_type == ServiceType.OPENAI,
        trial_url=f"{routes.API}/packages/{package.id}/trial",
    )


def _variable_row(one: Variable) -> SettingRow:
    shown = "" if one.secret else one.default
    return SettingRow(one.name, shown, one.description, one.secret, bool(one.default))


def _version_row(
    entry: PackageEntry, *, first: bool = False, count: int = 1, current: bool = False
) -> VersionRow:
    package = entry.package
    container = package.launch.container
    return VersionRow(
        id=package.id,
        href=routes.package(package.id),
        name=package.name,
        version=package.version,
        first=first,
        count=count,
        service_type=package.service_type,
        description=package.description,
        variables=len(package.launch.variables),
        machine=bool(package.launch.command),
        image=bool(container and container.image),
        owner=entry.owner,
        created_at=unix(package.created_at) or 0.0,
        current=current,
    )


def _holds(entry: PackageEntry, words: Sequence[str]) -> bool:
    package: ModelPackage = entry.package
    texts = (
        package.name,
        package.version,
        package.description,
        package.service_type,
        package.model_name,
        entry.owner,
    )
    text = "\n".join(texts).casefold()
    return all(word in text for word in words)
