"""Compute specs (算力规格): administrators register, change and remove them.

A task or service keeps a snapshot of its spec, so that a change touches nothing that runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from inference_ui.backend.capacity import nodes as capacity
from inference_ui.backend.capacity.suggest import Suggestion, suggestions
from inference_ui.backend.errors import (
    ClusterError,
    Conflict,
    Forbidden,
    InvalidFields,
    Message,
    NotFound,
)
from inference_ui.backend.models.account import Actor
from inference_ui.backend.models.compute import AcceleratorType, ComputeSpec, Node, Resources
from inference_ui.backend.models.service import OnlineService
from inference_ui.backend.models.task import InferenceTask
from inference_ui.backend.ports import Cluster
from inference_ui.backend.services.changes import Changes
from inference_ui.backend.services.names import MAX_NAME, clean_name
from inference_ui.backend.services.spec_drafts import Problems, SpecDraft, draft_of, read_draft
from inference_ui.backend.store import accounts as account_queries
from inference_ui.backend.store import catalog as queries
from inference_ui.backend.store import online as online_queries
from inference_ui.backend.store import tasks as task_queries
from inference_ui.backend.store.database import Session, Store

CHANGED = frozenset({"cluster:specs"})
"""What is told of specs (``services.changes``): who looks at the cluster wants to know."""

NAMED = 10
"""So many of those who use a spec are named where it cannot be removed."""


@dataclass(frozen=True, slots=True)
class Room:
    """On how many nodes one replica fits now (``free``), and ever (``fits``). ``short``: where it
    fits on none, what the best node lacks (cards, slices, cpu, memory), that all are ``closed`` to
    it, or that there are no ``nodes``."""

    free: int
    fits: int
    short: str = ""


@dataclass(frozen=True, slots=True)
class SpecView:
    """A spec, who registered it, and how many unfinished tasks and how many services use it.
    ``room`` is None while the cluster cannot be asked."""

    spec: ComputeSpec
    owner: str
    tasks: int
    services: int
    room: Room | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A spec that could be registered, and where it would fit."""

    name: str
    resources: Resources
    room: Room


class Specs:
    """Everybody who is signed in sees the specs; the rest is for administrators."""

    def __init__(self, store: Store, cluster: Cluster, changes: Changes) -> None:
        self._store = store
        self._cluster = cluster
        self._changes = changes

    def all(self, actor: Actor) -> list[SpecView]:
        """Return all specs, by accelerator and card model, the smallest first."""
        with self._store.read() as session:
            specs = queries.specs(session)
            owners = account_queries.names_of(session, {spec.owner_id for spec in specs})
            tasks = Counter(_spec_of_task(task) for task in _unfinished(session))
            services = Counter(_spec_of(one) for one in online_queries.services(session))
        nodes = self._nodes()
        return [
            SpecView(
                spec,
                owners.get(spec.owner_id, ""),
                tasks[spec.id],
                services[spec.id],
                room(spec.resources, nodes) if nodes is not None else None,
            )
            for spec in specs
        ]

    def check(self, actor: Actor, draft: SpecDraft, id: str = "") -> Problems:
        """Say what is wrong with a draft, by field; ``id`` is the spec that it shall change.

        Raises :class:`Forbidden`.
        """
        _require_administrator(actor)
        with self._store.read() as session:
            return self._read(session, draft, id)[1]

    def add(self, actor: Actor, draft: SpecDraft) -> ComputeSpec:
        """Register a spec. Raises :class:`Forbidden`, :class:`InvalidFields`."""
        _require_administrator(actor)
        with self._store.write() as session:
            spec = ComputeSpec(name="", owner_id=actor.id, cpu_millis=0, memory_bytes=0)
            self._fill(session, spec, draft)
            session.add(spec)
        self._changes.publish(CHANGED)
        return spec

    def change(self, actor: Actor, id: str, draft: SpecDraft) -> ComputeSpec:
        """Change a spec for tasks and services to come.

        Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidFields`.
        """
        _require_administrator(actor)
        with self._store.write() as session:
            spec = session.get(ComputeSpec, id)
            if spec is None:
                raise NotFound("SPEC_GONE")
            self._fill(session, spec, draft)
            session.add(spec)
        self._changes.publish(CHANGED)
        return spec

    def remove(self, actor: Actor, id: str) -> None:
        """Remove a spec.

        Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` while an unfinished task or
        a service uses it.
        """
        _require_administrator(actor)
        with self._store.write() as session:
            spec = session.get(ComputeSpec, id)
            if spec is None:
                raise NotFound("SPEC_GONE")
            tasks = [one.name for one in _unfinished(session) if _spec_of_task(one) == id]
            if tasks:
                raise Conflict("SPEC_IN_USE", spec=spec.name, **_named(tasks))
            services = [one.name for one in online_queries.services(session) if _spec_of(one) == id]
            if services:
                raise Conflict("SPEC_IN_USE_BY_SERVICE", spec=spec.name, **_named(services))
            session.delete(spec)
        self._changes.publish(CHANGED)

    def draft(self, actor: Actor, id: str, *, copy: bool = False) -> SpecDraft:
        """Return a spec as one would type it; for a ``copy`` under a name that is free.

        Raises :class:`NotFound`.
        """
        with self._store.read() as session:
            spec = session.get(ComputeSpec, id)
            names = {row.name for row in queries.specs(session)}
        if spec is None:
            raise NotFound("SPEC_GONE")
        return draft_of(_free_name(spec.name, names) if copy else spec.name, spec.resources)

    def models(self, actor: Actor) -> list[tuple[AcceleratorType, str]]:
        """Return the card models that the nodes have, by type and name."""
        nodes = self._nodes() or ()
        return sorted({(card.accelerator, card.model) for node in nodes for card in node.cards})

    def suggestions(self, actor: Actor) -> list[Offer]:
        """Return specs that fit the nodes and are not there yet; none for who could not add them,
        and while the cluster cannot be asked."""
        if not actor.is_administrator:
            return []
        with self._store.read() as session:
            there = queries.specs(session)
        nodes = self._nodes() or ()
        return [
            Offer(one.name, one.resources, room(one.resources, nodes))
            for one in suggestions(nodes)
            if not _there(one, there) and _typed(one)
        ]

    def accept(self, actor: Actor, name: str = "") -> int:
        """Register the suggestion of this name, or all of them; return how many were.

        Raises :class:`Forbidden`.
        """
        _require_administrator(actor)
        chosen = [one for one in self.suggestions(actor) if name in ("", one.name)]
        for one in chosen:
            self.add(actor, draft_of(one.name, one.resources))
        return len(chosen)

    def _nodes(self) -> Sequence[Node] | None:
        try:
            return self._cluster.nodes()
        except ClusterError:
            return None

    def _fill(self, session: Session, spec: ComputeSpec, draft: SpecDraft) -> None:
        found, problems = self._read(session, draft, spec.id)
        if found is None or problems:
            raise InvalidFields(problems)
        spec.name = clean_name(draft.name)
        spec.cpu_millis, spec.memory_bytes = found.cpu_millis, found.memory_bytes
        spec.accelerator, spec.card_model = found.accelerator, found.card_model
        spec.cards, spec.slice = found.cards, found.slice
        spec.tolerations = [one.model_dump(mode="json") for one in found.tolerations]
        spec.runtime_class = found.runtime_class

    def _read(
        self, session: Session, draft: SpecDraft, id: str
    ) -> tuple[Resources | None, Problems]:
        found, problems = read_draft(draft)
        name = clean_name(draft.name)
        if any(row.name == name and row.id != id for row in queries.specs(session)):
            problems.setdefault("name", Message("NAME_TAKEN", {"name": name}))
        if found is not None and (larger := self._larger(found)) is not None:
            problems["slice_memory"] = larger
        return found, problems

    def _larger(self, wanted: Resources) -> Message | None:
        """Say that a slice has more memory than any card of its model that there is."""
        if wanted.slice is None or not wanted.slice.memory_bytes or wanted.card_model is None:
            return None
        most = max(
            (
                card.memory_bytes
                for node in self._nodes() or ()
                for card in node.cards
                if card.model == wanted.card_model
            ),
            default=0,
        )
        if not 0 < most < wanted.slice.memory_bytes:
            return None
        return Message("SPEC_SLICE_LARGER", {"model": wanted.card_model, "memory": most})


