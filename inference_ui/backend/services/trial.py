"""A trial of a model package: where it is, what came of it, and what runs for it. No behaviour."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from enum import StrEnum

from inference_ui.backend.errors import Message
from inference_ui.backend.models.servers import Owned
from inference_ui.backend.ports import RestartPolicy, ServerWorkload, workload_name
from inference_ui.backend.services.asking import Answer, Question
from inference_ui.backend.services.workloads import owned_server


class TrialPhase(StrEnum):
    """Where a trial is. WAITING: no room yet. DONE: it was answered, whatever the server said."""

    WAITING = "WAITING"
    STARTING = "STARTING"
    ASKING = "ASKING"
    STOPPING = "STOPPING"
    DONE = "DONE"
    FAILED = "FAILED"

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return self in (TrialPhase.DONE, TrialPhase.FAILED)


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it is now. ``waiting`` is what it waits for, ``reason`` why there is no answer;
    ``ready_s`` from its place on a node to being ready; times are Unix seconds."""

    id: str
    package_id: str
    owner_id: str
    owner: str
    started_at: float
    phase: TrialPhase = TrialPhase.WAITING
    waiting: Message | None = None
    reason: Message | None = None
    exit_code: int | None = None
    ready_s: float | None = None
    answer: Answer | None = None
    log: str = ""
    ended_at: float | None = None
    has_picture: bool = False


@dataclass(slots=True)
class Run:
    """A trial, and what its thread needs."""

    trial: Trial
    server: Owned
    question: Question
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        return workload_name(self.trial.id, 1, "server", kind="trial")

    @property
    def workload(self) -> ServerWorkload:
        """What runs. A server that exits is not started again: its first words tell the most."""
        label = f"{self.server.package.name} {self.server.package.version}"
        workload = owned_server(self.server, name=self.name, application=label)
        return replace(workload, restart=RestartPolicy(limit=0))
