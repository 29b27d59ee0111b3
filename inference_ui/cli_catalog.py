"""Commands that register one's own data, models and sizes: ``volume``, ``dataset``, ``package``,
``spec``.

They act as the machine's administrator and may be used while the web server runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference_ui.backend import bootstrap
from inference_ui.backend.bootstrap import Product
from inference_ui.backend.errors import InvalidFields, Message
from inference_ui.backend.models.catalog import (
    ContainerLaunch,
    ModelPackage,
    PackageLaunch,
    RunParameter,
    Variable,
    Volume,
)
from inference_ui.backend.protocols import ServiceType
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.spec_drafts import SpecDraft
from inference_ui.backend.services.volumes import VolumeDraft

Tell = Callable[..., None]

SPEC_OPTIONS = (
    "card_model",
    "cards",
    "slice_profile",
    "slice_memory",
    "slice_share",
    "runtime_class",
)
"""Options of ``spec`` that are fields of its draft, and may be left out."""


class _Strict(BaseModel):
    """A part of the file; what is misspelt in it is told, not passed over."""

    model_config = ConfigDict(extra="forbid")


class VariableFile(_Strict):
    """An environment variable with a description; ``secret`` values are not shown again."""

    name: str
    default: str = Field(default="", repr=False)
    description: str = ""
    secret: bool = False


class ParameterFile(_Strict):
    """A run parameter, appended to a custom server's command as ``--name=value``."""

    name: str
    default: str = ""
    description: str = ""


class ContainerFile(_Strict):
    """How it starts on Kubernetes; ``as_root`` and ``writable`` take bounds away from it."""

    image: str
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    port: int = Field(default=8080, ge=1, le=65_535)
    pull_secret: str = ""
    shm_bytes: int | None = Field(default=None, ge=0)
    as_root: bool = False
    writable: bool = False


class ModelFiles(_Strict):
    """Where the model's files lie: a volume by its name, and a folder below it."""

    volume: str
    path: str = ""


class PackageFile(BaseModel):
    """A model package as a JSON file describes it: its identity, its protocol, its launch."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    name: str
    version: str
    service_type: ServiceType
    description: str = ""
    model_name: str = ""
    box_format: BoxFormat = BoxFormat.XYXY
    command: tuple[str, ...] = ()
    container: ContainerFile | None = None
    model: ModelFiles | None = None
    environment: dict[str, str] = {}
    variables: tuple[VariableFile, ...] = ()
    parameters: tuple[ParameterFile, ...] = ()
    prompt: str = ""
    image_template: str = ""
    readiness_path: str | None = None
    predict_path: str | None = None
    ready_timeout_s: float = Field(default=600.0, gt=0, le=86_400, allow_inf_nan=False)

    def package(self, volumes: Iterable[Volume]) -> ModelPackage:
        """Return the row; its owner is filled in when it is registered.

        Raises :class:`InvalidFields` where there is no volume of that name.
        """
        return ModelPackage(
            name=self.name,
            version=self.version,
            owner_id="",
            service_type=self.service_type,
            description=self.description,
            model_name=self.model_name,
            box_format=self.box_format,
            launch=PackageLaunch(
                command=self.command,
                variables=(
                    *(Variable(name=name, default=one) for name, one in self.environment.items()),
                    *(Variable(**one.model_dump()) for one in self.variables),
                ),
                parameters=tuple(RunParameter(**one.model_dump()) for one in self.parameters),
                container=ContainerLaunch(**self.container.model_dump())
                if self.container
                else None,
                model_volume_id=self._volume_id(volumes),
                model_path=self.model.path if self.model else "",
                prompt=self.prompt,
                image_template=self.image_template,
                readiness_path=self.readiness_path,
                predict_path=self.predict_path,
                ready_timeout_s=self.ready_timeout_s,
            ),
        )

    def _volume_id(self, volumes: Iterable[Volume]) -> str | None:
        if self.model is None:
            return None
        found = next((one.id for one in volumes if one.name == self.model.volume), None)
        if found is None:
            unknown = Message("VOLUME_UNKNOWN", {"name": self.model.volume})
            raise InvalidFields({"model.volume": unknown})
        return found


def add_commands(
    command: Callable[[str, Any], argparse.ArgumentParser],
    open_product: Callable[[argparse.Namespace], Product],
    tell: Tell,
) -> None:
    """Add the commands by ``command(name, run)``, which returns each one's parser."""

    def volume(given: argparse.Namespace) -> None:
        product = open_product(given)
        actor = bootstrap.seed(product)
        folder = str(given.folder.expanduser().absolute())
        made = product.volumes.add(actor, VolumeDraft(given.name, folder))
        tell("cli.volume_added", name=made.name, folder=made.root)
        product.close()

    def dataset(given: argparse.Namespace) -> None:
        product = open_product(given)
        actor = bootstrap.seed(product)
        volume = product.volumes.named(actor, given.volume)
        made = product.datasets.add(actor, given.name, volume.id, given.path)
        tell("cli.dataset_added", name=made.name, volume=given.volume, path=made.path)
        product.close()

    def package(given: argparse.Namespace) -> None:
        product = open_product(given)
        actor = bootstrap.seed(product)
        made = product.packages.add(actor, read_package(given.file, product.catalog.volumes(actor)))
        tell("cli.package_added", name=made.name, version=made.version)
        product.close()

    def spec(given: argparse.Namespace) -> None:
        product = open_product(given)
        actor = bootstrap.seed(product)
        made = product.specs.add(actor, _spec_draft(given))
        tell("cli.spec_added", name=made.name)
        product.close()

    volume_parser = command("volume", volume)
    volume_parser.add_argument("name")
    volume_parser.add_argument("folder", type=Path)
    dataset_parser = command("dataset", dataset)
    dataset_parser.add_argument("name")
    dataset_parser.add_argument("path")
    dataset_parser.add_argument("--volume", default="datasets")
    command("package", package).add_argument("file", type=Path)
    _add_spec_options(command("spec", spec))


def _add_spec_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--cpu", required=True)
    parser.add_argument("--memory", required=True)
    parser.add_argument("--accelerator", default="CPU")
    for option in SPEC_OPTIONS:
        parser.add_argument(f"--{option.replace('_', '-')}", default="")
    parser.add_argument("--toleration", action="append", default=[])


def _spec_draft(given: argparse.Namespace) -> SpecDraft:
    values = {option: getattr(given, option) for option in SPEC_OPTIONS}
    return SpecDraft(
        name=given.name,
        cpu=given.cpu,
        memory=given.memory,
        accelerator=given.accelerator,
        sliced="1" if any(values[name] for name in values if name.startswith("slice_")) else "",
        tolerations="\n".join(given.toleration),
        **values,
    )


def read_package(path: Path, volumes: Iterable[Volume] = ()) -> ModelPackage:
    """Read a package's JSON file; its model's volume is one of ``volumes``.

    Raises :class:`InvalidFields` naming file and fields.
    """
    try:
        return PackageFile.model_validate_json(path.read_bytes()).package(volumes)
    except OSError as error:
        reason = {"file": str(path), "error": error.strerror}
        raise InvalidFields({"file": Message("PACKAGE_FILE_UNREADABLE", reason)}) from error
    except ValidationError as error:
        problems = {
            ".".join(str(part) for part in one["loc"]) or str(path): Message(
                "FIELD_WRONG", {"error": one["msg"]}
            )
            for one in error.errors()
        }
        raise InvalidFields(problems) from error
