"""What keeps a model package from being registered, by field. Looks at folders, changes nothing.

A package is a program that somebody else's tasks run: what an administrator alone may say (a
command on this machine, variables that change which program runs, exceptions from what keeps a
container in its bounds) is checked here, whoever asks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from inference_ui.backend.errors import Message, Refused
from inference_ui.backend.inside import plain_relative
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage, RunParameter, Variable, Volume
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.names import name_problem
from inference_ui.backend.services.package_drafts import NAMED
from inference_ui.backend.services.server_drafts import MAX_VALUE

MAX_TEXT = 4_000
"""Characters of a description, prompt or template."""
MAX_LINE = 500
"""Characters of a path, a name in the URL, an image."""
MAX_ROWS = 100
"""Variables, and run parameters."""

VERSION = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
PARAMETER = re.compile(r"-{0,2}[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*", re.ASCII)
SECRET_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_URL_PATH = re.compile(r"/[^\s\x00-\x1f\x7f]*")
_URL_NAME = re.compile(r"[^\s\x00-\x1f\x7f?#%]+")

EXCEPTIONS = ("as_root", "writable")
"""What a container may not do unless an administrator grants it."""

GIVEN = frozenset(
    {"PORT", "MODEL_PATH", "CUDA_VISIBLE_DEVICES", "MLU_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"}
)
"""Variables that the product sets by itself."""


def package_problems(
    actor: Actor, package: ModelPackage, volumes: Iterable[Volume]
) -> dict[str, Message]:
    """Return what is wrong with a package that ``actor`` wants to register, by field."""
    launch = package.launch
    found: dict[str, Message | None] = {
        "name": name_problem(package.name),
        "version": _version(package.version),
        "service_type": _service_type(package.service_type),
        "description": _too_long(package.description, MAX_TEXT),
        "model_name": _model_name(package),
        "box_format": _box_format(package.box_format),
        "prompt": _too_long(launch.prompt, MAX_TEXT),
        "image_template": _template(package),
        "predict_path": _url_path(package, launch.predict_path),
        "readiness_path": _url_path(package, launch.readiness_path),
        "model_path": _model_path(package, volumes),
        **_start(actor, package),
        **_container(actor, package),
    }
    found |= _variables(launch.variables, actor)
    found |= _parameters(launch.parameters, package.service_type)
    return {field: problem for field, problem in found.items() if problem is not None}


def model_folder(package: ModelPackage, volumes: Iterable[Volume]) -> str:
    """Return where the model's files lie on this machine, ``""`` for a package without files.

    Raises :class:`Refused` where they lie outside of their volume, or are not there.
    """
    launch = package.launch
    if launch.model_volume_id is None:
        return ""
    volume = next((one for one in volumes if one.id == launch.model_volume_id), None)
    if volume is None:
        raise Refused("MODEL_VOLUME_UNKNOWN")
    path = launch.model_path.strip("/")
    plain = plain_relative(path) if path else ""
    root = os.path.realpath(volume.root)
    try:
        folder = (Path(root) / plain).resolve()
    except (OSError, ValueError) as error:
        raise Refused("PATH_OUTSIDE", path=path) from error
    if os.path.commonpath((root, folder)) != root:
        raise Refused("PATH_OUTSIDE", path=path)
    if not folder.is_dir():
        raise Refused("MODEL_FOLDER_MISSING", folder=f"{volume.name}/{path}")
    return str(folder)


def _start(actor: Actor, package: ModelPackage) -> dict[str, Message | None]:
    """There must be a way to start it, and one that this user may give."""
    command, container = package.launch.command, package.launch.container
    if command and not actor.is_administrator:
        return {"command": Message("COMMAND_FOR_ADMINISTRATORS")}
    if any("\0" in word for word in command) or sum(map(len, command)) > MAX_VALUE:
        return {"command": Message("COMMAND_TOO_LONG", {"max": MAX_VALUE})}
    if command or (container and container.image):
        return {}
    if actor.is_administrator:
        return {"command": Message("COMMAND_OR_IMAGE")}
    return {"image": Message("IMAGE_EMPTY")}


def _container(actor: Actor, package: ModelPackage) -> dict[str, Message | None]:
    container = package.launch.container
    if container is None:
        return {}
    found: dict[str, Message | None] = {}
    if not container.image:
        found["image"] = Message("IMAGE_EMPTY")
    elif len(container.image) > MAX_LINE or not IMAGE.fullmatch(container.image):
        found["image"] = Message("IMAGE_FORM", {"image": container.image[:MAX_LINE]})
    for field, words in (
        ("image_command", container.command),
        ("image_arguments", container.arguments),
    ):
        if any("\0" in word for word in words) or sum(map(len, words)) > MAX_VALUE:
            found[field] = Message("COMMAND_TOO_LONG", {"max": MAX_VALUE})
    if container.pull_secret and not SECRET_NAME.fullmatch(container.pull_secret):
        found["pull_secret"] = Message("PULL_SECRET_FORM")
    if not actor.is_administrator:
        found |= {
            field: Message("EXCEPTION_FOR_ADMINISTRATORS")
            for field in EXCEPTIONS
            if getattr(container, field)
        }
    return found


def _version(version: str) -> Message | None:
    if len(version) <= 63 and VERSION.fullmatch(version):
        return None
    return Message("VERSION_PARTS", {"version": version[:63]})


def _service_type(kind: str) -> Message | None:
    return None if kind in set(ServiceType) else Message("REQUIRED")


def _box_format(box_format: str) -> Message | None:
    return None if box_format in set(BoxFormat) else Message("REQUIRED")


def _too_long(text: str, most: int) -> Message | None:
    return (
        Message("TEXT_TOO_LONG", {"max": most, "length": len(text)}) if len(text) > most else None
    )


def _model_name(package: ModelPackage) -> Message | None:
    name = package.model_name
    if package.service_type in NAMED and not name:
        return Message("MODEL_NAME_NEEDED", {"type": package.service_type})
    if name and (len(name) > MAX_LINE or not _URL_NAME.fullmatch(name)):
        return Message("MODEL_NAME_FORM")
    return None


def _template(package: ModelPackage) -> Message | None:
    template = package.launch.image_template
    if not template:
        return None
    if package.service_type != ServiceType.CUSTOM:
        return Message("TEMPLATE_CUSTOM_ONLY")
    if "{image}" not in template:
        return Message("TEMPLATE_WITHOUT_IMAGE", {"word": "{image}"})
    try:
        json.loads(template.replace("{image}", ""))
    except (ValueError, RecursionError):
        return Message("TEMPLATE_NO_JSON")
    return _too_long(template, MAX_TEXT)


def _url_path(package: ModelPackage, path: str | None) -> Message | None:
    if not path:
        custom = package.service_type == ServiceType.CUSTOM
        return Message("URL_PATH_NEEDED") if custom else None
    if not path.startswith("/"):
        return Message("URL_PATH_WITHOUT_SLASH", {"path": path[:MAX_LINE]})
    if len(path) > MAX_LINE or not _URL_PATH.fullmatch(path):
        return Message("URL_PATH_FORM")
    return None


def _model_path(package: ModelPackage, volumes: Iterable[Volume]) -> Message | None:
    try:
        model_folder(package, volumes)
    except Refused as error:
        return error.message
    return None


def _variables(rows: tuple[Variable, ...], actor: Actor) -> dict[str, Message | None]:
    if len(rows) > MAX_ROWS:
        return {"variables": Message("TOO_MANY_ROWS", {"max": MAX_ROWS})}
    seen: set[str] = set()
    found: dict[str, Message | None] = {}
    for index, row in enumerate(rows):
        found[f"variables.{index}"] = _variable(row, actor, seen)
        seen.add(row.name)
    return found


def _variable(row: Variable, actor: Actor, seen: set[str]) -> Message | None:
    if not VARIABLE.fullmatch(row.name) or len(row.name) > MAX_LINE:
        return Message("VARIABLE_NAME", {"name": row.name[:MAX_LINE]})
    if row.name in seen:
        return Message("ROW_TWICE", {"name": row.name})
    if row.name in GIVEN:
        return Message("VARIABLE_GIVEN", {"name": row.name})
    if not actor.is_administrator and (
        row.name == "PATH" or row.name.startswith(("LD_", "PYTHON"))
    ):
        return Message("VARIABLE_FOR_ADMINISTRATORS", {"name": row.name})
    return _value(row)


def _parameters(rows: tuple[RunParameter, ...], kind: str) -> dict[str, Message | None]:
    if rows and kind != ServiceType.CUSTOM:
        return {"parameters": Message("PARAMETERS_CUSTOM_ONLY")}
    if len(rows) > MAX_ROWS:
        return {"parameters": Message("TOO_MANY_ROWS", {"max": MAX_ROWS})}
    seen: set[str] = set()
    found: dict[str, Message | None] = {}
    for index, row in enumerate(rows):
        found[f"parameters.{index}"] = _parameter(row, seen)
        seen.add(row.name.lstrip("-"))
    return found


def _parameter(row: RunParameter, seen: set[str]) -> Message | None:
    if not PARAMETER.fullmatch(row.name) or len(row.name) > MAX_LINE:
        return Message("PARAMETER_NAME", {"name": row.name[:MAX_LINE]})
    if row.name.lstrip("-") in seen:
        return Message("ROW_TWICE", {"name": row.name})
    return _value(row)


def _value(row: Variable | RunParameter) -> Message | None:
    if len(row.default) > MAX_VALUE:
        return Message("VALUE_TOO_LONG", {"name": row.name, "max": MAX_VALUE})
    if "\0" in row.default:
        return Message("VALUE_CONTROL_CHARACTER", {"name": row.name})
    return _too_long(row.description, MAX_LINE)
