"""What a task is made of: storage volumes, datasets, model packages."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Bounds
from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from inference_ui.backend.models.columns import UtcTime, ValueJson, new_id, utc_now
from inference_ui.backend.protocols import ImageRequest, ServiceProtocol, ServiceType, protocol_of
from inference_ui.backend.protocols.box_format import BoxFormat


class Volume(SQLModel, table=True):
    """A storage volume (存储卷): the folder ``root`` of this machine. Where it lies on a claim that
    is mounted here, ``claim`` and ``sub_path`` say which and where on it; a cluster's pods can
    mount no other."""

    __tablename__ = "volume"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    root: str
    claim: str | None = None
    sub_path: str = ""


class BadFile(BaseModel):
    """A file that a check found wanting: its path in the dataset, and a message (code, args)."""

    model_config = ConfigDict(frozen=True)

    path: str
    code: str
    args: dict[str, Any] = {}


class DatasetReport(BaseModel):
    """What a check of a dataset found. ``started_at`` is in Unix seconds; ``bytes`` of all files;
    ``first_bad`` are the first of the ``bad`` files."""

    model_config = ConfigDict(frozen=True)

    started_at: float
    seconds: float = 0.0
    files: int = 0
    bytes: int = 0
    json_files: int = 0
    json_valid: int = 0
    images: int = 0
    images_valid: int = 0
    bad: int = 0
    first_bad: tuple[BadFile, ...] = ()


class Dataset(SQLModel, table=True):
    """A dataset (数据集): the folder ``path`` of a volume, relative to the volume's root.

    ``report`` is of its last check that came to its end.
    """

    __tablename__ = "dataset"

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True, max_length=63)
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    volume_id: str = Field(foreign_key="volume.id", index=True)
    path: str
    report: DatasetReport | None = Field(default=None, sa_type=ValueJson(DatasetReport))


class Variable(BaseModel):
    """An environment variable of a package's server. A ``secret`` value is never shown again."""

    model_config = ConfigDict(frozen=True)

    name: str
    default: str = Bounds(default="", repr=False)
    description: str = ""
    secret: bool = False


class RunParameter(BaseModel):
    """An argument that is appended to a custom server's start command as ``--name=value``; a name
    that begins with a dash is taken as it is, and an empty value leaves the argument out."""

    model_config = ConfigDict(frozen=True)

    name: str
    default: str = ""
    description: str = ""


class ContainerLaunch(BaseModel):
    """How a package's server starts on Kubernetes. ``shm_bytes`` is the size of ``/dev/shm``, None
    for the cluster's own; ``pull_secret`` the name of a Secret for the image's registry.
    ``as_root`` and ``writable`` (its root file system) are for administrators to grant."""

    model_config = ConfigDict(frozen=True)

    image: str = ""
    command: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    port: Annotated[int, Bounds(ge=1, le=65_535)] = 8080
    pull_secret: str = ""
    shm_bytes: Annotated[int, Bounds(ge=0)] | None = None
    as_root: bool = False
    writable: bool = False


class PackageLaunch(BaseModel):
    """How a package's server starts, and how long it may take to get ready.

    ``command`` starts it on one machine and may hold ``{port}``, ``{python}`` (the product's own
    interpreter) and ``{model}``, the folder of the model's files: ``model_path`` below
    ``model_volume_id``. ``container`` starts it on Kubernetes. ``prompt`` is what an
    OpenAI-compatible server is told about a picture, ``image_template`` what a custom server is
    sent for one (``protocols.ImageRequest``).
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    command: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    parameters: tuple[RunParameter, ...] = ()
    container: ContainerLaunch | None = None
    model_volume_id: str | None = None
    model_path: str = ""
    model_folder: str = ""
    readiness_path: str | None = None
    predict_path: str | None = None
    prompt: str = ""
    image_template: str = ""
    ready_timeout_s: Annotated[float, Bounds(gt=0, le=86_400, allow_inf_nan=False)] = 600.0

    @model_validator(mode="before")
    @classmethod
    def _plain_environment(cls, given: Any) -> Any:
        """Take ``environment``, names with values, for variables: the short form of a package's
        file, and how they were stored before they had descriptions."""
        if not isinstance(given, dict) or "environment" not in given:
            return given
        rest = {key: value for key, value in given.items() if key != "environment"}
        plain = [{"name": key, "default": value} for key, value in given["environment"].items()]
        return {**rest, "variables": [*plain, *rest.get("variables", ())]}

    @property
    def environment(self) -> dict[str, str]:
        """The variables with their defaults."""
        return {variable.name: variable.default for variable in self.variables}


class ModelPackage(SQLModel, table=True):
    """A version of a packaged model (模型包)."""

    __tablename__ = "model_package"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=63)
    version: str
    owner_id: str = Field(foreign_key="user_account.id", index=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=UtcTime)
    service_type: str
    description: str = ""
    model_name: str = ""
    box_format: str = BoxFormat.XYXY
    launch: PackageLaunch = Field(sa_type=ValueJson(PackageLaunch))

    @property
    def snapshot(self) -> "PackageSnapshot":
        """What a task keeps of this package, whatever becomes of it later."""
        return PackageSnapshot(
            id=self.id,
            name=self.name,
            version=self.version,
            service_type=ServiceType(self.service_type),
            model_name=self.model_name,
            box_format=BoxFormat(self.box_format),
            launch=self.launch,
        )


class PackageSnapshot(BaseModel):
    """A model package as a task ran it."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    id: str
    name: str
    version: str
    service_type: ServiceType
    model_name: str
    box_format: BoxFormat
    launch: PackageLaunch

    def protocol(self, prompt: str = "") -> ServiceProtocol:
        """Return how its server is spoken to; ``prompt`` replaces the package's own.

        Raises ``ValueError`` for an image template without ``{image}``.
        """
        launch = self.launch
        return protocol_of(
            self.service_type,
            model_name=self.model_name,
            predict_path=launch.predict_path,
            readiness_path=launch.readiness_path,
            image_request=ImageRequest(prompt or launch.prompt, launch.image_template),
        )
