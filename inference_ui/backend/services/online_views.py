"""What is told of an online service, as it is now."""

from __future__ import annotations

from dataclasses import dataclass

from inference_ui.backend.errors import Message
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import Observation
from inference_ui.backend.services.tasks import WorkloadLog


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service, as a page shows it: who owns it, its replicas as they are now (None where
    somebody else runs it, or it rests), and the tasks that go through it and have not ended.
    ``unseen`` says why the cluster could not be asked for the replicas."""

    service: OnlineService
    owner: str
    seen: Observation | None
    tasks: tuple[InferenceTask, ...]
    unseen: Message | None = None


@dataclass(frozen=True, slots=True)
class ServiceLogs:
    """The logs of a service's replicas. ``unseen`` says why those of what runs cannot be read."""

    logs: tuple[WorkloadLog, ...]
    unseen: Message | None = None
