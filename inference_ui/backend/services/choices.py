"""What a form can offer once something is chosen: a package's variables, the nodes that a spec may
go to, the services and earlier tasks that fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inference_ui.backend.capacity import nodes as capacity
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.catalog import ModelPackage, PackageSnapshot
from inference_ui.backend.models.compute import AcceleratorType, ComputeSpec, Node, Resources
from inference_ui.backend.models.service import OnlineService, ServiceWish
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import Cluster
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store import tasks as task_queries
from inference_ui.backend.store.database import Store

MOST_TASKS = 50
"""Earlier tasks that are offered."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node for a spec: why it can never take one replica (None: it can), and whether it has
    room for one now."""

    node: Node
    problem: Message | None
    free_now: bool


@dataclass(frozen=True, slots=True)
class Places:
    """Where a spec may go: all nodes, by name, and the driver versions of those that fit; no
    versions for a spec without cards."""

    nodes: tuple[Place, ...] = ()
    drivers: tuple[str, ...] = ()


class Choices:
    """Reads only; everybody who is signed in may see what there is."""

    def __init__(self, store: Store, cluster: Cluster, changes: Changes) -> None:
        self._store = store
        self._cluster = cluster
        self._rooms: Shared[dict[str, tuple[int, int]]] = Shared(changes)

    def package(self, actor: Actor, package_id: str) -> PackageSnapshot | None:
        """Return a package as a task would keep it; None where it is gone."""
        with self._store.read() as session:
            row = session.get(ModelPackage, package_id) if package_id else None
            return row.snapshot if row is not None else None

    def places(self, actor: Actor, spec_id: str) -> Places:
        """Return where a spec may go; nothing for one that is gone."""
        with self._store.read() as session:
            spec = session.get(ComputeSpec, spec_id) if spec_id else None
        if spec is None:
            return Places()
        places = tuple(self._place(node, spec) for node in self._cluster.nodes())
        drivers: set[str] = set()
        if spec.accelerator != AcceleratorType.CPU:
            fitting = [one.node for one in places if one.problem is None]
            drivers = {node.driver_version for node in fitting if node.driver_version}
        return Places(tuple(sorted(places, key=lambda one: one.node.name)), tuple(sorted(drivers)))

    def rooms(self, actor: Actor) -> dict[str, tuple[int, int]]:
        """Return for each spec, by id, on how many nodes one replica fits now, and ever.

        Raises :class:`~inference_ui.backend.errors.ClusterError`, as :meth:`places` does.
        """
        with self._store.read() as session:
            sizes = {spec.id: spec.resources for spec in queries.specs(session)}
        return self._rooms.get(tuple(sizes.items()), lambda: self._count(sizes))

    def services(self, actor: Actor) -> list[OnlineService]:
        """Return the services that are wished to run, by name."""
        with self._store.read() as session:
            return [one for one in online_queries.services(session) if one.wish == ServiceWish.RUN]

    def tasks_over(self, actor: Actor, dataset_id: str) -> list[InferenceTask]:
        """Return the last tasks over a dataset, the newest first, that did something."""
        if not dataset_id:
            return []
        with self._store.read() as session:
            tasks = task_queries.of_dataset(session, dataset_id, MOST_TASKS)
        return [task for task in tasks if task.succeeded]

    def _count(self, sizes: Mapping[str, Resources]) -> dict[str, tuple[int, int]]:
        nodes = self._cluster.nodes()
        found = {}
        for spec_id, resources in sizes.items():
            ever = [node for node in nodes if capacity.unfit(node, resources) is None]
            now = sum(not capacity.lacks(node, resources) for node in ever)
            found[spec_id] = (now, len(ever))
        return found

    def _place(self, node: Node, spec: ComputeSpec) -> Place:
        problem = capacity.unfit(node, spec.resources)
        return Place(node, problem, problem is None and not capacity.lacks(node, spec.resources))
