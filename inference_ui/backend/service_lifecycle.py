"""The life of an online service: one pure function from what is known to what is to be done.

::

    QUEUED ◀─▶ STARTING ◀─▶ RUNNING ──▶ STOPPING ──▶ STOPPED (or the row goes)
       └──────────┴────────────┴──▶ FAILED

People write what they wish for; this says what follows. A service that fails is torn down and gives
its wish to run up: it stays FAILED until somebody wishes again, which is another attempt. One that
runs elsewhere is RUNNING while it answers that it is ready, STARTING else, and never torn down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inference_ui.backend.errors import Message
from inference_ui.backend.lifecycle import last_exit, starting_reason
from inference_ui.backend.models.service import OnlineService, ServiceStatus, ServiceWish
from inference_ui.backend.ports import Observation, Phase


class ServiceAction(StrEnum):
    """What the reconciler is to do with a service's workload, in the order given."""

    APPLY = "APPLY"
    SAVE_LOGS = "SAVE_LOGS"
    REMOVE = "REMOVE"


TEAR_DOWN = (ServiceAction.SAVE_LOGS, ServiceAction.REMOVE)
_ENDED = (Phase.FAILED, Phase.DONE)


@dataclass(frozen=True, slots=True)
class ServiceStep:
    """What comes next: actions, then perhaps another status. ``waiting`` says what for.

    ``failed`` says why the service gives up; ``delete``: nothing is left of it but its row.
    """

    actions: tuple[ServiceAction, ...] = ()
    to: ServiceStatus | None = None
    waiting: Message | None = None
    failed: Message | None = None
    delete: bool = False


def next_service_step(
    service: OnlineService,
    seen: Observation,
    now: datetime,
    watched_since: datetime | None = None,
) -> ServiceStep:
    """Return the next step of a service, given what is seen of its workload. Pure.

    Of one that runs elsewhere ``seen`` is READY, or STARTING with what it answers instead, or
    WAITING before it was asked. ``watched_since``: as in ``lifecycle.Situation``.
    """
    if service.wish != ServiceWish.RUN:
        return _ending(service, seen)
    if not service.deployed:
        return _elsewhere(service, seen)
    match ServiceStatus(service.status):
        case ServiceStatus.QUEUED:
            return _queued(seen)
        case ServiceStatus.STARTING:
            return _starting(service, seen, now, watched_since)
        case ServiceStatus.RUNNING:
            return _running(seen)
        case _:
            return ServiceStep(to=ServiceStatus.QUEUED)


def _ending(service: OnlineService, seen: Observation) -> ServiceStep:
    rests = service.status in (ServiceStatus.STOPPED, ServiceStatus.FAILED)
    if service.deployed and seen.phase is not Phase.GONE:
        stopping = rests or service.status == ServiceStatus.STOPPING
        return ServiceStep(TEAR_DOWN, to=None if stopping else ServiceStatus.STOPPING)
    if service.wish == ServiceWish.DELETE:
        return ServiceStep(delete=True)
    return ServiceStep(to=None if rests else ServiceStatus.STOPPED)


def _elsewhere(service: OnlineService, seen: Observation) -> ServiceStep:
    if seen.phase is Phase.WAITING:
        known = service.status in (ServiceStatus.STARTING, ServiceStatus.RUNNING)
        return ServiceStep(to=None if known else ServiceStatus.STARTING, waiting=service.waiting)
    ready = seen.phase is Phase.READY
    status = ServiceStatus.RUNNING if ready else ServiceStatus.STARTING
    return ServiceStep(to=None if service.status == status else status, waiting=seen.reason)


def _queued(seen: Observation) -> ServiceStep:
    if seen.phase in _ENDED:
        return _failed(seen)
    if seen.phase in (Phase.STARTING, Phase.READY):
        return ServiceStep(to=ServiceStatus.STARTING)
    return ServiceStep((ServiceAction.APPLY,), waiting=seen.reason)


def _starting(
    service: OnlineService, seen: Observation, now: datetime, watched_since: datetime | None
) -> ServiceStep:
    if seen.phase in _ENDED:
        return _failed(seen)
    if seen.phase is Phase.READY:
        return ServiceStep(to=ServiceStatus.RUNNING)
    if seen.phase in (Phase.GONE, Phase.WAITING):
        return ServiceStep(to=ServiceStatus.QUEUED, waiting=seen.reason)
    limit = service.package.launch.ready_timeout_s
    since = max(service.status_since, watched_since or service.status_since)
    if now - since > timedelta(seconds=limit):
        late = Message("SERVER_NOT_READY_IN_TIME", {"seconds": int(limit)})
        return _failed(seen, last_exit(seen) or late)
    return ServiceStep((ServiceAction.APPLY,), waiting=starting_reason(seen))


def _running(seen: Observation) -> ServiceStep:
    if seen.phase in _ENDED:
        return _failed(seen)
    if seen.phase is Phase.READY:
        return ServiceStep((ServiceAction.APPLY,))  # replicas that were lost come back
    back = ServiceStatus.STARTING if seen.phase is Phase.STARTING else ServiceStatus.QUEUED
    return ServiceStep((ServiceAction.APPLY,), to=back, waiting=last_exit(seen) or seen.reason)


def _failed(seen: Observation, why: Message | None = None) -> ServiceStep:
    why = why or seen.reason or last_exit(seen) or Message("SERVICE_ENDED")
    return ServiceStep(TEAR_DOWN, to=ServiceStatus.FAILED, failed=why)