def room(resources: Resources, nodes: Iterable[Node]) -> Room:
    """Return on how many nodes one replica fits now and ever; what is short where it is none."""
    nodes = list(nodes)
    fitting = [node for node in nodes if capacity.unfit(node, resources) is None]
    free = sum(not capacity.lacks(node, resources) for node in fitting)
    return Room(free, len(fitting), "" if fitting else _short(resources, nodes))


def _short(resources: Resources, nodes: Sequence[Node]) -> str:
    lacks = sorted((capacity.never(node, resources) for node in nodes), key=len)
    if not lacks:
        return "nodes"
    if not lacks[0]:
        return "closed"
    kind = lacks[0][0].kind
    return "slices" if kind == "cards" and resources.slice is not None else kind


def _named(names: Sequence[str]) -> dict[str, str | int]:
    """Return how many there are, their names as far as they can be read, and how many more."""
    return {
        "count": len(names),
        "names": ", ".join(names[:NAMED]),
        "others": max(0, len(names) - NAMED),
    }


def _unfinished(session: Session) -> list[InferenceTask]:
    """Return the tasks that people know of: a canary ends by itself, and stands in no list."""
    return [task for task in task_queries.unfinished(session) if not task.canary]


def _spec_of_task(task: InferenceTask) -> str:
    return task.plan.spec.id if task.plan.spec else ""


def _spec_of(service: OnlineService) -> str:
    return service.server.spec.id if service.server else ""


def _free_name(name: str, taken: set[str]) -> str:
    stem = name[: MAX_NAME - 4]
    return next(free for number in count(2) if (free := f"{stem}-{number}") not in taken)


def _there(one: Suggestion, specs: Iterable[ComputeSpec]) -> bool:
    """Whether something like it is registered: so many of these cards, or of that size."""
    return any(spec.name == one.name or _alike(spec.resources, one.resources) for spec in specs)


def _typed(one: Suggestion) -> bool:
    """Whether it can be said in a form: a model may be called what nobody could type."""
    return read_draft(draft_of(one.name, one.resources))[0] == one.resources


def _alike(first: Resources, second: Resources) -> bool:
    if first.accelerator is AcceleratorType.CPU or second.accelerator is AcceleratorType.CPU:
        return first == second
    return _cards_of(first) == _cards_of(second)


def _cards_of(one: Resources) -> tuple[object, ...]:
    return one.accelerator, one.card_model, one.cards, one.slice


def _require_administrator(actor: Actor) -> None:
    if not actor.is_administrator:
        raise Forbidden("ADMINISTRATORS_ONLY")
