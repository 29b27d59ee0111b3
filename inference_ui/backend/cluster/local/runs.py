"""The run folders as the cluster sees them: creating, finding again after a restart, discarding.

A run folder appears and disappears in one step (by a rename), so a crash leaves either a whole
one or something whose name begins with a dot, which the next start clears away.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.capacity.fit import Demand, Seat
from inference_ui.backend.cluster.local import files
from inference_ui.backend.cluster.local.launch import cards_environment, launch_of
from inference_ui.backend.cluster.replicas import demand_of
from inference_ui.backend.models.compute import Node, PhysicalCard, Placement, Resources
from inference_ui.backend.ports import ClientWorkload, Workload

CardNames: TypeAlias = tuple[tuple[str, str], ...]
"""The accelerator and the driver's index of each card of a seat."""


@dataclass(frozen=True, slots=True)
class Run:
    """A workload that exists. ``seats`` is None until there is room: one for each part of its
    demand, of which the first ``demand.replicas`` are replicas.

    ``names`` are, for each seat, the cards given there as the driver calls them: slots may change
    where cards are added. ``server``: whom a batch client calls; ``guest``: it sits in the place
    that its server keeps for it. ``readable`` is False when its files cannot be read: it can then
    only be removed.
    """

    folder: Path
    demand: Demand
    seats: tuple[Seat, ...] | None = None
    names: tuple[CardNames, ...] = ()
    server: str | None = None
    guest: bool = False
    readable: bool = True

    @property
    def replica_seats(self) -> tuple[Seat, ...]:
        """The places of its replicas; none before it is placed."""
        return (self.seats or ())[: self.demand.replicas]

    def seats_now(self, nodes: Iterable[Node]) -> tuple[Seat, ...]:
        """Return the seats with the slots that their cards are in now. A card that is not there
        any more has no seat; where no names were written, slots are as they were."""
        by_name = {node.name: node for node in nodes}
        seats = self.seats or ()
        if not any(self.names):
            return seats
        return tuple(
            _where_now(seat, names, by_name.get(seat.node))
            for seat, names in zip(seats, self.names, strict=True)
        )

    def replica_folder(self, index: int) -> str:
        """Return the folder of one replica."""
        return str(self.folder / str(index))


def clear_leftovers(runs: Path) -> None:
    """Delete what a crash left half created or half deleted."""
    for folder in runs.glob(".*"):
        shutil.rmtree(folder, ignore_errors=True)  # tried again at the next start


def load(runs: Path) -> dict[str, Run]:
    """Return all workloads that exist, by name."""
    folders = (folder for folder in runs.iterdir() if folder.is_dir() and folder.name[0] != ".")
    return {folder.name: _loaded(folder) for folder in folders}


def create(runs: Path, workload: Workload) -> Run:
    """Make the run folder of a workload that has no place yet."""
    launch = launch_of(workload, runs)
    server = workload.server if isinstance(workload, ClientWorkload) else None
    run = Run(runs / workload.name, demand_of(workload, time.time()), server=server)
    building = runs / f".new-{workload.name}"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o700)
    (building / files.ENDPOINTS).mkdir()
    if isinstance(workload, ClientWorkload):
        files.write_text(str(building / files.JOB), msgspec.json.encode(workload.job).decode())
    demand = run.demand
    spec = {
        "application": demand.application,
        "applied_at": demand.since,
        "replicas": demand.replicas,
        "resources": demand.resources.model_dump(mode="json"),
        "placement": demand.placement.model_dump(mode="json"),
        "companion": demand.companion and demand.companion.model_dump(mode="json"),
        "server": server,
        "lasting": demand.lasting,
        "launch": launch.to_json(),
    }
    files.write_json(str(building / files.SPEC), spec, sync=True)
    building.rename(run.folder)
    return run


