"""Online services: deploy, register, look at, start, stop, delete, ask. Users write wishes here,
and the reconciler of services acts."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from inference_ui.backend.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
)
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.service import OnlineService, ServiceStatus, ServiceWish
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import Cluster
from inference_ui.backend.protocols.box_format import BoxFormat
from inference_ui.backend.services.asking import Answer, Door, Question, ask, is_ready
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.names import clean_name
from inference_ui.backend.services.online_views import ServiceLogs, ServiceView
from inference_ui.backend.services.server_drafts import waiting_now
from inference_ui.backend.services.service_drafts import (
    DeployDraft,
    ServiceCheck,
    UrlDraft,
    deployed_of,
    registered_of,
)
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.services.tasks import WorkloadLog
from inference_ui.backend.services.workloads import service_workload_name
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import online as queries
from inference_ui.backend.store.database import Session, Store

AT_ONCE = 4
"""Questions that are asked at the same time, of all users."""


class OnlineServices:
    """The use cases of online services. ``changes`` is told of everything that is written."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        changes: Changes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._changes = changes
        self._now = now
        self._up_to_date: Shared[tuple[Node, ...]] = Shared(changes)
        self._turn = itertools.count()
        self._asking = threading.BoundedSemaphore(AT_ONCE)
        self._askers: set[str] = set()
        self._lock = threading.Lock()

    def all(self, actor: Actor) -> list[ServiceView]:
        """Return all services, by name."""
        with self._store.read() as session:
            services = queries.services(session)
            names = account_queries.names_of(session, {one.owner_id for one in services})
            through = {one.id: queries.tasks_through(session, one.id) for one in services}
        return [self._view(one, names, through[one.id]) for one in services]

    def view(self, actor: Actor, service_id: str) -> ServiceView:
        """Return one service. Raises :class:`NotFound`."""
        with self._store.read() as session:
            service = _known(session, service_id)
            names = account_queries.names_of(session, {service.owner_id})
            through = queries.tasks_through(session, service_id)
        return self._view(service, names, through)

    def _view(
        self, service: OnlineService, names: dict[str, str], tasks: list[InferenceTask]
    ) -> ServiceView:
        seen = unseen = None
        if service.deployed and service.status != ServiceStatus.STOPPED:
            try:
                # What is seen of a workload may be old; the nodes are not, or say so.
                self._up_to_date.get("", self._cluster.nodes)
                seen = self._cluster.observe(service_workload_name(service))
            except ClusterError as error:
                unseen = error.message
        return ServiceView(service, names.get(service.owner_id, ""), seen, tuple(tasks), unseen)

    def logs(self, actor: Actor, service_id: str, lines: int = 200) -> ServiceLogs:
        """Return the last lines of each replica of the current start, saved ones included."""
        with self._store.read() as session:
            service = _known(session, service_id)
            saved = queries.saved_logs(session, service_id, service.attempt)
        found = {log.replica: WorkloadLog("server", log.replica, log.text, False) for log in saved}
        unseen = None
        if service.deployed:
            try:
                for tail in self._cluster.logs(service_workload_name(service), lines):
                    found[tail.replica] = WorkloadLog("server", tail.replica, tail.text, True)
            except ClusterError as error:
                unseen = error.message
        return ServiceLogs(tuple(found[key] for key in sorted(found)), unseen)

    def check_deploy(self, actor: Actor, draft: DeployDraft) -> ServiceCheck:
        """Say what is wrong with each field, and what the service would wait for. Changes nothing.

        Raises :class:`Forbidden` for viewers.
        """
        _require(actor.may_create)
        problems: dict[str, Message] = {}
        with self._store.read() as session:
            deployed_of(session, draft, self._cluster, problems)
            self._check_name(session, draft.name, problems)
            return ServiceCheck(problems, waiting_now(session, draft.server, self._cluster))

    def deploy(self, actor: Actor, draft: DeployDraft) -> OnlineService:
        """Deploy a package as a service. Raises :class:`Forbidden`, :class:`InvalidFields`."""
        _require(actor.may_create)
        problems: dict[str, Message] = {}
        with self._store.read() as session:
            server = deployed_of(session, draft, self._cluster, problems)
        service = None
        if server is not None:
            service = OnlineService(
                name=clean_name(draft.name),
                owner_id=actor.id,
                created_at=self._now(),
                status_since=self._now(),
                package=server.package,
                server=server,
                max_in_flight=draft.max_in_flight,
            )
        return self._insert(service, draft.name, problems)

    def check_register(self, actor: Actor, draft: UrlDraft) -> ServiceCheck:
        """Say what is wrong with each field. Changes nothing, asks nobody.

        Raises :class:`Forbidden`.
        """
        if not actor.is_administrator:
            raise Forbidden("ADMINISTRATORS_ONLY")
        problems: dict[str, Message] = {}
        registered_of(draft, problems)
        with self._store.read() as session:
            self._check_name(session, draft.name, problems)
        return ServiceCheck(problems)

    def try_url(self, actor: Actor, draft: UrlDraft) -> Message | None:
        """Ask a server elsewhere once whether it is ready; None when it is, else what it says
        instead. Blocks for some seconds at most.

        Raises :class:`Forbidden`, and :class:`InvalidFields` where the draft leads nowhere; a name
        is not needed.
        """
        if not actor.is_administrator:
            raise Forbidden("ADMINISTRATORS_ONLY")
        problems: dict[str, Message] = {}
        found = registered_of(replace(draft, name="unnamed", max_in_flight=None), problems)
        if found is None:
            raise InvalidFields(problems)
        package, there = found
        return is_ready(Door(there.url, there.all_headers, there.ca), package)

    def register(self, actor: Actor, draft: UrlDraft) -> OnlineService:
        """Register a server that runs elsewhere, also when it does not answer now.

        Raises :class:`Forbidden`, :class:`InvalidFields`.
        """
        if not actor.is_administrator:
            raise Forbidden("ADMINISTRATORS_ONLY")
        problems: dict[str, Message] = {}
        found = registered_of(draft, problems)
        service = None
        if found is not None:
            package, elsewhere = found
            service = OnlineService(
                name=clean_name(draft.name),
                owner_id=actor.id,
                created_at=self._now(),
                status=ServiceStatus.STARTING,
                status_since=self._now(),
                package=package,
                elsewhere=elsewhere,
                max_in_flight=draft.max_in_flight,
            )
        return self._insert(service, draft.name, problems)

    def start(self, actor: Actor, service_id: str) -> None:
        """Wish for a service that rests to run: another attempt. One that runs is left alone.

        Raises :class:`NotFound`, :class:`Forbidden`, :class:`Conflict` while it still stops.
        """
        with self._store.write() as session:
            service = self._own(session, actor, service_id)
            if service.wish == ServiceWish.RUN:
                return
            if service.status not in (ServiceStatus.STOPPED, ServiceStatus.FAILED):
                raise Conflict("SERVICE_STOPS", service=service.name)
            self._change(
                session, service, {"wish": ServiceWish.RUN, "attempt": service.attempt + 1}
            )
        self._changes.publish(frozenset({f"service:{service_id}"}))

    def stop(self, actor: Actor, service_id: str) -> None:
        """Wish for a service's end. Asking twice is asking once.

        Raises :class:`NotFound`, :class:`Forbidden`, and :class:`Conflict` while a task uses it.
        """
        self._end(actor, service_id, ServiceWish.STOP)

    def delete(self, actor: Actor, service_id: str) -> None:
        """Wish for a service to be gone; its row goes when nothing of it runs any more.

        Raises as :meth:`stop` does.
        """
        self._end(actor, service_id, ServiceWish.DELETE)

    def limit(self, actor: Actor, service_id: str, max_in_flight: int | None) -> None:
        """Set the limit of requests in flight; tasks that run already keep theirs.

        Raises :class:`NotFound`, :class:`Forbidden`, :class:`InvalidFields`.
        """
        with self._store.write() as session:
            service = self._own(session, actor, service_id)
            nodes = service.server.node_count if service.server else 1
            if max_in_flight is not None and max_in_flight < nodes:
                least = Message("LIMIT_BELOW_NODES", {"min": nodes})
                raise InvalidFields({"max_in_flight": least})
            self._change(session, service, {"max_in_flight": max_in_flight})
        self._changes.publish(frozenset({f"service:{service_id}"}))

    def ask(
        self,
        actor: Actor,
        service_id: str,
        question: Question,
        box_format: BoxFormat | None = None,
        timeout_s: float = 60.0,
    ) -> Answer:
        """Ask a running service one thing, the online test. Blocks up to ``timeout_s``.

        Raises :class:`NotFound`, :class:`Forbidden` for viewers, :class:`Conflict` when it is not
        ready, or when too much is asked at once, and as :func:`asking.ask` does.
        """
        _require(actor.may_create)
        with self._store.read() as session:
            service = _known(session, service_id)
        door = self._door(service)
        with self._place(actor):
            return ask(door, service.package, question, box_format=box_format, timeout_s=timeout_s)

    def _door(self, service: OnlineService) -> Door:
        if service.wish != ServiceWish.RUN:
            raise Conflict("SERVICE_STOPPED", service=service.name)
        if service.elsewhere is not None:
            there = service.elsewhere
            return Door(there.url, there.all_headers, there.ca)
        endpoints = self._cluster.observe(service_workload_name(service)).endpoints
        if not endpoints:
            raise Conflict("SERVICE_NOT_READY", service=service.name)
        return Door(endpoints[next(self._turn) % len(endpoints)])

    @contextmanager
    def _place(self, actor: Actor) -> Any:
        """Take one of the few places for questions; a user has one at a time."""
        with self._lock:
            if actor.id in self._askers or not self._asking.acquire(blocking=False):
                raise Conflict("ASKED_AT_ONCE")
            self._askers.add(actor.id)
        try:
            yield
        finally:
            with self._lock:
                self._askers.discard(actor.id)
                self._asking.release()

    def _end(self, actor: Actor, service_id: str, wish: ServiceWish) -> None:
        with self._store.write() as session:
            service = self._own(session, actor, service_id)
            if service.wish == wish or service.wish == ServiceWish.DELETE:
                return
            using = queries.tasks_through(session, service_id)
            if using:
                others = len(using) - 1
                raise Conflict(
                    "SERVICE_IN_USE", service=service.name, task=using[0].name, others=others
                )
            self._change(session, service, {"wish": wish})
        self._changes.publish(frozenset({f"service:{service_id}"}))

    def _insert(
        self, service: OnlineService | None, name: str, problems: dict[str, Message]
    ) -> OnlineService:
        with self._store.write() as session:
            self._check_name(session, name, problems)
            if problems or service is None:
                raise InvalidFields(problems)
            session.add(service)
        self._changes.publish(frozenset({f"service:{service.id}"}))
        return service

    def _check_name(self, session: Session, name: str, problems: dict[str, Message]) -> None:
        cleaned = clean_name(name)
        if "name" not in problems and queries.name_taken(session, cleaned):
            problems["name"] = Message("NAME_TAKEN", {"name": cleaned})

    def _own(self, session: Session, actor: Actor, service_id: str) -> OnlineService:
        """Return a service for changing, which nobody else changes meanwhile."""
        service = queries.locked(session, service_id)
        if service is None:
            raise NotFound("SERVICE_UNKNOWN", id=service_id)
        if not actor.owns(service.owner_id):
            raise Forbidden("NOT_YOUR_SERVICE", name=service.name)
        return service

    def _change(self, session: Session, service: OnlineService, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(service, name, value)
        session.add(service)


def _known(session: Session, service_id: str) -> OnlineService:
    service = session.get(OnlineService, service_id)
    if service is None:
        raise NotFound("SERVICE_UNKNOWN", id=service_id)
    return service


def _require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden("VIEWERS_ONLY_LOOK")
