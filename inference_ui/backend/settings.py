"""The one settings model. Only ``bootstrap`` and the commands read it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_INVENTORY: Final = Path(__file__).parents[1] / "demo" / "inventory.yaml"


class Settings(BaseSettings):
    """Settings of one installation, from the environment (``INFERENCE_UI_…``).

    ``database_url`` is None for the SQLite file in the data folder, or a PostgreSQL URL.
    ``public_url`` is the address that browsers use when it is not ``http://host:port``; port 0 is
    any free one. ``volume_roots`` are the folders below which a storage volume may be registered
    (a JSON list), ``claims`` where claims of a cluster are mounted here, by their name (a JSON
    object). ``inventory`` is a file of the nodes that there are, in place of this machine's own, or
    ``demo`` for those of the demonstration.

    ``cluster`` says where workloads run. For ``kubernetes``, ``kubeconfig_file`` is None inside the
    cluster (the pod's service account speaks) or a kubeconfig, whose current context counts;
    ``namespace`` is where workloads live, empty for that of the service account or the context;
    ``image`` is the product's own image, which batch clients run.
    """

    model_config = SettingsConfigDict(env_prefix="INFERENCE_UI_", frozen=True)

    data_dir: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=0, le=65535)
    database_url: str | None = None
    public_url: str | None = None
    sample: bool = True
    session_days: int = 14
    volume_roots: tuple[Path, ...] = (Path("/"),)
    claims: dict[str, Path] = {}
    inventory: Path | None = None
    cluster: Literal["local", "kubernetes"] = "local"
    kubeconfig_file: Path | None = None
    namespace: str = ""
    image: str = ""

    @property
    def data_folder(self) -> Path:
        """The data folder, absolute."""
        return self.data_dir.expanduser().absolute()

    @property
    def inventory_file(self) -> Path | None:
        """The file of the nodes, absolute; None for this machine as one node."""
        if self.inventory == Path("demo"):
            return DEMO_INVENTORY
        return None if self.inventory is None else self.inventory.expanduser().absolute()

    @property
    def runs_folder(self) -> Path:
        """Where local workloads keep their state and logs."""
        return self.data_folder / "runs"

    @property
    def volumes_folder(self) -> Path:
        """Where the built-in storage volumes lie."""
        return self.data_folder / "volumes"

    @property
    def database(self) -> str:
        """The database's URL for SQLAlchemy."""
        if self.database_url is None:
            return f"sqlite:///{self.data_folder / 'inference-ui.sqlite3'}"
        scheme, _, rest = self.database_url.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+pg8000://{rest}"
        return self.database_url

    @property
    def address(self) -> str:
        """What a person types to reach the product."""
        return self.public_url or f"http://{self.host}:{self.port}"
