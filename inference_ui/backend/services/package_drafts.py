"""A model package as a form holds it: texts as they were typed, and what they make.

Pure. What a field that does not apply to the service type holds is left out: it stood in the form
before another type was chosen.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from inference_ui.backend.errors import Message
from inference_ui.backend.models.catalog import (
    ContainerLaunch,
    ModelPackage,
    PackageLaunch,
    RunParameter,
    Variable,
)
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat

NAMED = frozenset(
    {ServiceType.TENSORFLOW_SERVING, ServiceType.KSERVE_V1, ServiceType.OPEN_INFERENCE_V2}
)
"""Protocols whose URLs hold the model's name."""

_PLAIN = re.compile(r"[\w@%+=:,./{}-]+", re.ASCII)
"""What a shell takes as it is."""

MIB = 1 << 20
MAX_SHM_MIB = 1 << 20
MAX_READY_S = 86_400
TICKED = "yes"


@dataclass(frozen=True, slots=True)
class VariableDraft:
    """A row of the table of variables. ``kept``: the secret value of the package that the form was
    filled in from, which the form does not know."""

    name: str = ""
    default: str = field(default="", repr=False)
    description: str = ""
    secret: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class PackageDraft:
    """What a form holds. Commands are lines that are split as a shell does; ``shm_mib``, ``port``
    and ``ready_timeout_s`` are numbers as they were typed; ``as_root`` and ``writable`` are empty
    unless they are ticked; ``source_id`` is the package that the form was filled in from."""

    name: str = ""
    version: str = ""
    service_type: str = ""
    description: str = ""
    model_name: str = ""
    command: str = ""
    image: str = ""
    image_command: str = ""
    image_arguments: str = ""
    port: str = ""
    pull_secret: str = ""
    shm_mib: str = ""
    as_root: str = ""
    writable: str = ""
    model_volume_id: str = ""
    model_path: str = ""
    variables: tuple[VariableDraft, ...] = ()
    parameters: tuple[RunParameter, ...] = ()
    readiness_path: str = ""
    predict_path: str = ""
    box_format: str = ""
    prompt: str = ""
    image_template: str = ""
    ready_timeout_s: str = ""
    source_id: str = ""


def package_of(
    draft: PackageDraft, secrets: Mapping[str, str], problems: dict[str, Message]
) -> ModelPackage:
    """Return the package of a draft; what cannot be read is added to ``problems`` by field.

    ``secrets`` are the values of the source's secret variables, by name, as far as the acting
    user may have them copied.
    """
    kind = draft.service_type
    return ModelPackage(
        name=draft.name,
        version=draft.version.strip(),
        owner_id="",
        service_type=kind,
        description=draft.description.strip(),
        model_name=draft.model_name.strip() if kind in NAMED | {ServiceType.OPENAI} else "",
        box_format=draft.box_format or BoxFormat.XYXY,
        launch=PackageLaunch(
            command=_words("command", draft.command, problems),
            variables=_variables(draft, secrets, problems),
            parameters=tuple(
                RunParameter(
                    name=one.name.strip(), default=one.default, description=one.description.strip()
                )
                for one in draft.parameters
            )
            if kind == ServiceType.CUSTOM
            else (),
            container=_container(draft, problems),
            model_volume_id=draft.model_volume_id or None,
            model_path=draft.model_path.strip() if draft.model_volume_id else "",
            readiness_path=draft.readiness_path.strip() or None,
            predict_path=draft.predict_path.strip() or None,
            prompt=draft.prompt.strip() if kind == ServiceType.OPENAI else "",
            image_template=draft.image_template.strip() if kind == ServiceType.CUSTOM else "",
            ready_timeout_s=_number("ready_timeout_s", draft, 600, MAX_READY_S, problems),
        ),
    )


