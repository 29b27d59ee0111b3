"""A server as something runs it: its package, what of it was overridden, its size, its place."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from inference_ui.backend.models.catalog import PackageSnapshot
from inference_ui.backend.models.compute import Placement, Resources


class SpecSnapshot(BaseModel):
    """A compute spec as a task or service ran it."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    resources: Resources


class Owned(BaseModel):
    """A server that is deployed for its owner (a task, a service) and torn down with it.

    ``environment`` and ``parameters`` are what was set to something else than the package's
    defaults, by name.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["OWNED"] = "OWNED"
    package: PackageSnapshot
    spec: SpecSnapshot
    node_count: int = 1
    placement: Placement = Placement()
    environment: dict[str, str] = Field(default={}, repr=False)
    parameters: dict[str, str] = {}

    @property
    def full_environment(self) -> dict[str, str]:
        """The variables that the server gets, defaults included."""
        return {**self.package.launch.environment, **self.environment}

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the run parameters add to the start command."""
        found = []
        for parameter in self.package.launch.parameters:
            value = self.parameters.get(parameter.name, parameter.default)
            if value:
                flag = parameter.name if parameter.name[0] == "-" else f"--{parameter.name}"
                found.append(f"{flag}={value}")
        return tuple(found)


class Shared(BaseModel):
    """A running online service that a task goes through and never touches.

    ``package`` is the service's, or stands for what is known of a service that runs elsewhere;
    ``max_in_flight`` is the service's limit of requests in flight over all its replicas.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["SHARED"] = "SHARED"
    package: PackageSnapshot
    service_id: str
    service_name: str
    max_in_flight: int | None = None
