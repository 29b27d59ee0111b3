"""Moves every online service one step: look, decide (``service_lifecycle``), act, write down.

As the reconciler of tasks: no database session is held while the cluster or a server is asked, and
what is written is guarded by what was expected.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from inference_ui.backend.errors import ClusterError, Message
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.service import (
    OnlineService,
    ServiceLog,
    ServiceStatus,
    ServiceWish,
)
from inference_ui.backend.ports import GONE, Cluster, Observation
from inference_ui.backend.reconciler import GAP
from inference_ui.backend.service_lifecycle import ServiceAction, ServiceStep, next_service_step
from inference_ui.backend.services.last_logs import last_lines
from inference_ui.backend.services.probing import Probes
from inference_ui.backend.services.workloads import owned_server, service_workload_name
from inference_ui.backend.store import online as queries
from inference_ui.backend.store.database import Store

_log = logging.getLogger(__name__)


class ServiceReconciler:
    """One call of :meth:`run_once` looks at every service. For one thread only."""

    def __init__(
        self,
        store: Store,
        cluster: Cluster,
        probes: Probes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._cluster = cluster
        self._probes = probes
        self._now = now
        self._watched_since = self._last_run = now()

    def run_once(self) -> frozenset[str]:
        """Move each service one step; return ``service:<id>`` of those that changed.

        One whose step fails is logged and tried again at the next call; it holds up no other.
        """
        now = self._now()
        if now - self._last_run > GAP:
            self._watched_since = now
        self._last_run = now
        with self._store.read() as session:
            services = queries.services(session)
        changed = set()
        for service in services:
            try:
                if self._move(service):
                    changed.add(f"service:{service.id}")
            except (ClusterError, OSError) as error:
                _log.warning("service %s: %s; tried again later", service.id, error)
            except Exception:
                _log.exception("service %s could not be moved", service.id)
        wanted = {service.id for service in services if service.wish == ServiceWish.RUN}
        self._probes.forget_all_but(wanted)
        self._sweep({service_workload_name(service) for service in services})
        return frozenset(changed)

    def _move(self, service: OnlineService) -> bool:
        step = next_service_step(service, self._look(service), self._now(), self._watched_since)
        for action in step.actions:
            self._act(service, action)
        if step.delete:
            with self._store.write() as session:
                return queries.remove(session, service)
        values = _values(step, self._now())
        values = {key: value for key, value in values.items() if getattr(service, key) != value}
        if not values:
            return False
        with self._store.write() as session:
            return queries.change(session, service, values)

    def _look(self, service: OnlineService) -> Observation:
        if service.deployed:
            try:
                return self._cluster.observe(service_workload_name(service))
            except ClusterError:
                # Nobody sees what goes on: what lasts meanwhile counts in no timeout.
                self._watched_since = self._now()
                raise
        return self._probes.look(service) if service.wish == ServiceWish.RUN else GONE

    def _act(self, service: OnlineService, action: ServiceAction) -> None:
        name = service_workload_name(service)
        match action:
            case ServiceAction.APPLY if service.server is not None:
                server = owned_server(service.server, name=name, application=service.name)
                workload = replace(server, lasting=True)
                self._cluster.apply(workload)
            case ServiceAction.SAVE_LOGS:
                self._save_logs(service)
            case ServiceAction.REMOVE:
                self._cluster.remove(name)

    def _save_logs(self, service: OnlineService) -> None:
        found = last_lines(self._cluster, service_workload_name(service))
        with self._store.write() as session:
            for replica, text in found:
                session.merge(
                    ServiceLog(
                        service_id=service.id,
                        attempt=service.attempt,
                        replica=replica,
                        owner_id=service.owner_id,
                        text=text,
                    )
                )

    def _sweep(self, current: set[str]) -> None:
        """Remove what no service owns any more: leftovers of a crash, or of an earlier attempt."""
        try:
            for name in self._cluster.names():
                if name.startswith("service-") and name not in current:
                    self._cluster.remove(name)
        except ClusterError as error:
            _log.warning("leftovers could not be swept: %s", error)


def _values(step: ServiceStep, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"waiting_for": _json(step.waiting)}
    if step.to is not None:
        values |= {"status": step.to, "status_since": now, "end_detail": _json(step.failed)}
    if step.to is ServiceStatus.FAILED:
        values["wish"] = ServiceWish.STOP
    return values


def _json(message: Message | None) -> dict[str, Any] | None:
    return message.to_json() if message is not None else None
