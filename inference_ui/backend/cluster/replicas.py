"""What all clusters do alike with the data of the ``Cluster`` Protocol. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from inference_ui.backend.capacity.cards import CardSeat
from inference_ui.backend.capacity.fit import Demand, Seat
from inference_ui.backend.errors import ClusterError
from inference_ui.backend.models.compute import PhysicalCard
from inference_ui.backend.ports import Observation, Phase, Replica, ServerWorkload, Workload

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def checked(name: str) -> str:
    """Return the name if it is an RFC 1123 label; raise :class:`ClusterError` if it is not."""
    if not _NAME.fullmatch(name):
        raise ClusterError("WORKLOAD_NAME_INVALID", name=name)
    return name


def replica_name(workload: str, index: int) -> str:
    """Return the name of a workload's replica, numbered from 0."""
    return f"{workload}-{index}"


def demand_of(workload: Workload, since: float) -> Demand:
    """Return what the workload asks of the nodes from the time ``since`` (Unix seconds) on."""
    return Demand(
        name=workload.name,
        application=workload.application,
        resources=workload.resources,
        replicas=workload.replicas if isinstance(workload, ServerWorkload) else 1,
        placement=workload.placement,
        companion=workload.companion if isinstance(workload, ServerWorkload) else None,
        since=since,
        lasting=isinstance(workload, ServerWorkload) and workload.lasting,
    )


def card_labels(place: Seat) -> tuple[str, ...]:
    """Return the cards given at a seat as people count them: by slot, a slice as ``2(1)``."""
    return tuple(
        f"{one.slot}({one.number})" if one.number is not None else str(one.slot)
        for one in sorted(place.cards, key=lambda one: (one.slot, one.number or 0))
    )


def driver_names(cards: Iterable[PhysicalCard], given: Iterable[CardSeat]) -> tuple[str, ...]:
    """Return what the driver calls these cards, each once; a slice that has no name of its own is
    called as its card."""
    by_slot = {card.slot: card for card in cards}
    found: dict[str, None] = {}
    for one in given:
        card = by_slot.get(one.slot)
        if card is not None:
            named = (part.index for part in card.slices if part.number == one.number)
            found[next(named, "") or card.index] = None
    return tuple(found)


def overall(replicas: Sequence[Replica]) -> Observation:
    """Return the observation of a placed workload whose replicas are these.

    READY as soon as one is, STARTING while one may still become it; once all have ended, FAILED if
    one failed, else DONE. Reason and exit code are those of the replica that decides the phase.
    """
    phases = [replica.phase for replica in replicas]
    phase = next(
        (one for one in (Phase.READY, Phase.STARTING, Phase.FAILED) if one in phases), Phase.DONE
    )
    deciding = next((one for one in replicas if one.phase is phase), None)
    if phase is Phase.READY or deciding is None:
        return Observation(phase, tuple(replicas))
    return Observation(phase, tuple(replicas), deciding.reason, deciding.exit_code)
