"""Rows of the list of online services, and what a service's own page has in common with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference_ui import routes
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.service import OnlineService, ServiceStatus, ServiceWish
from inference_ui.backend.ports import Phase
from inference_ui.backend.services.online_views import ServiceView
from inference_ui.rows.cards import card_label
from inference_ui.rows.common import MessageRow, message_row

RESTING = (ServiceStatus.STOPPED, ServiceStatus.FAILED)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """An online service. ``status`` is the shape of its state, ``word`` the code of its word;
    ``said`` why it waits or failed, or cannot be seen (``unseen``). ``url`` is empty for one that
    is deployed here, and ``spec`` for one that is not. ``replicas`` are those that are wanted;
    ``limit`` is 0 for none; ``running``: it is wished to run; ``first_task`` is one of the
    ``tasks`` that go through it.
    """

    id: str = ""
    name: str = ""
    href: str = ""
    test_href: str = ""
    task_href: str = ""
    status: str = ""
    word: str = ""
    said: MessageRow = field(default_factory=MessageRow)
    unseen: bool = False
    service_type: str = ""
    package: str = ""
    url: str = ""
    spec: str = ""
    cpus: float = 0.0
    memory_bytes: int = 0
    card: str = ""
    ready: int = 0
    replicas: int = 0
    limit: int = 0
    tasks: int = 0
    first_task: str = ""
    owner: str = ""
    created_at: float = 0.0
    since: float = 0.0
    running: bool = False
    may_start: bool = False
    may_stop: bool = False
    may_delete: bool = False


def service_rows(views: list[ServiceView], actor: Actor) -> list[ServiceRow]:
    """Return the rows of a list."""
    return [service_row(view, actor) for view in views]


def service_row(view: ServiceView, actor: Actor) -> ServiceRow:
    """Return the row of a service as ``actor`` sees it."""
    service, server = view.service, view.service.server
    status, word = shown(service)
    resources = server.spec.resources if server else None
    owns, resting = actor.owns(service.owner_id), service.status in RESTING
    running = service.wish == ServiceWish.RUN
    return ServiceRow(
        id=service.id,
        name=service.name,
        href=routes.service(service.id),
        test_href=routes.service(service.id, "test"),
        task_href=routes.new_task(service=service.id),
        status=status,
        word=word,
        said=message_row(view.unseen) if view.unseen else _said(service),
        unseen=view.unseen is not None,
        service_type=str(service.package.service_type),
        package=f"{service.package.name} {service.package.version}" if server else "",
        url=service.elsewhere.url if service.elsewhere else "",
        spec=server.spec.name if server else "",
        cpus=resources.cpu_millis / 1000 if resources else 0.0,
        memory_bytes=resources.memory_bytes if resources else 0,
        card=card_label(resources) if resources else "",
        ready=ready_of(view),
        replicas=server.node_count if server else 1,
        limit=service.max_in_flight or 0,
        tasks=len(view.tasks),
        first_task=view.tasks[0].name if view.tasks else "",
        owner=view.owner,
        created_at=service.created_at.timestamp(),
        since=service.status_since.timestamp(),
        running=running,
        may_start=owns and resting and service.wish == ServiceWish.STOP,
        may_stop=owns and running,
        may_delete=owns and service.wish != ServiceWish.DELETE,
    )


def shown(service: OnlineService) -> tuple[str, str]:
    """Return the shape of a service's state, and the code of its word, from the moment on in which
    somebody wished for another."""
    resting = service.status in RESTING
    if service.wish == ServiceWish.DELETE:
        return "FINISHING", "DELETING"
    if service.wish == ServiceWish.STOP:
        return (service.status, service.status) if resting else ("FINISHING", "STOPPING")
    if not service.deployed and service.status != ServiceStatus.RUNNING:
        return "STARTING", "NOT_READY"
    status = ServiceStatus.QUEUED if resting else ServiceStatus(service.status)
    return str(status), str(status)


def ready_of(view: ServiceView) -> int:
    """Return how many replicas take requests now; of a service elsewhere, whether it does."""
    if not view.service.deployed:
        return int(shown(view.service)[1] == ServiceStatus.RUNNING)
    return sum(one.phase is Phase.READY for one in (view.seen.replicas if view.seen else ()))


def _said(service: OnlineService) -> MessageRow:
    if service.status == ServiceStatus.FAILED and service.wish == ServiceWish.STOP:
        return message_row(service.detail)
    return message_row(service.waiting if service.wish == ServiceWish.RUN else None)