def draft_of(package: ModelPackage) -> PackageDraft:
    """Return the form that makes this package again. Secret values are not in it."""
    launch = package.launch
    container = launch.container or ContainerLaunch()
    shm = container.shm_bytes
    return PackageDraft(
        name=package.name,
        version=package.version,
        service_type=package.service_type,
        description=package.description,
        model_name=package.model_name,
        command=command_line(launch.command),
        image=container.image,
        image_command=command_line(container.command),
        image_arguments=command_line(container.arguments),
        port=str(container.port) if launch.container else "",
        pull_secret=container.pull_secret,
        shm_mib=str(shm // MIB) if shm else "",
        as_root=TICKED if container.as_root else "",
        writable=TICKED if container.writable else "",
        model_volume_id=launch.model_volume_id or "",
        model_path=launch.model_path,
        variables=tuple(_variable_draft(one) for one in launch.variables),
        parameters=launch.parameters,
        readiness_path=launch.readiness_path or "",
        predict_path=launch.predict_path or "",
        box_format=package.box_format,
        prompt=launch.prompt,
        image_template=launch.image_template,
        ready_timeout_s=f"{launch.ready_timeout_s:g}",
        source_id=package.id,
    )


def command_line(words: tuple[str, ...]) -> str:
    """Return words as the line that is split into them again. Placeholders stay without quotes."""
    return " ".join(word if _PLAIN.fullmatch(word) else shlex.quote(word) for word in words)


def next_version(versions: list[str]) -> str:
    """Return the version after the highest: its last number plus one; ``1.0.0`` after none."""
    if not versions:
        return "1.0.0"
    major, minor, patch = version_key(max(versions, key=version_key))[:3]
    return f"{major}.{minor}.{patch + 1}"


def version_key(version: str) -> tuple[int, int, int, bool, str]:
    """Return what versions are ordered by: their numbers, a release after what precedes it."""
    numbers, _, rest = re.sub(r"\+.*", "", version).partition("-")
    parts = [int(part) if part.isdigit() else 0 for part in numbers.split(".")]
    major, minor, patch = (*parts, 0, 0, 0)[:3]
    return major, minor, patch, not rest, rest


def _variable_draft(one: Variable) -> VariableDraft:
    kept = one.secret and bool(one.default)
    return VariableDraft(
        one.name, "" if one.secret else one.default, one.description, one.secret, kept
    )


def _variables(
    draft: PackageDraft, secrets: Mapping[str, str], problems: dict[str, Message]
) -> tuple[Variable, ...]:
    found = []
    for index, one in enumerate(draft.variables):
        name, value = one.name.strip(), one.default
        if one.kept and not value:
            if one.secret and name in secrets:
                value = secrets[name]
            else:
                problems[f"variables.{index}"] = Message("SECRET_AGAIN", {"name": name})
        found.append(
            Variable(
                name=name, default=value, description=one.description.strip(), secret=one.secret
            )
        )
    return tuple(found)


def _container(draft: PackageDraft, problems: dict[str, Message]) -> ContainerLaunch | None:
    texts = (draft.image, draft.image_command, draft.image_arguments, draft.pull_secret)
    command = _words("image_command", draft.image_command, problems)
    arguments = _words("image_arguments", draft.image_arguments, problems)
    port = _number("port", draft, 8080, 65_535, problems)
    shm = _number("shm_mib", draft, 0, MAX_SHM_MIB, problems)
    if not any(text.strip() for text in texts):
        return None
    return ContainerLaunch(
        image=draft.image.strip(),
        command=command,
        arguments=arguments,
        port=port,
        pull_secret=draft.pull_secret.strip(),
        shm_bytes=shm * MIB or None,
        as_root=bool(draft.as_root),
        writable=bool(draft.writable),
    )


def _words(name: str, line: str, problems: dict[str, Message]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line))
    except ValueError:
        problems[name] = Message("COMMAND_QUOTES")
        return ()


def _number(
    name: str, draft: PackageDraft, empty: int, most: int, problems: dict[str, Message]
) -> int:
    """Return a whole number from 1 on, ``empty`` where nothing or nothing fitting was typed."""
    text = str(getattr(draft, name)).strip()
    if not text:
        return empty
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    problems[name] = Message("NUMBER_RANGE", {"min": 1, "max": most})
    return empty
