"""The queue explained: who waits for what, since when, why, and what will end it.

Reads only; everybody who is signed in may see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from inference_ui.backend.capacity import nodes as room
from inference_ui.backend.capacity.cards import cards_in_use
from inference_ui.backend.capacity.fit import Demand, could_hold
from inference_ui.backend.capacity.queue import Release, Waiting, release
from inference_ui.backend.errors import Message
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.columns import utc_now
from inference_ui.backend.models.compute import Node
from inference_ui.backend.models.task import InferenceTask, TaskStatus
from inference_ui.backend.ports import Cluster, workload_name
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.shared import Shared
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store import tasks as task_queries
from inference_ui.backend.store.database import Store

EXPLAINED = 10
"""For so many of the first in the queue is told what will end their waiting."""

_OF_OTHERS = frozenset(
    {"K8S_NODE_LOST", "K8S_QUOTA", "K8S_CREATE_REFUSED", "K8S_CLAIM_MISSING", "K8S_CLAIM_PENDING"}
)
"""Reasons to wait that room on nodes does not end."""

Kind = Literal["task", "service", "trial", ""]


@dataclass(frozen=True, slots=True)
class Owner:
    """What an application is: a task or an online service by its id, whose it is, since when it has
    its place. ``left_s``: seconds until it ends, as far as its rate tells."""

    kind: Kind = ""
    id: str = ""
    user: str = ""
    since: datetime | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A place in the queue. ``demand`` is None for a task that goes through an online service:
    ``reason`` says what it waits for. ``shut`` says which nodes would do but are closed."""

    application: str
    owner: Owner
    since: datetime
    demand: Demand | None = None
    reason: Message | None = None
    shut: tuple[Message, ...] = ()
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """A running task with the cards that it will free: so many on each of ``nodes``."""

    application: str
    task_id: str
    left_s: float | None
    cards: int
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole queue, the longest waiting first; what ends next; and what every application is."""

    queued: tuple[Queued, ...]
    ending: tuple[Ending, ...]
    owners: dict[str, Owner]


class Queueing:
    """Over the cluster and the unfinished tasks as they are now."""

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
        self._now = now
        self._queue: Shared[Queue] = Shared(changes)

    def look(self, actor: Actor) -> Queue:
        """Return the queue as it is now."""
        return self._queue.get("", self._look)

    def _look(self) -> Queue:
        with self._store.read() as session:
            tasks = task_queries.unfinished(session)
            services = online_queries.services(session)
            ids = {task.owner_id for task in tasks} | {one.owner_id for one in services}
            people = account_queries.names_of(session, ids)
        owners = {
            one.name: Owner("service", one.id, people.get(one.owner_id, ""), one.status_since)
            for one in services
        }
        owners |= {task.name: _owner_of(task, people) for task in tasks}
        waiting, found = self._cluster.queue(), self._cluster.nodes()
        ending = _ending(tasks, found)
        told: dict[object, tuple[tuple[Message, ...], Release | None]] = {}
        explained = [
            self._explained(alike, owners, found, ending, told)
            if place < EXPLAINED
            else self._explained(alike, owners, (), ending, {})
            for place, alike in enumerate(_alike(waiting))
        ]
        rest = _elsewhere(tasks, owners, {one.demand.name for one in waiting})
        queued = sorted((*explained, *rest), key=lambda one: one.since)
        return Queue(tuple(queued), ending, owners)

    def _explained(
        self,
        alike: Sequence[Waiting],
        owners: dict[str, Owner],
        found: Sequence[Node],
        ending: Sequence[Ending],
        told: dict[object, tuple[tuple[Message, ...], Release | None]],
    ) -> Queued:
        waiting = alike[0]
        demand = waiting.demand
        # Some replicas may run while others wait: they do not wait for each other.
        own = "" if _foreign(demand) else demand.application
        since = datetime.fromtimestamp(demand.since, self._now().tzinfo)
        others = [(one.application, one.left_s) for one in ending if one.application != own]
        shape = (
            demand.resources,
            demand.placement,
            demand.replicas,
            demand.companion,
            own if len(others) < len(ending) else "",
        )
        if shape not in told:  # the same is asked for again and again
            usable = could_hold(demand, found)
            there = [node for node in found if node.name in usable]
            ends = release(demand, there, others)
            told[shape] = (_shut(demand, found), ends)
        of_room = waiting.reason is None or waiting.reason.code not in _OF_OTHERS
        shut, ends = told[shape] if of_room else ((), None)
        return Queued(
            application=demand.application,
            owner=Owner() if _foreign(demand) else owners.get(demand.application, Owner()),
            since=since,
            demand=replace(demand, replicas=sum(one.demand.replicas for one in alike)),
            reason=waiting.reason,
            shut=shut,
            release=ends,
        )


def _foreign(demand: Demand) -> bool:
    """Whether a pod of others waits: it is named with its namespace. That it may be called as one
    of the product's tasks means nothing."""
    return "/" in demand.name


def _alike(waiting: Iterable[Waiting]) -> list[list[Waiting]]:
    """Return what waits, the pods together that others ask for one by one: of the same application
    with the same wishes. What waits longest stands first, in each and among them."""
    groups: dict[object, list[Waiting]] = {}
    for one in waiting:
        demand = one.demand
        key: object = demand.name
        if _foreign(demand):
            namespace = demand.name.partition("/")[0]
            key = (namespace, demand.application, demand.resources, demand.placement)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def _owner_of(task: InferenceTask, people: dict[str, str]) -> Owner:
    since = task.running_since or task.status_since
    return Owner("task", task.id, people.get(task.owner_id, ""), since, task.left_s)


def _elsewhere(
    tasks: Iterable[InferenceTask], owners: dict[str, Owner], known: set[str]
) -> list[Queued]:
    """Return the queued tasks that the cluster does not know yet, or that wait for a service."""
    return [
        Queued(task.name, owners[task.name], task.status_since, reason=task.waiting)
        for task in tasks
        if task.status == TaskStatus.QUEUED
        and workload_name(task.id, task.attempt, "server") not in known
    ]


def _ending(tasks: Iterable[InferenceTask], found: Sequence[Node]) -> tuple[Ending, ...]:
    """Return the tasks that hold something, by the time left, those who cannot tell it last."""
    on: dict[str, Counter[str]] = {task.name: Counter() for task in tasks}
    for node in found:
        for tenant in node.tenants:
            if tenant.application in on:
                on[tenant.application][node.name] += 0
        for held in cards_in_use(node) if node.tenants else ():
            if held.application in on:
                on[held.application][node.name] += 1
    rows = [_ending_of(task, places) for task in tasks if (places := on[task.name])]
    return tuple(sorted(rows, key=lambda one: (one.left_s is None, one.left_s or 0.0)))


def _ending_of(task: InferenceTask, places: Counter[str]) -> Ending:
    """Return what a task frees on its ``places``: where it has cards, those without any (its
    client's node) do not count."""
    cards = max(places.values())
    where = sorted(node for node, held in places.items() if held or not cards)
    return Ending(task.name, task.id, task.left_s, cards, tuple(where))


def _shut(demand: Demand, found: Sequence[Node]) -> tuple[Message, ...]:
    """Return why nodes that would be large enough are closed to the demand, two of them at most."""
    reasons = []
    for node in found:
        why = room.closed(node, demand.resources)
        if why is None or not room.permits(demand.placement, node):
            continue
        if not room.never(node, demand.resources):
            reasons.append(why)
    return tuple(reasons[:2])