def place(run: Run, seats: Sequence[Seat], nodes: Mapping[str, Node], *, guest: bool) -> Run:
    """Record the seats of a run, with the variables that show each replica its cards; ``guest``: in
    the place that its server keeps for it."""
    entries, names = [], []
    for index, seat in enumerate(seats):
        cards = nodes[seat.node].cards if seat.node in nodes else ()
        env = cards_environment(cards, seat.cards)
        names.append(_names(seat, cards))
        if index < run.demand.replicas:
            (run.folder / str(index) / files.WORK).mkdir(parents=True, exist_ok=True)
        given = [[one.slot, one.number] for one in seat.cards]
        entry = {"node": seat.node, "cards": given, "names": names[-1], "env": env}
        entries.append(entry)
    record = {"seats": entries, "guest": guest}
    files.write_json(str(run.folder / files.PLACEMENT), record, sync=True)
    return replace(run, seats=tuple(seats), names=tuple(names), guest=guest)


def removal(run: Run) -> dict[str, Any] | None:
    """Return since when (``requested_at``, Unix seconds) and with what ``grace_s`` it is ended."""
    found: dict[str, Any] | None = files.read_json(str(run.folder / files.REMOVAL))
    return found


def request_removal(run: Run, grace_s: float) -> dict[str, Any]:
    """Record that the run is being removed, unless it is already; return the record."""
    record = removal(run)
    if record is None:
        record = {"requested_at": time.time(), "grace_s": grace_s}
        files.write_json(str(run.folder / files.REMOVAL), record)
    return record


def discard(run: Run) -> None:
    """Delete the run folder. Nothing of the workload may run any more."""
    trash = run.folder.with_name(f".trash-{run.folder.name}-{time.time_ns()}")
    run.folder.rename(trash)
    shutil.rmtree(trash, ignore_errors=True)  # what resists is cleared at the next start


def _loaded(folder: Path) -> Run:
    spec = files.read_json(str(folder / files.SPEC))
    placement = files.read_json(str(folder / files.PLACEMENT))
    try:
        companion = spec.get("companion")
        demand = Demand(
            name=folder.name,
            application=spec["application"],
            resources=Resources.model_validate(spec["resources"]),
            replicas=spec["replicas"],
            placement=Placement.model_validate(spec["placement"]),
            companion=Resources.model_validate(companion) if companion else None,
            since=spec["applied_at"],
            lasting=bool(spec.get("lasting")),
        )
        files.Launch.from_json(spec["launch"])
        seats = placement and tuple(_seat(one) for one in placement["seats"])
        guest = bool(placement and placement.get("guest"))
        names = tuple(_names_read(one) for one in placement["seats"]) if placement else ()
        if seats and len(seats) != len(demand.parts):
            return _unreadable(folder)
        return Run(folder, demand, seats, names, spec.get("server"), guest)
    except (AttributeError, KeyError, TypeError, ValueError):
        return _unreadable(folder)


def _seat(record: Mapping[str, Any]) -> Seat:
    """Read a seat; before there were slices, it had ``slots`` alone."""
    given = record.get("cards", [[slot, None] for slot in record.get("slots", ())])
    return Seat(record["node"], tuple(CardSeat(slot, number) for slot, number in given))


def _names(seat: Seat, cards: Sequence[PhysicalCard]) -> CardNames:
    by_slot = {card.slot: (str(card.accelerator), card.index) for card in cards}
    return tuple(by_slot[one.slot] for one in seat.cards if one.slot in by_slot)


def _names_read(record: Mapping[str, Any]) -> CardNames:
    return tuple((kind, index) for kind, index in record.get("names", ()))


def _where_now(seat: Seat, names: CardNames, node: Node | None) -> Seat:
    if node is None or len(names) != len(seat.cards):
        return seat
    slots = {(str(card.accelerator), card.index): card.slot for card in node.cards}
    found = [
        CardSeat(slots[name], one.number)
        for one, name in zip(seat.cards, names, strict=True)
        if name in slots
    ]
    return replace(seat, cards=tuple(found))


def _unreadable(folder: Path) -> Run:
    """Stand in for a run of another version, or damaged: its processes can still be ended."""
    replicas = sum(entry.name.isdigit() for entry in folder.iterdir())
    demand = Demand(folder.name, folder.name, Resources(cpu_millis=0, memory_bytes=0), replicas)
    return Run(folder, demand, readable=False)
